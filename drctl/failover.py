"""`drctl first failover`: break the glass. Needs the standby's endpoint and one key; neither Pulumi nor its state."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from drctl import card as cards
from drctl.recover_options import DrEntry
from drctl.screen import STDERR, STDOUT, AsJson, print_json
from kafkadr import quarantine
from kafkadr.breakglass import Entry, edit_of, entry_of, move_pointer, stop_of
from kafkadr.budget import Budget
from kafkadr.card import Card
from kafkadr.errors import DrError, ExitCode, RefusedError
from kafkadr.notices import notices
from kafkadr.pointer import Active
from kafkadr.stopping import Expected, Stopped, forecast_share, size, unknown_loss
from kafkadr.text import clean
from kafkadr.words import findings_table, forecast_table

_READ_SECONDS = 60.0
_ROWS = 20
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for the link's name.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Look, forecast and refuse; change nothing.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; goes into the pointer.")]
NextEpoch = Annotated[int | None, typer.Option("--epoch", min=2, help="The term to enter; the pointer's next one.")]
Accept = Annotated[
    int | None, typer.Option("--accept-loss", min=0, help="Records that may stay behind, in place of the card's bound.")
]

AcceptAny = Annotated[
    bool, typer.Option("--accept-any-loss", help="Any number of records may stay behind, also an unknown one.")
]


def failover(
    card: cards.At,
    *,
    dr_entry: DrEntry = "",
    reason: Reason = "",
    epoch: NextEpoch = None,
    accept_loss: Accept = None,
    accept_any_loss: AcceptAny = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Fail over to the standby of a site card: stop the mirrors, write the ledger, quarantine the links, move clients.

    Talks to the standby's cluster, the ledger and the pointer, and to nobody else. Does what `pulumi up` does for the
    same edit, by the same code, and prints that edit: `drctl adopt` tells how to square the stack with it. The same
    command again goes on where one was interrupted. Exit code 1 when some topic, ledger or link is not done.
    """
    order = _Order(reason, epoch, accept_loss, accept_any_loss, dry_run, yes, as_json)
    asyncio.run(_failover(cards.read(card), dr_entry, order))


@dataclass(frozen=True)
class _Order:
    """What the operator asks for."""

    reason: str
    epoch: int | None
    accept: int | None
    accept_any: bool
    dry: bool
    yes: bool
    as_json: bool


async def _failover(card: Card, dr_entry: str, order: _Order) -> None:
    entry = await entry_of(card, order.epoch)
    if entry.problem:
        _say(f"warning: the pointer cannot be read, so clients will not follow until it can be: {entry.problem}")
    stop = stop_of(card, entry.epoch, order.accept, accept_any=order.accept_any)
    # It is made twice, before and after the question.
    share = forecast_share(card.budget_seconds) / 2
    async with cards.client(card, dr_entry, _READ_SECONDS) as rest:
        expected = await stop.expect(rest, share)
        found = await notices(rest, {card.link, *card.links}, expected.seen)
        document = _forecast(card, entry, expected) | found.to_json()
        if not order.as_json or not order.dry:
            _tell(card, entry, expected)
            unknown = [*found.unknown, *filter(None, [expected.unchecked])]
            for line in [*(f"warning: {each}" for each in found.warnings), *unknown]:
                _say(line)
        if order.dry:
            if order.as_json:
                print_json(document | {"dryRun": True})
            return
        _confirm(card, order)
        # The same client: the vault with its key may be gone by now.
        rest.budget = Budget(card.budget_seconds)
        done = await stop.run(rest, lambda line: _say(f"warning: {line}"), _say, forecast_seconds=share)
        sealed = await quarantine.shut(rest, card.quarantined_links)
    pointer = await _moved(card, entry, order.reason)
    _finish(card, entry, _Ended(done, sealed, pointer, _later(done, dr_entry)), document, order)


@dataclass(frozen=True)
class _Ended:
    """What a failover did, the ledger aside: `later` writes it when it is not written."""

    done: Stopped
    sealed: dict[str, str]
    pointer: Active | DrError | None
    later: str


