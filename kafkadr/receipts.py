"""Receipts: `<epoch>:<sha256>`, which a stack file shows for a ledger whose every missing record is answered for. Pure.

The digest is of the whole document, as it is stored, without what the work that asks for a receipt adds to it later
(`LATER`). So a receipt goes on being good while that work is killed and run again, and is good no more once anything
else was written: another answer, more records found on the original cluster, a rerun of the flip.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable

from kafkadr.errors import RefusedError
from kafkadr.settling import Document, is_settled, offsets_text, partitions_of, rows_of, unsettled

LATER = ("cut", "cleared")
"""Of a partition's row: what is written by work that a receipt has let begin."""


def serialised(document: Document) -> bytes:
    """A ledger document as it is stored."""
    return json.dumps(document, indent=1, sort_keys=True).encode()


def receipt_of(document: Document) -> str:
    """What a stack file shows for a settled ledger; empty before it is settled."""
    if not is_settled(document):
        return ""
    answered = copy.deepcopy(document)
    for _, row in rows_of(answered):
        for key in LATER:
            row.pop(key, None)
    return f"{document['epoch']}:{hashlib.sha256(serialised(answered)).hexdigest()}"


def acknowledged_by(document: Document, receipts: Iterable[str]) -> bool:
    """Whether one of the receipts is the one of this very document, settled as it is."""
    return receipt_of(document) in {*receipts} - {""}


def refuse_unsettled(document: Document | None, address: str) -> Document:
    """Nothing is cut before everything that the flip left behind is answered for (I1).

    Raises:
        RefusedError: There is no ledger, the flip has not ended, or records are missing that nobody acknowledged.
    """
    if document is None:
        raise RefusedError(f"there is no ledger at {address}", "Nothing was changed: bring the ledger back first")
    if document["state"] != "closed":
        raise RefusedError(f"the flip of {address} has not ended", "Nothing was changed: run the flip again")
    places = unsettled(document)
    if places:
        named = "; ".join(f"{p.source} partition {p.partition}, offsets {offsets_text(p.open)}" for p in places)
        may = "may have" if all(p.last is None for p in places) else "has"
        raise RefusedError(
            f"the old primary {may} records that nobody has recovered or written off: {named[:2000]}",
            "Nothing was changed: `drctl recover` gets them back, `drctl recover ack` says that somebody does without",
        )
    return document


def answered_for(document: Document | None, receipts: Iterable[str], address: str) -> Document:
    """The ledger, settled and with its receipt in the config: what is taken away from the old primary asks for this.

    Raises:
        RefusedError: See `refuse_unsettled` and `refuse_unacknowledged`.
    """
    settled = refuse_unsettled(document, address)
    refuse_unacknowledged(settled, receipts, address)
    return settled


def refuse_unacknowledged(document: Document, receipts: Iterable[str], address: str) -> None:
    """Nothing is given up on a receipt for another ledger, or for this one before it was written again.

    A ledger in which nothing was ever missing, as after a promotion, needs no receipt; a wrong one is refused, too.

    Args:
        document: A settled ledger.
        receipts: `settings.recovery.acknowledged`.
        address: Where the document is.

    Raises:
        RefusedError: The receipt of this epoch is not the document's, or there is none and records were answered for.
    """
    ours = [given for given in receipts if given.partition(":")[0] == str(document["epoch"])]
    if acknowledged_by(document, ours) or not (ours or any(p.said or p.open for p in partitions_of(document))):
        return
    found = f"{', '.join(sorted(ours))} is not its receipt" if ours else "none is given"
    raise RefusedError(
        f"recovery.acknowledged does not speak of the ledger at {address} as it is: {found}; it is another ledger, or"
        " was written again since",
        "Nothing was changed: look at it with `drctl first ledger`, and set recovery.acknowledged to the receipt"
        " that `drctl recover plan` prints",
    )
