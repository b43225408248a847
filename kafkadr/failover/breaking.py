"""Break glass: a failover without Pulumi, its state or the estate; the same core, by the record and the wire alone."""

from __future__ import annotations

from dataclasses import dataclass

from kafkadr.active import document, moving, store
from kafkadr.active.store import Seen
from kafkadr.errors import DrError, RefusedError
from kafkadr.estate.card import Card
from kafkadr.failover import ledger
from kafkadr.failover.ledger import Entry
from kafkadr.failover.sight import Sight, look
from kafkadr.failover.stopping import Failover, Stopped
from kafkadr.flip import Progress
from kafkadr.model import standing
from kafkadr.model.record import Record
from kafkadr.rest import KafkaRest
from kafkadr.who import who


@dataclass(frozen=True)
class Way:
    """What a break-glass failover would do.

    Args:
        site: Its target.
        epoch: The epoch that it enters.
        leaves: Cluster that it leaves; empty when the record cannot be read.
        stale_since: Epoch since which the target lacks what was written; 0 for a standby.
        seen: The record; None when it cannot be read.
        sight: The target's mirrors and links.
        unknown: What could not be compared, in words.
    """

    site: str
    epoch: int
    leaves: str
    stale_since: int
    seen: Seen | None
    sight: Sight
    unknown: tuple[str, ...] = ()


async def find(card: Card, site: str, rest: KafkaRest, accept_loss: int) -> Way:
    """Decide whether a site may take over.

    Without the record it must be a mirror as a whole: nobody knows then who is active.

    Raises:
        RefusedError: It may not, with the way out.
        DrError: It does not answer.
    """
    unknown: list[str] = []
    seen = await _record(card, unknown)
    newest = await _newest(card, unknown)
    sight = await look(rest)
    view = sight.view
    if not view.has_copies:
        raise RefusedError(f"{site} has no topic, so clients would find nothing", "Choose a site that has the topics")
    if seen is None or seen.active is None:
        if seen is not None:
            unknown.append("there is no record yet")
        return _blind(site, sight, newest, unknown)
    record = document.record_of(seen.active)
    under_way, epoch = _under_way(record, newest)
    fit = view.cluster_id == record.cluster_id or standing.is_standby(record, view, under_way)
    need = 0 if fit else standing.loss_epoch(record, view.cluster_id)
    if accept_loss != need:
        why = standing.why_not(record, view)
        raise RefusedError(
            f"{site} is no standby: {why}" if need else f"{site} is a standby, and --accept-loss is {accept_loss}",
            f"Choose a standby, or give --accept-loss {need}" if need else "Leave --accept-loss out",
        )
    if under_way != view.cluster_id:
        epoch = max(record.epoch, record.target_epoch, newest[0]) + 1
    return Way(site, epoch, record.cluster_id, need, seen, sight, tuple(unknown))


async def carry_out(card: Card, way: Way, rest: KafkaRest, warn: Progress, progress: Progress) -> Stopped:
    """Stop every mirror of the target and move the record; without the record only the former.

    Raises:
        DrError: What is not done; the same command again goes on.
    """
    entry = Entry(card.environment, way.epoch, "failover", rest.cluster_id, way.leaves, way.stale_since)
    work = Failover(entry, card.ledger, card.chunk_size, warn, progress)

    async def stop(still: moving.Still) -> Stopped:
        return await work.run(rest, way.sight, still)

    if way.seen is None:
        return await stop(_nothing)
    record = document.record_of(way.seen.active) if way.seen.active else None
    if record is None:
        raise RefusedError("there is no record to move", "Build the environment with `pulumi up` first")
    after = standing.after_move(record, card.topology, rest.cluster_id, way.epoch, planned=False)
    target = moving.Target(card.place(way.site), way.epoch, "failover", who(), after)
    return await moving.carry_out(card.record, way.seen, target, stop)


async def _nothing() -> None:
    """There is no record that could have changed."""


def _blind(site: str, sight: Sight, newest: tuple[int, str], unknown: list[str]) -> Way:
    sources = {copy.source for copy in sight.view.copies}
    whole = len(sources) == 1 and sight.view.follows(*sources)
    if not whole:
        raise RefusedError(
            f"the record cannot be read, and {site} is no whole mirror of one site",
            "Bring the record back, or choose a site all of whose topics are mirrors",
        )
    (leaves,) = sources
    return Way(site, newest[0] + 1 if newest[0] else 2, leaves, 0, None, sight, tuple(unknown))


def _under_way(record: Record, newest: tuple[int, str]) -> tuple[str, int]:
    if record.target_cluster_id:
        return record.target_cluster_id, record.target_epoch
    epoch, cluster = newest
    return (cluster, epoch) if epoch > record.epoch else ("", 0)


async def _record(card: Card, unknown: list[str]) -> Seen | None:
    try:
        return await store.read(card.record)
    except DrError as error:
        unknown.append(f"the record cannot be read, so clients do not follow until it can be: {error.problem}")
        return None


async def _newest(card: Card, unknown: list[str]) -> tuple[int, str]:
    try:
        return await ledger.newest(card.ledger, card.environment)
    except DrError as error:
        unknown.append(f"the ledgers cannot be read, so epochs are not compared with them: {error.problem}")
        return 0, ""
