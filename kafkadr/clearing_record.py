"""What a clearance takes away from the old primary, and how the ledger remembers it. Pure, on the ledger document.

Per partition the document gets `cleared`: `{from, to, records, when, deleted}`. It is written before the topic is
deleted, for afterwards nobody can count it: offsets `from` to `to`, None where nobody could tell. `deleted` is when the
server no longer had the topic, None until then.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kafkadr.divergence import Stray
from kafkadr.settling import Document, Place, partitions_of, rows_of
from kafkadr.words import table

SHOWN = 20
_ROWS = 100


@dataclass(frozen=True)
class Held:
    """What one partition of a stale topic holds, as far as anybody could tell.

    Args:
        topic: Name on the old primary.
        partition: Number.
        start: Offset of its first record; None when nobody could tell.
        end: Offset after its last record; None when nobody could tell.
    """

    topic: str
    partition: int
    start: int | None = None
    end: int | None = None

    @property
    def records(self) -> int | None:
        """How many, as offsets go."""
        return None if self.start is None or self.end is None else self.end - self.start

    def to_json(self) -> dict[str, Any]:
        """Plain values for outputs; what nobody knows is left out."""
        found = {"topic": self.topic, "partition": self.partition, "records": self.records}
        return {key: value for key, value in found.items() if value is not None}


def places_of(counts: Mapping[str, int]) -> list[Place]:
    """Every partition of topics with so many, in order; a topic has one at least."""
    return [(topic, number) for topic, count in sorted(counts.items()) for number in range(max(count, 1))]


def strangers(document: Document, counts: Mapping[str, int]) -> list[Place]:
    """Partitions of the old primary that the ledger says nothing of: nobody ever answered for their records.

    Args:
        document: The flip's ledger.
        counts: Number of partitions per topic, as the old primary says today.
    """
    known = {(p.source, p.partition) for p in partitions_of(document)}
    return [place for place in places_of(counts) if place not in known]


def unanswered(document: Document, held: Iterable[Held]) -> list[Stray]:
    """Records beyond the mirrored ones that nobody has recovered or written off: somebody wrote them since."""
    by_place = {(h.topic, h.partition): h for h in held}
    found: list[Stray] = []
    for part in partitions_of(document):
        there = by_place.get((part.source, part.partition))
        if there is not None and there.end is not None:
            seen = part if there.start is None else part.seen_from(there.start)
            spans = seen.without_said((seen.first, there.end - 1))
            found += [Stray(part.topic, part.source, part.partition, first, last) for first, last in spans]
    return found


def endless(document: Document, held: Iterable[Held]) -> list[Place]:
    """Partitions of which neither the ledger nor the old primary tells where they end."""
    ends = {(h.topic, h.partition): h.end for h in held}
    places = [((p.source, p.partition), p) for p in partitions_of(document)]
    return [place for place, part in places if part.last is None and place in ends and ends[place] is None]


def with_planned(document: Document, held: Iterable[Held], when: str) -> Document:
    """The document with what is about to be deleted; a later look at what is still there counts."""
    out, by_place = copy.deepcopy(document), {(h.topic, h.partition): h for h in held}
    for place, row in rows_of(out):
        if place in by_place:
            found = by_place[place]
            last = None if found.end is None else found.end - 1
            before = row.get("cleared") or {"from": None, "to": None, "records": None}
            told = {"from": found.start, "to": last, "records": found.records}
            row["cleared"] = (told if last is not None else before) | {"when": when, "deleted": None}
    return out


def with_deleted(document: Document, topics: Collection[str], when: str) -> Document:
    """The document with topics that were to be deleted and are gone."""
    out = copy.deepcopy(document)
    for (topic, _), row in rows_of(out):
        if topic in topics and "cleared" in row and row["cleared"]["deleted"] is None:
            row["cleared"]["deleted"] = when
    return out


def cleared_in(document: Document) -> list[Held]:
    """What was deleted, as the ledger has it, in order."""
    found = [
        Held(topic, number, row["cleared"]["from"], _end(row["cleared"]))
        for (topic, number), row in rows_of(document)
        if row.get("cleared", {}).get("deleted") is not None
    ]
    return sorted(found, key=lambda held: (held.topic, held.partition))


def report(held: Iterable[Held]) -> dict[str, Any]:
    """Topics as an output: numbers, and the first partitions; `records` only when every partition was counted."""
    listed = list(held)
    counts = [h.records for h in listed]
    out: dict[str, Any] = {"topics": len({h.topic for h in listed}), "partitions": len(listed)}
    if None not in counts:
        out["records"] = sum(filter(None, counts))
    return out | {"rows": [h.to_json() for h in listed[:SHOWN]]}


def told(cluster: str, held: Iterable[Held], *, fire: bool) -> str:
    """What is going to happen, in words."""
    listed = list(held)
    found = report(listed)
    many = f"{found['records']} records" if "records" in found else "records that were not counted"
    deed = "are deleted" if fire else "are armed, and nothing is deleted; firing would delete them"
    head = f"{found['topics']} stale topics on {cluster}, {many} in {found['partitions']} partitions, {deed}"
    rows = [[h.topic, str(h.partition), _count(h)] for h in listed[:_ROWS]]
    more = f"\n  and {len(listed) - _ROWS} more" if len(listed) > _ROWS else ""
    return f"{head}\n{table(['topic', 'partition', 'records'], rows)}{more}\n" if listed else f"{head}\n"


def _count(held: Held) -> str:
    if held.records is not None:
        return str(held.records)
    return "?" if held.end is None else f"up to offset {held.end - 1}"


def _end(cleared: Mapping[str, Any]) -> int | None:
    return None if cleared["to"] is None else int(cleared["to"]) + 1