def _later(done: Stopped, dr_entry: str) -> str:
    """The command that writes the ledger later, with the same key; empty when it is written."""
    more = ("--dr-entry", dr_entry) if dr_entry else ()
    return done.unwritten.line(*more) if done.unwritten else ""


async def _moved(card: Card, entry: Entry, reason: str) -> Active | DrError | None:
    """The pointer, or why it did not move: the mirrors are stopped by then, and that must be told."""
    try:
        return await move_pointer(card, entry.epoch, reason)
    except DrError as error:
        return error


def _forecast(card: Card, entry: Entry, expected: Expected) -> dict[str, Any]:
    price = expected.price
    return {
        "link": card.link,
        "cluster": card.standby.cluster_id,
        "site": card.standby.site,
        "epoch": entry.epoch,
        "again": entry.again,
        "states": expected.states,
        "forecast": price.to_json(_ROWS) if price else {},
        "refused": [finding.to_json() for finding in expected.refused],
    }


def _tell(card: Card, entry: Entry, expected: Expected) -> None:
    if expected.price:
        _say(forecast_table(expected.seen, expected.price).rstrip())
    if expected.price and (unknown := unknown_loss(expected.seen, expected.price)):
        _say(f"warning: {unknown}")
    if expected.refused:
        of = f"{len(expected.refused)} of {size(expected.seen)} mirrors cannot follow"
        _say(findings_table(of, expected.refused).rstrip())
    found = entry.pointer
    before = f"{clean(found.site)} (epoch {found.epoch}, {clean(found.who)} at {found.when})" if found else "not known"
    _say(f"clients go to {card.standby.site} in epoch {entry.epoch}; until now: {before}")


def _confirm(card: Card, order: _Order) -> None:
    if order.yes:
        return
    question = f"Fail over {card.primary.site} -> {card.standby.site}. It cannot be undone. Type the link's name"
    if not sys.stdin.isatty():
        raise RefusedError("nobody is there to confirm", "Nothing was changed: run it in a terminal, or give --yes")
    if typer.prompt(question, err=True).strip() != card.link:
        raise RefusedError(f"that is not {card.link}", "Nothing was changed")


def _finish(card: Card, entry: Entry, ended: _Ended, document: dict[str, Any], order: _Order) -> None:
    done, pointer = ended.done, ended.pointer
    open_ = quarantine.failures(ended.sealed, wanted=True)
    edit = edit_of(card, entry.epoch)
    if order.as_json:
        place = pointer.model_dump(by_alias=True, mode="json") if isinstance(pointer, Active) else {}
        ledger = {"url": done.address, "digest": done.digest, "epoch": entry.epoch, "command": ended.later}
        problems = [done.unwritten.problem] if done.unwritten else []
        problems += [pointer.problem] if isinstance(pointer, DrError) else []
        more = {"ledger": ledger, "quarantined": ended.sealed, "pointer": place, "config": edit, "problems": problems}
        print_json(document | {"dryRun": False, "states": done.look.states} | more)
    else:
        left = f"what stayed behind: {done.address}" if done.unwritten is None else "what stayed behind is not written"
        _say(f"all {len(done.look.mirrors)} mirrors are STOPPED; {left}")
        for line in (f"{key}: {value}" for key, value in edit.items()):
            STDOUT.print(line, highlight=False, markup=False, soft_wrap=True)
    for name, said in open_.items():
        _say(f"link {name} is not quarantined: {said}. Run the same command again")
    if done.unwritten:
        _say(f"{done.unwritten.problem}. Keep link {card.link}. When the store is back, write the ledger with this:")
        _say(ended.later)
    if isinstance(pointer, DrError):
        _say(f"the mirrors are stopped, but the pointer has not moved: {pointer.problem}. {pointer.remedy}")
        raise typer.Exit(pointer.exit_code)
    if open_ or done.unwritten:
        raise typer.Exit(ExitCode.FINDINGS)


def _say(line: str) -> None:
    STDERR.print(line, highlight=False, markup=False, soft_wrap=True)
