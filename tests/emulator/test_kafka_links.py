"""Cluster links: the three modes, what is refused, deletion."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator.kafka_world import ALL_ACLS, EAST, SYNC_ALL, WEST, Scene, jaas


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
    "bidirectional without local credentials for an inbound half": lambda s: _with(
        s.configs(WEST, "BIDIRECTIONAL"), local_sasl_jaas_config=None, remote_link_connection_mode="INBOUND"
    ),
    "wrong secret": lambda s: _with(s.configs(WEST, "DESTINATION"), sasl_jaas_config=jaas("KEY-lkc-east", "guess")),
    "key of another cluster": lambda s: _with(
        s.configs(WEST, "DESTINATION"), sasl_jaas_config=jaas("KEY-lkc-west", "secret-lkc-west")
    ),
    "wrong local secret": lambda s: _with(
        s.configs(WEST, "BIDIRECTIONAL"),
        local_sasl_jaas_config=jaas("KEY-lkc-west", "x"),
        remote_link_connection_mode="INBOUND",
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


def test_a_key_is_no_good_before_it_has_propagated() -> None:
    scene = Scene()
    scene.cloud.keys["KEY-lkc-east"].from_ms = scene.world.clock.now_ms() + 1000
    body = scene.configs(WEST, "DESTINATION")
    scene.api.post(WEST, "/links", body, expect=400, link_name="dr")
    scene.world.clock.advance(1)
    scene.api.post(WEST, "/links", body, expect=204, link_name="dr")


def test_deleting_a_link_with_live_mirrors_needs_force() -> None:
    scene = Scene()
    scene.topic("t")
    scene.topic("u")
    scene.link(consumer_offset_sync_enable="true", consumer_offset_group_filters=SYNC_ALL)
    scene.mirror("t")
    scene.mirror("u")
    scene.api.verb(WEST, "dr", "failover", "u")
    assert scene.api.call("DELETE", WEST, "/links/dr", expect=400)["error_code"] == 40002
    scene.api.call("DELETE", WEST, "/links/dr", force=True, validate_only=True)
    scene.api.get(WEST, "/links/dr")
    scene.api.call("DELETE", WEST, "/links/dr", force=True)
    scene.api.get(WEST, "/links/dr", expect=404)
    scene.api.get(WEST, "/links/dr/mirrors/t", expect=404)
    scene.commit("g", "t", 0, lkc=EAST)
    scene.world.clock.advance(60)
    assert scene.offset("g", "t") is None
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
