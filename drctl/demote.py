"""`drctl demote`: the old primary is proven to be at rest; prints the token that a planned promotion needs."""

from __future__ import annotations

import asyncio
import os
import time
from functools import partial
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from drctl.ledger import Link, Url, given
from drctl.recover_options import DrEntry, SourceAt, SourceEntry, credentials, source
from drctl.screen import STDERR, STDOUT, AsJson, print_json
from kafkadr.budget import Budget
from kafkadr.demoting import Demotion, Rest, Witness
from kafkadr.demotion import HandoverBook, digest_of, document
from kafkadr.handover import Claims, issue, new_nonce
from kafkadr.recovery.groups import unjudged
from kafkadr.recovery.source import logs_of
from kafkadr.rest import KafkaRest

_PATTERN_HELP = "Kafka REST endpoint, https://..."
SourceRest = Annotated[
    str, typer.Option("--source-rest", envvar="KAFKADR_SOURCE_REST", help=f"The old primary's {_PATTERN_HELP}")
]
SourceCluster = Annotated[str, typer.Option("--source-cluster", callback=given, help="The old primary, lkc-...")]
DrRest = Annotated[str, typer.Option("--dr-rest", envvar="KAFKADR_DR_REST", help=f"The new primary's {_PATTERN_HELP}")]
Cluster = Annotated[str, typer.Option("--cluster", callback=given, help="The new primary, which has the link, lkc-...")]
Epoch = Annotated[int, typer.Option("--epoch", min=1, help="The term that ends: kafka-dr:epoch of today.")]
Quiet = Annotated[float, typer.Option("--quiet-seconds", min=1, help="How long nothing may move, at least.")]
Seconds = Annotated[float, typer.Option("--budget-seconds", min=2, help="Bound of the whole demotion.")]


def demote(
    source_rest: SourceRest,
    source_cluster: SourceCluster,
    dr_rest: DrRest,
    cluster: Cluster,
    link: Link,
    epoch: Epoch,
    url: Url,
    *,
    source_bootstrap: SourceAt = "",
    source_entry: SourceEntry = "",
    dr_entry: DrEntry = "",
    quiet_seconds: Quiet = 10.0,
    budget_seconds: Seconds = 300.0,
    as_json: AsJson = False,
) -> None:
    """Prove that the primary is at rest and that everything has come over; print the handover token.

    Stop producers, then consumers, before. Changes nothing on either cluster; writes the ends beside the ledger. The
    signing key comes from KAFKADR_HANDOVER_KEY. With --source-bootstrap the source's brokers are asked as well; only
    they know of share groups and groups of the streams protocol.
    """
    key = SecretStr(os.environ.get("KAFKADR_HANDOVER_KEY", ""))
    probe = Claims(
        epoch=epoch,
        link=link,
        source=source_cluster,
        destination=cluster,
        digest="0" * 64,
        issued=0,
        synced=0,
        nonce=new_nonce(),
    )
    issue(probe, key)  # A key that cannot sign is told before the wait.
    book = HandoverBook(url, cluster, link, epoch)
    budget = Budget(budget_seconds)
    old = KafkaRest(source_rest, source_cluster, *credentials("SOURCE", source_entry), budget)
    new = KafkaRest(dr_rest, cluster, *credentials("DR", dr_entry), budget)
    witness = _brokers(source_bootstrap, source_entry) if source_bootstrap else None
    rest = asyncio.run(_wait(old, new, link, quiet_seconds, witness))
    token = _signed(book, probe, rest, key)
    if as_json:
        print_json({"handover": token, "document": book.address, "topics": len(rest.ends), **_summary(probe, rest)})
        return
    say = f"{len(rest.ends)} topics at rest, ends written to {book.address}. In the edit that changes primary:"
    STDERR.print(say, highlight=False, markup=False, soft_wrap=True)
    STDOUT.print(f"kafka-dr:handover: {token}", highlight=False, markup=False, soft_wrap=True)


async def _wait(old: KafkaRest, new: KafkaRest, link: str, quiet: float, witness: Witness | None) -> Rest:
    async with old, new:
        return await Demotion(old, new, link, quiet, _say, witness).wait()


def _signed(book: HandoverBook, probe: Claims, rest: Rest, key: SecretStr) -> str:
    about: dict[str, Any] = probe.model_dump(include={"epoch", "link", "source", "destination", "nonce"})
    raw = document(about | {"synced": rest.synced}, rest.ends)
    claims = probe.model_copy(
        update={"digest": digest_of(raw), "issued": int(time.time()), "synced": rest.synced},
    )
    book.write(raw)
    return issue(claims, key)


def _summary(probe: Claims, rest: Rest) -> dict[str, Any]:
    records = sum(end for ends in rest.ends.values() for end in ends.values())
    return {"epoch": probe.epoch, "link": probe.link, "synced": rest.synced, "endsTotal": records}


def _brokers(bootstrap: str, entry: str) -> Witness:
    client = source(bootstrap, entry)
    return Witness(partial(logs_of, client), partial(unjudged, client))


def _say(line: str) -> None:
    STDERR.print(line, highlight=False, markup=False, soft_wrap=True)
