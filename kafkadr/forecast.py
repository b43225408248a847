"""What a flip costs, told before and after it: records left behind, records read twice, offsets clamped (S45-S47).

Pure. All offsets are Kafka's: zero based, a committed offset is the next record to read. Ranges are inclusive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kafkadr.wire import GroupLag, Mirror


@dataclass(frozen=True)
class Missing:
    """Records of one partition that exist on the source only: `[first .. last]`, `lag` many; None is unknown."""

    topic: str
    partition: int
    fetched: int
    lag: int | None

    @property
    def first(self) -> int:
        """Offset of the first record left behind."""
        return self.fetched + 1

    @property
    def last(self) -> int | None:
        """Offset of the last record left behind."""
        return None if self.lag is None else self.fetched + self.lag

    def to_json(self) -> dict[str, Any]:
        """Plain values for a report, the ledger or an output."""
        return {"topic": self.topic, "partition": self.partition, "lag": self.lag, "from": self.first, "to": self.last}


@dataclass(frozen=True)
class Restart:
    """Where a group starts on the destination, against what the destination holds.

    `committed` is the synced offset, `end` the destination's log end. Ahead of the log it is clamped to the end
    (S47); behind it, what lies between may have been read on the source already and is read again (S46).
    """

    group: str
    topic: str
    partition: int
    committed: int
    end: int

    @property
    def clamped(self) -> bool:
        """Whether the flip pulls the offset back to the log end."""
        return self.committed > self.end

    @property
    def repeats(self) -> int:
        """Records that may be read a second time."""
        return max(0, self.end - self.committed)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a report, the ledger or an output."""
        out: dict[str, Any] = {
            "group": self.group,
            "topic": self.topic,
            "partition": self.partition,
            "restartAt": min(self.committed, self.end),
        }
        if self.clamped:
            out |= {"clampedFrom": self.committed - 1, "clampedTo": self.end - 1}
        if self.repeats:
            out |= {"repeatsFrom": self.committed, "repeatsTo": self.end - 1}
        return out


@dataclass(frozen=True)
class Forecast:
    """The whole price of a flip.

    `missing` has a row for each partition that lacks records, and for each whose lag the server does not tell.
    `unknown` says which groups could not be read and why; `absent` names groups that a filter names literally and
    the destination does not have: no offset was synced, so they start where their own configuration says.
    """

    missing: tuple[Missing, ...]
    restarts: tuple[Restart, ...]
    unknown: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def lagging(self) -> tuple[Missing, ...]:
        """Partitions of which so many records stay behind."""
        return tuple(m for m in self.missing if m.lag is not None)

    @property
    def unknown_lags(self) -> tuple[Missing, ...]:
        """Partitions of which nobody knows how many records stay behind."""
        return tuple(m for m in self.missing if m.lag is None)

    @property
    def at_least(self) -> int:
        """Records that are known to stay behind on the source."""
        return sum(m.lag or 0 for m in self.lagging)

    @property
    def at_risk(self) -> int | None:
        """Records that stay behind on the source; None when the lag of a partition is unknown."""
        return None if self.unknown_lags else self.at_least

    @property
    def repeats(self) -> int:
        """Most records that groups may read again."""
        return sum(r.repeats for r in self.restarts)

    def to_json(self, rows: int) -> dict[str, Any]:
        """Totals and the worst `rows` partitions and groups: an output must not grow with the number of topics."""
        worst = sorted(self.lagging, key=lambda m: (-(m.lag or 0), m.topic, m.partition))[:rows]
        moved = [r for r in self.restarts if r.clamped or r.repeats]
        moved.sort(key=lambda r: (not r.clamped, -r.repeats, r.group, r.topic, r.partition))
        return {
            "messagesAtRisk": self.at_risk,
            "messagesAtLeast": self.at_least,
            "topicsAtRisk": len({m.topic for m in self.missing}),
            "partitionsLagging": len(self.lagging),
            "partitionsUnknown": len(self.unknown_lags),
            "repeatsAtMost": self.repeats,
            "groupsClamped": len({r.group for r in self.restarts if r.clamped}),
            "rows": [m.to_json() for m in worst],
            "unknownRows": [m.to_json() for m in self.unknown_lags[:rows]],
            "groups": [r.to_json() for r in moved[:rows]],
            "unknown": list(self.unknown),
            "absent": list(self.absent[:rows]),
        }


def missing_of(mirrors: Iterable[Mirror]) -> tuple[Missing, ...]:
    """Partitions whose last records are not mirrored, or may not be, in name order."""
    found = [
        Missing(m.mirror_topic_name, row.partition, row.last_source_fetch_offset, row.lag)
        for m in mirrors
        for row in m.partitions
        if row.lag != 0
    ]
    return tuple(sorted(found, key=lambda x: (x.topic, x.partition)))


def restarts_of(group: str, lags: Sequence[GroupLag], topics: frozenset[str]) -> tuple[Restart, ...]:
    """A group's restart points on the topics in scope."""
    return tuple(
        Restart(group, lag.topic_name, lag.partition_id, lag.current_offset, lag.log_end_offset)
        for lag in lags
        if lag.topic_name in topics and lag.current_offset is not None and lag.log_end_offset is not None
    )


def unplaced_of(group: str, lags: Sequence[GroupLag], topics: frozenset[str]) -> tuple[str, ...]:
    """The partitions in scope of which the server does not tell where a group stands, in words."""
    return tuple(
        f"group {group}: where it stands on {lag.topic_name} partition {lag.partition_id} is not told"
        for lag in lags
        if lag.topic_name in topics and (lag.current_offset is None or lag.log_end_offset is None)
    )
