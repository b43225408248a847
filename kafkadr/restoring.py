"""What a restore of the old primary takes away, and how the ledger remembers it. Pure, on rows and the document.

Per partition the ledger's document gets `cut`: `{from, records, archived, when}`, where `archived` is a list of
`{name, records, sha256}` in the ledger's store, empty when the archive was waived. It is written before the call, for
afterwards nobody can count what is gone. `truncated` is added after it: how many records went, by the server's answer.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kafkadr.errors import RefusedError
from kafkadr.settling import Document, Span, rows_of
from kafkadr.wire import MirrorRow
from kafkadr.words import table

SHOWN = 20
_ROWS = 100


@dataclass(frozen=True)
class Cut:
    """Records of one partition of the old primary that are to go.

    Args:
        topic: Name on both clusters: a bidirectional link has no prefix.
        partition: Number.
        first: Offset that the partition is cut to.
        records: How many go, as the server counts: the offsets from `first` to the end of the log.
    """

    topic: str
    partition: int
    first: int
    records: int

    @property
    def place(self) -> tuple[str, int]:
        """Topic and partition."""
        return self.topic, self.partition

    @property
    def span(self) -> Span:
        """First and last offset."""
        return self.first, self.first + self.records - 1

    def to_json(self) -> dict[str, Any]:
        """Plain values for outputs."""
        return {"topic": self.topic, "partition": self.partition, "from": self.first, "records": self.records}


@dataclass(frozen=True)
class Archived:
    """One object of the archive.

    Args:
        name: In the ledger's store.
        records: Lines in it.
        sha256: Of its bytes.
    """

    name: str
    records: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """As the ledger has it."""
        return {"name": self.name, "records": self.records, "sha256": self.sha256}


def cuts_of(rows: Iterable[MirrorRow]) -> list[Cut]:
    """What accepted rows of `truncate-and-restore` take away; partitions that lose nothing are left out."""
    found = [
        Cut(row.mirror_topic_name, part.partition_id, part.offset_truncated_to, part.messages_truncated)
        for row in rows
        if not row.error_code
        for part in row.partition_level_truncation_data
        if part.messages_truncated
    ]
    return sorted(found, key=lambda cut: cut.place)


def uncounted(rows: Iterable[MirrorRow], document: Document) -> list[str]:
    """Topics of accepted rows that do not tell of each partition what goes: nobody knows what would be cut.

    A total proves that the rows are complete; without one the ledger knows which partitions there are.
    """
    known: dict[str, set[int]] = {}
    for (topic, partition), _ in rows_of(document):
        known.setdefault(topic, set()).add(partition)
    found = []
    for row in rows:
        told = {part.partition_id: part.messages_truncated for part in row.partition_level_truncation_data}
        whole = known.get(row.mirror_topic_name, {0}) <= told.keys()
        if not row.error_code and (
            row.messages_truncated != sum(told.values()) if row.messages_truncated is not None else not whole
        ):
            found.append(row.mirror_topic_name)
    return sorted(found)


def with_cuts(
    document: Document, cuts: Iterable[Cut], archived: Mapping[tuple[str, int], list[Archived]], when: str
) -> Document:
    """The document with what is about to be cut; the newest word counts, for until the call nothing is gone."""
    out = copy.deepcopy(document)
    for cut in cuts:
        row = _row(out, cut)
        objects = [part.to_json() for part in archived.get(cut.place, [])]
        row["cut"] = {"from": cut.first, "records": cut.records, "archived": objects, "when": when}
    return out


def with_truncated(document: Document, rows: Iterable[MirrorRow]) -> Document:
    """The document with what was cut by accepted rows of the call; of partitions that it knows."""
    out = copy.deepcopy(document)
    for row in rows:
        for part in row.partition_level_truncation_data:
            cut = Cut(row.mirror_topic_name, part.partition_id, part.offset_truncated_to, part.messages_truncated)
            found = _find(out, cut)
            if found is None:
                continue
            if cut.records and "cut" not in found:
                found["cut"] = {"from": cut.first, "records": 0, "archived": []}
            if "cut" in found:
                found["cut"]["truncated"] = cut.records
    return out


@dataclass(frozen=True)
class Kept:
    """What the ledger has of one partition's cut.

    Args:
        planned: What was to be cut.
        archived: Where that is.
        truncated: Records that went, by the server's answer; None while there is none.
    """

    planned: Cut
    archived: tuple[Archived, ...]
    truncated: int | None

    @property
    def real(self) -> Cut:
        """What was cut, as far as anybody knows."""
        return self.planned if self.truncated is None else replace(self.planned, records=self.truncated)


def cuts_in(document: Document) -> list[Kept]:
    """What a restore cut, as the ledger has it, in order."""
    found = [
        Kept(
            Cut(topic, number, row["cut"]["from"], row["cut"]["records"]),
            tuple(Archived(**part) for part in row["cut"]["archived"]),
            row["cut"].get("truncated"),
        )
        for (topic, number), row in rows_of(document)
        if "cut" in row
    ]
    return sorted(found, key=lambda kept: kept.planned.place)


def beyond(planned: Iterable[Cut], done: Iterable[Cut]) -> list[Cut]:
    """Records that were cut without having been planned: they came after the last look."""
    before = {cut.place: cut.records for cut in planned}
    more = [(cut, before.get(cut.place, 0)) for cut in done]
    return [replace(c, first=c.first + known, records=c.records - known) for c, known in more if c.records > known]


def report(cuts: Iterable[Cut]) -> dict[str, Any]:
    """The cut as an output: numbers, and the first partitions."""
    listed = list(cuts)
    return {
        "records": sum(cut.records for cut in listed),
        "partitions": len(listed),
        "rows": [cut.to_json() for cut in listed[:SHOWN]],
    }


def places(cuts: Iterable[Cut]) -> str:
    """Topics, partitions and offsets in words."""
    listed = list(cuts)
    more = f"; and {len(listed) - SHOWN} partitions more" if len(listed) > SHOWN else ""
    return "; ".join(f"{c.topic} partition {c.partition}, offsets {c.first}-{c.span[1]}" for c in listed[:SHOWN]) + more


def told(topics: int, cuts: Sequence[Cut], *, archived: bool) -> str:
    """The preview in words."""
    head = f"restore of {topics} topics: {sum(cut.records for cut in cuts)} records in {len(cuts)} partitions are cut"
    if not cuts:
        return f"{head}\n"
    rows = [[cut.topic, str(cut.partition), str(cut.first), str(cut.records)] for cut in cuts[:_ROWS]]
    more = f"\n  and {len(cuts) - _ROWS} more" if len(cuts) > _ROWS else ""
    fate = "archived first" if archived else "LOST: the archive is waived"
    return f"{head}, {fate}\n{table(['topic', 'partition', 'cut from', 'records'], rows)}{more}\n"


def _row(document: Document, cut: Cut) -> dict[str, Any]:
    found = _find(document, cut)
    if found is None:
        raise RefusedError(
            f"the ledger does not know {cut.topic} partition {cut.partition}, which would lose {cut.records} records",
            "Nothing was changed: the ledger is not the one of this flip",
        )
    return found


def _find(document: Document, cut: Cut) -> dict[str, Any] | None:
    return next((row for place, row in rows_of(document) if place == cut.place), None)
