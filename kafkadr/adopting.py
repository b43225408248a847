"""What squares a stack with a failover that was not its own: how far it got, and what the state must forget. Pure.

Nothing is repaired here: the edit and `pulumi up` do that, which find the mirrors stopped and the pointer moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafkadr.errors import DrError, RefusedError
from kafkadr.survey import Survey
from kafkadr.verdicts import Action
from kafkadr.wire import Topic

MIRROR_TYPE = "confluentcloud:index/kafkaMirrorTopic:KafkaMirrorTopic"


@dataclass(frozen=True)
class Progress:
    """How far a failover got.

    Args:
        stopped: Mirrors that are STOPPED.
        left: Mirrors that are not, and declared ones that are not there; `pulumi up` takes these up.
        ledger: Whether the term has a ledger; `pulumi up` writes it from the server otherwise, without the groups.
        pointer: Whether the pointer is in the term.
        pending: Operations in the state that a killed run left behind; None when no state was given.
    """

    stopped: int
    left: tuple[str, ...]
    ledger: bool
    pointer: bool
    pending: tuple[str, ...] | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing is left for `pulumi up` but to write it down."""
        return not self.left and self.ledger and self.pointer


def left_of(seen: Survey) -> tuple[str, ...]:
    """Topics that are not STOPPED, in name order."""
    done = set(seen.names(Action.DONE))
    return tuple(sorted({m.mirror_topic_name for m in seen.mirrors} - done | set(seen.missing)))


def pending_of(state: Mapping[str, Any]) -> tuple[str, ...]:
    """What a killed run left in `pulumi stack export`, as `<verb> <urn>`."""
    operations = _deployment(state).get("pending_operations") or []
    return tuple(f"{each['type']} {each['resource']['urn']}" for each in operations)


@dataclass(frozen=True)
class Moving:
    """A promoted mirror that is to be a plain topic in state.

    Args:
        urn: Of the mirror's resource, whose protection is to be lifted.
        cluster: The cluster that has it.
        topic: Its name.
        partitions: Number of its partitions, which the topic's declaration must say.
    """

    urn: str
    cluster: str
    topic: str
    partitions: int

    @property
    def id(self) -> str:
        """What `pulumi import` calls the topic."""
        return f"{self.cluster}/{self.topic}"


def moving_of(state: Mapping[str, Any], cluster: str, seen: Survey, topics: Sequence[Topic]) -> list[Moving]:
    """The mirrors of a link in `pulumi stack export` that may leave it, in name order.

    Raises:
        RefusedError: One of them still mirrors, or its removal would delete the topic.
    """
    found = [r for r in _deployment(state).get("resources", []) if r["type"] == MIRROR_TYPE and _of(r, cluster, seen)]
    if not found:
        raise RefusedError(f"the state has no mirror of link {seen.wish.link} on {cluster}", "Check stack and card")
    stopped, sizes = set(seen.names(Action.DONE)), {t.topic_name: t.partitions_count for t in topics}
    names = {r["urn"]: str(r["inputs"]["mirrorTopicName"]) for r in found}
    for resource in sorted(found, key=lambda r: names[r["urn"]]):
        name = names[resource["urn"]]
        if name not in stopped or name not in sizes:
            raise RefusedError(f"{name} is no stopped mirror yet", "Fail over or promote first; nothing was changed")
        if not resource.get("retainOnDelete"):
            raise RefusedError(
                f"the state would delete the live topic {name} when its mirror leaves the program",
                "Declare it with retain_on_delete=True and run `pulumi up` before; nothing was changed",
            )
    return sorted(
        (Moving(urn, cluster, name, sizes[name]) for urn, name in names.items()), key=lambda moving: moving.topic
    )


def _of(resource: Mapping[str, Any], cluster: str, seen: Survey) -> bool:
    inputs = resource.get("inputs", {})
    return bool(
        inputs.get("kafkaCluster", {}).get("id") == cluster
        and inputs.get("clusterLink", {}).get("linkName") == seen.wish.link
    )


def _deployment(state: Mapping[str, Any]) -> Mapping[str, Any]:
    found = state.get("deployment")
    if not isinstance(found, Mapping):
        raise DrError("this is no exported state: it has no deployment", "Give it what `pulumi stack export` printed")
    return found
