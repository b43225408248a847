"""A flip in the order that tells the truth: look, forecast, journal, call, poll, ledger, verdict.

Between the engine's resource (`mirror_state`) and the core (`kafkadr.flip`): knows when a preview must refuse, what
is written to the ledger when, and which words the operator reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kafkadr.desired import Desired
from kafkadr.errors import DrError, RefusedError
from kafkadr.filters import NameFilter
from kafkadr.flip import dry_run, flip, forecast, look_at
from kafkadr.forecast import Forecast
from kafkadr.ledger import Ledger, LedgerError
from kafkadr.record import closed, opened
from kafkadr.rest import KafkaRest
from kafkadr.survey import Finding, Survey, Wish, refuse_empty
from kafkadr.verdicts import Action
from provider.planned import Planned
from provider.resource import Log
from provider.sealing import Sealing
from provider.words import findings_table, forecast_table

OUTPUT_ROWS = 20


class IncompleteError(DrError):
    """Some topics are not where they are wanted; the others are, and stay."""


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
    """

    wish: Wish
    epoch: int
    ledger_url: str
    groups: tuple[NameFilter, ...]
    chunk_size: int
    rpo_messages: int | None
    planned: Planned = field(default_factory=Planned)
    sealing: Sealing = field(default_factory=Sealing)

    async def preview(self, rest: KafkaRest, log: Log) -> dict[str, Any]:
        """Forecast and refuse what cannot be; no mutation."""
        seen = await look_at(rest, self.wish)
        refused = seen.refusals() + await dry_run(rest, seen)
        refused.sort(key=lambda f: f.topic)
        if self.wish.desired.final:
            refuse_empty(seen)
        price = await forecast(rest, seen, self.groups) if self.wish.desired.final else None
        self._refuse(seen, refused, price)
        await self.planned.assess(rest, seen, self.groups, log)
        if refused:
            log.warning(findings_table(f"{len(refused)} of {_size(seen)} mirrors cannot follow", refused))
        out: dict[str, Any] = {"states": self._expected(seen, refused), "total": len(seen.mirrors)}
        out["quarantined"] = self.sealing.expected()
        if price is None:
            return out | {"forecast": {}, "ledger": {}}
        log.info(forecast_table(seen, price))
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
        seen = await look_at(rest, self.wish)
        if self.wish.desired.final:
            return await self._stop(rest, seen, log, fresh=fresh)
        self._refuse(seen, seen.refusals(), None)
        done = await flip(rest, seen, self.chunk_size, log.progress)
        self._complain(done.look, done.findings)
        sealed = await self.sealing.apply(rest, log, must=False)
        out: dict[str, Any] = {"states": done.look.states, "total": len(done.look.mirrors)}
        return out | {"forecast": {}, "ledger": {}, "quarantined": sealed}

    async def _stop(self, rest: KafkaRest, seen: Survey, log: Log, *, fresh: bool) -> dict[str, Any]:
        """A flip proper: journal, call, poll, ledger, quarantine; in this order."""
        refuse_empty(seen)
        self._refuse(seen, seen.refusals(), None)
        seen = await self.planned.settle(rest, seen, self.groups, log)
        price = await forecast(rest, seen, self.groups)
        self._refuse(seen, seen.refusals(), price)
        ledger = Ledger(self.ledger_url, rest.cluster_id, self.wish.link, self.epoch)
        document = await self._journal(ledger, seen, price, rest.cluster_id, log)
        done = await flip(rest, seen, self.chunk_size, log.progress)
        digest = await self._close(ledger, closed(document, done.look, done.findings), done.look, done.findings)
        self._complain(done.look, done.findings)
        sealed = await self.sealing.apply(rest, log, must=self.wish.desired is Desired.PROMOTED)
        out: dict[str, Any] = {"states": done.look.states, "total": len(done.look.mirrors), "quarantined": sealed}
        out["ledger"] = {"url": ledger.address, "digest": digest, "epoch": self.epoch}
        return out | ({"forecast": price.to_json(OUTPUT_ROWS)} if fresh else {})

    async def _journal(
        self, ledger: Ledger, seen: Survey, price: Forecast, cluster_id: str, log: Log
    ) -> dict[str, Any]:
        try:
            document = opened(seen, price, self.epoch, cluster_id, await ledger.read())
            await ledger.write(document)
        except LedgerError as error:
            # With a region down, a dead ledger must not keep the topics read-only: the offsets stay on the server.
            say = f"failing over without a journal: {error}"
            log.warning(say)
            return opened(seen, price, self.epoch, cluster_id, None)
        return document

    async def _close(self, ledger: Ledger, document: dict[str, Any], seen: Survey, findings: Sequence[Finding]) -> str:
        try:
            return await ledger.write(document)
        except LedgerError as error:
            self._complain(seen, findings)
            raise IncompleteError(
                f"all {len(seen.mirrors)} mirrors are {self.wish.desired.target},"
                f" but their offsets are not in the ledger: {error.problem}",
                "Keep the link, mend the ledger and run the same command again",
            ) from None

    def _refuse(self, seen: Survey, refused: Sequence[Finding], price: Forecast | None) -> None:
        """Stop before the first mutation when nothing could follow, or when a planned step would be half done."""
        all_or_nothing = self.wish.desired is not Desired.FAILED_OVER
        hopeless = (
            bool(refused)
            and not (seen.names(Action.DONE) or seen.names(Action.WAIT))
            and ({f.topic for f in refused} >= set(seen.names(Action.CALL)))
        )
        if refused and (all_or_nothing or hopeless):
            raise RefusedError(
                findings_table(f"{len(refused)} of {_size(seen)} mirrors cannot become {self.wish.desired}", refused),
                "Nothing was changed",
            )
        limit = self.rpo_messages
        at_risk = price.at_risk if price else 0
        if (
            self.wish.desired is Desired.FAILED_OVER
            and limit is not None
            and at_risk > limit
            and seen.names(Action.CALL)
        ):
            raise RefusedError(
                f"the failover would leave {at_risk} records behind, more than the {limit} that"
                " settings.targets.rpoMessages accepts",
                "Nothing was changed: raise rpoMessages in the same reviewed edit to accept the loss",
            )

    def _complain(self, seen: Survey, findings: Sequence[Finding]) -> None:
        if not findings:
            return
        there = len(seen.names(Action.DONE))
        raise IncompleteError(
            findings_table(
                f"{len(findings)} of {_size(seen)} mirrors on link {self.wish.link} are not {self.wish.desired.target}"
                f" ({there} are)",
                findings,
            ),
            "Mend the causes and run the same command again: it takes up only these; nothing that depends on the"
            " mirrors was moved",
        )

    def _expected(self, seen: Survey, refused: Sequence[Finding]) -> dict[str, int]:
        stay = {f.topic for f in refused}
        found: dict[str, int] = {}
        for mirror in seen.mirrors:
            moves = mirror.mirror_topic_name not in stay and (
                seen.verdicts[mirror.mirror_topic_name].action is not Action.DONE
            )
            status = self.wish.desired.target if moves else mirror.mirror_status
            found[status] = found.get(status, 0) + 1
        return dict(sorted(found.items()))


def _size(seen: Survey) -> int:
    return len(seen.mirrors) + len(seen.missing)
