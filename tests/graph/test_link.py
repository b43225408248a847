import json
from typing import Any

import pulumi
import pytest

from first.components import (
    AclPatternType,
    AclPermission,
    AclResourceType,
    ComponentError,
    DrClusterLink,
    DrClusterLinkArgs,
    FilterType,
    LinkMode,
    LinkSettings,
    PatternType,
)

from .recorder import CANARY, Recorder, Resource, golden, record
from .samples import cluster, synced


def args_for(mode: LinkMode = LinkMode.DESTINATION_INITIATED, **more: Any) -> DrClusterLinkArgs:
    args: Any = {"link_name": "dr", "mode": mode, "source": cluster("east"), "destination": cluster("west")}
    link: DrClusterLinkArgs = args | more
    return link


def build(args: DrClusterLinkArgs) -> Recorder:
    return record(lambda: DrClusterLink("link", args))


def config(settings: LinkSettings) -> dict[str, str]:
    entries: dict[str, str] = build(args_for(settings=settings)).named("link-destination")["inputs"]["config"]
    return entries


@pytest.mark.parametrize("mode", list(LinkMode))
def test_each_mode_is_its_golden_graph(mode: LinkMode) -> None:
    golden(f"link_{mode.value.replace('-', '_')}", build(args_for(mode, settings=synced())))


def test_an_acl_only_link_is_the_golden_graph() -> None:
    settings: LinkSettings = {"acl_sync": {"filters": [{"principal": "User:sa-1"}]}}
    golden("link_acl_only", build(args_for(settings=settings, acl_only=True)))


def test_a_prefixed_link_is_the_golden_graph() -> None:
    settings: LinkSettings = {
        "prefix": "east.",
        "consumer_group_prefix": True,
        "offset_sync": {"groups": [{"name": "*"}]},
        "auto_create": {"topics": [{"name": "orders", "pattern_type": PatternType.PREFIXED}]},
        "topic_config_sync_ms": 10000,
        "mirror_start": "latest",
    }
    golden("link_prefix", build(args_for(settings=settings)))


@pytest.mark.parametrize("mode", [LinkMode.SOURCE_INITIATED, LinkMode.BIDIRECTIONAL])
def test_the_inbound_half_comes_first_and_has_no_key_of_the_other_side(mode: LinkMode) -> None:
    halves = build(args_for(mode)).of_type("ClusterLink")
    (inbound,) = [h for h in halves if h["inputs"]["connectionMode"] == "INBOUND"]
    (outbound,) = [h for h in halves if h["inputs"]["connectionMode"] == "OUTBOUND"]
    assert inbound["dependsOn"] == []
    assert outbound["dependsOn"] == [inbound["name"]]
    assert {h["inputs"]["link"] for h in halves} == {"dr"}
    assert [keys_of(inbound), keys_of(outbound)] == [1, 2]


def keys_of(half: Resource) -> int:
    blocks = [block for block in half["inputs"].values() if isinstance(block, dict)]
    return len([block for block in blocks if "credentials" in block])


@pytest.mark.parametrize("mode", list(LinkMode))
def test_only_the_destination_half_syncs(mode: LinkMode) -> None:
    for half in build(args_for(mode, settings=synced())).of_type("ClusterLink"):
        switched_on = [k for k, v in half["inputs"].get("config", {}).items() if v == "true"]
        wanted = ["acl.sync.enable", "consumer.offset.sync.enable"] if half["name"] == "link-destination" else []
        assert sorted(switched_on) == wanted


def test_absent_switches_are_written_as_false() -> None:
    assert config({}) == {
        "acl.sync.enable": "false",
        "auto.create.mirror.topics.enable": "false",
        "consumer.offset.sync.enable": "false",
    }


def test_a_switch_turned_off_keeps_its_keys() -> None:
    on: LinkSettings = {
        "offset_sync": {"groups": [{"name": "*"}]},
        "acl_sync": {"filters": [{}]},
        "auto_create": {"topics": [{"name": "*"}]},
    }
    off: Any = {switch: {**value, "enabled": False} for switch, value in on.items() if isinstance(value, dict)}
    before, after = config(on), config(off)
    assert set(before) == set(after)
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"acl.sync.enable", "auto.create.mirror.topics.enable", "consumer.offset.sync.enable"}


