"""A receipt speaks of one ledger document, as it was when somebody had answered for everything."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import pytest

from kafkadr import settling
from kafkadr.errors import RefusedError
from kafkadr.receipts import acknowledged_by, receipt_of, refuse_unacknowledged, serialised
from kafkadr.settling import Acknowledgement, Document, How


def ledger(lag: int = 5, *, epoch: int = 2, **more: Any) -> Document:
    missing = [101, 100 + lag] if lag else None
    row = {"partition": 0, "lastSourceFetchOffset": 100, "lag": lag, "missing": missing}
    topics = {"dr-topic": {"source": "dr-topic", "partitions": [row]}}
    return {"state": "closed", "epoch": epoch, "link": "dr-link", "topics": topics} | more


def answered(document: Document, first: int = 101, last: int = 105) -> Document:
    word = Acknowledgement(How.EXPORTED, "dr-topic", 0, first, last, "eve", "2026-11-24T03:00:00Z", last - first + 1)
    return settling.acknowledged(document, [word])


def with_cut(document: Document) -> Document:
    out = copy.deepcopy(document)
    out["topics"]["dr-topic"]["partitions"][0]["cut"] = {"from": 101, "records": 5, "archived": [], "when": "now"}
    return out


def test_a_receipt_is_the_checksum_of_the_stored_document() -> None:
    document = answered(ledger())
    assert receipt_of(document) == f"2:{hashlib.sha256(serialised(document)).hexdigest()}"
    assert acknowledged_by(document, ["1:" + "0" * 64, receipt_of(document)])
    refuse_unacknowledged(document, [receipt_of(document)], "file:///l")


def test_it_stays_good_when_a_restore_writes_down_what_it_cuts() -> None:
    document = answered(ledger())
    assert receipt_of(with_cut(document)) == receipt_of(document)
    refuse_unacknowledged(with_cut(document), [receipt_of(document)], "file:///l")


@pytest.mark.parametrize(
    "changed",
    [
        answered(ledger(openedAt="later")),
        answered(ledger(link="another-link")),
        answered(ledger(), 90, 105),
        answered(answered(ledger()), 106, 106),
        answered(settling.with_found(answered(ledger()), "dr-topic", 0, 0, 107, "now"), 106, 106),
    ],
)
def test_it_is_no_receipt_for_another_ledger_nor_for_one_that_was_written_again(changed: Document) -> None:
    receipt = receipt_of(answered(ledger()))
    assert receipt_of(changed).startswith("2:")
    assert not acknowledged_by(changed, [receipt])
    with pytest.raises(RefusedError, match=rf"at file:///l as it is: {receipt} is not its receipt.*written again"):
        refuse_unacknowledged(changed, [receipt], "file:///l")


def test_what_is_open_has_no_receipt_and_nothing_is_none() -> None:
    for document in (ledger(), answered(ledger(), 101, 104), answered(ledger(state="open"))):
        assert receipt_of(document) == ""
        assert not acknowledged_by(document, ["", "2:" + "0" * 64])


def test_records_that_were_answered_for_need_a_receipt_and_a_clean_promotion_needs_none() -> None:
    other = f"1:{'0' * 64}"
    with pytest.raises(RefusedError, match="none is given"):
        refuse_unacknowledged(answered(ledger()), [other], "file:///l")
    refuse_unacknowledged(ledger(0), [other], "file:///l")
    with pytest.raises(RefusedError, match="is not its receipt"):
        refuse_unacknowledged(ledger(0), [f"2:{'0' * 64}"], "file:///l")
