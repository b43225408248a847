"""A failover between the engine and the core: forecast in preview, stop and move in the update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kafkadr.active import moving
from kafkadr.errors import DrError
from kafkadr.failover.ledger import Entry
from kafkadr.failover.sight import look
from kafkadr.failover.stopping import Failover, Stopped
from kafkadr.model.table import Decision
from kafkadr.stopping import size
from kafkadr.who import who
from kafkadr.words import findings_table, forecast_table
from provider.resource import Log

if TYPE_CHECKING:
    from provider.resources.active_cluster import ActiveClusterInputs
    from provider.resources.moves import Decided

PREVIEW_SECONDS = 60.0


class UnfinishedError(DrError):
    """Clients follow, and something is left to do."""


def entry_of(asked: ActiveClusterInputs, decision: Decision, change: str) -> Entry:
    """What the ledger says of a move."""
    state = decision.state
    return Entry(
        environment=asked.environment,
        epoch=asked.epoch,
        change=change,
        target=state.cluster_id,
        leaves=state.leaves,
        stale_since=asked.accept_loss,
        declared=tuple(asked.topics),
    )


def target_of(asked: ActiveClusterInputs, decision: Decision, change: str) -> moving.Target:
    """Where the record goes."""
    site = asked.sites[asked.primary]
    return moving.Target(site.place(asked.primary, asked.vault_url), asked.epoch, change, who(), decision.standings)


async def preview(asked: ActiveClusterInputs, decision: Decision, log: Log) -> dict[str, Any]:
    """What would stay behind, where groups would restart, and what the server would refuse."""
    work = _failover(asked, decision, log)
    async with asked.sites[asked.primary].client(PREVIEW_SECONDS) as rest:
        found = await work.expect(rest, await look(rest))
    if found.price:
        log.info(forecast_table(found.seen, found.price))
    if found.refused:
        log.warning(findings_table(f"{len(found.refused)} of {size(found.seen)} mirrors cannot follow", found.refused))
    return {"url": work.ledger.address, "digest": ""}


async def run(asked: ActiveClusterInputs, decided: Decided, log: Log) -> dict[str, Any]:
    """Stop every mirror of the target, whatever its link, and move the record.

    Raises:
        UnfinishedError: The record has moved; a sync still runs, or the ledger is missing.
    """
    work = _failover(asked, decided.decision, log)
    async with asked.sites[asked.primary].client(float(asked.budget_seconds)) as rest:

        async def stop(still: moving.Still) -> Stopped:
            return await work.run(rest, await look(rest), still)

        target = target_of(asked, decided.decision, "failover")
        done = await moving.carry_out(asked.record_url, decided.seen, target, stop)
    if done.flaws:
        raise UnfinishedError(
            f"clients follow {asked.primary} now, and this is left: {'; '.join(done.flaws)}",
            "Mend it; `drctl ledger write` writes a missing ledger from the link. The next `pulumi up` takes the move"
            " up from the record and calls nothing",
        )
    return {"url": done.address, "digest": done.digest}


def _failover(asked: ActiveClusterInputs, decision: Decision, log: Log) -> Failover:
    entry = entry_of(asked, decision, "failover")
    return Failover(entry, asked.ledger_url, asked.chunk_size, log.warning, log.progress)
