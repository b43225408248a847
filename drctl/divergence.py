"""`drctl divergence`: whether anybody went on writing to the old primary after the flip."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from rich.table import Table

from drctl.ledger import Cluster, Epoch, Link, Url
from drctl.recover_options import SourceAt, SourceEntry, credentials, source
from drctl.screen import STDOUT, AsJson, print_json
from kafkadr.budget import Budget
from kafkadr.divergence import Divergence, Place, compare, ends_by_groups, sources_of
from kafkadr.errors import DrError, ExitCode
from kafkadr.ledger import Ledger
from kafkadr.recovery.cluster import UsageError
from kafkadr.recovery.source import logs_of
from kafkadr.rest import KafkaRest

_SECONDS = 60.0
SourceRest = Annotated[
    str, typer.Option("--source-rest", envvar="KAFKADR_SOURCE_REST", help="The old primary's Kafka REST endpoint.")
]
SourceCluster = Annotated[str, typer.Option("--source-cluster", help="The old primary, lkc-...; with --source-rest.")]


def divergence(
    url: Url,
    cluster: Cluster,
    link: Link,
    epoch: Epoch,
    *,
    source_bootstrap: SourceAt = "",
    source_entry: SourceEntry = "",
    source_rest: SourceRest = "",
    source_cluster: SourceCluster = "",
    as_json: AsJson = False,
) -> None:
    """Compare the old primary's end offsets with the ledger of the flip.

    The brokers (--source-bootstrap) know every end; REST (--source-rest) only those that a consumer group reads, and
    the rest is reported as unseen. Where a partition has no leader at the moment, nothing is compared: exit code 3.
    Exit code 1 when somebody wrote after the flip, or when a partition was not seen.
    """
    document = asyncio.run(_document(Ledger(url, cluster, link, epoch)))
    if source_bootstrap:
        logs = logs_of(source(source_bootstrap, source_entry), set(sources_of(document)))
        found = compare(document, {p: log.end for p, log in logs.items()}, {p: log.start for p, log in logs.items()})
    elif source_rest and source_cluster:
        found = compare(document, asyncio.run(_by_rest(source_rest, source_cluster, source_entry)))
    else:
        raise UsageError(
            "the old primary is not named", "Give --source-bootstrap, or --source-rest and --source-cluster"
        )
    if as_json:
        print_json(_json(found))
    else:
        STDOUT.print(_table(found))
        if found.unseen:
            total = found.seen + len(found.unseen) + len(found.unknown)
            STDOUT.print(f"{len(found.unseen)} of {total} partitions were not seen", highlight=False)
        for topic, partition in found.unknown:
            say = f"{topic} partition {partition}: the flip did not know its end, so what follows may be older or newer"
            STDOUT.print(f"{say}: `drctl recover plan --record` looks", highlight=False, markup=False, soft_wrap=True)
    if found.strays or found.unseen or found.unknown:
        raise typer.Exit(ExitCode.FINDINGS)


async def _document(book: Ledger) -> dict[str, Any]:
    document = await book.read()
    if document is None:
        raise DrError(f"there is no ledger at {book.address}", "Check --ledger, --cluster, --link and --epoch")
    return document


async def _by_rest(endpoint: str, cluster: str, entry: str) -> dict[Place, int]:
    async with KafkaRest(endpoint, cluster, *credentials("SOURCE", entry), Budget(_SECONDS)) as rest:
        return await ends_by_groups(rest)


def _json(found: Divergence) -> dict[str, Any]:
    return {
        "strays": [s.to_json() for s in found.strays],
        "records": sum(s.records for s in found.strays),
        "seen": found.seen,
        "unseen": [f"{topic}/{partition}" for topic, partition in found.unseen],
        "unknown": [f"{topic}/{partition}" for topic, partition in found.unknown],
    }


def _table(found: Divergence) -> Table:
    table = Table(title=f"Written to the old primary after the flip ({found.seen} partitions seen)")
    for heading in ("topic", "partition", "offsets", "records"):
        table.add_column(heading, justify="left" if heading == "topic" else "right")
    for stray in found.strays:
        table.add_row(stray.source, str(stray.partition), f"{stray.first}-{stray.last}", str(stray.records))
    return table
