"""There and back on real brokers with the provider's own resources: truncated = previewed = archived, 0 DELETE."""

import asyncio
import hashlib
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from kafkadr.ledger import Ledger
from kafkadr.receipts import receipt_of
from kafkadr.settling import Document
from provider.mirror_state import MirrorStateResource
from provider.restoration import RestorationResource
from tests.kafka.clients import ends, produce, read
from tests.kafka.pair import QUICK, Pair, fresh
from tests.provider.one_resource import OneResource
from tests.settled import written_off

pytestmark = pytest.mark.kafka


def where(pair: Pair, role: str, side: str) -> dict[str, Any]:
    names = ("restEndpoint", "clusterId", "credentials")
    values = (f"{pair.emulator.url}/k/lkc-{side}", f"lkc-{side}", {"key": f"OP-{side}", "secret": "secret"})
    return {(role + name[0].upper() + name[1:] if role else name): v for name, v in zip(names, values, strict=True)}


def flip(pair: Pair, link: str, ledger: str, epoch: int, to: str, desired: str) -> None:
    inputs = {"linkName": link, "desired": desired, "ledgerUrl": ledger, "epoch": epoch}
    OneResource(MirrorStateResource(), **where(pair, "", to), **inputs).up()


def restore(pair: Pair, link: str, ledger: str, epoch: int, old: str, new: str, *receipts: str) -> OneResource:
    inputs = {"linkName": link, "ledgerUrl": ledger, "epoch": epoch, "budgetSeconds": 240, "acknowledged": [*receipts]}
    halves = where(pair, "old", old) | where(pair, "new", new)
    return OneResource(RestorationResource(), **halves, **inputs, oldBootstrapEndpoint=pair.bootstrap(old))


def write_off(ledger: Ledger) -> str:
    written: list[Document] = []

    def answered(document: Document | None) -> Document:
        assert document is not None
        written.append(written_off(document))
        return written[-1]

    asyncio.run(ledger.update(answered))
    return receipt_of(written[-1])


def test_there_and_back_every_record_that_is_cut_was_archived_first(pair: Pair, tmp_path: Path) -> None:
    link, topic, ledger = fresh("back"), pair.topic(fresh("ledgered"), 2), (tmp_path / "ledger").as_uri()
    pair.link(link, {k: v for k, v in QUICK.items() if not k.startswith("acl")}, both_ways=True)
    pair.mirror(topic, link)
    east, west = pair.client("east"), pair.client("west")
    produce(east, topic, [str(n) for n in range(20)], partition=0)
    produce(east, topic, [str(n) for n in range(10)], partition=1)
    pair.caught_up(topic, link)
    pair.hold(topic, {0: 5}, link)
    produce(east, topic, [f"late-{n}" for n in range(5)], partition=0, key=b"k")
    pair.emulator.control("DELETE", "/log")

    flip(pair, link, ledger, 2, "west", "FAILED_OVER")
    produce(west, topic, ["on", "west"], partition=1)
    produce(east, topic, ["stray"], partition=1)
    folder = tmp_path / "ledger" / "lkc-west" / link
    receipt = write_off(Ledger(ledger, "lkc-west", link, 2))
    resource = restore(pair, link, ledger, 2, "east", "west", receipt)
    previewed = resource.preview()["cut"].value
    done = resource.up()
    assert previewed is not None
    assert done["cut"]["rows"] == [
        {"topic": topic, "partition": 0, "from": 20, "records": 5},
        {"topic": topic, "partition": 1, "from": 10, "records": 1},
    ]
    assert "6 records in 2 partitions are cut, archived first" in "".join(resource.said)

    objects = {p.name: p.read_bytes() for p in (folder / "epoch-2-cut").glob("*.jsonl")}
    lines = [json.loads(line) for body in objects.values() for line in body.splitlines()]
    found = sorted((r["partition"], r["offset"], b64decode(r["value"]).decode()) for r in lines)
    assert found == [*((0, 20 + n, f"late-{n}") for n in range(5)), (1, 10, "stray")]
    rows = json.loads((folder / "epoch-2.json").read_text("utf-8"))["topics"][topic]["partitions"]
    kept = {part["name"].rsplit("/", 1)[1]: part for row in rows for part in row["cut"]["archived"]}
    assert {name: hashlib.sha256(body).hexdigest() for name, body in objects.items()} == {
        name: part["sha256"] for name, part in kept.items()
    }
    assert sum(part["records"] for part in kept.values()) == done["archived"]["records"] == done["cut"]["records"] == 6
    pair.caught_up(topic, link, "east")
    assert read(east, topic) == read(west, topic)

    flip(pair, link, ledger, 3, "east", "PROMOTED")
    again = restore(pair, link, ledger, 3, "west", "east").up()
    assert again["cut"]["records"] == 0
    produce(east, topic, ["home"], partition=0)
    pair.caught_up(topic, link)
    assert read(east, topic) == read(west, topic)
    assert ends(east, topic) == ends(west, topic) == [(0, 21), (0, 12)]
    assert [r for r in pair.emulator.log() if r["method"] == "DELETE"] == []
