"""A promotion between the engine and the core: what it waits for in preview, the move in the update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kafkadr.active import moving
from kafkadr.failover.sight import look
from kafkadr.model.table import Decision
from kafkadr.promotion.plan import PromotionPlan
from kafkadr.promotion.promoting import Promotion
from provider.resource import Log
from provider.resources.failing_over import PREVIEW_SECONDS, entry_of, target_of

if TYPE_CHECKING:
    from provider.resources.active_cluster import ActiveClusterInputs
    from provider.resources.moves import Decided


async def preview(asked: ActiveClusterInputs, plan: PromotionPlan, decision: Decision, log: Log) -> dict[str, Any]:
    """What it would wait for."""
    work = _promotion(asked, plan, decision, log)
    async with asked.sites[asked.primary].client(PREVIEW_SECONDS) as rest:
        for line in await work.expect(rest, await look(rest)):
            log.info(line)
    return {"url": work.ledger.address, "digest": ""}


async def run(asked: ActiveClusterInputs, plan: PromotionPlan, decided: Decided, log: Log) -> dict[str, Any]:
    """Promote every mirror of the target and move the record."""
    work = _promotion(asked, plan, decided.decision, log)
    leaves = decided.decision.state.topology.site_of(decided.decision.state.leaves)
    seconds = float(asked.budget_seconds)
    async with asked.sites[asked.primary].client(seconds) as target, asked.sites[leaves].client(seconds) as source:

        async def promote(still: moving.Still) -> str:
            return await work.run(target, source, await look(target), still)

        to = target_of(asked, decided.decision, "promote")
        digest = await moving.carry_out(asked.record_url, decided.seen, to, promote)
    return {"url": work.ledger.address, "digest": digest}


def _promotion(asked: ActiveClusterInputs, plan: PromotionPlan, decision: Decision, log: Log) -> Promotion:
    both_ways = {link.name: link.both_ways for link in decision.state.topology.links}
    entry = entry_of(asked, decision, "promote")
    return Promotion(entry, plan, asked.ledger_url, both_ways, asked.chunk_size, log.warning, log.progress)
