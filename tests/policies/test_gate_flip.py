"""What the plan gate lets go beside a flip: a link's switches, records of an earlier turn, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policies.plans import EAST, FAILED_OVER, FLIP, OFF, POINTED, STEADY, codes, judged, row


def test_a_flip_may_switch_the_links_syncs() -> None:
    assert judged(STEADY, FAILED_OVER, *FLIP, row("update", "ClusterLink", change=OFF)).allowed


def test_a_flip_may_drop_the_record_of_an_earlier_turn_of_the_link() -> None:
    assert judged(STEADY, FAILED_OVER, *FLIP, row("delete", "Reversal", protect=False)).allowed
    assert not judged(STEADY, FAILED_OVER, *FLIP, row("create", "Reversal", protect=False)).allowed


BESIDE_A_FLIP: dict[str, tuple[dict[str, Any], str]] = {
    "link deleted": (row("delete", "ClusterLink", protect=False), "lost"),
    "link forgotten": (row("delete", "ClusterLink", protect=False, retain=True), "lost"),
    "link replaced": (row("replace", "ClusterLink", change={"link": "x"}, protect=False), "lost"),
    "link discarded": (row("discard", "ClusterLink", protect=False), "lost"),
    "mirror deleted": (row("delete", "KafkaMirrorTopic", protect=False), "lost"),
    "topic deleted": (row("delete", "KafkaTopic", protect=False), "lost"),
    "key deleted": (row("delete", "ApiKey", protect=False), "lost"),
    "cluster replaced": (row("create-replacement", "KafkaCluster", protect=False), "lost"),
    "protected link deleted": (row("delete", "ClusterLink"), "lock"),
    "key created": (row("create", "ApiKey"), "step"),
    "mirror created": (row("create", "KafkaMirrorTopic"), "step"),
    "mirror updated": (row("update", "KafkaMirrorTopic", change={"status": "FAILED_OVER"}), "step"),
    "ACL created": (row("create", "KafkaAcl"), "step"),
    "ACL deleted": (row("delete", "KafkaAcl", protect=False), "step"),
    "link's interval": (
        row("update", "ClusterLink", change={"config": {"acl.sync.enable": "true", "acl.sync.ms": "1"}}),
        "step",
    ),
    "link's credentials": (row("update", "ClusterLink", change={"sourceKafkaCluster": {"id": EAST}}), "step"),
    "another link watched": (row("update", "MirrorState", "b", change={"linkName": "x"}), "step"),
    "another scope": (row("update", "MirrorState", "b", change={"topics": ["a"]}), "step"),
    "another pointer": (row("update", "ActivePointer", "b", change=POINTED | {"url": "x"}), "step"),
    "key unlocked": (row("same", "ApiKey", unlock=True), "lock"),
    "lost site read": (row("read", "KafkaTopic"), "site"),
    "lost site refreshed": (row("refresh", "KafkaCluster"), "site"),
    "lost cluster asked": (row("update", "KafkaTopic", change={"partitions": 3}), "site"),
    "clients sent to the lost cluster": (
        row("update", "ActivePointer", "b", change={"site": "west", "epoch": 2}),
        "site",
    ),
    "clients sent to the lost site": (
        row("update", "ActivePointer", "b", change={"clusterId": "lkc-west", "epoch": 2}),
        "site",
    ),
    "guard replaced": (
        {"op": "replace", "urn": "urn:pulumi:s::p::kafkadr:index:Transition::h", "oldState": {}, "newState": {}},
        "guard",
    ),
}


@pytest.mark.parametrize(("step", "reason"), BESIDE_A_FLIP.values(), ids=BESIDE_A_FLIP)
def test_nothing_goes_beside_a_flip(step: dict[str, Any], reason: str) -> None:
    assert judged(STEADY, FAILED_OVER, *FLIP).allowed
    assert reason in codes(judged(STEADY, FAILED_OVER, *FLIP, step))
