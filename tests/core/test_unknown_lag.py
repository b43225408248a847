"""A lag that nobody knows: never zero, in a forecast, a bound, a promotion, a ledger or a receipt."""

from __future__ import annotations

from typing import Any

import pytest

from kafkadr.clearing_record import Held, endless, unanswered
from kafkadr.desired import Desired
from kafkadr.errors import RefusedError
from kafkadr.forecast import Forecast, Missing, missing_of, restarts_of, unplaced_of
from kafkadr.receipts import receipt_of, refuse_unacknowledged, refuse_unsettled
from kafkadr.record import closed, opened, scope_of
from kafkadr.settling import GONE, Acknowledgement, Document, How, acknowledged, is_settled, partitions_of, with_found
from kafkadr.stopping import refuse, unknown_loss
from kafkadr.survey import Survey, Wish, survey
from kafkadr.verdicts import Action, verdict
from kafkadr.wire import GroupLag, Mirror
from kafkadr.words import forecast_table

KNOWN = {"partition": 0, "lag": 0, "last_source_fetch_offset": 41}
UNKNOWN: dict[str, dict[str, Any]] = {
    "minus one": {"num_partitions": 2, "mirror_lags": [KNOWN, {"partition": 1, "lag": -1}]},
    "null": {"num_partitions": 2, "mirror_lags": [KNOWN, {"partition": 1, "lag": None}]},
    "a row too few": {"num_partitions": 2, "mirror_lags": [KNOWN]},
    "no rows": {"num_partitions": 2, "mirror_lags": []},
    "no rows and no number of partitions": {"mirror_lags": []},
}
unknown = pytest.mark.parametrize("answer", UNKNOWN.values(), ids=UNKNOWN)


def mirror(answer: dict[str, Any], status: str = "ACTIVE", name: str = "orders") -> Mirror:
    return Mirror.model_validate({"mirror_topic_name": name, "mirror_status": status} | answer)


def looked(*mirrors: Mirror, desired: Desired = Desired.FAILED_OVER) -> Survey:
    return survey(mirrors, Wish("dr", desired))


def price_of(look: Survey) -> Forecast:
    return Forecast(missing_of(look.mirrors), ())


def ledger(*mirrors: Mirror) -> Document:
    """What a failover of these writes, when they are stopped and the server knows no more by then."""
    look = looked(*mirrors)
    stopped = looked(*(m.model_copy(update={"mirror_status": "STOPPED"}) for m in mirrors))
    return closed(opened(look, price_of(look), 2, "lkc-1", None), stopped, ())


@unknown
def test_it_is_unknown_whatever_the_other_partitions_say(answer: dict[str, Any]) -> None:
    assert mirror(answer).lag is None
    assert mirror({"num_partitions": 1, "mirror_lags": [KNOWN]}).lag == 0
    assert mirror({"mirror_lags": [KNOWN]}).lag == 0


def test_each_partition_that_an_answer_leaves_out_is_named() -> None:
    assert missing_of([mirror({"num_partitions": 3, "mirror_lags": [{"partition": 1, "lag": 2}]})]) == (
        Missing("orders", 0, -1, None),
        Missing("orders", 1, -1, 2),
        Missing("orders", 2, -1, None),
    )


@unknown
def test_a_forecast_has_no_sum_but_says_what_is_known_and_what_is_not(answer: dict[str, Any]) -> None:
    behind = mirror({"mirror_lags": [{"partition": 0, "lag": 5, "last_source_fetch_offset": 9}]}, name="known")
    look = looked(mirror(answer), behind)
    told = price_of(look).to_json(1)

    assert (told["messagesAtRisk"], told["messagesAtLeast"], told["partitionsLagging"]) == (None, 5, 1)
    assert told["partitionsUnknown"] == len(mirror(answer).unknown)
    assert told["topicsAtRisk"] == 2
    assert [(r["topic"], r["lag"], r["to"]) for r in told["unknownRows"]] == [("orders", None, None)]
    text = forecast_table(look, price_of(look))
    assert "5 messages at risk in 1 partitions, an UNKNOWN number in" in text
    assert "orders  0" in text or "orders  1" in text


@unknown
@pytest.mark.parametrize("bound", [0, 10**9])
def test_no_bound_lets_it_through_and_the_refusal_names_the_way_out(answer: dict[str, Any], bound: int) -> None:
    look = looked(mirror(answer, "SOURCE_UNAVAILABLE"))
    with pytest.raises(RefusedError, match=r"lag of \d partitions is unknown.*orders partition") as told:
        refuse(look, [], price_of(look), bound)
    assert "raising rpoMessages does not help" in told.value.remedy
    assert "leave rpoMessages out" in told.value.remedy


@unknown
def test_without_a_bound_the_failover_goes_on_and_says_so(answer: dict[str, Any]) -> None:
    look = looked(mirror(answer, "SOURCE_UNAVAILABLE"))
    assert verdict(look.mirrors[0], Desired.FAILED_OVER).action is Action.CALL
    refuse(look, [], price_of(look), None)
    assert "is unknown" in unknown_loss(look, price_of(look))


def test_a_rerun_is_not_held_up_by_what_the_server_forgot_of_stopped_mirrors() -> None:
    behind = mirror({"mirror_lags": [{"partition": 0, "lag": 3, "last_source_fetch_offset": 9}]}, name="left")
    look = looked(mirror(UNKNOWN["minus one"], "STOPPED"), behind)
    assert unknown_loss(look, price_of(look)) == ""
    refuse(look, [], price_of(look), 3)
    with pytest.raises(RefusedError, match="would leave 3 records behind"):
        refuse(look, [], price_of(look), 2)


