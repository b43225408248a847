"""`drctl promotion check`: the active site is proven to be at rest; prints what `approved` has to be."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from drctl.commands import card as cards
from drctl.commands.card import say
from drctl.screen import STDOUT, AsJson, print_json
from kafkadr.estate.card import Card
from kafkadr.promotion.checking import check as look
from kafkadr.promotion.plan import PromotionPlan

app = typer.Typer(no_args_is_help=True, help="A planned move, which loses nothing.")
Quiet = Annotated[float, typer.Option("--quiet-seconds", min=1, help="How long nothing may move, at least.")]
Seconds = Annotated[float, typer.Option("--budget-seconds", min=2, help="Bound of the whole check.")]


@app.callback()
def promotion() -> None:
    """A planned move, which loses nothing."""


@app.command("check")
def check(
    card: cards.At,
    to: cards.To,
    *,
    quiet_seconds: Quiet = 10.0,
    budget_seconds: Seconds = 300.0,
    as_json: AsJson = False,
) -> None:
    """Prove that the active site is at rest and that the target has everything; write the plan, print `approved`.

    Stop producers, then consumers, before. Changes nothing on either cluster. Keys of both sites come from
    KAFKADR_<SITE>_KEY and KAFKADR_<SITE>_SECRET.
    """
    plan, address = asyncio.run(_check(cards.read(card), to, quiet_seconds, budget_seconds))
    records = sum(end for ends in plan.ends.values() for end in ends.values())
    if as_json:
        print_json({"approved": plan.approval, "epoch": plan.epoch, "plan": address, "topics": len(plan.ends)})
        return
    say(f"{len(plan.ends)} topics at rest with {records} records, plan written to {address}. The edit:")
    for line in (f"primary: {to}", f"epoch: {plan.epoch}", "change: promote", f"approved: {plan.approval}"):
        STDOUT.print(f"kafka-dr:{line}", highlight=False, markup=False, soft_wrap=True)


async def _check(card: Card, to: str, quiet: float, seconds: float) -> tuple[PromotionPlan, str]:
    return await look(card, to, quiet, seconds, say)
