"""What is to be recovered when the source's log has moved since the flip: cut, grown, written to, or another one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kafkadr import settling
from kafkadr.divergence import Divergence, compare
from kafkadr.ledger import Ledger
from kafkadr.recovery.book import Book
from kafkadr.recovery.groups import starts_of
from kafkadr.recovery.ranges import Log, Range, ranges_of
from kafkadr.settling import Acknowledgement, How, Left


def document(lag: int | None, fetched: int = 100) -> settling.Document:
    missing = None if lag == 0 else [fetched + 1, None if lag is None else fetched + lag]
    row: dict[str, Any] = {"partition": 0, "lastSourceFetchOffset": fetched, "lag": lag, "missing": missing}
    return {"state": "closed", "topics": {"m": {"source": "s", "partitions": [row]}}}


def one(log: Log | None, *said: tuple[int, int], fetched: int = 100, lag: int | None = 5) -> Range:
    words = [Acknowledgement(How.EXPORTED, "m", 0, *span, "eve", "now") for span in said]
    (found,) = ranges_of(settling.acknowledged(document(lag, fetched), words), {("s", 0): log} if log else {})
    return found


def test_the_seeds_case_is_101_to_105() -> None:
    found = one(Log(0, 106, 106))
    assert (found.todo, found.lost, found.beyond, found.diverged, found.behind) == (
        ((101, 105),), None, None, None, False,
    )  # fmt: skip


def test_without_the_source_the_ledger_is_what_there_is() -> None:
    assert one(None).todo == ((101, 105),)
    assert one(None, lag=0).todo == ()


def test_what_retention_cut_off_is_lost_and_the_rest_is_not() -> None:
    found = one(Log(104, 106, 106))
    assert (found.lost, found.todo) == ((101, 103), ((104, 105),))
    assert one(Log(300, 300, 300)).lost == (101, 299), "all of it, and what came since and is gone as well"
    assert one(Log(300, 300, 300)).todo == ()


def test_where_retention_has_passed_the_last_mirrored_record_the_gap_is_lost_and_the_rest_is_not() -> None:
    found = one(Log(25, 30, 30), fetched=9, lag=0)
    assert (found.lost, found.todo, found.beyond) == ((10, 24), ((25, 29),), (25, 29))
    assert one(Log(10, 10, 10), fetched=9, lag=0).lost is None


def test_a_partition_that_was_empty_at_the_flip_lacks_nothing_wherever_its_log_began() -> None:
    found = one(Log(50, 50, 50), fetched=-1, lag=0)
    assert (found.lost, found.todo, found.beyond, found.behind) == (None, (), None, False)
    assert found.to_json()["missing"] is None
    assert starts_of([found]) == {("s", 0): 50}
    late = one(Log(50, 53, 53), fetched=-1, lag=0)
    assert (late.lost, late.todo, late.beyond) == (None, ((50, 52),), (50, 52))


def test_records_that_were_missing_at_the_flip_are_lost_where_the_log_is_empty() -> None:
    assert one(Log(50, 50, 50), fetched=-1, lag=50).lost == (0, 49)


def test_records_that_the_lag_did_not_know_of_are_recovered_too() -> None:
    found = one(Log(0, 110, 110))
    assert (found.todo, found.beyond, found.diverged) == (((101, 109),), (106, 109), None)
    assert one(Log(0, 103, 103), lag=0).todo == ((101, 102),), "even where the flip knew of no lag at all"


def test_records_written_to_the_old_primary_after_the_flip_are_a_divergence() -> None:
    found = one(Log(0, 110, 110, after=108))
    assert (found.todo, found.beyond, found.diverged) == (((101, 109),), (106, 107), (108, 109))
    assert one(Log(0, 110, 110, after=3)).diverged == (101, 109), "never what was mirrored"


def test_a_shorter_log_is_not_the_one_that_was_mirrored() -> None:
    assert one(Log(0, 50, 50)).behind
    assert one(Log(0, 50, 50)).todo == ()
    assert not one(Log(0, 101, 101), lag=0).behind


def test_what_is_acknowledged_is_not_done_again() -> None:
    assert one(Log(0, 110, 110), (101, 105)).todo == ((106, 109),)
    assert one(Log(0, 106, 106), (102, 103)).todo == ((101, 101), (104, 105))


@pytest.mark.parametrize(
    ("log", "lag", "start"),
    [
        (Log(0, 106, 106), 5, 101),
        (Log(104, 106, 106), 5, 104),
        (Log(0, 101, 101), 0, 101),
        (Log(0, 50, 50), 5, 50),
        (Log(300, 300, 300), 5, 300),
    ],
)
def test_a_group_starts_at_the_first_record_that_was_not_mirrored(log: Log, lag: int, start: int) -> None:
    assert starts_of([one(log, lag=lag)]) == {("s", 0): start}


def test_where_the_flip_knew_no_lag_the_sources_log_says_what_was_left_behind() -> None:
    found = one(Log(0, 110, 110), lag=None)
    assert (found.todo, found.lost, found.beyond, found.behind) == (((101, 109),), None, None, False)
    assert one(Log(0, 101, 101), lag=None).todo == ()
    assert one(Log(104, 106, 106), lag=None).lost == (101, 103)
    assert one(Log(0, 110, 110, after=108), lag=None).diverged == (108, 109)


def test_without_the_source_nobody_knows_what_to_read() -> None:
    found = one(None, lag=None)
    assert (found.todo, found.last, found.place.open) == ((), None, ((101, None),))
    assert found.to_json()["missing"] == [101, None]


@pytest.mark.parametrize(
    ("log", "left"), [(Log(0, 101, 101), ()), (Log(0, 106, 106), ((101, 105),)), (Log(0, 50, 50), ((101, None),))]
)
def test_a_recovery_writes_the_end_down_but_not_that_of_another_log(
    tmp_path: Path, log: Log, left: tuple[Left, ...]
) -> None:
    ledger = Ledger(tmp_path.as_uri(), "lkc-b", "dr", 2)
    asyncio.run(ledger.write(document(None)))
    book = Book(ledger, "eve")
    book.note_source(ranges_of(book.document, {("s", 0): log}))
    (place,) = settling.partitions_of(book.document)
    assert place.open == left


def test_what_follows_an_unknown_end_is_no_divergence_but_not_known_to_be_none() -> None:
    ledger = document(None)
    assert compare(ledger, {("s", 0): 101}) == Divergence((), 1, ())
    assert compare(ledger, {("s", 0): 103}) == Divergence((), 0, (), (("s", 0),))
    assert compare(ledger, {}) == Divergence((), 0, (("s", 0),))
    (stray,) = compare(settling.with_found(ledger, "m", 0, 0, 103, "now"), {("s", 0): 105}).strays
    assert (stray.first, stray.last) == (103, 104), "a recovery has seen the log end at 103"
