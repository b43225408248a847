"""Which records a flip left behind, and what has become of them since. Pure, on the ledger document.

A flip writes per partition what is `missing`: None, `[first, last]`, or `[first, None]` where the server did not tell
the lag. Such an end is unknown until somebody has looked at the source. The same holds for every partition of a topic
whose status is `MISSING`: the flip saw its mirror, and the list of mirrors left it out afterwards.

Per partition the document may hold, beside what the flip wrote:

- `found`: `{start, end, when}`, the source's log as a recovery saw it: first offset, offset after the last;
- `append`: `{from, who, when}`, the end of the surviving partition when appending to it began;
- `cut`: what a restore of the old primary took away from it, see `kafkadr.restoring`;
- `cleared`: what it held on the old primary when its topic was deleted there, see `kafkadr.clearing_record`;
- `acknowledged`: a list of `{how, offsets: [first, last], records, who, when, note}` with inclusive source offsets. It
  only grows, so that what two operators or a rerun of the flip write at the same time can always be merged. A word with
  a `last` of None is for an unknown end, and counts as long as the end is unknown: nobody has answered for numbers.

The ledger is `closed` when the flip has ended and `settled` when every offset known to be missing is acknowledged, too.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

Document = dict[str, Any]
Span = tuple[int, int]
"""Inclusive first and last offset."""
Left = tuple[int, int | None]
"""The same; a last offset of None is unknown."""
Place = tuple[str, int]
"""Topic on the original cluster and partition."""

GONE = "MISSING"
"""Status of a topic that the flip saw at first and the list of mirrors left out afterwards."""
_HIGHEST = 2**63 - 1  # Kafka knows no higher offset.
_FIRST_LOOK = ("groups", "groupsUnknown")
_LATER = ("found", "append", "acknowledged", "cut", "cleared")


class How(StrEnum):
    """What became of records that were left behind."""

    RECOVERED = "recovered"
    """A consumer group has read them on the original cluster."""
    EXPORTED = "exported"
    """They are in a file."""
    APPENDED = "appended"
    """They are at the end of the topic on the surviving cluster."""
    WRITTEN_OFF = "written-off"
    """Somebody decided to do without them."""


@dataclass(frozen=True)
class Missing:
    """One partition of the ledger: what it lacks and what of that somebody has answered for.

    Attributes:
        topic: Mirror topic on the surviving cluster.
        source: Its source topic.
        partition: Number of the partition on both.
        fetched: Offset of the last record that was mirrored, -1 when none was.
        known: Last offset that the flip knew to be missing; `fetched` when it knew that there is none, None when it
            knew nothing.
        last: Last offset known to be missing today, after a look at the source; None when nobody knows.
        said: Acknowledgements, as in the document.
        idle: No record had been mirrored and none was missing: the source held nothing, wherever its log began.
        begins: Where the log of an idle source began at the first look at it; None before, and for any other.
    """

    topic: str
    source: str
    partition: int
    fetched: int
    known: int | None
    last: int | None
    said: tuple[dict[str, Any], ...]
    idle: bool = False
    begins: int | None = None

    @property
    def first(self) -> int:
        """Offset of the first record that was not mirrored."""
        return self.begins or self.fetched + 1

    def seen_from(self, start: int) -> Missing:
        """The partition once its source's log is seen: what retention took before the flip was never missing."""
        return replace(self, begins=start) if self.idle and self.begins is None else self

    @property
    def missing(self) -> Left | None:
        """What is missing, acknowledged or not."""
        return (self.first, self.last) if self.last is None or self.last >= self.first else None

    @property
    def open(self) -> tuple[Left, ...]:
        """What is missing and not acknowledged."""
        if self.last is not None:
            return self.without_said((self.first, self.last))
        if any(last is None and first <= self.first for first, last in self._said):
            return ()
        *known, (first, _) = self.without_said((self.first, _HIGHEST))
        return (*known, (first, None))

    def without_said(self, span: Span) -> tuple[Span, ...]:
        """What of a span is not acknowledged."""
        return minus(span, [(first, last) for first, last in self._said if last is not None])

    @property
    def _said(self) -> list[Left]:
        return [(word["offsets"][0], word["offsets"][1]) for word in self.said]


@dataclass(frozen=True)
class Acknowledgement:
    """Somebody's word for a range of source offsets of one partition."""

    how: How
    topic: str
    partition: int
    first: int
    last: int | None
    who: str
    when: str
    records: int | None = None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it stands in the document, under its partition."""
        return {
            "how": self.how.value,
            "offsets": [self.first, self.last],
            "records": self.records,
            "who": self.who,
            "when": self.when,
            "note": self.note,
        }


def partitions_of(document: Document) -> list[Missing]:
    """Every partition of the ledger, in order."""
    return [
        _missing(name, topic, row)
        for name, topic in sorted(document["topics"].items())
        for row in sorted(topic["partitions"], key=lambda r: int(r["partition"]))
    ]


def rows_of(document: Document) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every partition's row in the document, with its place on the original cluster."""
    for name, topic in document["topics"].items():
        for row in topic["partitions"]:
            yield (topic.get("source") or name, int(row["partition"])), row


