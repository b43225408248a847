"""What a planned promotion waits for, between the engine's inputs and `kafkadr.promotion`; nothing in a failover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from kafkadr.demotion import HandoverBook, refuse_strangers
from kafkadr.desired import Desired
from kafkadr.filters import NameFilter
from kafkadr.handover import Claims
from kafkadr.promotion.waiting import Terms, assess, settle, waiting
from kafkadr.remote.calls import asked
from kafkadr.rest import KafkaRest
from kafkadr.survey import Survey
from provider.resource import Log


@dataclass(frozen=True)
class Planned:
    """A promotion's conditions.

    Args:
        claims: Of the handover token that the guard accepted; None when the mirrors are promoted without one.
        epoch: The term that begins.
        ledger_url: Store in which the handover document lies.
        interval_seconds: The link's offset-sync interval; 0 when it syncs none.
        budget_seconds: Bound of the whole promotion.
    """

    claims: Claims | None = None
    epoch: int = 1
    ledger_url: str = ""
    interval_seconds: float = 0.0
    budget_seconds: float = 300.0

    async def assess(self, rest: KafkaRest, seen: Survey, groups: Sequence[NameFilter], log: Log) -> None:
        """In preview: refuse what cannot end within the budget, tell what it would wait for."""
        if seen.wish.desired is Desired.PROMOTED and waiting(seen):
            terms = await self._terms(rest, seen, groups)
            log.info((await assess(rest, seen, terms)).told(terms))

    async def settle(self, rest: KafkaRest, seen: Survey, groups: Sequence[NameFilter], log: Log) -> Survey:
        """In the update: wait; the survey after it."""
        if seen.wish.desired is not Desired.PROMOTED or not waiting(seen):
            return seen
        return await settle(rest, seen, await self._terms(rest, seen, groups), log.progress)

    async def _terms(self, rest: KafkaRest, seen: Survey, groups: Sequence[NameFilter]) -> Terms:
        ends = None
        if self.claims is not None:
            refuse_strangers(self.claims, rest.cluster_id, seen.wish.link, self.epoch)
            book = HandoverBook(self.ledger_url, rest.cluster_id, seen.wish.link, self.claims.epoch)
            ends = await asked("the ledger", partial(book.ends, self.claims))
        return Terms(ends, self.interval_seconds, tuple(groups), self.budget_seconds)
