"""The periodic tasks of a link, on the clock."""

import json

import pytest

from emulator.errors import KafkaError
from emulator.kafka import levers
from emulator.kafka.acls import Acl
from tests.emulator.kafka_world import ALL_ACLS, EAST, MIRROR_ALL, SYNC_ALL, WEST, Scene


def _offset_scene(filters: str = SYNC_ALL, **configs: str) -> Scene:
    scene = Scene()
    scene.topic("t")
    scene.produce("t", 100)
    scene.link(
        consumer_offset_sync_enable="true",
        consumer_offset_sync_ms="10000",
        consumer_offset_group_filters=filters,
        **configs,
    )
    return scene


def _filters(*entries: tuple[str, str, str]) -> str:
    listed = [{"name": name, "patternType": pattern, "filterType": kind} for name, pattern, kind in entries]
    return json.dumps({"groupFilters": listed})


def test_offsets_come_at_the_interval_not_before() -> None:
    scene = _offset_scene()
    scene.mirror("t")
    scene.commit("g", "t", 95, lkc=EAST)
    scene.world.clock.advance(9.9)
    assert scene.offset("g", "t") is None
    scene.world.clock.advance(0.2)
    assert scene.offset("g", "t") == 95
    scene.commit("g", "t", 100, lkc=EAST)
    assert scene.offset("g", "t") == 95
    scene.world.clock.advance(10)
    assert scene.offset("g", "t") == 100


@pytest.mark.parametrize(
    ("entries", "synced"),
    [
        ([("*", "LITERAL", "INCLUDE")], {"app-1", "app-2", "other"}),
        ([("app-1", "LITERAL", "INCLUDE")], {"app-1"}),
        ([("app", "LITERAL", "INCLUDE")], set()),
        ([("app", "PREFIXED", "INCLUDE"), ("app-2", "LITERAL", "EXCLUDE")], {"app-1"}),
        ([("app-2", "LITERAL", "EXCLUDE")], set()),
    ],
)
def test_group_filters(entries: list[tuple[str, str, str]], synced: set[str]) -> None:
    scene = _offset_scene(_filters(*entries))
    scene.mirror("t")
    for group in ("app-1", "app-2", "other"):
        scene.commit(group, "t", 7, lkc=EAST)
    scene.world.clock.advance(10)
    assert {group for group in ("app-1", "app-2", "other") if scene.offset(group, "t") == 7} == synced


def test_groups_in_use_here_are_left_alone_and_the_task_says_so() -> None:
    scene = _offset_scene()
    scene.mirror("t")
    scene.commit("g", "t", 50, lkc=EAST)
    scene.commit("g", "t", 3, lkc=WEST)
    scene.world.kafka[WEST].groups["g"].active = True
    scene.world.clock.advance(10)
    assert scene.offset("g", "t") == 3
    task = scene.api.get(WEST, "/links/dr", include_tasks=True)["tasks"][0]
    assert (task["state"], task["errors"][0]["error_code"]) == ("IN_ERROR", "CONSUMER_GROUP_IN_USE_ERROR")
    scene.world.kafka[WEST].groups["g"].active = False
    scene.world.clock.advance(10)
    assert scene.offset("g", "t") == 50


def test_offsets_may_be_ahead_of_the_data_until_the_failover_clamps_them() -> None:
    scene = _offset_scene()
    scene.mirror("t").hold = {0: 5}
    scene.produce("t", 5)
    scene.commit("g", "t", 105, lkc=EAST)
    scene.world.clock.advance(10)
    assert scene.offset("g", "t") == 105
    (lag,) = scene.api.get(WEST, "/consumer-groups/g/lags")["data"]
    assert lag["lag"] == -5
    scene.api.verb(WEST, "dr", "failover", "t")
    assert scene.offset("g", "t") == 100
    scene.world.clock.advance(60)
    assert scene.offset("g", "t") == 100


def test_a_stop_waits_for_a_group_that_is_at_work_here_and_would_have_to_be_clamped() -> None:
    scene = _offset_scene()
    scene.mirror("t").hold = {0: 5}
    scene.topic("other")
    scene.mirror("other")
    scene.produce("t", 5)
    scene.commit("g", "t", 105, lkc=EAST)
    scene.world.clock.advance(10)
    scene.world.kafka[WEST].groups["g"].active = True
    scene.api.verb(WEST, "dr", "failover", "t", "other")
    scene.world.clock.advance(60)
    assert (scene.status("t"), scene.status("other")) == ("PENDING_STOPPED", "STOPPED")
    assert "mirror_state_transition_errors" not in scene.api.get(WEST, "/links/dr/mirrors/t")
    told = scene.api.get(WEST, "/links/dr/mirrors/t", include_state_transition_errors=True)
    (error,) = told["mirror_state_transition_errors"]
    assert error["error_code"] == "CONSUMER_GROUP_IN_USE_ERROR"
    assert "Group g is in use" in error["error_message"]
    scene.world.kafka[WEST].groups["g"].active = False
    scene.world.clock.advance(2)
    assert (scene.status("t"), scene.offset("g", "t")) == ("STOPPED", 100)
    told = scene.api.get(WEST, "/links/dr/mirrors/t", include_state_transition_errors=True)
    assert told["mirror_state_transition_errors"] == []


