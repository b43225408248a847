"""A failover on its target: look, forecast, ledger, stop every mirror, suspend the syncs, ledger. In this order.

Nobody but the target and the ledger store is asked. The forecast has a tenth of the budget, the ledger a few seconds:
neither keeps clients on a dead site.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kafkadr.active.moving import Still
from kafkadr.desired import Desired
from kafkadr.errors import DrError, UnreachableError
from kafkadr.failover.ledger import Entry, EnvironmentLedger, Journal, Unwritten
from kafkadr.failover.sight import Sight
from kafkadr.failover.syncs import suspend
from kafkadr.filters import NameFilter
from kafkadr.flip import Progress, flip, forecast
from kafkadr.forecast import Forecast
from kafkadr.notices import notices
from kafkadr.record import scope_of
from kafkadr.rest import KafkaRest
from kafkadr.stopping import Expected, complain, expect, forecast_share, refuse, unknown_loss
from kafkadr.survey import EVERY_LINK, Survey, Wish, survey
from kafkadr.syncing import syncing_of

WISH = Wish(EVERY_LINK, Desired.FAILED_OVER)


@dataclass(frozen=True)
class Stopped:
    """What a failover did, as its target told it last.

    Args:
        look: The mirrors in scope, all of them STOPPED.
        price: The forecast that it began with.
        address: Where the ledger is.
        digest: SHA-256 of it; empty when it could not be written.
        flaws: What is not done although clients may follow: a sync that runs, a ledger that is missing.
    """

    look: Survey
    price: Forecast
    address: str
    digest: str
    flaws: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failover:
    """A failover to one site.

    Args:
        entry: What the ledger says of it.
        ledger_url: Store of the ledgers.
        chunk_size: Most names in one batch call.
        warn: Called with what the operator must know and nothing is refused for.
        progress: Called with one line per step.
    """

    entry: Entry
    ledger_url: str
    chunk_size: int = 500
    warn: Progress = field(default=lambda _: None)
    progress: Progress = field(default=lambda _: None)

    @property
    def ledger(self) -> EnvironmentLedger:
        """Where the offsets go."""
        return EnvironmentLedger(self.ledger_url, self.entry.environment, self.entry.epoch)

    async def expect(self, rest: KafkaRest, seen: Sight) -> Expected:
        """What the server would refuse, and what would stay behind; changes nothing.

        Raises:
            RefusedError: No mirror could be stopped.
        """
        if not seen.mirrors:  # it was always writable: nothing is to be stopped
            return Expected(survey((), WISH), (), Forecast((), ()))
        groups = await groups_of(rest, seen)
        found = await expect(rest, WISH, groups, forecast_share(rest.budget.seconds))
        refuse(found.seen, found.refused, found.price, None)
        told = await notices(rest, seen.sources, found.seen)
        for line in [*told.warnings, *told.unknown, *filter(None, [found.unchecked])]:
            self.warn(line)
        if found.price and (unknown := unknown_loss(found.seen, found.price)):
            self.warn(unknown)
        return found

    async def run(self, rest: KafkaRest, seen: Sight, still: Still) -> Stopped:
        """Stop every mirror of the site and suspend what syncs into it.

        Args:
            rest: The target.
            seen: The first look: what it has is in scope to the end.
            still: See `kafkadr.active.moving`; asked before each step that changes something.

        Raises:
            RefusedError: Before the first call.
            IncompleteError: Some topics are not STOPPED.
        """
        first = survey(seen.mirrors, WISH)
        refuse(first, first.refusals(), None, None)
        price = await self._price(rest, seen, first)
        journal = Journal(self.entry, self.ledger, rest.budget.seconds, seen.sources)
        document = await journal.open(first, price, self.warn)
        scope = first.including(scope_of(document))
        await still()
        done = await flip(rest, scope, self.chunk_size, self.progress)
        if not done.findings and not done.broken:
            await still()
        running = {} if done.broken else await suspend(rest, seen.sources)
        written = await journal.close(document, done.look, done.findings)
        flaws = [f"link {link} still syncs into the site: {why}" for link, why in sorted(running.items())]
        if isinstance(written, Unwritten):
            flaws.append(f"the ledger is not written: {written.problem}")
        for flaw in flaws:
            self.warn(flaw)
        complain(done)
        digest = "" if isinstance(written, Unwritten) else written
        return Stopped(done.look, price, journal.ledger.address, digest, tuple(flaws))

    async def _price(self, rest: KafkaRest, seen: Sight, look: Survey) -> Forecast:
        share = forecast_share(rest.budget.seconds)
        price = await forecast(rest, look, await groups_of(rest, seen), share)
        if unknown := unknown_loss(look, price):
            self.warn(unknown)
        return price


async def groups_of(rest: KafkaRest, seen: Sight) -> tuple[NameFilter, ...]:
    """Filters of the groups whose offsets come to this site, from the links' own configs; unknown ones are left out."""
    found: list[NameFilter] = []
    for link in sorted({m.link_name for m in seen.mirrors}):
        try:
            found += syncing_of(await rest.link_configs(link)).groups
        except UnreachableError:
            raise
        except DrError:
            continue
    return tuple(found)
