"""`drctl adopt`, `drctl adopt-topics`: how to square a stack with what was done without it. Both change nothing."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from drctl import card as cards
from drctl.recover_options import DrEntry
from drctl.screen import STDERR, STDOUT, AsJson, print_json
from kafkadr.adopting import Moving, Progress, left_of, moving_of, pending_of
from kafkadr.breakglass import edit_of, entry_of, stop_of
from kafkadr.card import Card
from kafkadr.errors import DrError, ExitCode
from kafkadr.flip import look_at
from kafkadr.notices import Notices, notices
from kafkadr.survey import refuse_empty
from kafkadr.verdicts import Action

_READ_SECONDS = 60.0
State = Annotated[
    str, typer.Option("--state", help="What `pulumi stack export` printed; - reads stdin. It is read, never written.")
]
NextEpoch = Annotated[int | None, typer.Option("--epoch", min=2, help="The term that was entered, where none is told.")]


def adopt(
    card: cards.At, *, state: State = "", epoch: NextEpoch = None, dr_entry: DrEntry = "", as_json: AsJson = False
) -> None:
    """After a failover by hand, in the vendor's console or by `drctl failover`: the edit that squares the stack.

    Looks at mirrors, ledger and pointer, tells how far the failover got, and prints the config lines; `pulumi preview`
    then shows what is left to do. Exit code 1 while something is: `pulumi up` with the edit does it.
    """
    found = cards.read(card)
    exported = _exported(state) if state else None
    entered, progress, noticed = asyncio.run(_look(found, epoch, dr_entry, exported))
    edit = edit_of(found, entered)
    if as_json:
        print_json({"config": edit, "epoch": entered, "whole": progress.whole} | _plain(progress) | noticed.to_json())
    else:
        _tell(progress)
        for line in noticed.warnings:
            _say(f"warning: {line}")
        for key, value in edit.items():
            STDOUT.print(f"{key}: {value}", highlight=False, markup=False, soft_wrap=True)
    if not progress.whole:
        raise typer.Exit(ExitCode.FINDINGS)


async def _look(
    card: Card, epoch: int | None, dr_entry: str, state: dict[str, Any] | None
) -> tuple[int, Progress, Notices]:
    entry = await entry_of(card, epoch)
    stop = stop_of(card, entry.epoch)
    async with cards.client(card, dr_entry, _READ_SECONDS) as rest:
        seen = await look_at(rest, stop.wish)
        refuse_empty(seen)
        ledger = await stop.ledger(rest).read()
        noticed = await notices(rest, {card.link, *card.links}, seen)
    pending = pending_of(state) if state is not None else None
    there = len(seen.names(Action.DONE))
    # Without a pointer nothing has to move.
    progress = Progress(there, left_of(seen), ledger is not None, entry.again or not card.pointer, pending)
    return entry.epoch, progress, noticed


def _plain(progress: Progress) -> dict[str, Any]:
    found = {"stopped": progress.stopped, "left": list(progress.left)}
    return found | {"ledger": progress.ledger, "pointer": progress.pointer, "pending": progress.pending}


def _tell(progress: Progress) -> None:
    _say(f"{progress.stopped} mirrors are STOPPED, {len(progress.left)} are not{_some(progress.left)}")
    if not progress.ledger:
        _say("there is no ledger: `pulumi up` writes it from the server, where the offsets of the mirrors still are;")
        _say("where the groups had been before the flip nobody knows any more")
    if not progress.pointer:
        _say("the pointer has not moved: `pulumi up` moves it, and clients follow then")
    for operation in progress.pending or ():
        _say(f"a killed run left in the state: {operation}. `pulumi up` asks the server and settles it")


def adopt_topics(card: cards.At, state: State, *, dr_entry: DrEntry = "", as_json: AsJson = False) -> None:
    """Let promoted mirrors go on as plain topics in state, without a call that changes anything.

    Prints what to run and what to declare. Removing a mirror's resource deletes the live topic unless the state says
    that it is retained, so this refuses when it does not, and while a mirror is not stopped.
    """
    found, exported = cards.read(card), _exported(state)
    moving = asyncio.run(_moving(found, dr_entry, exported))
    environment = {"IMPORT_KAFKA_REST_ENDPOINT": found.standby.rest_endpoint}
    if as_json:
        topics = [{"name": m.topic, "id": m.id, "partitions": m.partitions} for m in moving]
        print_json({"unprotect": [m.urn for m in moving], "topics": topics, "environment": environment})
        return
    _print("# 1. Lift the protection of the mirrors' resources: in state alone, no call.")
    for each in moving:
        _print(f"pulumi state unprotect --yes '{each.urn}'")
    _print("# 2. In the program, in place of the mirrors:")
    for each in moving:
        _print(_declaration(each))
    _print("# 3. Run it with the cluster's key. It reads the topics and forgets the mirrors.")
    for name, value in environment.items():
        _print(f"export {name}={value}  # and IMPORT_KAFKA_API_KEY, IMPORT_KAFKA_API_SECRET")
    _print("pulumi up")


def _declaration(each: Moving) -> str:
    options = f'pulumi.ResourceOptions(import_="{each.id}", protect=True, retain_on_delete=True)'
    what = f'"{each.topic}", topic_name="{each.topic}", partitions_count={each.partitions}'
    return f"confluent.KafkaTopic({what}, kafka_cluster=..., rest_endpoint=..., credentials=..., opts={options})"


async def _moving(card: Card, dr_entry: str, state: dict[str, Any]) -> list[Moving]:
    async with cards.client(card, dr_entry, _READ_SECONDS) as rest:
        seen = await look_at(rest, stop_of(card, card.epoch).wish)
        return moving_of(state, rest.cluster_id, seen, await rest.topics())


def _exported(at: str) -> dict[str, Any]:
    remedy = "Pipe `pulumi stack export` into `--state -`"
    try:
        found = json.loads(sys.stdin.read() if at == "-" else Path(at).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DrError(f"the state {at} cannot be read ({type(error).__name__})", remedy) from None
    if not isinstance(found, dict):
        raise DrError(f"the state {at} is no JSON object", remedy)
    return found


def _some(names: tuple[str, ...], most: int = 10) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f": {', '.join(names[:most])}{more}" if names else ""


def _say(line: str) -> None:
    STDERR.print(line, highlight=False, markup=False, soft_wrap=True)


def _print(line: str) -> None:
    STDOUT.print(line, highlight=False, markup=False, soft_wrap=True)
