"""The environment's card on the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from drctl.screen import STDERR
from kafkadr.estate.card import Card, CardError, parse_card

At = Annotated[
    str, typer.Option("--card", envvar="KAFKADR_CARD", help="Card, or the switch's outputs as JSON; - reads stdin.")
]
To = Annotated[str, typer.Option("--to", help="Name of the site.")]


def read(at: str) -> Card:
    """The card in a file.

    Raises:
        CardError: The file cannot be read, or is no card.
    """
    if at == "-":
        return parse_card(sys.stdin.read())
    try:
        return parse_card(Path(at).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CardError(f"{at} cannot be read ({type(error).__name__})", "Give a file, or - for stdin") from None


def say(line: str) -> None:
    """A line for the operator, on stderr."""
    STDERR.print(line, highlight=False, markup=False, soft_wrap=True)


def warn(line: str) -> None:
    """The same for what must not be overlooked."""
    say(f"warning: {line}")
