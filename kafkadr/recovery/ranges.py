"""What to recover: the ledger's ranges held against what the source's log has today. Pure.

The log may have moved since the flip. Retention may have cut records off: those are lost for good. It may have grown,
because the lag that the server knew was out of date when its source died, or because somebody still writes there: then
the clusters diverge, and it is told. All offsets are inclusive unless they are called an end.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from kafkadr.settling import Document, Missing, Span, partitions_of

Place = tuple[str, int]
"""Topic and partition."""


@dataclass(frozen=True)
class Log:
    """A partition's log as its broker describes it.

    Attributes:
        start: Offset of the first record that is still there.
        end: Offset after the last one.
        stable: End of what no open transaction hides (last stable offset).
        after: Offset of the first record with a timestamp after the flip; None when there is none or it was not asked.
    """

    start: int
    end: int
    stable: int
    after: int | None = None


@dataclass(frozen=True)
class Range:
    """One partition's records to recover.

    Attributes:
        place: The ledger's view of the partition.
        log: The source's log; None when the source was not asked.
    """

    place: Missing
    log: Log | None

    @property
    def last(self) -> int | None:
        """Last offset to recover; below `place.first` when there is nothing, None when nobody knows."""
        return self.log.end - 1 if self.log else self.place.last

    @property
    def lost(self) -> Span | None:
        """Records that were not mirrored and that the source has no more: its log begins after the first of them."""
        if self.log is None or self.log.start <= self.place.first:
            return None
        return (self.place.first, self.log.start - 1)

    @property
    def beyond(self) -> Span | None:
        """Records from before the flip of which it did not know: the lag was out of date when the source died."""
        if self.log is None or self.place.known is None:
            return None
        first = max(self.place.known + 1, self.place.first, self.log.start)
        last = (self.diverged[0] if self.diverged else self.log.end) - 1
        return (first, last) if last >= first else None

    @property
    def diverged(self) -> Span | None:
        """Records that somebody wrote to the old primary after the flip, by their timestamps."""
        if self.log is None or self.log.after is None:
            return None
        first, last = max(self.log.after, self.place.first), self.log.end - 1
        return (first, last) if last >= first else None

    @property
    def behind(self) -> bool:
        """Whether the source holds less than what was mirrored from it: not the log that was mirrored."""
        return self.log is not None and self.log.end <= self.place.fetched

    @property
    def present(self) -> Span | None:
        """What can be read from the source, acknowledged or not; None where nobody knows its end."""
        first = max(self.place.first, self.log.start) if self.log else self.place.first
        return (first, self.last) if self.last is not None and self.last >= first else None

    @property
    def todo(self) -> tuple[Span, ...]:
        """What can be read and is not acknowledged."""
        return self.place.without_said(self.present) if self.present else ()

    def to_json(self) -> dict[str, Any]:
        """Plain values for a report."""
        out: dict[str, Any] = {
            "topic": self.place.topic,
            "sourceTopic": self.place.source,
            "partition": self.place.partition,
            "missing": list(self.place.missing) if self.place.missing else None,
            "open": [list(span) for span in self.place.open],
            "acknowledged": list(self.place.said),
        }
        if self.log is not None:
            out |= {
                "source": {"start": self.log.start, "end": self.log.end, "stable": self.log.stable},
                "present": list(self.present) if self.present else None,
                "todo": [list(span) for span in self.todo],
                "lost": list(self.lost) if self.lost else None,
                "beyond": list(self.beyond) if self.beyond else None,
                "diverged": list(self.diverged) if self.diverged else None,
                "behind": self.behind,
            }
        return out


def ranges_of(document: Document, logs: Mapping[Place, Log], topics: Collection[str] = ()) -> list[Range]:
    """The ledger's partitions with what the source has of them.

    Args:
        document: The ledger.
        logs: The source's partitions, by source topic; a partition that is not in it was not asked for.
        topics: Restrict to these mirror topics; all when empty.
    """
    places = [place for place in partitions_of(document) if not topics or place.topic in topics]
    found = [(place, logs.get((place.source, place.partition))) for place in places]
    return [Range(place.seen_from(log.start) if log else place, log) for place, log in found]
