"""Options that the commands of `drctl recover` share, and what they stand for. No option takes a credential."""

from __future__ import annotations

import asyncio
import os
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated

import typer
from pydantic import SecretStr

from drctl.ledger import Url
from kafkadr.budget import Budget
from kafkadr.failover.ledger import EnvironmentLedger, newest
from kafkadr.first_look import FirstLook
from kafkadr.ledger import Ledger
from kafkadr.recovery import from_link as link_offsets
from kafkadr.recovery.book import Book, latest_epoch
from kafkadr.recovery.cluster import Client, UsageError, cluster_at
from kafkadr.recovery.ranges import Range, ranges_of
from kafkadr.recovery.source import logs_of, without_markers
from kafkadr.remote.calls import asked_at_once
from kafkadr.rest import KafkaRest
from kafkadr.vault import open_entry
from kafkadr.who import who

__all__ = ["Cluster", "Link", "Url"]

Environment = Annotated[
    str, typer.Option("--environment", envvar="KAFKADR_ENVIRONMENT", help="Name of the environment whose move it was.")
]
Cluster = Annotated[str, typer.Option("--cluster", help="The destination cluster, lkc-...; without an environment.")]
Link = Annotated[str, typer.Option("--link", help="Name of its cluster link; without an environment.")]
Epoch = Annotated[int | None, typer.Option("--epoch", min=1, help="Term number of the flip; the newest by default.")]
Topics = Annotated[list[str] | None, typer.Option("--topic", help="Only this mirror topic; may be repeated.")]
Note = Annotated[str, typer.Option("--note", help="Why; goes into the ledger.")]
SourceAt = Annotated[
    str,
    typer.Option("--source-bootstrap", envvar="KAFKADR_SOURCE_BOOTSTRAP", help="The original cluster, host:port."),
]
SourceEntry = Annotated[
    str,
    typer.Option(
        "--source-entry",
        envvar="KAFKADR_SOURCE_ENTRY",
        help="Vault entry with its key; else KAFKADR_SOURCE_KEY and KAFKADR_SOURCE_SECRET in the environment.",
    ),
]
DrAt = Annotated[
    str, typer.Option("--dr-bootstrap", envvar="KAFKADR_DR_BOOTSTRAP", help="The surviving cluster, host:port.")
]
DrEntry = Annotated[
    str,
    typer.Option(
        "--dr-entry",
        envvar="KAFKADR_DR_ENTRY",
        help="Vault entry with its key; else KAFKADR_DR_KEY and KAFKADR_DR_SECRET in the environment.",
    ),
]
DrRest = Annotated[str, typer.Option("--dr-rest", envvar="KAFKADR_DR_REST", help="Its REST endpoint.")]
ENVIRONMENT: ContextVar[str] = ContextVar("ENVIRONMENT", default="")
"""What stands before the command: `drctl recover --environment NAME plan`."""
_READ_SECONDS = 60.0


@dataclass(frozen=True)
class Where:
    """The flip that is spoken of."""

    url: str
    cluster: str
    link: str
    epoch: int | None

    def ledger(self) -> Ledger:
        """Its ledger.

        Raises:
            UsageError: No epoch was named and there is none to be found.
        """
        environment = ENVIRONMENT.get()
        if environment:
            return self._of_environment(environment)
        if not self.cluster or not self.link:
            raise UsageError("--cluster or --link is missing", "Name both, or `drctl recover --environment NAME`")
        epoch = self.epoch or latest_epoch(self.url, self.cluster, self.link)
        if epoch is None:
            raise UsageError(
                f"there is no ledger of link {self.link} on {self.cluster} under {self.url}",
                "Check --ledger, --cluster, --link; if it was lost and the link still exists: recover ledger",
            )
        return Ledger(self.url, self.cluster, self.link, epoch)

    def _of_environment(self, environment: str) -> Ledger:
        epoch = self.epoch or asyncio.run(newest(self.url, environment))[0]
        if not epoch:
            raise UsageError(
                f"there is no ledger of {environment} under {self.url}",
                "Check --ledger and --environment; if it was lost: `drctl ledger write`",
            )
        return EnvironmentLedger(self.url, environment, epoch)

    def book(self) -> Book:
        """Its ledger, read."""
        return Book(self.ledger(), who())


def rebuild(where: Where, rest_endpoint: str, dr_entry: str, first_look: FirstLook | None) -> None:
    """Write a lost ledger anew from the server, and from what the flip saw before its call."""
    if where.epoch is None or not rest_endpoint:
        raise UsageError("--epoch or --dr-rest is missing", "Say which term to write and whom to ask")
    key, secret = credentials("DR", dr_entry)
    client = KafkaRest(rest_endpoint, where.cluster, key, secret, Budget(_READ_SECONDS))

    async def work() -> None:
        async with client as rest:
            await link_offsets.rebuild(rest, where.ledger(), where.link, first_look)

    asyncio.run(work())


def source(at: str, entry: str) -> Client:
    """The original cluster."""
    return _client("the original cluster", "SOURCE", at, entry)


def survivor(at: str, entry: str) -> Client:
    """The surviving cluster."""
    return _client("the surviving cluster", "DR", at, entry)


def look(book: Book, client: Client | None, topics: list[str] | None) -> list[Range]:
    """The ledger's partitions, held against the original cluster if there is a client for it.

    Raises:
        UsageError: A topic is not in the ledger, or the client is the surviving cluster's.
    """
    unknown = sorted(set(topics or ()) - book.document["topics"].keys())
    if unknown:
        raise UsageError(f"the ledger has no topic {', '.join(unknown)}", "See `drctl recover plan` for those it has")
    ranges = ranges_of(book.document, {}, topics or ())
    if client is None:
        return ranges
    if client.cluster_id() == book.document["cluster"]:
        raise UsageError(
            f"{client.cluster.servers} is {book.document['cluster']}, the surviving cluster itself",
            "Name the original cluster with --source-bootstrap, and its key",
        )
    places = {(r.place.source, r.place.partition) for r in ranges}
    found = ranges_of(book.document, logs_of(client, places, book.flipped_ms), topics or ())
    return [without_markers(client, each) for each in found]


def _client(role: str, name: str, at: str, entry: str) -> Client:
    if not at:
        raise UsageError(f"the address of {role} is missing", f"Give KAFKADR_{name}_BOOTSTRAP or the option")
    return Client(cluster_at(role, at, *credentials(name, entry)))


def credentials(name: str, entry: str) -> tuple[str, SecretStr]:
    """Key and secret of a cluster, from a vault entry or from `KAFKADR_<name>_KEY` and `_SECRET`."""
    if entry:
        vault, place = open_entry(entry)
        found = asked_at_once("the vault", lambda: vault.read(place))
        values = found.values if found else {}
        if not {"key", "secret"} <= values.keys():
            raise UsageError(f"the vault has no key at {entry}", "Check the address of the entry")
        return values["key"].get_secret_value(), values["secret"]
    key, secret = os.environ.get(f"KAFKADR_{name}_KEY", ""), os.environ.get(f"KAFKADR_{name}_SECRET", "")
    if not key or not secret:
        raise UsageError(
            f"there is no key in KAFKADR_{name}_KEY and KAFKADR_{name}_SECRET",
            f"Set both, or name a vault entry with --{name.lower()}-entry",
        )
    return key, SecretStr(secret)