def unsettled(document: Document) -> list[Missing]:
    """Partitions with missing records that nobody has acknowledged."""
    return [p for p in partitions_of(document) if p.open]


def is_settled(document: Document) -> bool:
    """Whether the flip has ended and everything it left behind is acknowledged."""
    return document["state"] == "closed" and not unsettled(document)


def acknowledged(document: Document, words: Iterable[Acknowledgement]) -> Document:
    """The document with these acknowledgements added; saying the same twice is saying it once."""
    out = copy.deepcopy(document)
    rows = _rows(out)
    for word in words:
        said = rows[word.topic, word.partition].setdefault("acknowledged", [])
        if not any(a["how"] == word.how.value and a["offsets"] == [word.first, word.last] for a in said):
            said.append(word.to_json())
    return out


def with_found(document: Document, topic: str, partition: int, start: int, end: int, when: str) -> Document:
    """The document with the source's log as it was seen."""
    return with_logs(document, {(topic, partition): (start, end)}, when)


def with_logs(document: Document, logs: Mapping[Place, Span], when: str) -> Document:
    """The document with logs of the source as they were seen: first offset and end, by mirror topic and partition.

    Where a log began at the first look stays: what has gone since is lost.
    """
    out = copy.deepcopy(document)
    rows = _rows(out)
    for place, (start, end) in logs.items():
        row = rows[place]
        row["found"] = {"start": row.get("found", {}).get("start", start), "end": end, "when": when}
    return out


def with_append(document: Document, topic: str, partition: int, first: int, who: str, when: str) -> Document:
    """The document with the place where appending began; an earlier one stays, it is where a rerun has to look."""
    out = copy.deepcopy(document)
    _rows(out)[topic, partition].setdefault("append", {"from": first, "who": who, "when": when})
    return out


def merged(new: Document, current: Document) -> Document:
    """What a flip wants to write, without forgetting what was learnt or acknowledged since its first run.

    The source's log never gets shorter, so what was once known to be missing and was not fetched since still is, even
    when the server's later answer has forgotten the lag. Likewise an end that was unknown once stays unknown: only a
    look at the source proves that nothing is missing. Where the groups had been only the first look knows.
    """
    out = copy.deepcopy(new)
    out["topics"] = copy.deepcopy(current["topics"]) | out["topics"]
    if not current.get("rebuilt"):
        out |= {key: copy.deepcopy(current[key]) for key in _FIRST_LOOK if key in current}
    if "openedAt" in current:
        out["openedAt"] = current["openedAt"]
    for name, topic in out["topics"].items():
        before = {r["partition"]: r for r in current["topics"].get(name, {}).get("partitions", [])}
        for row in topic["partitions"]:
            _merge_row(row, before.pop(row["partition"], {}))
        topic["partitions"] += copy.deepcopy(list(before.values()))
    return out


def _merge_row(row: dict[str, Any], before: dict[str, Any]) -> None:
    if before and row["lag"] is None:
        # An answer without the row does not tell what was fetched either.
        fetched = max(row["lastSourceFetchOffset"], before["lastSourceFetchOffset"])
        row |= {"lastSourceFetchOffset": fetched, "missing": [fetched + 1, None]}
    if before.get("missing"):
        known = [before["missing"][1], *(row["missing"] or [])[1:]]
        first = row["lastSourceFetchOffset"] + 1
        if None in known:
            row |= {"lag": None, "missing": [first, None]}
        else:
            row["missing"] = [first, max(known)] if max(known) >= first else None
    for key in _LATER:
        if key in before:
            row[key] = copy.deepcopy(before[key])


def _missing(name: str, topic: dict[str, Any], row: dict[str, Any]) -> Missing:
    fetched = int(row["lastSourceFetchOffset"])
    known: int | None = row["missing"][1] if row["missing"] else fetched
    if topic.get("status") == GONE:
        known = None
    ends = [] if known is None else [known]
    if "found" in row:
        ends.append(int(row["found"]["end"]) - 1)
    last = max(ends, default=None)
    said = tuple(row.get("acknowledged", ()))
    idle = fetched < 0 and known == fetched
    found = Missing(name, topic.get("source") or name, int(row["partition"]), fetched, known, last, said, idle)
    return found.seen_from(int(row["found"]["start"])) if "found" in row else found


def offsets_text(spans: Iterable[Left]) -> str:
    """`101-103, 105-105`, or `101-unknown` where nobody knows the end."""
    return ", ".join(f"{first}-{'unknown' if last is None else last}" for first, last in spans)


def minus(span: Span, others: Iterable[Span]) -> tuple[Span, ...]:
    """What is left of a span when others are taken out of it, in order."""
    left: list[Span] = []
    low, high = span
    for first, last in sorted(others):
        if first > high:
            break
        if first > low:
            left.append((low, first - 1))
        low = max(low, last + 1)
    return (*left, (low, high)) if low <= high else tuple(left)


def _rows(document: Document) -> dict[Place, dict[str, Any]]:
    """The document's rows by mirror topic and partition."""
    topics = document["topics"].items()
    return {(name, int(row["partition"])): row for name, topic in topics for row in topic["partitions"]}
