"""What `ActiveCluster` does between the engine and the core: gather facts, decide, preview, move."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pulumi.provider.experimental.provider import CheckFailure

from kafkadr.active import document, moving, store
from kafkadr.active.store import Seen
from kafkadr.errors import DrError, RefusedError
from kafkadr.failover import ledger
from kafkadr.failover.sight import look
from kafkadr.model.edit import Change, Planned, Recorded
from kafkadr.model.facts import Facts
from kafkadr.model.record import Record
from kafkadr.model.refusal import Refusal
from kafkadr.model.table import Decision, Kind, asks
from kafkadr.model.table import decide as judge
from kafkadr.promotion import plan
from kafkadr.who import who
from provider.resource import Log
from provider.resources import failing_over, promoting
from provider.resources.sites import topology_of

if TYPE_CHECKING:
    from provider.resources.active_cluster import ActiveClusterInputs

LOOK_SECONDS = 60.0
REMARK_SECONDS = 5.0


@dataclass(frozen=True)
class Decided:
    """What an edit means, and the record that it was compared with."""

    decision: Decision
    seen: Seen


def unreadable(failures: list[CheckFailure]) -> DrError:
    """The recorded inputs cannot be read; never taken for a new environment."""
    return RefusedError("; ".join(f.reason for f in failures), "Nothing was changed")


async def decide(asked: ActiveClusterInputs, before: ActiveClusterInputs | None, log: Log) -> Decided | CheckFailure:
    """Read the record first, then only what the edit needs, and decide."""
    try:
        seen = await store.read(asked.record_url)
    except DrError as error:
        # In words: the address may hold credentials, and the engine prints the value of a property that is named.
        return CheckFailure(
            "",
            f"the record cannot be read, so nothing is touched: {error}. `drctl failover` is the way out when a"
            " failover cannot wait for it",
        )
    facts = await _facts(asked, before, seen, log)
    if isinstance(facts, CheckFailure):
        return facts
    found = judge(asked.edit, facts)
    if isinstance(found, Refusal):
        return CheckFailure(found.key, str(found))
    return Decided(found, seen)


async def _facts(
    asked: ActiveClusterInputs, before: ActiveClusterInputs | None, seen: Seen, log: Log
) -> Facts | CheckFailure:
    record = document.record_of(seen.active) if seen.active else None
    facts = Facts(
        record=record,
        recorded=_recorded(before, record) if before else None,
        published=topology_of(asked.sites, asked.links),
        newest_ledger=await _newest_ledger(asked, log),
    )
    views = {}
    for name in asks(asked.edit, facts):
        site = (before or asked).sites[name]
        try:
            async with site.client(LOOK_SECONDS) as rest:
                views[name] = (await look(rest)).view
        except DrError as error:
            return CheckFailure("primary", f"{name} cannot take over: {error}")
    facts = replace(facts, views=views)
    if views and asked.edit.change is Change.PROMOTE and asked.edit.approved:
        try:
            found = await _plan(asked)
        except DrError as error:
            return CheckFailure("approved", str(error))
        facts = replace(facts, plan=Planned(found.epoch, found.leaves, found.target))
    return facts


async def _plan(asked: ActiveClusterInputs) -> plan.PromotionPlan:
    approved = asked.edit.approved
    assert approved is not None  # noqa: S101 - asked for only with it
    return await plan.read(asked.ledger_url, asked.environment, approved.epoch, approved.digest)


def _recorded(before: ActiveClusterInputs, record: Record | None) -> Recorded:
    topology = topology_of(before.sites, before.links)
    cluster = topology.cluster_of(before.primary)
    if not cluster and record and (record.site, record.epoch) == (before.primary, before.epoch):
        cluster = record.cluster_id  # it was adopted when the estate had it no longer
    return Recorded(before.edit, cluster, cluster, topology)


async def _newest_ledger(asked: ActiveClusterInputs, log: Log) -> tuple[int, str]:
    """A dead ledger store keeps nobody from failing over."""
    try:
        return await ledger.newest(asked.ledger_url, asked.environment)
    except DrError as error:
        say = f"the ledgers cannot be read, so epochs are compared with record and state alone: {error}"
        log.warning(say)
        return 0, ""


async def begin(asked: ActiveClusterInputs, log: Log) -> None:
    """The first record of a new environment; one that is there is adopted."""
    decided = await _again(asked, None, log)
    if decided.decision.kind is Kind.BIRTH:
        place = asked.sites[asked.primary].place(asked.primary, asked.vault_url)
        await moving.birth(asked.record_url, decided.seen, place, asked.epoch, who())


async def preview(asked: ActiveClusterInputs, before: ActiveClusterInputs, log: Log) -> dict[str, Any] | None:
    """What a move would do and cost; changes nothing. The ledger that it will write, None when nothing moves."""
    decided = await _again(asked, before, log)
    if decided.decision.kind is not Kind.MOVE:
        return None
    if asked.edit.change is Change.PROMOTE:
        return await promoting.preview(asked, await _plan(asked), decided.decision, log)
    return await failing_over.preview(asked, decided.decision, log)


async def update(asked: ActiveClusterInputs, before: ActiveClusterInputs, log: Log) -> dict[str, Any] | None:
    """Carry a move out; the ledger that was written, None when nothing moves."""
    decided = await _again(asked, before, log)
    if decided.decision.kind is not Kind.MOVE:
        site = asked.sites.get(asked.primary)
        if site is not None:  # an adopted site may have left the estate: its endpoints stay as the record has them
            place = site.place(asked.primary, asked.vault_url)
            await store.revise(asked.record_url, lambda active: document.corrected(active, place))
        return None
    if asked.edit.change is Change.PROMOTE:
        return await promoting.run(asked, await _plan(asked), decided, log)
    return await failing_over.run(asked, decided, log)


async def _again(asked: ActiveClusterInputs, before: ActiveClusterInputs | None, log: Log) -> Decided:
    """What the check decided, on the facts of now.

    Raises:
        RefusedError: They have changed since.
    """
    found = await decide(asked, before, log)
    if isinstance(found, CheckFailure):
        raise RefusedError(found.reason, "Nothing was changed")
    return found


async def remark(asked: ActiveClusterInputs, log: Log) -> None:
    """Warn of an active site that takes no writes, and of moves without a ledger; within a few seconds."""
    try:
        async with asked.sites[asked.primary].client(REMARK_SECONDS) as rest:
            mirrors = [m for m in await rest.every_mirror() if m.mirror_status != "STOPPED"]
        if mirrors:
            say = (
                f"{len(mirrors)} topics of the active site {asked.primary} are mirrors and take no writes: name it as"
                " primary again with the next epoch and change: failover, which stops them"
            )
            log.warning(say)
    except (DrError, KeyError):
        pass  # a primary that does not answer is told by whoever needs it
    try:
        seen = await store.read(asked.record_url)
        epochs = await ledger.epochs_of(asked.ledger_url, asked.environment)
    except DrError:
        return
    moves = document.record_of(seen.active).moves if seen.active else ()
    missing = [epoch for epoch, _ in moves[1:] if epoch not in epochs]
    if missing:
        say = f"no ledger of epoch {', '.join(map(str, missing))}: `drctl ledger write` writes it from the link"
        log.warning(say)
