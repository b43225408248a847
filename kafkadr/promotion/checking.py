"""The check before a promotion: who is active, whether all is at rest, where its logs end. Reads only."""

from __future__ import annotations

from collections.abc import Callable

from kafkadr.active import document, store
from kafkadr.demoting import Demotion
from kafkadr.demotion import Ends
from kafkadr.errors import RefusedError
from kafkadr.estate.card import Card
from kafkadr.failover import ledger
from kafkadr.failover.sight import look
from kafkadr.model import standing
from kafkadr.promotion import plan
from kafkadr.promotion.plan import PromotionPlan

Progress = Callable[[str], None]


async def check(card: Card, to: str, quiet: float, seconds: float, say: Progress) -> tuple[PromotionPlan, str]:
    """Wait until the active site is at rest, and write the plan; the plan and its address.

    Args:
        card: The environment.
        to: Name of the target.
        quiet: How long nothing may move, at least, in seconds.
        seconds: Bound of the whole check.
        say: Called with one line per step.

    Raises:
        RefusedError: It does not come to rest, or the target is no standby.
        DrError: A site or a store does not answer.
    """
    seen = await store.read(card.record)
    if seen.active is None:
        raise RefusedError("there is no record yet", "Build the environment with `pulumi up` first")
    record = document.record_of(seen.active)
    active = card.topology.site_of(record.cluster_id)
    if not active:
        raise RefusedError(
            f"the active cluster {record.cluster_id} is not on this card", "Use the card that the switch exports today"
        )
    if record.target:
        raise RefusedError(
            f"a move to {record.target}, epoch {record.target_epoch}, is under way", "Finish it or take it back first"
        )
    newest = await ledger.newest(card.ledger, card.environment)
    async with card.client(to, seconds) as target, card.client(active, seconds) as source:
        sight = await look(target)
        if not standing.is_standby(record, sight.view, ""):
            why = standing.why_not(record, sight.view)
            raise RefusedError(f"{to} is no standby: {why}", "Run `pulumi up` until it is, or choose another site")
        ends: Ends = {}
        for link in sorted({m.link_name for m in sight.mirrors if sight.sources.get(m.link_name) == record.cluster_id}):
            ends |= (await Demotion(source, target, link, quiet, say).wait()).ends
    epoch = max(record.epoch, newest[0]) + 1
    found = PromotionPlan(card.environment, epoch, record.cluster_id, target.cluster_id, ends)
    return found, await plan.write(card.ledger, found)
