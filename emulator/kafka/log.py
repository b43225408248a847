"""Partition logs: offsets are zero based, the end offset is the next one to be written."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """Payload of one record; either half may be absent."""

    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """`count` records from offset `base` on; only single records carry a payload."""

    base: int
    count: int
    timestamp_ms: int
    record: Record | None = None

    @property
    def end(self) -> int:
        """Offset after the last record."""
        return self.base + self.count

    def between(self, low: int, high: int) -> "Batch":
        """Return the part of the batch in [low, high)."""
        base, end = max(self.base, low), min(self.end, high)
        if (base, end) == (self.base, self.end):
            return self
        return Batch(base, end - base, self.timestamp_ms, self.record)


class Partition:
    """A log that stores runs of records without payload as one entry, so a million records cost one append."""

    __slots__ = ("batches", "end", "start")

    def __init__(self, start: int = 0) -> None:
        self.start = start
        self.end = start
        self.batches: list[Batch] = []

    def append(self, record: Record, timestamp_ms: int) -> int:
        """Write one record and return its offset."""
        offset = self.end
        self.batches.append(Batch(offset, 1, timestamp_ms, record))
        self.end += 1
        return offset

    def append_count(self, count: int, timestamp_ms: int) -> None:
        """Write `count` records without payload."""
        if count < 0:
            raise ValueError("a log does not shrink by writing")
        if count:
            self.batches.append(Batch(self.end, count, timestamp_ms))
            self.end += count

    def copy_from(self, source: "Partition", upto: int) -> int:
        """Append what `source` has from our end up to offset `upto`; offsets stay the same. Return how many came.

        What the source has already dropped cannot come: the log then continues at the source's start.
        """
        low = max(self.end, source.start)
        if upto <= low:
            return 0
        first = max(0, bisect_right(source.batches, low, key=lambda batch: batch.base) - 1)
        for batch in source.batches[first:]:
            if batch.base >= upto:
                break
            if batch.end > low:
                self.batches.append(batch.between(low, upto))
        if self.start == self.end:
            self.start = low
        self.end = upto
        return upto - low

    def truncate(self, offset: int) -> int:
        """Drop everything from `offset` on and return how many records that were."""
        removed = max(0, self.end - max(offset, self.start))
        if removed:
            self.end -= removed
            kept = (batch.between(self.start, self.end) for batch in self.batches if batch.base < self.end)
            self.batches = list(kept)
        return removed

    def offset_at(self, timestamp_ms: int) -> int:
        """Return the offset of the first record not older than `timestamp_ms`; the end when there is none."""
        return next((batch.base for batch in self.batches if batch.timestamp_ms >= timestamp_ms), self.end)

    def payloads(self) -> Iterator[Batch]:
        """Yield the batches that carry a payload, oldest first."""
        return (batch for batch in self.batches if batch.record is not None)
