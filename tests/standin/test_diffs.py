"""What is a difference, and what replaces."""

from typing import Any

import pytest

from emulator.standin import diffs
from emulator.standin.checks import DEFAULTS
from emulator.standin.engine import changes_of, inputs_after_read
from emulator.standin.operation import ProviderError
from emulator.standin.resources import TABLE, cluster_link
from emulator.standin.values import UNKNOWN

INDEX = "confluentcloud:index"
TOPIC = TABLE[f"{INDEX}/kafkaTopic:KafkaTopic"]
CLUSTER = TABLE[f"{INDEX}/kafkaCluster:KafkaCluster"]
LINK = TABLE[f"{INDEX}/clusterLink:ClusterLink"]
KEY = TABLE[f"{INDEX}/apiKey:ApiKey"]
BINDING = TABLE[f"{INDEX}/roleBinding:RoleBinding"]
QUOTA = TABLE[f"{INDEX}/kafkaClientQuota:KafkaClientQuota"]


def found(row: Any, old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str, bool]]:
    return [(c.path, c.kind, c.replaces) for c in diffs.diff(row, old, new)]


@pytest.mark.parametrize(
    ("row", "old", "new", "expected"),
    [
        (TOPIC, {"partitionsCount": 6}, {"partitionsCount": 8}, [("partitionsCount", "update", False)]),
        (TOPIC, {"partitionsCount": 6}, {"partitionsCount": 3}, [("partitionsCount", "update", True)]),
        (TOPIC, {"topicName": "a"}, {"topicName": "b"}, [("topicName", "update", True)]),
        (TOPIC, {"topicName": "a"}, {"topicName": UNKNOWN}, [("topicName", "update", True)]),
        (TOPIC, {"restEndpoint": "http://a"}, {"restEndpoint": "http://b"}, [("restEndpoint", "update", False)]),
        (TOPIC, {"config": {"a.b": "1"}}, {"config": {"a.b": "2"}}, [('config["a.b"]', "update", False)]),
        (TOPIC, {"config": {"x": "1"}}, {"config": {}}, [("config.x", "delete", False)]),
        (TOPIC, {"config": {"x": "1"}}, {}, []),
        (TOPIC, {"restEndpoint": ""}, {}, []),
        (TOPIC, {"config": {}}, {DEFAULTS: ["partitionsCount"]}, []),
        (CLUSTER, {"availability": "LOW"}, {"availability": "SINGLE_ZONE"}, []),
        (CLUSTER, {"availability": "LOW"}, {"availability": "HIGH"}, [("availability", "update", True)]),
        (CLUSTER, {"deletionProtection": False}, {}, []),
        (CLUSTER, {"deletionProtection": True}, {}, [("deletionProtection", "delete", False)]),
        (CLUSTER, {"basic": {"maxEcku": 5}}, {"basic": {}}, []),
        (CLUSTER, {"dedicated": {"cku": 2, "zones": ["a"]}}, {"dedicated": {"cku": 2}}, []),
        (CLUSTER, {"dedicated": {"cku": 2}}, {"dedicated": {"cku": 3}}, [("dedicated.cku", "update", False)]),
        (CLUSTER, {"enterprises": [{}]}, {"enterprises": [{"maxEcku": 2}]}, [("enterprises[0].maxEcku", "add", False)]),
        (CLUSTER, {"rbacCrn": "x"}, {}, []),
        (LINK, {}, {"sourceKafkaCluster": {"id": "lkc-a"}}, [("sourceKafkaCluster", "add", True)]),
        (LINK, {"sourceKafkaCluster": {"id": "lkc-a"}}, {}, [("sourceKafkaCluster", "delete", True)]),
        (LINK, {"clusterLinkId": "x", "config": {"a": "b"}}, {}, []),
        (KEY, {"managedResource": {"apiVersion": "srcm/v2"}}, {"managedResource": {"apiVersion": "srcm/v3"}}, []),
        (BINDING, {"crnPattern": "crn://a%3Ab"}, {"crnPattern": "crn://a:b"}, []),
        (QUOTA, {"principals": ["a", "b"]}, {"principals": ["b", "a"]}, []),
        (QUOTA, {"principals": ["a"]}, {"principals": ["a", "b"]}, [("principals", "update", False)]),
    ],
)
def test_differences(row: Any, old: dict[str, Any], new: dict[str, Any], expected: list[Any]) -> None:
    assert found(row, old, new) == expected