def test_filters_are_canonical_json() -> None:
    entries = config(
        {
            "offset_sync": {"groups": [{"name": "b"}, {"name": "a", "filter_type": FilterType.EXCLUDE}]},
            "acl_sync": {
                "filters": [
                    {
                        "resource_type": AclResourceType.TOPIC,
                        "pattern_type": AclPatternType.LITERAL,
                        "name": "orders",
                        "principal": pulumi.Output.from_input("User:sa-1"),
                        "operation": "read",
                        "permission": AclPermission.ALLOW,
                    }
                ]
            },
        }
    )
    assert entries["consumer.offset.group.filters"] == (
        '{"groupFilters":[{"filterType":"INCLUDE","name":"b","patternType":"LITERAL"},'
        '{"filterType":"EXCLUDE","name":"a","patternType":"LITERAL"}]}'
    )
    assert json.loads(entries["acl.filters"]) == {
        "aclFilters": [
            {
                "resourceFilter": {"resourceType": "topic", "patternType": "literal", "name": "orders"},
                "accessFilter": {"principal": "User:sa-1", "operation": "read", "permissionType": "allow"},
            }
        ]
    }
    assert " " not in entries["acl.filters"]


@pytest.mark.parametrize("mode", [LinkMode.DESTINATION_INITIATED, LinkMode.BIDIRECTIONAL])
def test_a_key_of_the_link_replaces_the_managers_at_the_source_end(mode: LinkMode) -> None:
    own: Any = {"key": "LINKKEY", "secret": f"{CANARY}-link"}
    recorder = build(args_for(mode, source_link_credentials=own))
    assert len([request for request in recorder.requests if "LINKKEY" in str(request.object)]) == 1


def test_the_link_is_locked_unless_both_locks_are_lifted() -> None:
    locked = build(args_for()).named("link-destination")
    assert (locked["protect"], locked["retainOnDelete"]) == (True, True)
    open_link = build(args_for(protect=False, retain_on_delete=False)).named("link-destination")
    assert "protect" not in open_link
    assert "retainOnDelete" not in open_link


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "offsets without groups": ({"settings": {"offset_sync": {"groups": []}}}, "offset_sync has no group filter"),
    "ACLs without filters": ({"settings": {"acl_sync": {"filters": []}}}, "acl_sync has no filter"),
    "auto-create without filters": ({"settings": {"auto_create": {"topics": []}}}, "auto_create has no topic filter"),
    "ACLs with a prefix": (
        {"settings": {"acl_sync": {"filters": [{}]}, "prefix": "a."}},
        "acl_sync is not possible on a link with a prefix",
    ),
    "offsets too often": (
        {"settings": {"offset_sync": {"groups": [{"name": "*"}], "interval_ms": 999}}},
        "offset_sync.interval_ms is 999 ms. The service's minimum is 1000",
    ),
    "ACLs too often": (
        {"settings": {"acl_sync": {"filters": [{}], "interval_ms": 1}}},
        "acl_sync.interval_ms is 1 ms",
    ),
    "configs too often": ({"settings": {"topic_config_sync_ms": 10}}, "topic_config_sync_ms is 10 ms"),
    "long prefix": ({"settings": {"prefix": "northamerica."}}, "has 13 characters. Use at most 12"),
    "prefix no topic may have": ({"settings": {"prefix": "a/b"}}, "has characters that no topic name may have"),
    "group prefix alone": ({"settings": {"consumer_group_prefix": True}}, "set without a prefix"),
    "group prefix both ways": (
        {"mode": LinkMode.BIDIRECTIONAL, "settings": {"consumer_group_prefix": True, "prefix": "a."}},
        "not possible on a bidirectional link",
    ),
    "ACL-only without ACLs": ({"acl_only": True}, "An ACL-only link has no acl_sync"),
    **{
        f"ACL-only with {key}": (
            {"acl_only": True, "settings": {"acl_sync": {"filters": [{}]}, key: value}},
            f"settings for data: {key}",
        )
        for key, value in {
            "offset_sync": {"groups": [{"name": "*"}]},
            "auto_create": {"topics": [{"name": "*"}]},
            "prefix": "a.",
            "mirror_start": "latest",
            "topic_config_sync_ms": 5000,
        }.items()
    },
}


@pytest.mark.parametrize(("change", "problem"), REFUSED.values(), ids=REFUSED)
def test_refuses(change: Any, problem: str) -> None:
    with pytest.raises(ComponentError, match=problem):
        build(args_for() | change)
