"""A flip as the engine's resource sees it: between `mirror_state` and the core (`kafkadr.stopping`).

Knows which outputs the engine keeps and which words the operator reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from kafkadr.desired import Desired
from kafkadr.filters import NameFilter
from kafkadr.first_look import FirstLook
from kafkadr.flip import flip, look_at
from kafkadr.ledger import Ledger
from kafkadr.notices import Notices, notices
from kafkadr.rest import KafkaRest
from kafkadr.stopping import Stop, complain, expect, refuse, size, unknown_loss
from kafkadr.survey import Survey, Wish
from kafkadr.words import findings_table, forecast_table
from provider.planned import Planned
from provider.resource import Log
from provider.sealing import Sealing

OUTPUT_ROWS = 20


@dataclass(frozen=True)
class Flip:
    """One wish and all that is needed to carry it out.

    Args:
        wish: What is wanted.
        epoch: Term number the ledger entry belongs to.
        ledger_url: Store of the ledger.
        groups: Filters of the groups whose offsets the link syncs.
        chunk_size: Most names in one call.
        rpo_messages: Most records to be left behind by a failover.
        planned: What a promotion waits for, read when there is something to wait for.
        sealing: What happens to the link's syncs once the mirrors are where they are wanted.
        first_look: What an earlier run saw that could not write its ledger.
    """

    wish: Wish
    epoch: int
    ledger_url: str
    groups: tuple[NameFilter, ...]
    chunk_size: int
    rpo_messages: int | None
    planned: Planned = field(default_factory=Planned)
    sealing: Sealing = field(default_factory=Sealing)
    first_look: FirstLook | None = None

    async def preview(self, rest: KafkaRest, log: Log) -> dict[str, Any]:
        """Forecast and refuse what cannot be; no mutation."""
        found = await expect(rest, self.wish, self.groups)
        seen, refused, price = found.seen, found.refused, found.price
        refuse(seen, refused, price, self.rpo_messages)
        tell(await notices(rest, {self.wish.link, *self.sealing.links}, seen), log)
        await self.planned.assess(rest, seen, self.groups, log)
        if found.unchecked:
            log.warning(found.unchecked)
        if refused:
            log.warning(findings_table(f"{len(refused)} of {size(seen)} mirrors cannot follow", refused))
        out: dict[str, Any] = {"states": found.states, "total": len(seen.mirrors)}
        out["quarantined"] = self.sealing.expected()
        if price is None:
            return out | {"forecast": {}, "ledger": {}}
        log.info(forecast_table(seen, price))
        if unknown := unknown_loss(seen, price):
            log.warning(unknown)
        url = Ledger(self.ledger_url, rest.cluster_id, self.wish.link, self.epoch).address
        return out | {"forecast": price.to_json(OUTPUT_ROWS), "ledger": {"url": url, "epoch": self.epoch}}

    async def run(self, rest: KafkaRest, log: Log, *, fresh: bool) -> dict[str, Any]:
        """Carry the wish out.

        Args:
            rest: The destination cluster.
            log: Where the operator reads.
            fresh: Whether this update changes what is wanted; a repair of an earlier flip keeps its forecast.

        Raises:
            IncompleteError: Some topics are not where they are wanted, each named with code and text.
        """
        if self.wish.desired.final:
            return await self._stop(rest, log, fresh=fresh)
        seen = await look_at(rest, self.wish)
        refuse(seen, seen.refusals(), None, self.rpo_messages)
        done = await flip(rest, seen, self.chunk_size, log.progress)
        complain(done)
        sealed = await self.sealing.apply(rest, log, must=True)
        return _states(done.look) | {"forecast": {}, "ledger": {}, "quarantined": sealed}

    async def _stop(self, rest: KafkaRest, log: Log, *, fresh: bool) -> dict[str, Any]:
        stop = Stop(
            self.wish, self.epoch, self.ledger_url, self.groups, self.chunk_size, self.rpo_messages, self.first_look
        )
        wait = partial(self._settle, rest, log)
        done = await stop.run(rest, log.warning, log.progress, wait)
        sealed = await self.sealing.apply(rest, log, must=self.wish.desired is Desired.PROMOTED)
        ledger = {"url": done.address, "digest": done.digest, "epoch": self.epoch}
        if done.unwritten:
            # A failed update would keep the pointer where it is: this one succeeds, and the program ends with an
            # error once clients have moved (`components.sealed`).
            late = done.unwritten
            ledger |= {"problem": late.problem, "command": late.line(), "firstLook": late.first_look.text()}
            say = f"the ledger is not written: {done.unwritten.problem}. When the store is back: {ledger['command']}"
            log.warning(say)
        out = _states(done.look) | {"quarantined": sealed, "ledger": ledger}
        return out | ({"forecast": done.price.to_json(OUTPUT_ROWS)} if fresh else {})

    async def _settle(self, rest: KafkaRest, log: Log, seen: Survey) -> Survey:
        return await self.planned.settle(rest, seen, self.groups, log)


def tell(found: Notices, log: Log) -> None:
    """Tell what the mirrors' states do not."""
    for line in found.warnings:
        log.warning(line)
    for line in found.unknown:
        log.info(line)


def _states(seen: Survey) -> dict[str, Any]:
    return {"states": seen.states, "total": len(seen.mirrors)}
