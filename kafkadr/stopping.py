"""A flip proper, in the order that tells the truth: look, forecast, journal, call, poll, ledger, verdict.

It waits for mirrors alone: forecast and ledger have a short share of its time each, and what they miss is told.

What `pulumi up` and the break-glass command do alike: when a look must refuse, and what is written to the ledger when.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from kafkadr.desired import Desired
from kafkadr.errors import ApiError, DrError, RefusedError
from kafkadr.filters import NameFilter
from kafkadr.first_look import FirstLook
from kafkadr.flip import Outcome, Progress, dry_run, flip, forecast, look_at
from kafkadr.forecast import Forecast
from kafkadr.journal import Journal, Unwritten
from kafkadr.ledger import Ledger
from kafkadr.record import scope_of
from kafkadr.rest import KafkaRest
from kafkadr.survey import Finding, Survey, Wish, refuse_empty
from kafkadr.verdicts import Action
from kafkadr.words import findings_table

_SHOWN = 10
_FORECAST_SHARE = 10
_DRY_RUN_SECONDS = 5.0
_NO_RIGHT_OR_LINK = (401, 403, 404)
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
        unchecked: Why the server did not tell what it would refuse; it decides in the update all the same.
    """

    seen: Survey
    refused: tuple[Finding, ...]
    price: Forecast | None
    unchecked: str = ""

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
        digest: SHA-256 of the ledger; empty when it could not be written.
        unwritten: Why not, and what writes it later. It keeps nobody waiting, but must end the run red.
    """

    look: Survey
    price: Forecast
    address: str
    digest: str
    unwritten: Unwritten | None = None


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
        first_look: What an earlier run saw that could not write its ledger.
    """

    wish: Wish
    epoch: int
    ledger_url: str
    groups: tuple[NameFilter, ...] = ()
    chunk_size: int = 500
    rpo_messages: int | None = None
    first_look: FirstLook | None = None

    async def expect(self, rest: KafkaRest, forecast_seconds: float | None = None) -> Expected:
        """Look, ask the server what it would refuse, and forecast, in this time if there is any; no mutation.

        Raises:
            RefusedError: Nothing could follow, or more would be lost than is accepted.
        """
        found = await expect(rest, self.wish, self.groups, forecast_seconds)
        refuse(found.seen, found.refused, found.price, self.rpo_messages)
        return found

    async def run(
        self,
        rest: KafkaRest,
        warn: Progress,
        progress: Progress,
        settle: Settle = at_once,
        forecast_seconds: float | None = None,
    ) -> Stopped:
        """Stop the mirrors: journal, call, poll, ledger; in this order.

        Args:
            rest: The destination cluster.
            warn: Called with what the operator must know and nothing is refused for.
            progress: Called with one line per step.
            settle: What there is to wait for before the first mutation.
            forecast_seconds: What the forecast may take; its share of the whole budget when None.

        Raises:
            RefusedError: Before the first mutation.
            IncompleteError: Some topics are not STOPPED.
        """
        seen = await look_at(rest, self.wish)
        refuse_empty(seen)
        refuse(seen, seen.refusals(), None, self.rpo_messages)
        seen = await settle(seen)
        price = await forecast(rest, seen, self.groups, forecast_seconds or forecast_share(rest.budget.seconds))
        refuse(seen, seen.refusals(), price, self.rpo_messages)
        if unknown := unknown_loss(seen, price):
            warn(unknown)
        journal = Journal(self.ledger(rest), rest, self.wish, self.first_look)
        document = await journal.open(seen, price, warn)
        seen = seen.including(scope_of(document))
        done = await flip(rest, seen, self.chunk_size, progress)
        written = await journal.close(document, done.look, done.findings)
        unwritten = written if isinstance(written, Unwritten) else None
        if unwritten and (done.findings or done.broken):
            keep = "Keep this line: it writes the ledger later, and has what a rerun cannot see any more"
            warn(f"the ledger is not written: {unwritten.problem}. {keep}:\n{unwritten.line()}\n")
        complain(done)
        digest = "" if isinstance(written, Unwritten) else written
        return Stopped(done.look, price, journal.ledger.address, digest, unwritten)

    def ledger(self, rest: KafkaRest) -> Ledger:
        """Where the offsets go."""
        return Ledger(self.ledger_url, rest.cluster_id, self.wish.link, self.epoch)


def forecast_share(seconds: float) -> float:
    """Seconds that the forecast may take of a flip with this budget."""
    return seconds / _FORECAST_SHARE


async def expect(rest: KafkaRest, wish: Wish, groups: Sequence[NameFilter], seconds: float | None = None) -> Expected:
    """Look, ask the server what it would refuse, and forecast what stops, in this time if there is any."""
    seen = await look_at(rest, wish)
    checked, unchecked = await _checked(rest, seen)
    refused = sorted(seen.refusals() + checked, key=lambda f: f.topic)
    if not wish.desired.final:
        # A declared topic without a mirror gets it in this very update, before the mirrors are looked at again.
        return Expected(seen, tuple(f for f in refused if f.topic not in seen.missing), None)
    refuse_empty(seen)
    return Expected(seen, tuple(refused), await forecast(rest, seen, groups, seconds), unchecked)


async def _checked(rest: KafkaRest, seen: Survey) -> tuple[list[Finding], str]:
    """What the server would refuse. A failover does not depend on this call: the next one is decided by the server.

    Raises:
        ApiError: The key may not flip, or the link is gone: the next call would be refused as well.
    """
    if seen.wish.desired is not Desired.FAILED_OVER:
        return await dry_run(rest, seen), ""
    try:
        async with asyncio.timeout(_DRY_RUN_SECONDS):
            return await dry_run(rest, seen), ""
    except TimeoutError:
        why = f"no answer within {_DRY_RUN_SECONDS:.0f} s"
    except DrError as error:
        if isinstance(error, ApiError) and error.status in _NO_RIGHT_OR_LINK:
            raise
        why = error.problem
    return [], f"which mirrors the server would refuse is unknown: {why}"


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
            " loss of unknown size: leave rpoMessages out in the same reviewed edit, or give `drctl first failover"
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


def complain(done: Outcome) -> None:
    """Raise what broke the flip off, or name the topics that are not where they are wanted.

    Raises:
        DrError: It was broken off.
        IncompleteError: There are findings.
    """
    seen, findings = done.look, done.findings
    if done.broken:
        raise done.broken
    if not findings:
        return
    there = len(seen.names(Action.DONE))
    raise IncompleteError(
        findings_table(
            f"{len(findings)} of {size(seen)} mirrors on {seen.wish.place} are not {seen.wish.desired.target}"
            f" ({there} are)",
            findings,
        ),
        "Mend the causes and run the same command again: it takes up only these; nothing that depends on the"
        " mirrors was moved",
    )


def size(seen: Survey) -> int:
    """Topics in scope, missing ones too."""
    return len(seen.mirrors) + len(seen.missing)