def test_a_task_that_is_broken_by_hand_does_nothing_until_it_is_mended() -> None:
    scene = _offset_scene()
    scene.mirror("t")
    scene.commit("g", "t", 50, lkc=EAST)
    levers.set_task(scene.world, WEST, "dr", "ConsumerOffsetSync", ("INTERNAL_ERROR", "broken"))
    scene.world.clock.advance(20)
    assert scene.offset("g", "t") is None
    assert "tasks" not in scene.api.get(WEST, "/links/dr")
    task = scene.api.get(WEST, "/links/dr", include_tasks=True)["tasks"][0]
    errors = [{"error_code": "INTERNAL_ERROR", "error_message": "broken"}]
    assert task == {"task_name": "ConsumerOffsetSync", "state": "IN_ERROR", "errors": errors}
    levers.set_task(scene.world, WEST, "dr", "ConsumerOffsetSync", None)
    scene.world.clock.advance(10)
    assert scene.offset("g", "t") == 50
    assert scene.api.get(WEST, "/links/dr", include_tasks=True)["tasks"][0]["state"] == "ACTIVE"
    with pytest.raises(KafkaError, match="no task Unheard"):
        levers.set_task(scene.world, WEST, "dr", "Unheard", None)


def test_a_promote_syncs_offsets_one_last_time() -> None:
    scene = _offset_scene()
    scene.mirror("t")
    scene.commit("g", "t", 100, lkc=EAST)
    scene.api.verb(WEST, "dr", "promote", "t")
    assert scene.offset("g", "t") == 100


def test_only_offsets_of_mirrored_topics_under_their_names_here() -> None:
    scene = _offset_scene(cluster_link_prefix="east.", consumer_group_prefix_enable="true")
    scene.topic("unmirrored")
    scene.mirror_as("t", "east.t")
    scene.commit("g", "t", 9, lkc=EAST)
    scene.commit("g", "unmirrored", 0, lkc=EAST)
    scene.world.clock.advance(10)
    assert scene.world.kafka[WEST].groups["east.g"].offsets == {("east.t", 0): 9}


def test_offset_sync_stops_with_its_switch_and_needs_rights_on_the_group() -> None:
    scene = _offset_scene()
    scene.mirror("t")
    scene.commit("g", "t", 9, lkc=EAST)
    denial = Acl("GROUP", "g", "LITERAL", "User:sa-link", "*", "DESCRIBE", "DENY")
    scene.world.kafka[EAST].add_acl(denial)
    scene.world.clock.advance(10)
    assert scene.offset("g", "t") is None
    scene.world.kafka[EAST].drop_acl(denial)
    scene.alter({"consumer.offset.sync.enable": "false"})
    scene.world.clock.advance(100)
    assert scene.offset("g", "t") is None


def test_on_bidirectional_links_topic_types_say_whose_offsets_come() -> None:
    scene = Scene()
    scene.pair()
    scene.topic("e")
    scene.topic("w", lkc=WEST)
    scene.mirror("e")
    scene.mirror("w", lkc=EAST)
    scene.commit("g", "e", 0, lkc=EAST)
    scene.commit("g", "w", 0, lkc=EAST)
    entry = {"name": "*", "patternType": "LITERAL", "filterType": "INCLUDE"}
    for types, expected in ((["REMOTE"], {"e"}), (["LOCAL"], {"w"}), (["LOCAL", "REMOTE"], {"e", "w"})):
        scene.world.kafka[WEST].groups.clear()
        filters = json.dumps({"groupFilters": [entry | {"topicTypes": types}]})
        scene.alter({"consumer.offset.sync.enable": "true", "consumer.offset.group.filters": filters})
        scene.world.clock.advance(30)
        assert {topic for topic, _ in scene.world.kafka[WEST].groups["g"].offsets} == expected


def _acl(principal: str, operation: str = "READ") -> Acl:
    return Acl("TOPIC", "t", "LITERAL", f"User:{principal}", "*", operation, "ALLOW")


