"""The site card on the command line, shared by what works without Pulumi."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from drctl.recover_options import credentials
from kafkadr.budget import Budget
from kafkadr.card import Card, CardError, parse_card
from kafkadr.rest import KafkaRest

At = Annotated[
    str,
    typer.Option("--card", envvar="KAFKADR_CARD", help="Site card, or the stack's outputs as JSON; - reads stdin."),
]


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


def client(card: Card, dr_entry: str, budget_seconds: float) -> KafkaRest:
    """A client of the standby's cluster, with the operator's key."""
    key, secret = credentials("DR", dr_entry)
    return KafkaRest(card.standby.rest_endpoint, card.standby.cluster_id, key, secret, Budget(budget_seconds))
