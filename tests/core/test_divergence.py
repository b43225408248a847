"""Ends of the old primary's logs, held against the ledger: written since, unseen, or nothing at all."""

from __future__ import annotations

from typing import Any

from kafkadr.clearing_record import Held, unanswered
from kafkadr.divergence import compare
from kafkadr.settling import Document, with_found

PLACE = ("s", 0)


def ledger(fetched: int, lag: int) -> Document:
    missing = [fetched + 1, fetched + lag] if lag else None
    row: dict[str, Any] = {"partition": 0, "lastSourceFetchOffset": fetched, "lag": lag, "missing": missing}
    return {"state": "closed", "topics": {"m": {"source": "s", "partitions": [row]}}}


def strays(document: Document, start: int | None, end: int) -> list[tuple[int, int]]:
    found = compare(document, {PLACE: end}, None if start is None else {PLACE: start})
    assert found.unseen == ()
    return [(s.first, s.last) for s in found.strays]


def test_an_end_beyond_what_the_flip_knew_was_written_since() -> None:
    assert strays(ledger(6, 2), 0, 9) == []
    assert strays(ledger(6, 2), None, 12) == [(9, 11)]
    assert strays(ledger(6, 2), 10, 12) == [(9, 11)], "what retention took of them was written, too"


def test_a_partition_that_nobody_told_the_end_of_is_unseen() -> None:
    assert compare(ledger(6, 0), {}).unseen == (PLACE,)


def test_a_partition_that_retention_had_emptied_diverges_only_by_what_is_in_it() -> None:
    assert strays(ledger(-1, 0), 50, 50) == []
    assert strays(ledger(-1, 0), 50, 53) == [(50, 52)]
    assert strays(ledger(-1, 0), None, 0) == []
    assert strays(with_found(ledger(-1, 0), "m", 0, 50, 50, ""), None, 50) == []


def test_an_end_alone_says_nothing_of_a_partition_that_held_nothing() -> None:
    assert compare(ledger(-1, 0), {PLACE: 50}).unseen == (PLACE,)


def test_a_clearance_takes_the_place_where_an_empty_log_began_for_no_record() -> None:
    def left(document: Document, start: int | None, end: int) -> list[tuple[int, int]]:
        return [(s.first, s.last) for s in unanswered(document, [Held("s", 0, start, end)])]

    assert left(ledger(-1, 0), 50, 50) == []
    assert left(ledger(-1, 0), 50, 53) == [(50, 52)]
    assert left(ledger(-1, 0), None, 50) == [(0, 49)], "without its start, nobody knows that it is empty"
    assert left(with_found(ledger(-1, 0), "m", 0, 50, 50, ""), None, 50) == []
    assert left(ledger(9, 0), 25, 30) == [(10, 29)]
