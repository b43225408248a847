"""A clearance on real brokers: every record is counted, a stray is seen to the offset, and the topic is gone."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kafkadr import clearing_run
from kafkadr.errors import RefusedError
from kafkadr.ledger import Ledger
from kafkadr.receipts import receipt_of
from kafkadr.settling import Document, with_found
from provider.clearance import ClearanceResource
from provider.mirror_state import MirrorStateResource
from tests.brokers import until
from tests.kafka.clients import ends, produce
from tests.kafka.pair import QUICK, Pair, fresh
from tests.provider.one_resource import OneResource
from tests.settled import written_off

pytestmark = pytest.mark.kafka


def side(pair: Pair, side: str, role: str = "") -> dict[str, Any]:
    """A cluster as a resource's inputs."""
    found: dict[str, Any] = {"RestEndpoint": f"{pair.emulator.url}/k/lkc-{side}", "ClusterId": f"lkc-{side}"}
    found |= {"Credentials": {"key": f"OP-{side}", "secret": "secret"}}
    return {role + name if role else name[0].lower() + name[1:]: value for name, value in found.items()}


def _answer(ledger: Ledger, topic: str, end: int) -> str:
    """A recovery sees three more records, and somebody does without them; the receipt."""
    written: list[Document] = []

    def answered(document: Document | None) -> Document:
        assert document is not None
        written.append(written_off(with_found(document, topic, 0, 0, end, "")))
        return written[-1]

    asyncio.run(ledger.update(answered))
    return receipt_of(written[-1])


def test_records_are_counted_strays_are_seen_and_only_the_old_copy_goes(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clearing_run, "PATIENCE_SECONDS", 60.0)  # a busy machine
    link, topic, store = fresh("clear"), pair.topic(fresh("stale"), 2), (tmp_path / "ledger").as_uri()
    pair.link(link, {k: v for k, v in QUICK.items() if not k.startswith("acl")})
    pair.mirror(topic, link)
    east, west = pair.client("east"), pair.client("west")
    produce(east, topic, [str(n) for n in range(20)], partition=0)
    produce(east, topic, [str(n) for n in range(10)], partition=1)
    until(lambda: ends(west, topic) == [(0, 20), (0, 10)])
    flip = {"linkName": link, "desired": "FAILED_OVER", "ledgerUrl": store, "epoch": 2}
    OneResource(MirrorStateResource(), **side(pair, "west"), **flip).up()
    inputs = {"linkName": link, "topics": [topic], "epoch": 2, "primary": "west", "ledgerUrl": store}
    sides = side(pair, "east", "old") | side(pair, "west", "new")
    resource = OneResource(ClearanceResource(), **sides, **inputs, oldBootstrapEndpoint=pair.bootstrap("east"))
    armed = resource.up()["armed"]
    assert {k: armed[k] for k in ("topics", "partitions", "records")} == {"topics": 1, "partitions": 2, "records": 30}

    produce(east, topic, ["stray"] * 3, partition=0)
    with pytest.raises(RefusedError, match=rf"3 records were written .*{topic} partition 0, offsets 20-22"):
        resource.up_without_preview(fire=True)
    receipt = _answer(Ledger(store, "lkc-west", link, 2), topic, 23)
    done = resource.up(fire=True, acknowledged=[receipt])["cleared"]
    assert done["records"] == 33
    names = [t["topic_name"] for t in pair.rest("east").get("/topics").json()["data"]]
    assert topic not in names
    assert ends(west, topic) == [(0, 20), (0, 10)]
