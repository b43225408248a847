"""`drctl failover`: break the glass. Needs the target's endpoint and one key; neither Pulumi nor any state."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated, Any

import typer

from drctl.commands import card as cards
from drctl.commands.card import say, warn
from drctl.screen import STDOUT, AsJson, print_json
from kafkadr.budget import Budget
from kafkadr.errors import ExitCode, RefusedError
from kafkadr.estate.card import Card
from kafkadr.failover import breaking
from kafkadr.failover.breaking import Way
from kafkadr.failover.ledger import Entry
from kafkadr.failover.stopping import Failover, Stopped
from kafkadr.stopping import Expected, size
from kafkadr.words import findings_table, forecast_table

_LOOK_SECONDS = 60.0
_ROWS = 20
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for the site's name.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Look, forecast and refuse; change nothing.")]
AcceptLoss = Annotated[
    int, typer.Option("--accept-loss", min=0, help="Epoch since which the target may lack what was written.")
]


def failover(
    card: cards.At,
    to: cards.To,
    *,
    accept_loss: AcceptLoss = 0,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Fail over to a site: stop every mirror on it, suspend what syncs into it, write the ledger, move the record.

    Talks to that site, the record and the ledger store, and to nobody else. Prints the edit with which `pulumi up`
    takes the move up. The same command again goes on where one was interrupted. Without the record store it stops the
    mirrors and exits 3; run again later it moves the record.
    """
    found = cards.read(card)
    asyncio.run(_failover(found, to, accept_loss, dry=dry_run, yes=yes, as_json=as_json))


async def _failover(card: Card, site: str, accept_loss: int, *, dry: bool, yes: bool, as_json: bool) -> None:
    async with card.client(site, _LOOK_SECONDS) as rest:
        way = await breaking.find(card, site, rest, accept_loss)
        for line in way.unknown:
            warn(line)
        entry = Entry(card.environment, way.epoch, "failover", rest.cluster_id, way.leaves, way.stale_since)
        expected = await Failover(entry, card.ledger, card.chunk_size, warn).expect(rest, way.sight)
        document = _forecast(card, way, expected)
        if dry and as_json:
            return print_json(document | {"dryRun": True})
        _tell(way, expected)
        if dry:
            return None
        _confirm(site, yes=yes)
        rest.budget = Budget(card.budget_seconds)
        done = await breaking.carry_out(card, way, rest, warn, say)
    return _finish(way, done, document, as_json=as_json)


def _forecast(card: Card, way: Way, expected: Expected) -> dict[str, Any]:
    return {
        "environment": card.environment,
        "site": way.site,
        "epoch": way.epoch,
        "leaves": way.leaves,
        "staleSince": way.stale_since,
        "states": expected.states,
        "forecast": expected.price.to_json(_ROWS) if expected.price else {},
        "refused": [finding.to_json() for finding in expected.refused],
        "unknown": list(way.unknown),
    }


def _tell(way: Way, expected: Expected) -> None:
    if expected.price:
        say(forecast_table(expected.seen, expected.price).rstrip())
    if expected.refused:
        of = f"{len(expected.refused)} of {size(expected.seen)} mirrors cannot follow"
        say(findings_table(of, expected.refused).rstrip())
    say(f"clients go to {way.site} in epoch {way.epoch}")


def _confirm(site: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise RefusedError("nobody is there to confirm", "Nothing was changed: run it in a terminal, or give --yes")
    typed = typer.prompt(f"Fail over to {site}. It cannot be undone. Type the site's name", err=True)
    if typed.strip() != site:
        raise RefusedError(f"that is not {site}", "Nothing was changed")


def _finish(way: Way, done: Stopped, document: dict[str, Any], *, as_json: bool) -> None:
    edit: dict[str, Any] = {"kafka-dr:primary": way.site, "kafka-dr:epoch": way.epoch, "kafka-dr:change": "failover"}
    if way.stale_since:
        edit["kafka-dr:acceptLoss"] = way.stale_since
    if as_json:
        ledger = {"url": done.address, "digest": done.digest}
        more = {
            "dryRun": False,
            "states": done.look.states,
            "ledger": ledger,
            "config": edit,
            "flaws": list(done.flaws),
        }
        print_json(document | more)
    else:
        say(f"all {len(done.look.mirrors)} mirrors of {way.site} are STOPPED; what stayed behind: {done.address}")
        for key, value in edit.items():
            STDOUT.print(f"{key}: {value}", highlight=False, markup=False, soft_wrap=True)
    if way.seen is None:
        say("the record has not moved, so clients do not follow yet: run the same command again when it answers")
        raise typer.Exit(ExitCode.UNREACHABLE)
    if done.flaws:
        raise typer.Exit(ExitCode.FINDINGS)
