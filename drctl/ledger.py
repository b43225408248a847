"""`drctl first ledger`: what a flip left behind and what became of it, from the ledger alone (S95)."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from drctl.screen import STDOUT, AsJson, print_json
from kafkadr.errors import DrError, ExitCode
from kafkadr.ledger import Ledger
from kafkadr.settling import Document, Missing, is_settled, offsets_text, partitions_of
from kafkadr.text import clean


def given(text: str) -> str:
    """For an option whose value must not be empty."""
    if not text:
        raise typer.BadParameter("it is empty")
    return text


Url = Annotated[str, typer.Option("--ledger", envvar="KAFKADR_LEDGER", help="file:///folder or s3://bucket/prefix.")]
Cluster = Annotated[str, typer.Option("--cluster", callback=given, help="The destination cluster, lkc-...")]
Link = Annotated[str, typer.Option("--link", callback=given, help="Name of its cluster link.")]
Epoch = Annotated[int, typer.Option("--epoch", min=1, help="Term number of the flip.")]


def ledger(url: Url, cluster: Cluster, link: Link, epoch: Epoch, *, as_json: AsJson = False) -> None:
    """Show the ledger of one flip: per partition the last offset fetched, what is missing and what became of it.

    Exit code 1 while the ledger is open, that is while some topic is not where the flip wanted it, or not settled, that
    is while nobody has answered for some missing record. Until then its link cannot be deleted.
    """
    document = asyncio.run(_read(Ledger(url, cluster, link, epoch)))
    settled = is_settled(document)
    if as_json:
        print_json(document | {"settled": settled})
    else:
        STDOUT.print(_table(document, settled=settled))
    if not settled:
        raise typer.Exit(ExitCode.FINDINGS)


async def _read(book: Ledger) -> Document:
    document = await book.read()
    if document is None:
        raise DrError(f"there is no ledger at {book.address}", "Check --ledger, --cluster, --link and --epoch")
    return document


def _table(document: Document, *, settled: bool) -> Table:
    state = f"{document['state']}, {'settled' if settled else 'not settled'}"
    table = Table(title=f"{document['desired']} of link {document['link']}, epoch {document['epoch']}: {state}")
    for heading in ("topic", "status", "partition", "last fetched", "missing", "answered for", "open"):
        table.add_column(heading, justify="right" if heading in {"partition", "last fetched"} else "left")
    for place in partitions_of(document):
        status = document["topics"][place.topic]["status"]
        missing = offsets_text([place.missing]) if place.missing else "none"
        left = offsets_text(place.open) or "none"
        table.add_row(place.topic, status, str(place.partition), str(place.fetched), missing, _answers(place), left)
    return table


def _answers(place: Missing) -> str:
    return "\n".join(
        escape(clean(f"{offsets_text([tuple(word['offsets'])])} {word['how']} by {word['who']}, {word['when']}"))
        for word in place.said
    )