@unknown
def test_a_promotion_waits_for_it_as_for_a_lag(answer: dict[str, Any]) -> None:
    found = verdict(mirror(answer), Desired.PROMOTED)
    assert found.action is Action.LATER
    assert "is unknown" in found.reason


@unknown
def test_the_ledger_is_not_settled_and_has_no_receipt_until_somebody_answers(answer: dict[str, Any]) -> None:
    document = ledger(mirror(answer))
    rows = {row["partition"]: row for row in document["topics"]["orders"]["partitions"]}
    places = [p for p in partitions_of(document) if p.last is None]

    assert sorted(rows) == list(range(len(mirror(answer).partitions)))
    assert [p.partition for p in places] == mirror(answer).unknown
    assert all(rows[p.partition]["lag"] is None for p in places)
    assert all(rows[p.partition]["missing"] == [p.first, None] for p in places)
    assert not is_settled(document)
    assert receipt_of(document) == ""
    with pytest.raises(RefusedError, match="none is given"):
        refuse_unacknowledged(document, [], "file:///l")
    with pytest.raises(RefusedError, match=r"may have records .* orders partition \d, offsets 0-unknown"):
        refuse_unsettled(document, "file:///l")

    words = [Acknowledgement(How.WRITTEN_OFF, "orders", p.partition, p.first, None, "eve", "now") for p in places]
    done = acknowledged(document, words)
    assert is_settled(done)
    refuse_unacknowledged(done, [receipt_of(done)], "file:///l")


def test_a_look_at_the_source_proves_that_nothing_was_left_behind_or_how_much() -> None:
    document = ledger(mirror({"mirror_lags": [KNOWN | {"lag": -1}]}))
    assert is_settled(with_found(document, "orders", 0, 0, 42, "now"))
    (place,) = partitions_of(with_found(document, "orders", 0, 0, 45, "now"))
    assert place.open == ((42, 44),)


def test_a_word_for_an_unknown_end_lets_no_record_be_deleted_once_it_can_be_counted() -> None:
    document = ledger(mirror({"mirror_lags": [KNOWN | {"lag": -1}]}))
    done = acknowledged(document, [Acknowledgement(How.WRITTEN_OFF, "orders", 0, 42, None, "eve", "now")])
    assert unanswered(done, [Held("orders", 0, 0, 42)]) == []
    (stray,) = unanswered(done, [Held("orders", 0, 0, 45)])
    assert (stray.first, stray.last) == (42, 44)
    assert endless(done, [Held("orders", 0, None, None)]) == [("orders", 0)], "nor while nobody can count it"
    assert endless(done, [Held("orders", 0, 0, 42)]) == endless(document, []) == []


def test_a_topic_that_vanished_from_the_list_is_in_scope_until_somebody_answers_for_it() -> None:
    look = looked(mirror({"mirror_lags": [KNOWN]}), mirror({"mirror_lags": [KNOWN]}, name="gone"))
    later = survey([mirror({"mirror_lags": [KNOWN]}, "STOPPED")], look.wish)
    assert (later.missing, later.fulfilled) == (("gone",), False)
    assert "was there at the first look" in later.refusals()[0].text

    document = closed(opened(look, price_of(look), 2, "lkc-1", None), later, later.refusals())
    assert (document["state"], document["topics"]["gone"]["status"]) == ("open", GONE)
    assert scope_of(document) == {"gone"}
    (place,) = [p for p in partitions_of(document) if p.topic == "gone"]
    assert place.open == ((42, None),)

    done = acknowledged(document, [Acknowledgement(How.WRITTEN_OFF, "gone", 0, 42, None, "eve", "now")])
    assert scope_of(done) == set()
    again = survey([mirror({"mirror_lags": [KNOWN]}, "STOPPED")], Wish("dr", Desired.FAILED_OVER))
    assert again.including(scope_of(done)).fulfilled
    assert again.including(scope_of(document)).missing == ("gone",)


def test_a_topic_that_was_stopped_may_be_deleted_later() -> None:
    assert scope_of(ledger(mirror({"mirror_lags": [KNOWN]}))) == set()


def test_a_row_of_a_partition_proves_those_before_it() -> None:
    mirror = Mirror.model_validate(
        {"mirror_topic_name": "t", "mirror_status": "ACTIVE", "mirror_lags": [{"partition": 3, "lag": 0}]}
    )
    assert (mirror.lag, mirror.unknown) == (None, [0, 1, 2])


@pytest.mark.parametrize("field", ["current_offset", "log_end_offset"])
@pytest.mark.parametrize("value", [-1, None])
def test_a_position_of_a_group_that_nobody_knows_is_no_number(field: str, value: int | None) -> None:
    row = {"topic_name": "t", "partition_id": 0, "current_offset": 10, "log_end_offset": 12} | {field: value}
    lags = [GroupLag.model_validate(row)]
    assert restarts_of("g", lags, frozenset({"t"})) == ()
    assert unplaced_of("g", lags, frozenset({"t"})) == ("group g: where it stands on t partition 0 is not told",)
    assert unplaced_of("g", lags, frozenset()) == ()
