"""Configurations of a link, its tasks, and its state through pauses, outages and credentials."""

from typing import Any

import pytest

from emulator.kafka import levers
from tests.emulator.kafka_world import ALL_ACLS, EAST, SYNC_ALL, WEST, Scene, jaas


def _items(scene: Scene, lkc: str = WEST) -> dict[str, Any]:
    return {item["name"]: item for item in scene.api.get(lkc, "/links/dr/configs")["data"]}


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


def test_a_mirror_made_on_a_paused_link_waits_with_it() -> None:
    scene = Scene()
    scene.topic("t")
    scene.link()
    scene.alter({"cluster.link.paused": "true"})
    scene.mirror("t")
    assert scene.status("t") == "LINK_PAUSED"


def test_a_link_let_go_during_an_outage_takes_its_checks_again() -> None:
    scene = Scene()
    scene.topic("t")
    scene.link()
    scene.mirror("t")
    scene.alter({"cluster.link.paused": "true"})
    levers.take_down(scene.world, EAST)
    scene.alter({"cluster.link.paused": "false"})
    assert scene.status("t") == "ACTIVE"
    scene.world.clock.advance(300)
    assert scene.status("t") == "SOURCE_UNAVAILABLE"


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
