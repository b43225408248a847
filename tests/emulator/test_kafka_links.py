"""Cluster links: the three modes, what is refused, configurations, states and tasks."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator.kafka_world import ALL_ACLS, EAST, SYNC_ALL, WEST, Scene, jaas


def _items(scene: Scene, lkc: str = WEST) -> dict[str, Any]:
    return {item["name"]: item for item in scene.api.get(lkc, "/links/dr/configs")["data"]}


def test_destination_initiated_link() -> None:
    scene = Scene()
    scene.link()
    link = scene.api.get(WEST, "/links/dr")
    assert (link["source_cluster_id"], link["destination_cluster_id"], link["remote_cluster_id"]) == (EAST, None, None)
    assert (link["link_state"], link["link_error"]) == ("ACTIVE", "NO_ERROR")
    assert len(link["cluster_link_id"]) == 22
    assert "tasks" not in link
    assert [found["link_name"] for found in scene.api.get(WEST, "/links")["data"]] == ["dr"]
    assert scene.api.get(EAST, "/links")["data"] == []


def test_source_initiated_pair_shares_an_id_and_waits_for_its_outbound_half() -> None:
    scene = Scene()
    scene.topic("t")
    source_half = scene.configs(EAST, "SOURCE")
    scene.api.post(EAST, "/links", source_half, expect=400, link_name="dr")
    scene.link("dr", WEST, "DESTINATION", "INBOUND")
    assert scene.api.get(WEST, "/links/dr")["link_state"] == "UNAVAILABLE"
    scene.api.post(WEST, "/links/dr/mirrors", {"source_topic_name": "t"}, expect=400)
    scene.api.post(EAST, "/links", source_half | {"cluster_link_id": "A" * 22}, expect=400, link_name="dr")
    scene.link("dr", EAST, "SOURCE")
    here, there = scene.api.get(WEST, "/links/dr"), scene.api.get(EAST, "/links/dr")
    assert here["cluster_link_id"] == there["cluster_link_id"]
    assert (here["link_state"], there["link_state"]) == ("ACTIVE", "ACTIVE")
    assert there["destination_cluster_id"] == WEST
    scene.mirror("t")
    scene.produce("t", 3)
    assert scene.api.get(WEST, "/links/dr/mirrors/t")["mirror_lags"][0]["last_source_fetch_offset"] == 2
    scene.api.post(EAST, "/links/dr/mirrors", {"source_topic_name": "t"}, expect=400)
    scene.api.call("DELETE", EAST, "/links/dr")
    assert scene.api.get(WEST, "/links/dr")["link_state"] == "UNAVAILABLE"
    assert scene.status("t") == "SOURCE_UNAVAILABLE"


def test_bidirectional_pair_mirrors_both_ways() -> None:
    scene = Scene()
    scene.topic("e")
    scene.topic("w", lkc=WEST)
    scene.pair()
    assert scene.api.get(EAST, "/links/dr")["remote_cluster_id"] == WEST
    scene.mirror("e")
    scene.mirror("w", lkc=EAST)
    assert scene.status("w", lkc=EAST) == "ACTIVE"


def test_bidirectional_pair_with_an_inbound_half() -> None:
    scene = Scene()
    scene.topic("w", lkc=WEST)
    outbound = scene.configs(EAST, "BIDIRECTIONAL")
    outbound["configs"].append({"name": "remote.link.connection.mode", "value": "INBOUND"})
    scene.link("dr", WEST, "BIDIRECTIONAL", "INBOUND")
    assert scene.api.get(WEST, "/links/dr")["link_state"] == "UNAVAILABLE"
    scene.api.post(EAST, "/links", outbound, expect=204, link_name="dr")
    assert scene.api.get(WEST, "/links/dr")["link_state"] == "ACTIVE"
    scene.mirror("w", lkc=EAST)


def _with(body: dict[str, Any], **values: str | None) -> dict[str, Any]:
    named = {key.replace("_", "."): value for key, value in values.items()}
    kept = [item for item in body["configs"] if item["name"] not in named]
    added = [{"name": name, "value": value} for name, value in named.items() if value is not None]
    return body | {"configs": kept + added}


REFUSED: dict[str, Callable[[Scene], dict[str, Any]]] = {
    "to itself": lambda s: s.configs(WEST, "DESTINATION") | {"source_cluster_id": WEST},
    "to nowhere": lambda s: s.configs(WEST, "DESTINATION") | {"source_cluster_id": "lkc-none"},
    "without source": lambda s: {"configs": s.configs(WEST, "DESTINATION")["configs"]},
    "source half with a source id": lambda s: s.configs(WEST, "SOURCE") | {"source_cluster_id": EAST},
    "source half inbound": lambda s: s.configs(WEST, "SOURCE", "INBOUND"),
    "inbound with credentials": lambda s: _with(
        s.configs(WEST, "DESTINATION", "INBOUND"), sasl_jaas_config=jaas("KEY-lkc-east", "secret-lkc-east")
    ),
    "outbound without credentials": lambda s: _with(s.configs(WEST, "DESTINATION"), sasl_jaas_config=None),
    "outbound without bootstrap": lambda s: _with(s.configs(WEST, "DESTINATION"), bootstrap_servers=None),
    "bidirectional without local credentials": lambda s: _with(
        s.configs(WEST, "BIDIRECTIONAL"), local_sasl_jaas_config=None
    ),
    "wrong secret": lambda s: _with(s.configs(WEST, "DESTINATION"), sasl_jaas_config=jaas("KEY-lkc-east", "guess")),
    "key of another cluster": lambda s: _with(
        s.configs(WEST, "DESTINATION"), sasl_jaas_config=jaas("KEY-lkc-west", "secret-lkc-west")
    ),
    "wrong local secret": lambda s: _with(
        s.configs(WEST, "BIDIRECTIONAL"), local_sasl_jaas_config=jaas("KEY-lkc-west", "x")
    ),
    "prefix with ACL sync": lambda s: _with(
        s.configs(WEST, "DESTINATION"), cluster_link_prefix="east.", acl_sync_enable="true", acl_filters=ALL_ACLS
    ),
    "group prefix without prefix": lambda s: _with(s.configs(WEST, "DESTINATION"), consumer_group_prefix_enable="true"),
    "group prefix on bidirectional": lambda s: _with(
        s.configs(WEST, "BIDIRECTIONAL"), cluster_link_prefix="e.", consumer_group_prefix_enable="true"
    ),
    "sync on the source half": lambda s: _with(s.configs(WEST, "SOURCE"), consumer_offset_sync_enable="true"),
    "unknown key": lambda s: _with(s.configs(WEST, "DESTINATION"), no_such_key="1"),
    "read-only key": lambda s: _with(s.configs(WEST, "DESTINATION"), request_timeout_ms="1"),
    "interval under a second": lambda s: _with(s.configs(WEST, "DESTINATION"), consumer_offset_sync_ms="999"),
    "filters that are no JSON": lambda s: _with(s.configs(WEST, "DESTINATION"), consumer_offset_group_filters="*"),
    "filters of another shape": lambda s: _with(s.configs(WEST, "DESTINATION"), acl_filters='{"groupFilters":[]}'),
    "filter with an unknown word": lambda s: _with(
        s.configs(WEST, "DESTINATION"),
        auto_create_mirror_topics_filters='{"topicFilters":[{"name":"a","patternType":"GLOB"}]}',
    ),
    "start at teatime": lambda s: _with(s.configs(WEST, "DESTINATION"), mirror_start_offset_spec="teatime"),
    "config list without the fixed four": lambda s: _with(
        s.configs(WEST, "DESTINATION"), topic_config_sync_include="cleanup.policy"
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_links_the_service_refuses(case: str) -> None:
    scene = Scene()
    body = REFUSED[case](scene)
    answer = scene.api.post(WEST, "/links", body, expect=400, link_name="dr")
    assert answer["error_code"] in (400, 40002)
    assert "secret-" not in answer["message"]
    assert scene.world.kafka[WEST].links == {}


@pytest.mark.parametrize(
    ("kind", "mode", "status"),
    [
        ("Standard", "DESTINATION", 403),
        ("Basic", "BIDIRECTIONAL", 403),
        ("Freight", "DESTINATION", 403),
        ("Enterprise", "DESTINATION", 204),
    ],
)
def test_small_destinations_are_refused_unless_switched_off(kind: str, mode: str, status: int) -> None:
    scene = Scene()
    scene.world.kafka[WEST].kind = kind
    scene.api.post(WEST, "/links", scene.configs(WEST, mode), expect=status, link_name="dr")
    scene.world.settings.refuse_small_destinations = False
    scene.api.post(WEST, "/links", scene.configs(WEST, mode), expect=204, link_name="other")


def test_a_standard_cluster_can_be_a_source_of_destination_initiated_links_only() -> None:
    scene = Scene()
    scene.world.kafka[EAST].kind = "Standard"
    scene.link()
    scene.api.post(WEST, "/links", scene.configs(WEST, "BIDIRECTIONAL"), expect=403, link_name="b")
    scene.api.post(EAST, "/links", scene.configs(EAST, "SOURCE"), expect=403, link_name="s")


def test_name_taken_dry_run_and_unvalidated_link() -> None:
    scene = Scene()
    body = scene.configs(WEST, "DESTINATION")
    scene.api.post(WEST, "/links", body, expect=400)
    scene.api.post(WEST, "/links", body, expect=204, link_name="dr", validate_only=True)
    scene.api.get(WEST, "/links/dr", expect=404)
    scene.link()
    scene.api.post(WEST, "/links", body, expect=409, link_name="dr")
    scene.world.settings.link_exists_status = 400
    scene.api.post(WEST, "/links", body, expect=400, link_name="dr")
    bad = _with(body, sasl_jaas_config=jaas("KEY-lkc-east", "guess"))
    scene.api.post(WEST, "/links", bad, expect=204, link_name="blind", validate_link=False)
    blind = scene.api.get(WEST, "/links/blind")
    assert (blind["link_state"], blind["link_error"]) == ("FAILED", "AUTHENTICATION_ERROR")


def test_what_was_set_is_dynamic_and_verbatim_and_secrets_are_null() -> None:
    scene = Scene()
    spaced = SYNC_ALL.replace(":", " : ")
    scene.link(consumer_offset_group_filters=spaced, consumer_offset_sync_enable="false")
    items = _items(scene)
    assert items["consumer.offset.group.filters"]["value"] == spaced
    assert items["consumer.offset.sync.enable"]["source"] == "DYNAMIC_CLUSTER_LINK_CONFIG"
    assert items["acl.sync.enable"]["source"] == "DEFAULT_CONFIG"
    assert items["link.mode"]["source"] == "DYNAMIC_CLUSTER_LINK_CONFIG"
    secret = items["sasl.jaas.config"]
    assert (secret["value"], secret["is_sensitive"], secret["is_default"]) == (None, True, False)
    assert items["request.timeout.ms"]["is_read_only"] is True
    assert all(item["synonyms"] == [] for item in items.values())
    assert "secret-lkc" not in str(scene.world.truth())


def test_config_changes() -> None:
    scene = Scene()
    scene.link()
    scene.alter({"consumer.offset.sync.ms": "1000", "acl.sync.enable": "true"})
    assert scene.api.get(WEST, "/links/dr/configs/consumer.offset.sync.ms")["value"] == "1000"
    scene.alter({"consumer.offset.sync.ms": None})
    assert _items(scene)["consumer.offset.sync.ms"]["value"] == "30000"
    scene.api.call("PUT", WEST, "/links/dr/configs/acl.sync.ms", {"value": "2000"}, expect=204)
    assert _items(scene)["acl.sync.ms"]["value"] == "2000"
    scene.api.call("DELETE", WEST, "/links/dr/configs/acl.sync.ms", expect=204)
    assert _items(scene)["acl.sync.ms"]["is_default"] is True
    data = {"data": [{"name": "acl.sync.ms", "value": "3000"}]}
    scene.api.call("PUT", WEST, "/links/dr/configs:alter", data, expect=204, validate_only=True)
    assert _items(scene)["acl.sync.ms"]["value"] == "5000"
    scene.api.get(WEST, "/links/dr/configs/no.such", expect=404)


@pytest.mark.parametrize(
    "change",
    [
        {"link.mode": "SOURCE"},
        {"connection.mode": "INBOUND"},
        {"cluster.link.prefix": "east."},
        {"retry.backoff.ms": "5"},
        {"no.such": "1"},
        {"no.such": None},
        {"acl.sync.ms": "5", "consumer.offset.sync.ms": "2000"},
        {"consumer.group.prefix.enable": "true"},
        {"cluster.link.paused": "yes"},
    ],
)
def test_refused_changes_change_nothing(change: dict[str, str | None]) -> None:
    scene = Scene()
    scene.link()
    before = dict(scene.world.kafka[WEST].links["dr"].configs)
    scene.alter(change, expect=400)
    assert scene.world.kafka[WEST].links["dr"].configs == before


def test_switching_a_feature_off_clears_its_filters() -> None:
    scene = Scene()
    scene.link(consumer_offset_sync_enable="true", consumer_offset_group_filters=SYNC_ALL)
    scene.alter({"consumer.offset.sync.enable": "false"})
    assert _items(scene)["consumer.offset.group.filters"]["value"] == ""
    scene.alter({"consumer.offset.sync.enable": "true", "consumer.offset.group.filters": SYNC_ALL})
    scene.alter({"consumer.offset.sync.enable": None})
    assert _items(scene)["consumer.offset.group.filters"]["value"] == ""


def test_filters_named_in_the_change_that_switches_off_are_kept() -> None:
    scene = Scene()
    scene.link(consumer_offset_sync_enable="true", consumer_offset_group_filters=SYNC_ALL)
    scene.alter({"consumer.offset.sync.enable": "false", "consumer.offset.group.filters": SYNC_ALL})
    assert _items(scene)["consumer.offset.group.filters"]["value"] == SYNC_ALL


def test_a_key_is_no_good_before_it_has_propagated() -> None:
    scene = Scene()
    scene.cloud.keys["KEY-lkc-east"].from_ms = scene.world.clock.now_ms() + 1000
    body = scene.configs(WEST, "DESTINATION")
    scene.api.post(WEST, "/links", body, expect=400, link_name="dr")
    scene.world.clock.advance(1)
    scene.api.post(WEST, "/links", body, expect=204, link_name="dr")


def _tasks(scene: Scene, lkc: str = WEST) -> dict[str, tuple[str, list[str]]]:
    link = scene.api.get(lkc, "/links/dr", include_tasks=True)
    return {
        task["task_name"]: (task["state"], [error["error_code"] for error in task["errors"]]) for task in link["tasks"]
    }


def test_tasks_tell_what_a_good_answer_hid() -> None:
    scene = Scene()
    scene.link(acl_sync_enable="true", auto_create_mirror_topics_enable="true")
    assert _tasks(scene) == {
        "ConsumerOffsetSync": ("NOT_CONFIGURED", []),
        "AclSync": ("IN_ERROR", ["MISCONFIGURATION_ERROR"]),
        "AutoCreateMirror": ("IN_ERROR", ["MISCONFIGURATION_ERROR"]),
        "TopicConfigsSync": ("ACTIVE", []),
    }
    scene.alter({"acl.filters": ALL_ACLS, "consumer.offset.sync.enable": "true"})
    assert _tasks(scene)["AclSync"] == ("ACTIVE", [])
    assert _tasks(scene)["ConsumerOffsetSync"] == ("IN_ERROR", ["MISCONFIGURATION_ERROR"])
    scene.alter({"cluster.link.paused": "true"})
    assert _tasks(scene)["AclSync"] == ("LINK_PAUSED", [])


def test_tasks_of_half_a_pair() -> None:
    scene = Scene()
    scene.link("dr", WEST, "BIDIRECTIONAL")
    assert _tasks(scene)["TopicConfigsSync"] == ("IN_ERROR", ["REMOTE_LINK_NOT_FOUND_ERROR"])
    scene.link("dr", EAST, "BIDIRECTIONAL")
    assert _tasks(scene)["TopicConfigsSync"] == ("ACTIVE", [])


def test_a_paused_link_pauses_its_mirrors_and_lag_grows() -> None:
    scene = Scene()
    scene.topic("t")
    scene.link()
    mirror = scene.mirror("t")
    scene.alter({"cluster.link.paused": "true"})
    scene.produce("t", 4)
    assert scene.api.get(WEST, "/links/dr")["link_state"] == "PAUSED"
    assert scene.status("t") == "LINK_PAUSED"
    assert mirror.lag() == 4
    scene.world.settings.paused_link_status = "PAUSED"
    assert scene.status("t") == "PAUSED"
    scene.alter({"cluster.link.paused": "false"})
    assert scene.status("t") == "ACTIVE"
    assert mirror.lag() == 0


def test_revoked_and_rotated_credentials() -> None:
    scene = Scene()
    scene.topic("t")
    scene.link()
    mirror = scene.mirror("t")
    record = scene.cloud.keys.pop("KEY-lkc-east")
    assert scene.status("t") == "LINK_FAILED"
    link = scene.api.get(WEST, "/links/dr", include_tasks=True)
    assert (link["link_state"], link["link_error"]) == ("FAILED", "AUTHENTICATION_ERROR")
    assert link["tasks"][3]["state"] == "LINK_FAILED"
    scene.produce("t", 2)
    record.secret = "new"
    scene.cloud.keys["KEY-2"] = record
    scene.alter({"sasl.jaas.config": jaas("KEY-2", "new")})
    assert scene.status("t") == "ACTIVE"
    assert mirror.topic.ends() == [2]
    scene.api.verb(WEST, "dr", "pause", "t")
    scene.produce("t", 6)
    assert mirror.lag() == 6


def test_deleting_a_link_with_live_mirrors_needs_force() -> None:
    scene = Scene()
    scene.topic("t")
    scene.topic("u")
    scene.link()
    scene.mirror("t")
    scene.mirror("u")
    scene.api.verb(WEST, "dr", "failover", "u")
    assert scene.api.call("DELETE", WEST, "/links/dr", expect=400)["error_code"] == 40002
    scene.api.call("DELETE", WEST, "/links/dr", force=True, validate_only=True)
    scene.api.get(WEST, "/links/dr")
    scene.api.call("DELETE", WEST, "/links/dr", force=True)
    scene.api.get(WEST, "/links/dr", expect=404)
    scene.api.get(WEST, "/links/dr/mirrors/t", expect=404)
    assert not scene.world.kafka[WEST].topics["t"].read_only
    scene.produce("t", 5)
    scene.world.tick()
    assert scene.world.kafka[WEST].topics["t"].ends() == [0]


def test_deleting_a_link_whose_mirrors_are_stopped_needs_no_force() -> None:
    scene = Scene()
    scene.topic("t")
    scene.link()
    scene.mirror("t")
    scene.api.verb(WEST, "dr", "failover", "t")
    scene.api.call("DELETE", WEST, "/links/dr")
    scene.api.get(WEST, "/links/dr", expect=404)
    assert "t" in scene.world.kafka[WEST].topics
