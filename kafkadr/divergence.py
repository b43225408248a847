"""Writes to the old primary after a flip: records that no client of the new one will ever see (failure-modes #22).

The ledger knows where every partition of the old primary ended when the mirrors were stopped. An end beyond that was
written since, by a producer that did not move.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kafkadr.rest import KafkaRest
from kafkadr.settling import Document, partitions_of

Place = tuple[str, int]
"""Topic on the old primary and partition."""


@dataclass(frozen=True)
class Stray:
    """Records written to one partition of the old primary after the flip: `[first .. last]`."""

    topic: str
    source: str
    partition: int
    first: int
    last: int

    @property
    def records(self) -> int:
        """How many, as offsets go; transactions leave gaps."""
        return self.last - self.first + 1

    def to_json(self) -> dict[str, str | int]:
        """Plain values for a report."""
        return {
            "topic": self.topic,
            "source": self.source,
            "partition": self.partition,
            "from": self.first,
            "to": self.last,
            "records": self.records,
        }


@dataclass(frozen=True)
class Divergence:
    """What was found, and how much was looked at: a partition whose end nobody told may have diverged unseen.

    Attributes:
        strays: Records written after the flip.
        seen: How many partitions were compared.
        unseen: Partitions whose end today nobody told.
        unknown: Partitions whose end at the flip nobody knows, and which go on after the last record mirrored: these
            records were left behind or written since.
    """

    strays: tuple[Stray, ...]
    seen: int
    unseen: tuple[Place, ...]
    unknown: tuple[Place, ...] = ()


def compare(document: Document, ends: Mapping[Place, int], starts: Mapping[Place, int] | None = None) -> Divergence:
    """Hold the old primary's end offsets, by source topic and partition, against the ledger.

    Args:
        document: The ledger of the flip.
        ends: Offset after the last record, as far as anybody told it.
        starts: Offset of the first record; None when only ends were told. Without it nobody can say of a partition
            that held nothing at the flip whether its end has moved: it counts as unseen unless it is 0.
    """
    strays: list[Stray] = []
    unseen: list[Place] = []
    places = partitions_of(document)
    unknown: list[Place] = []
    for part in places:
        place = part.source, part.partition
        end, start = ends.get(place), (starts or {}).get(place)
        seen = part if start is None else part.seen_from(start)
        # What a recovery found is the best there is where the flip knew no end.
        known = seen.last if seen.known is None else seen.known
        if end is None or (end and seen.idle and seen.begins is None):
            unseen.append(place)
        elif known is None and end > seen.first:
            unknown.append(place)
        elif known is not None and end > (first := max(known + 1, seen.first)):
            strays.append(Stray(part.topic, part.source, part.partition, first, end - 1))
    seen_count = len(places) - len(unseen) - len(unknown)
    return Divergence(tuple(strays), seen_count, tuple(unseen), tuple(unknown))


async def ends_by_groups(source: KafkaRest) -> dict[Place, int]:
    """End offsets as far as consumer groups tell them: Kafka REST has no other call that does (confluent-api 8.5)."""
    found: dict[Place, int] = {}
    for group in await source.groups():
        for lag in await source.group_lags(group.consumer_group_id):
            place = (lag.topic_name, lag.partition_id)
            if lag.log_end_offset is not None:
                found[place] = max(found.get(place, 0), lag.log_end_offset)
    return found


def sources_of(document: Document) -> Iterable[Place]:
    """Every partition of the old primary that the ledger speaks of."""
    return [(p.source, p.partition) for p in partitions_of(document)]
