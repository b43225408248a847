"""`drctl pointer show`: which site is active, since when, by whom and why, in one call to the store (S10, S11)."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Column, Table

from drctl.run import PointerUrl
from drctl.screen import STDOUT, AsJson, print_json
from kafkadr.errors import DrError
from kafkadr.pointer import Active, open_pointer
from kafkadr.text import clean

app = typer.Typer(no_args_is_help=True, help="The pointer: which site clients are to use.")
History = Annotated[bool, typer.Option("--history", help="All moves that the store remembers, newest first.")]
_COLUMNS = ("epoch", "site", "cluster", "bootstrap", "who", "why", "when")


@app.callback()
def pointer() -> None:
    """The pointer: which site clients are to use."""


@app.command()
def show(url: PointerUrl, *, history: History = False, as_json: AsJson = False) -> None:
    """Show where the pointer stands; exit code 1 when it was never set."""
    store = open_pointer(url)
    moves = store.history() if history else [found for found in (store.read(),) if found]
    if not moves:
        raise DrError(f"there is no pointer at {store.address()}", "Check the address; `pulumi up` writes it")
    if as_json:
        print_json({"history": [_document(move) for move in moves]} if history else _document(moves[0]))
    else:
        STDOUT.print(_table(moves))


def _document(active: Active) -> dict[str, Any]:
    return active.model_dump(by_alias=True, mode="json")


def _table(moves: list[Active]) -> Table:
    table = Table(*(Column(name, overflow="fold") for name in _COLUMNS))
    for move in moves:
        row = (move.epoch, move.site, move.cluster_id, move.bootstrap_endpoint, move.who, move.why, move.when)
        table.add_row(*(escape(clean(str(cell))) for cell in row))
    return table
