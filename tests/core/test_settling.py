"""What is missing, what is acknowledged, and that neither is ever forgotten by a merge."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kafkadr import settling
from kafkadr.settling import Acknowledgement, How


def document(*rows: dict[str, Any], state: str = "closed") -> settling.Document:
    return {"state": state, "topics": {"dr-topic": {"source": "dr-topic", "partitions": list(rows)}}}


def row(fetched: int, lag: int, partition: int = 0, **more: Any) -> dict[str, Any]:
    missing = [fetched + 1, fetched + lag] if lag else None
    return {"partition": partition, "lastSourceFetchOffset": fetched, "lag": lag, "missing": missing} | more


def word(first: int, last: int, how: How = How.EXPORTED, who: str = "eve") -> Acknowledgement:
    return Acknowledgement(how, "dr-topic", 0, first, last, who, "2026-11-24T03:00:00Z", last - first + 1)


def open_of(found: settling.Document) -> list[tuple[int, int | None]]:
    return [span for p in settling.partitions_of(found) for span in p.open]


def test_the_seeds_case_is_settled_when_101_to_105_are_acknowledged_and_not_before() -> None:
    left = document(row(100, 5), row(40, 0, partition=1))
    assert open_of(left) == [(101, 105)]
    assert not settling.is_settled(left)

    part = settling.acknowledged(left, [word(102, 104)])
    assert open_of(part) == [(101, 101), (105, 105)]
    assert not settling.is_settled(part)

    whole = settling.acknowledged(part, [word(101, 105, How.WRITTEN_OFF)])
    assert open_of(whole) == []
    assert settling.is_settled(whole)
    assert open_of(left) == [(101, 105)], "the document given is left alone"


def test_a_flip_that_has_not_ended_is_not_settled_whatever_is_acknowledged() -> None:
    assert not settling.is_settled(document(row(100, 0), state="open"))


def test_saying_the_same_twice_is_saying_it_once() -> None:
    once = settling.acknowledged(document(row(100, 5)), [word(101, 105)])
    assert settling.acknowledged(once, [word(101, 105, who="bob")]) == once


def test_records_found_on_the_source_beyond_the_known_lag_open_the_ledger_again() -> None:
    done = settling.acknowledged(document(row(100, 5)), [word(101, 105)])
    seen = settling.with_found(done, "dr-topic", 0, start=0, end=110, when="now")
    assert open_of(seen) == [(106, 109)]
    assert not settling.is_settled(seen)


def test_a_rerun_of_the_flip_forgets_neither_acknowledgements_nor_what_was_missing() -> None:
    done = settling.acknowledged(document(row(100, 5)), [word(101, 103)])
    done = settling.with_append(
        settling.with_found(done, "dr-topic", 0, 0, 107, "now"), "dr-topic", 0, 101, "eve", "now"
    )
    rerun = document(row(100, 0), row(7, 2, partition=1))

    kept = settling.merged(rerun, done | {"openedAt": "then"})

    assert open_of(kept) == [(104, 106), (8, 9)]
    (mine, _) = kept["topics"]["dr-topic"]["partitions"]
    assert mine["append"]["from"] == 101
    assert mine["missing"] == [101, 105], "the server forgot the lag; the ledger does not"
    assert kept["openedAt"] == "then"


def test_what_was_fetched_after_the_first_look_is_missing_no_more() -> None:
    assert open_of(settling.merged(document(row(103, 2)), document(row(100, 5)))) == [(104, 105)]
    assert open_of(settling.merged(document(row(105, 0)), document(row(100, 5)))) == []


def test_where_the_groups_had_been_is_what_the_first_look_says_unless_it_did_not_look() -> None:
    first, later = ({"groups": [{"group": g}], "groupsUnknown": []} for g in ("first", "later"))
    found = settling.merged(document(row(9, 0)) | later, document(row(9, 0)) | first)
    assert found["groups"] == [{"group": "first"}]
    rebuilt = {"groups": [], "groupsUnknown": ["all"], "rebuilt": True}
    assert settling.merged(document(row(9, 0)) | later, document(row(9, 0)) | rebuilt)["groups"] == [{"group": "later"}]


def test_topics_and_partitions_that_the_server_no_longer_lists_stay() -> None:
    before = document(row(100, 5), row(7, 1, partition=1))
    before["topics"]["gone"] = {"source": "gone", "partitions": [row(3, 1)]}
    assert open_of(settling.merged(document(row(100, 5)), before)) == [(101, 105), (8, 8), (4, 4)]


SPANS = st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda s: (s[0], s[0] + s[1]))


@given(SPANS, st.lists(SPANS, max_size=6))
def test_what_is_left_of_a_span_is_what_set_arithmetic_says(
    span: tuple[int, int], others: list[tuple[int, int]]
) -> None:
    def offsets(spans: list[tuple[int, int]]) -> set[int]:
        return {offset for first, last in spans for offset in range(first, last + 1)}

    left = list(settling.minus(span, others))
    assert offsets(left) == offsets([span]) - offsets(others)
    assert left == sorted(left)
    assert all(a[1] + 1 < b[0] for a, b in pairwise(left)), "no two spans touch"


def test_where_the_log_of_an_empty_partition_began_is_kept_and_what_goes_from_there_on_is_missing() -> None:
    seen = settling.with_found(document(row(-1, 0)), "dr-topic", 0, 50, 50, "")
    assert open_of(seen) == []
    grown = settling.with_found(seen, "dr-topic", 0, 50, 53, "")
    assert open_of(grown) == [(50, 52)]
    cut = settling.with_found(grown, "dr-topic", 0, 52, 53, "")
    assert open_of(cut) == [(50, 52)]
    assert open_of(settling.with_found(document(row(-1, 5)), "dr-topic", 0, 50, 50, "")) == [(0, 49)]


def endless(fetched: int, partition: int = 0, **more: Any) -> dict[str, Any]:
    """A partition whose lag nobody knew."""
    return row(fetched, 0, partition) | {"lag": None, "missing": [fetched + 1, None]} | more


def test_an_end_that_nobody_knows_is_open_and_a_word_for_it_counts_until_the_end_is_known() -> None:
    left = document(endless(100))
    assert open_of(left) == [(101, None)]

    part = settling.acknowledged(left, [word(101, 105)])
    assert open_of(part) == [(106, None)], "numbers answer for no unknown end"
    done = settling.acknowledged(
        left, [word(101, 105), Acknowledgement(How.WRITTEN_OFF, "dr-topic", 0, 101, None, "e", "")]
    )
    assert settling.is_settled(done)

    seen = settling.with_found(done, "dr-topic", 0, 0, 110, "now")
    assert open_of(seen) == [(106, 109)], "nobody has answered for these numbers"


def test_an_end_that_was_unknown_once_stays_unknown_when_the_flip_runs_again() -> None:
    assert open_of(settling.merged(document(row(100, 0)), document(endless(100)))) == [(101, None)]
    assert open_of(settling.merged(document(row(103, 2)), document(endless(100)))) == [(104, None)]
    assert open_of(settling.merged(document(endless(100)), document(row(100, 5)))) == [(101, None)]
    assert open_of(settling.merged(document(endless(-1)), document(row(100, 0)))) == [(101, None)], "no row at all"
    found = endless(100, found={"start": 0, "end": 101, "when": "now"})
    assert open_of(settling.merged(document(row(100, 0)), document(found))) == []


def test_ledgers_of_before_are_read_as_they_were_meant() -> None:
    assert open_of(document(row(100, 5), row(7, 0, partition=1))) == [(101, 105)]
