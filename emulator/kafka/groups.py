"""Consumer groups: committed offsets, and whether a member is consuming now."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Group:
    """A consumer group.

    Attributes:
        name: Group id.
        offsets: Next offset to read by (topic, partition).
        active: Whether it has a member; offset sync leaves active groups alone.
        members: (consumer id, client id) of real members; a group that is active by hand has one without them.
        assignor: How real members share out partitions.
    """

    name: str
    offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    active: bool = False
    members: list[tuple[str, str]] = field(default_factory=list)
    assignor: str = "range"

    @property
    def state(self) -> str:
        """State on the wire."""
        return "STABLE" if self.active else "EMPTY"

    def consumers(self) -> list[tuple[str, str]]:
        """Return (consumer id, client id) of the members."""
        invented = f"consumer-{self.name}-1"
        return self.members or [(invented, invented)] if self.active else []

    @property
    def consumer_id(self) -> str:
        """Id of the first member, "" without one."""
        return self.consumers()[0][0] if self.active else ""

    def topics(self) -> set[str]:
        """Topics the group has committed offsets for."""
        return {topic for topic, _ in self.offsets}


def clamp(groups: Iterable[Group], ends: dict[str, list[int]]) -> None:
    """Lower committed offsets that lie behind the log end of the topics in `ends` (end per partition).

    Offset sync and data run independently, so a synced offset can be ahead of the mirrored log; at a failover it
    is pulled back to the log's end (confluent-api section 9).
    """
    for group in groups:
        group.offsets.update(beyond(group, ends))


def beyond(group: Group, ends: dict[str, list[int]]) -> dict[tuple[str, int], int]:
    """Return the log end of each place where the group's committed offset lies behind it."""
    return {
        (topic, partition): ends[topic][partition]
        for (topic, partition), offset in group.offsets.items()
        if topic in ends and partition < len(ends[topic]) and offset > ends[topic][partition]
    }


def forget_topic(groups: Iterable[Group], topic: str) -> None:
    """Drop the committed offsets of a deleted topic."""
    for group in groups:
        for place in [place for place in group.offsets if place[0] == topic]:
            del group.offsets[place]
