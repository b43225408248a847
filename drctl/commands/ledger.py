"""`drctl ledger write`: a ledger that a failover could not write, from what its target still shows."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from drctl.commands import card as cards
from drctl.commands.card import say
from drctl.screen import AsJson, print_json
from kafkadr.estate.card import Card
from kafkadr.failover.late import write_late

app = typer.Typer(no_args_is_help=True, help="What moves left behind.")
Epoch = Annotated[int, typer.Option("--epoch", min=2, help="Epoch of the move.")]
_SECONDS = 120.0


@app.callback()
def ledger() -> None:
    """What moves left behind."""


@app.command("write")
def write(card: cards.At, epoch: Epoch, *, as_json: AsJson = False) -> None:
    """Write a missing ledger from the mirrors that the move stopped; adds to one that is there.

    The key of the site that the move led to comes from KAFKADR_<SITE>_KEY and KAFKADR_<SITE>_SECRET. Where the groups
    had been only the failover itself saw: the ledger says that it does not know.
    """
    address, topics = asyncio.run(_write(cards.read(card), epoch))
    if as_json:
        print_json({"ledger": address, "topics": topics})
    else:
        say(f"{topics} topics written to {address}")


async def _write(card: Card, epoch: int) -> tuple[str, int]:
    return await write_late(card, epoch, _SECONDS)
