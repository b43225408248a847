"""No link goes while records are missing that nobody has answered for, or by another receipt than theirs (I1, S94).

A link keeps, on the server, the offsets at which its mirrors were failed over. `MirrorState` depends on its link, so
the engine deletes it first, in a destroy, a replacement and a dropped declaration alike: its refusal keeps the link.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pulumi.provider.experimental.provider import CheckFailure

from kafkadr import receipts
from kafkadr.errors import RefusedError
from kafkadr.ledger import Ledger, LedgerError, epochs_of, open_store
from kafkadr.settling import Document, offsets_text, unsettled

_SHOWN = 20
_RECOVER = (
    "`drctl recover plan` tells how to get them back, `drctl recover ack` says that somebody decided to do without"
)


def unusable_ledger(url: str) -> list[CheckFailure]:
    """Why no ledger can lie there, in words: an address may hold credentials, and the engine prints properties."""
    try:
        open_store(url)
    except LedgerError as error:
        return [CheckFailure("", f"ledgerUrl: {error}")]
    return []


def _written_later(recorded: dict[str, Any], epoch: int) -> str:
    line = recorded.get("command") or f"drctl recover ledger --epoch {epoch} --dr-rest URL"
    return f"Nothing was deleted: bring the file back, or write it from the link: {line}"


async def refuse_unsettled(cluster_id: str, link: str, ledger_url: str, recorded: dict[str, Any]) -> None:
    """Let a link's `MirrorState` be deleted only when every ledger of the link is settled.

    Args:
        cluster_id: The destination cluster.
        link: Its cluster link.
        ledger_url: Store of the ledgers; empty when there never was a flip.
        recorded: The resource's own `ledger` output, `{url, digest, epoch}`, empty before a flip.

    Raises:
        RefusedError: A ledger is unsettled, or the one that the state knows of is gone or cannot be told.
        LedgerError: The store cannot be asked. Not knowing is no permission.
    """
    if not ledger_url:
        return
    epochs = await epochs_of(ledger_url, cluster_id, link)
    written = recorded.get("epoch")
    if recorded and written is None:
        raise RefusedError(
            f"the state of link {link} does not tell which term's ledger was written last: its output `ledger` has no"
            " epoch, so another version of kafka-dr wrote it",
            "Nothing was deleted. Run the version of kafka-dr that wrote the state",
        )
    if written is not None and int(written) not in epochs:
        raise RefusedError(
            f"the ledger of link {link}, epoch {int(written)}, is not at {recorded.get('url') or ledger_url},"
            " and the link is the only place that still has its offsets",
            _written_later(recorded, int(written)),
        )
    problems = [line for epoch in epochs for line in await _open_of(Ledger(ledger_url, cluster_id, link, epoch))]
    if problems:
        raise RefusedError(
            f"link {link} cannot be deleted, its ledger is not settled:{_listed(problems)}",
            f"Nothing was deleted. {_RECOVER}",
        )


async def refuse_unended(cluster_id: str, link: str, epoch: int, ledger_url: str) -> None:
    """Let a link be kept, and its mirrors go out of sight, only after the flip that stopped them has ended.

    Raises:
        RefusedError: The ledger of that term is not closed, or not there.
        LedgerError: The store cannot be asked. Not knowing is no permission.
    """
    book = Ledger(ledger_url, cluster_id, link, epoch)
    document = await book.read() if ledger_url else None
    if document is None or document["state"] != "closed":
        what = "has not ended" if document else f"has no ledger at {book.address}" if ledger_url else "has no ledger"
        raise RefusedError(
            f"the flip of epoch {epoch} over link {link} {what}: some of its topics may still be mirrors",
            "In a preview: take this edit back and run `pulumi up` until the flip is whole. In an update: end it with"
            " `confluent kafka mirror failover`, then `drctl recover ledger` and `drctl recover plan --record`",
        )


async def refuse_unacknowledged(places: Iterable[dict[str, Any]], ledger_url: str, given: Sequence[str]) -> None:
    """Let links go only when the receipts in the config are those of all their ledgers, as they stand.

    Args:
        places: Of each link and direction `{clusterId, linkName}`: the cluster that has the mirrors, and the link's
            name; with `epoch`, the ledger of that term has to be there.
        ledger_url: Store of the ledgers; empty when there never was a flip.
        given: `settings.recovery.acknowledged`, as the last update recorded it.

    Raises:
        RefusedError: A ledger is unsettled, or was written again after it was acknowledged, or never was.
        LedgerError: The store cannot be asked. Not knowing is no permission.
    """
    problems = []
    for place in places if ledger_url else ():
        where = (ledger_url, place["clusterId"], place["linkName"])
        epochs = await epochs_of(*where)
        if place.get("epoch", 0) not in {0, *epochs}:
            problems.append(f"epoch {place['epoch']}: its ledger is not at {ledger_url} any more")
        for epoch in epochs:
            problems += await _unanswered(Ledger(*where, epoch), given)
    if problems:
        raise RefusedError(
            f"the pair's links cannot go, not every ledger is answered for:{_listed(problems)}",
            f"Nothing was deleted. {_RECOVER}; then set recovery.acknowledged to the receipts that"
            " `drctl recover plan` prints for these epochs, run `pulumi up`, and delete after that",
        )


async def _unanswered(book: Ledger, given: Sequence[str]) -> list[str]:
    open_lines, document = await _open_of(book), await book.read()
    if open_lines or document is None:
        return open_lines
    try:
        receipts.refuse_unacknowledged(document, given, book.address)
    except RefusedError as error:
        return [f"epoch {book.epoch}: {error.problem}"]
    return []


def _listed(problems: Sequence[str]) -> str:
    more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
    return "".join(f"\n  {line}" for line in [*problems[:_SHOWN], *more])


async def _open_of(book: Ledger) -> list[str]:
    document: Document | None = await book.read()
    if document is None:
        return []
    lines = [] if document["state"] == "closed" else [f"epoch {book.epoch}: the flip has not ended, run it again"]
    for place in unsettled(document):
        spans = offsets_text(place.open)
        lines.append(f"epoch {book.epoch}: {place.topic} partition {place.partition}, offsets {spans}")
    return lines