def test_ignored_changes_are_neither_seen_nor_planned() -> None:
    old, new = {"config": {"a": "1"}, "partitionsCount": 6}, {"config": {"a": "2"}, "partitionsCount": 8}
    assert [c.path for c in diffs.diff(TOPIC, old, new, ["config"])] == ["partitionsCount"]
    assert diffs.wanted(TOPIC, old, new, ["config"]) == {"config": {"a": "1"}, "partitionsCount": 8}


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        ("basic", "standard", False),
        ("standard", "basic", True),
        ("basic", "dedicated", True),
        ("basic", "basic", False),
    ],
)
def test_tier_changes_other_than_basic_to_standard_fail_the_plan(old: str, new: str, *, refused: bool) -> None:
    if not refused:
        changes_of(CLUSTER, {old: {}}, {new: {}}, [])
        return
    with pytest.raises(ProviderError, match="only be upgraded from 'Basic' to 'Standard'"):
        changes_of(CLUSTER, {old: {}}, {new: {}}, [])


def test_a_name_of_the_programs_own_forces_delete_before_replace() -> None:
    old = {"link": "dr", "linkMode": "SOURCE"}
    assert diffs.deletes_first(LINK, old, {"link": "dr", DEFAULTS: ["linkMode"]})
    assert not diffs.deletes_first(LINK, old, {"link": "dr", DEFAULTS: ["link"]})
    assert not diffs.deletes_first(LINK, old, {"link": "other", DEFAULTS: []})
    assert not diffs.deletes_first(TOPIC, {"topicName": "t"}, {"topicName": "t", DEFAULTS: []})


def test_a_previewed_create_shows_what_the_server_decides_as_unknown() -> None:
    shown = diffs.unknowns(CLUSTER, diffs.wanted(CLUSTER, {}, {"dedicated": {"cku": 2}, "cloud": "AWS"}))
    assert shown["cloud"] == "AWS"
    assert shown["restEndpoint"] is UNKNOWN
    assert shown["dedicated"] == {"cku": 2, "encryptionKey": UNKNOWN, "zones": UNKNOWN}
    assert "basic" not in shown


def test_after_a_refresh_inputs_are_the_old_ones_with_live_values() -> None:
    old = {"displayName": "a", "dedicated": {"cku": 2}, DEFAULTS: ["displayName"]}
    live = {"displayName": "b", "dedicated": {"cku": 3, "zones": ["z"]}, "restEndpoint": "http://k"}
    assert inputs_after_read(CLUSTER, old, live, imported=False) == {"displayName": "b", "dedicated": {"cku": 3}}


def test_after_a_refresh_a_links_inputs_hold_the_declared_settings_alone() -> None:
    old = {"link": "dr", "config": {"acl.sync.ms": "5000", "gone": "1"}}
    live = {"link": "dr", "config": {"acl.sync.ms": "7000", "acl.sync.enable": "true"}}
    found = inputs_after_read(cluster_link.RESOURCE, old, live, imported=False)
    assert found == {"link": "dr", "config": {"acl.sync.ms": "7000"}}


def test_after_an_import_inputs_are_all_that_can_be_set() -> None:
    live = {"displayName": "b", "dedicated": {"cku": 3, "zones": ["z"]}, "restEndpoint": "http://k", "region": ""}
    assert inputs_after_read(CLUSTER, {}, live, imported=True) == {"displayName": "b", "dedicated": {"cku": 3}}
