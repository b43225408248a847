"""A flip proper, in the order that tells the truth: look, forecast, journal, call, poll, ledger, verdict.

What `pulumi up` and the break-glass command do alike: when a look must refuse, and what is written to the ledger when.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kafkadr.desired import Desired
from kafkadr.errors import DrError, RefusedError
from kafkadr.filters import NameFilter
from kafkadr.flip import Progress, dry_run, flip, forecast, look_at
from kafkadr.forecast import Forecast
from kafkadr.ledger import Ledger, LedgerError
from kafkadr.record import closed, opened, scope_of
from kafkadr.rest import KafkaRest
from kafkadr.survey import Finding, Survey, Wish, refuse_empty
from kafkadr.verdicts import Action
from kafkadr.words import findings_table

_SHOWN = 10

Settle = Callable[[Survey], Awaitable[Survey]]
"""What happens between the look and the forecast: a promotion waits, a failover does not."""


class IncompleteError(DrError):
    """Some topics are not where they are wanted; the others are, and stay."""


async def at_once(seen: Survey) -> Survey:
    """The `Settle` of a failover."""
    return seen


@dataclass(frozen=True)
class Expected:
    """What a flip would do now.

    Args:
        seen: The mirrors in scope.
        refused: Topics that cannot follow.
        price: What it costs; None for a wish that stops nothing.
    """

    seen: Survey
    refused: tuple[Finding, ...]
    price: Forecast | None

    @property
    def states(self) -> dict[str, int]:
        """Number of mirrors per status afterwards."""
        stay = {f.topic for f in self.refused}
        found: dict[str, int] = {}
        for mirror in self.seen.mirrors:
            moves = mirror.mirror_topic_name not in stay and (
                self.seen.verdicts[mirror.mirror_topic_name].action is not Action.DONE
            )
            status = self.seen.wish.desired.target if moves else mirror.mirror_status
            found[status] = found.get(status, 0) + 1
        return dict(sorted(found.items()))


@dataclass(frozen=True)
class Stopped:
    """What a flip did, as the server told it last.

    Args:
        look: The mirrors in scope, all of them STOPPED.
        price: The forecast that it began with.
        address: Where its ledger is.
        digest: SHA-256 of the ledger.
    """

    look: Survey
    price: Forecast
    address: str
    digest: str


@dataclass(frozen=True)
class Stop:
    """A wish that stops the mirrors of a link, with all that is needed to carry it out.

    Args:
        wish: What is wanted.
        epoch: Term number the ledger entry belongs to.
        ledger_url: Store of the ledger.
        groups: Filters of the groups whose offsets the link syncs.
        chunk_size: Most names in one call.
        rpo_messages: Most records to be left behind by a failover.
    """

    wish: Wish
    epoch: int
    ledger_url: str
    groups: tuple[NameFilter, ...] = ()
    chunk_size: int = 500
    rpo_messages: int | None = None

    async def expect(self, rest: KafkaRest) -> Expected:
        """Look, ask the server what it would refuse, and forecast; no mutation.

        Raises:
            RefusedError: Nothing could follow, or more would be lost than is accepted.
        """
        found = await expect(rest, self.wish, self.groups)
        refuse(found.seen, found.refused, found.price, self.rpo_messages)
        return found

    async def run(self, rest: KafkaRest, warn: Progress, progress: Progress, settle: Settle = at_once) -> Stopped:
        """Stop the mirrors: journal, call, poll, ledger; in this order.

        Args:
            rest: The destination cluster.
            warn: Called with what the operator must know and nothing is refused for.
            progress: Called with one line per step.
            settle: What there is to wait for before the first mutation.

        Raises:
            RefusedError: Before the first mutation.
            IncompleteError: Some topics are not STOPPED, or their offsets are not in the ledger.
        """
        seen = await look_at(rest, self.wish)
        refuse_empty(seen)
        refuse(seen, seen.refusals(), None, self.rpo_messages)
        seen = await settle(seen)
        price = await forecast(rest, seen, self.groups)
        refuse(seen, seen.refusals(), price, self.rpo_messages)
        if unknown := unknown_loss(seen, price):
            warn(unknown)
        ledger = self.ledger(rest)
        document = await self._journal(ledger, seen, price, rest.cluster_id, warn)
        seen = seen.including(scope_of(document))
        done = await flip(rest, seen, self.chunk_size, progress)
        digest = await self._close(ledger, closed(document, done.look, done.findings), done.look, done.findings)
        complain(done.look, done.findings)
        return Stopped(done.look, price, ledger.address, digest)

    def ledger(self, rest: KafkaRest) -> Ledger:
        """Where the offsets go."""
        return Ledger(self.ledger_url, rest.cluster_id, self.wish.link, self.epoch)

    async def _journal(
        self, ledger: Ledger, seen: Survey, price: Forecast, cluster_id: str, warn: Progress
    ) -> dict[str, Any]:
        try:
            document = opened(seen, price, self.epoch, cluster_id, await ledger.read())
            await ledger.write(document)
        except LedgerError as error:
            # With a region down, a dead ledger must not keep the topics read-only: the offsets stay on the server.
            warn(f"failing over without a journal: {error}")
            return opened(seen, price, self.epoch, cluster_id, None)
        return document

    async def _close(self, ledger: Ledger, document: dict[str, Any], seen: Survey, findings: Sequence[Finding]) -> str:
        try:
            return await ledger.write(document)
        except LedgerError as error:
            complain(seen, findings)
            raise IncompleteError(
                f"all {len(seen.mirrors)} mirrors are {self.wish.desired.target},"
                f" but their offsets are not in the ledger: {error.problem}",
                "Keep the link, mend the ledger and run the same command again",
            ) from None


async def expect(rest: KafkaRest, wish: Wish, groups: Sequence[NameFilter]) -> Expected:
    """Look, ask the server what it would refuse, and forecast what stops."""
    seen = await look_at(rest, wish)
    refused = sorted(seen.refusals() + await dry_run(rest, seen), key=lambda f: f.topic)
    if not wish.desired.final:
        # A declared topic without a mirror gets it in this very update, before the mirrors are looked at again.
        return Expected(seen, tuple(f for f in refused if f.topic not in seen.missing), None)
    refuse_empty(seen)
    return Expected(seen, tuple(refused), await forecast(rest, seen, groups))


def refuse(seen: Survey, refused: Sequence[Finding], price: Forecast | None, rpo_messages: int | None) -> None:
    """Stop before the first mutation when nothing could follow, or when a planned step would be half done.

    Raises:
        RefusedError: So it is, or the failover would leave more behind than is accepted.
    """
    desired = seen.wish.desired
    all_or_nothing = desired is not Desired.FAILED_OVER
    hopeless = (
        bool(refused)
        and not (seen.names(Action.DONE) or seen.names(Action.WAIT))
        and ({f.topic for f in refused} >= set(seen.names(Action.CALL)))
    )
    if refused and (all_or_nothing or hopeless):
        raise RefusedError(
            findings_table(f"{len(refused)} of {size(seen)} mirrors cannot become {desired}", refused),
            "Nothing was changed",
        )
    if price is not None and rpo_messages is not None and desired is Desired.FAILED_OVER:
        _refuse_loss(seen, price, rpo_messages)


def _refuse_loss(seen: Survey, price: Forecast, rpo_messages: int) -> None:
    unknown, at_least = unknown_loss(seen, price), price.at_least
    if unknown:
        raise RefusedError(
            f"{unknown}; settings.targets.rpoMessages accepts {rpo_messages} records",
            "Nothing was changed: raising rpoMessages does not help. Wait until the link knows its lags, or accept a"
            " loss of unknown size: leave rpoMessages out in the same reviewed edit, or give `drctl failover"
            " --accept-any-loss`",
        )
    if at_least > rpo_messages and seen.names(Action.CALL):
        raise RefusedError(
            f"the failover would leave {at_least} records behind, more than the {rpo_messages} that"
            " settings.targets.rpoMessages accepts",
            "Nothing was changed: raise rpoMessages in the same reviewed edit to accept the loss",
        )


def unknown_loss(seen: Survey, price: Forecast) -> str:
    """A warning that nobody knows how many records a failover leaves behind; empty when somebody does.

    Mirrors that are stopped already are not counted: their loss is decided, whatever is refused now.
    """
    if seen.wish.desired is not Desired.FAILED_OVER:
        return ""
    todo = set(seen.names(Action.CALL))
    found = [f"{m.topic} partition {m.partition}" for m in price.unknown_lags if m.topic in todo]
    if not found:
        return ""
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return (
        f"the lag of {len(found)} partitions is unknown, so nobody can say how many records the failover leaves behind:"
        f" {', '.join(found[:_SHOWN])}{more}"
    )


def complain(seen: Survey, findings: Sequence[Finding]) -> None:
    """Raise when some topics are not where they are wanted, naming each.

    Raises:
        IncompleteError: There are findings.
    """
    if not findings:
        return
    there = len(seen.names(Action.DONE))
    raise IncompleteError(
        findings_table(
            f"{len(findings)} of {size(seen)} mirrors on link {seen.wish.link} are not {seen.wish.desired.target}"
            f" ({there} are)",
            findings,
        ),
        "Mend the causes and run the same command again: it takes up only these; nothing that depends on the"
        " mirrors was moved",
    )


def size(seen: Survey) -> int:
    """Topics in scope, missing ones too."""
    return len(seen.mirrors) + len(seen.missing)
