"""`drctl ledger`: what a flip left behind, from the ledger alone: neither link nor cluster is asked (S95)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from rich.table import Table

from drctl.screen import STDOUT, AsJson, print_json
from kafkadr.errors import DrError, ExitCode
from kafkadr.ledger import Ledger

Url = Annotated[str, typer.Option("--ledger", envvar="KAFKADR_LEDGER", help="file:///folder or s3://bucket/prefix.")]
Cluster = Annotated[str, typer.Option("--cluster", help="The destination cluster, lkc-...")]
Link = Annotated[str, typer.Option("--link", help="Name of its cluster link.")]
Epoch = Annotated[int, typer.Option("--epoch", min=1, help="Term number of the flip.")]


def ledger(url: Url, cluster: Cluster, link: Link, epoch: Epoch, *, as_json: AsJson = False) -> None:
    """Show the ledger of one flip: per partition the last offset fetched and what is missing.

    Exit code 1 while the ledger is open, which is while some topic is not where the flip wanted it.
    """
    document = asyncio.run(_read(Ledger(url, cluster, link, epoch)))
    if as_json:
        print_json(document)
    else:
        STDOUT.print(_table(document))
    if document["state"] != "closed":
        raise typer.Exit(ExitCode.FINDINGS)


async def _read(book: Ledger) -> dict[str, Any]:
    document = await book.read()
    if document is None:
        raise DrError(f"there is no ledger at {book.address}", "Check --ledger, --cluster, --link and --epoch")
    return document


def _table(document: dict[str, Any]) -> Table:
    table = Table(
        title=f"{document['desired']} of link {document['link']}, epoch {document['epoch']}: {document['state']}"
    )
    for heading in ("topic", "status", "partition", "last fetched", "missing"):
        table.add_column(heading, justify="right" if heading in {"partition", "last fetched"} else "left")
    for topic, found in sorted(document["topics"].items()):
        for row in found["partitions"]:
            missing = "{}-{}".format(*row["missing"]) if row["missing"] else "none"
            table.add_row(topic, found["status"], str(row["partition"]), str(row["lastSourceFetchOffset"]), missing)
    return table
