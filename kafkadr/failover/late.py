"""A ledger written late: from the mirrors that a move stopped, as long as their links exist."""

from __future__ import annotations

from kafkadr.active import document, store
from kafkadr.errors import RefusedError
from kafkadr.estate.card import Card
from kafkadr.failover.ledger import Entry, EnvironmentLedger
from kafkadr.failover.sight import look
from kafkadr.failover.stopping import WISH
from kafkadr.forecast import Forecast
from kafkadr.survey import survey

_UNKNOWN = "the ledger was written late: where the groups had been is not known any more"


async def write_late(card: Card, epoch: int, seconds: float) -> tuple[str, int]:
    """Write the ledger of a move; its address and the number of its topics.

    Raises:
        RefusedError: The record knows no such move, or nothing of it can be seen any more.
        DrError: A site or a store does not answer.
    """
    seen = await store.read(card.record)
    moves = document.record_of(seen.active).moves if seen.active else ()
    position = next((i for i, (at, _) in enumerate(moves) if at == epoch), 0)
    if not position:
        known = ", ".join(str(at) for at, _ in moves[1:]) or "none"
        raise RefusedError(f"the record knows no move of epoch {epoch}", f"It knows {known}")
    cluster, leaves = moves[position][1], moves[position - 1][1]
    site = card.topology.site_of(cluster)
    if not site:
        raise RefusedError(
            f"cluster {cluster}, to which the move led, is not on this card", "Use the card of that time"
        )
    async with card.client(site, seconds) as rest:
        sight = await look(rest)
    found = survey([m for m in sight.mirrors if m.mirror_status == "STOPPED"], WISH)
    if not found.mirrors:
        raise RefusedError(f"{site} shows no stopped mirror", "What the move left behind cannot be told any more")
    entry = Entry(card.environment, epoch, "failover", cluster, leaves)
    ledger = EnvironmentLedger(card.ledger, card.environment, epoch)
    earlier = await ledger.read()
    opened = entry.document(found, Forecast((), (), (_UNKNOWN,)), sight.sources, earlier)
    await ledger.write(entry.ended(opened, found, (), sight.sources))
    return ledger.address, len(found.mirrors)