def test_acl_sync_brings_selected_entries_and_takes_back_only_those() -> None:
    scene = Scene()
    filters = {
        "aclFilters": [
            {
                "resourceFilter": {"resourceType": "topic", "patternType": "any"},
                "accessFilter": {"principal": "User:app", "operation": "any", "permissionType": "allow"},
            }
        ]
    }
    scene.link(acl_sync_enable="true", acl_filters=json.dumps(filters))
    east, west = scene.world.kafka[EAST], scene.world.kafka[WEST]
    own = _acl("dr-only")
    west.add_acl(own)
    for acl in (_acl("app"), _acl("app", "WRITE"), _acl("other")):
        east.add_acl(acl)
    scene.world.clock.advance(5)
    assert set(west.acls) == {own, _acl("app"), _acl("app", "WRITE")}
    east.drop_acl(_acl("app"))
    scene.world.clock.advance(5)
    assert set(west.acls) == {own, _acl("app", "WRITE")}
    scene.alter({"acl.sync.enable": "false", "acl.filters": json.dumps(filters)})
    east.drop_acl(_acl("app", "WRITE"))
    scene.world.clock.advance(60)
    assert set(west.acls) == {own, _acl("app", "WRITE")}
    scene.alter({"acl.sync.enable": "true"})
    scene.world.clock.advance(5)
    assert set(west.acls) == {own}


def test_acl_sync_without_the_right_to_describe_is_in_error() -> None:
    scene = Scene()
    scene.link(acl_sync_enable="true", acl_filters=ALL_ACLS)
    scene.cloud.roles.clear()
    scene.world.kafka[EAST].add_acl(_acl("app"))
    scene.world.clock.advance(5)
    assert scene.world.kafka[WEST].acls == {}
    task = scene.api.get(WEST, "/links/dr", include_tasks=True)["tasks"][1]
    assert (task["state"], task["errors"][0]["error_code"]) == ("IN_ERROR", "AUTHORIZATION_ERROR")


def test_new_topics_get_mirrors_by_filter_with_prefix_and_lag_behind_nothing() -> None:
    scene = Scene()
    filters = {
        "topicFilters": [
            {"name": "orders", "patternType": "PREFIXED", "filterType": "INCLUDE"},
            {"name": "orders.tmp", "patternType": "LITERAL", "filterType": "EXCLUDE"},
        ]
    }
    scene.link(
        cluster_link_prefix="east.",
        auto_create_mirror_topics_enable="true",
        auto_create_mirror_topics_filters=json.dumps(filters),
    )
    for name in ("orders.eu", "orders.tmp", "audit"):
        scene.topic(name)
    scene.produce("orders.eu", 3)
    scene.world.clock.advance(5)
    scene.world.tick()
    assert set(scene.world.kafka[WEST].links["dr"].mirrors) == {"east.orders.eu"}
    assert scene.found("east.orders.eu").topic.ends() == [3]


def test_a_name_that_is_taken_puts_auto_create_in_error() -> None:
    scene = Scene()
    scene.topic("t")
    scene.topic("t", lkc=WEST)
    scene.link(auto_create_mirror_topics_enable="true", auto_create_mirror_topics_filters=MIRROR_ALL)
    scene.world.clock.advance(5)
    task = scene.api.get(WEST, "/links/dr", include_tasks=True)["tasks"][2]
    assert (task["state"], task["errors"][0]["error_code"]) == ("IN_ERROR", "TOPIC_EXISTS_ERROR")


def test_auto_create_on_both_halves_does_not_mirror_mirrors() -> None:
    scene = Scene()
    for here in (WEST, EAST):
        scene.link(
            "dr",
            here,
            "BIDIRECTIONAL",
            cluster_link_prefix=f"{here}.",
            auto_create_mirror_topics_enable="true",
            auto_create_mirror_topics_filters=MIRROR_ALL,
        )
    scene.topic("e")
    scene.topic("w", lkc=WEST)
    scene.world.clock.advance(60)
    assert set(scene.world.kafka[WEST].topics) == {"w", "lkc-west.e"}
    assert set(scene.world.kafka[EAST].topics) == {"e", "lkc-east.w"}


def test_topic_configs_follow_the_source_as_far_as_the_list_says() -> None:
    scene = Scene()
    scene.topic("t")
    scene.link()
    mirror = scene.mirror("t")
    source = scene.world.kafka[EAST].topics["t"]
    source.set_config("retention.ms", "5")
    source.set_config("confluent.value.schema.validation", "true")
    assert mirror.topic.configs == {}
    scene.world.clock.advance(5)
    assert mirror.topic.configs == {"retention.ms": "5"}
    source.set_config("retention.ms", None)
    scene.world.clock.advance(5)
    assert mirror.topic.configs == {}


def test_a_shorter_list_syncs_less() -> None:
    scene = Scene()
    scene.topic("t")
    fixed = "message.timestamp.type,message.timestamp.difference.max.ms,cleanup.policy,max.message.bytes"
    scene.link(topic_config_sync_include=fixed)
    mirror = scene.mirror("t")
    source = scene.world.kafka[EAST].topics["t"]
    source.set_config("retention.ms", "5")
    source.set_config("cleanup.policy", "compact")
    scene.world.clock.advance(5)
    assert mirror.topic.configs == {"cleanup.policy": "compact"}
    scene.alter({"topic.config.sync.include": f"{fixed},retention.ms"})
    scene.world.clock.advance(5)
    assert mirror.topic.configs == {"cleanup.policy": "compact", "retention.ms": "5"}
