"""What a flip cost, from what clients saw: RTO per stage, RPO, duplicates, clamps. Pure; seconds since the start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drill.heartbeat import Beat, Record

DISASTER, LOOKED, ORDERED, DONE = "disaster", "looked", "ordered", "done"
"""Marks of the operator's side: the broker is killed, the preview is read, the flip is ordered, the flip has ended."""


@dataclass(frozen=True)
class Stage:
    """A part of the outage."""

    name: str
    start: float
    end: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"name": self.name, "start": self.start, "end": self.end, "seconds": round(self.end - self.start, 3)}


@dataclass(frozen=True)
class Figures:
    """The measured figures of one drill.

    Attributes:
        gap: Last write acknowledged before, first one after, as the application sees it.
        stages: The gap cut at the operator's marks and at the move of the pointer, in order and without holes.
        reading: Last record read before, first one after.
        lost: Numbers of acknowledged writes that were not mirrored.
        lost_seconds: From the last write that was mirrored to the last that was acknowledged.
        unknown: Writes of which nobody knows whether they were taken.
        duplicates: Numbers that the group read more than once.
        clamps: Group positions that the flip pulled back, from the ledger.
    """

    gap: tuple[float, float]
    stages: tuple[Stage, ...]
    reading: tuple[float, float]
    lost: tuple[int, ...]
    lost_seconds: float
    unknown: int
    duplicates: tuple[int, ...]
    clamps: tuple[dict[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values for the report."""
        return {
            "rto": {
                "seconds": round(self.gap[1] - self.gap[0], 3),
                "lastWriteBefore": self.gap[0],
                "firstWriteAfter": self.gap[1],
                "readingSeconds": round(self.reading[1] - self.reading[0], 3),
                "stages": [stage.to_json() for stage in self.stages],
            },
            "rpo": {
                "records": len(self.lost),
                "seconds": round(self.lost_seconds, 3),
                "numbers": list(self.lost),
                "unknown": self.unknown,
            },
            "duplicates": {"records": len(self.duplicates), "numbers": list(self.duplicates)},
            "clamps": list(self.clamps),
        }


def figures(
    record: Record,
    marks: Mapping[str, float],
    before: str,
    after: str,
    fetched: int,
    groups: Sequence[Mapping[str, Any]],
) -> Figures:
    """Measure.

    Args:
        record: What the clients saw.
        marks: The operator's side, see `DISASTER` and others.
        before: The site that was lost.
        after: The survivor.
        fetched: Source offset of the last write that was mirrored, from the ledger.
        groups: The ledger's groups.

    Raises:
        ValueError: One of the sites has acknowledged nothing or was never read, so there is nothing to measure.
    """
    first, last = _acked(record.beats, before), _acked(record.beats, after)
    lost = [beat for beat in first if (beat.offset or 0) > fetched]
    mirrored = [beat for beat in first if (beat.offset or 0) <= fetched]
    gap = (_time(first[-1]), _time(last[0]))
    reads = Counter(read.number for read in record.reads)
    return Figures(
        gap,
        _stages(gap, marks, record.moves[after]),
        (
            max(read.at for read in record.reads if read.site == before),
            min(read.at for read in record.reads if read.site == after),
        ),
        tuple(beat.number for beat in lost),
        _time(first[-1]) - _time(mirrored[-1]) if lost and mirrored else 0.0,
        sum(1 for beat in record.beats if beat.acked is None),
        tuple(sorted(number for number, times in reads.items() if times > 1)),
        tuple(dict(group) for group in groups if "clampedFrom" in group),
    )


def _acked(beats: Sequence[Beat], site: str) -> list[Beat]:
    found = sorted((b for b in beats if b.site == site and b.acked is not None), key=_time)
    if not found:
        raise ValueError(f"no write was acknowledged by {site}")
    return found


def _time(beat: Beat) -> float:
    return beat.acked if beat.acked is not None else beat.sent


def _stages(gap: tuple[float, float], marks: Mapping[str, float], moved: float) -> tuple[Stage, ...]:
    cuts = [
        ("last write until the kill", gap[0]),
        ("preview", marks[DISASTER]),
        ("decision", marks[LOOKED]),
        ("flip until the pointer moves", marks[ORDERED]),
        ("clients move", moved),
    ]
    ends = [start for _, start in cuts[1:]] + [gap[1]]
    return tuple(
        Stage(name, max(gap[0], start), min(gap[1], max(start, end)))
        for (name, start), end in zip(cuts, ends, strict=True)
    )
