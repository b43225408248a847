"""What may leave the state: only a stopped mirror that the state retains; what a killed run left there."""

from __future__ import annotations

from typing import Any

import pytest

from kafkadr.adopting import MIRROR_TYPE, left_of, moving_of, pending_of
from kafkadr.desired import Desired
from kafkadr.errors import DrError, RefusedError
from kafkadr.survey import Survey, Wish, survey
from kafkadr.wire import Mirror, Topic

TOPICS = [Topic(topic_name="a", partitions_count=3), Topic(topic_name="b", partitions_count=1)]


def seen(**statuses: str) -> Survey:
    mirrors = [Mirror(mirror_topic_name=name, mirror_status=status) for name, status in statuses.items()]
    return survey(mirrors, Wish("dr", Desired.FAILED_OVER, frozenset({"a", "gone"})))


def state(*, retain: bool = True, link: str = "dr", cluster: str = "lkc-2") -> dict[str, Any]:
    def mirror(name: str) -> dict[str, Any]:
        inputs = {"mirrorTopicName": name, "kafkaCluster": {"id": cluster}, "clusterLink": {"linkName": link}}
        return {"type": MIRROR_TYPE, "urn": f"urn:{name}", "inputs": inputs, "retainOnDelete": retain}

    pending = [{"type": "updating", "resource": {"urn": "urn:state"}}]
    return {"deployment": {"resources": [mirror("b"), mirror("a"), {"type": "x"}], "pending_operations": pending}}


def test_stopped_and_retained_mirrors_move_with_their_partitions() -> None:
    found = moving_of(state(), "lkc-2", seen(a="STOPPED", b="STOPPED"), TOPICS)
    assert [(m.urn, m.id, m.partitions) for m in found] == [("urn:a", "lkc-2/a", 3), ("urn:b", "lkc-2/b", 1)]


@pytest.mark.parametrize(
    ("exported", "look", "said"),
    [
        (state(retain=False), seen(a="STOPPED", b="STOPPED"), "would delete the live topic a"),
        (state(), seen(a="STOPPED", b="PENDING_STOPPED"), "b is no stopped mirror yet"),
        (state(), seen(a="STOPPED"), "b is no stopped mirror yet"),
        (state(link="other"), seen(a="STOPPED"), "no mirror of link dr on lkc-2"),
        (state(cluster="lkc-1"), seen(a="STOPPED"), "no mirror of link dr on lkc-2"),
    ],
)
def test_what_would_be_lost_is_refused(exported: dict[str, Any], look: Survey, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        moving_of(exported, "lkc-2", look, TOPICS)


def test_what_is_left_of_a_failover_is_what_is_not_stopped_and_what_is_missing() -> None:
    assert left_of(seen(a="STOPPED", b="ACTIVE")) == ("b", "gone")
    assert pending_of(state()) == ("updating urn:state",)
    with pytest.raises(DrError, match="no deployment"):
        pending_of({})
