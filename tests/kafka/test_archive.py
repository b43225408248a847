"""The archive of a restore, on real brokers: killed, refused by its store, overtaken by a writer, there already."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from kafkadr import restoring_archive
from kafkadr.budget import Budget
from kafkadr.errors import DrError
from kafkadr.ledger import Ledger, LedgerError
from kafkadr.recovery.cluster import Client, cluster_at
from kafkadr.rest import KafkaRest
from kafkadr.restoring_run import Restore, Said, UnarchivedError
from kafkadr.turning import Halves
from kafkadr.wire import MirrorRow
from tests.kafka import dying
from tests.kafka.clients import produce, read
from tests.kafka.pair import QUICK, Pair, fresh
from tests.kafka.test_failback import flip, write_off
from tests.services.moto import Moto, moto_server

pytestmark = pytest.mark.kafka
STRAYS = [f"stray-{n}" for n in range(6)]


class Written(KafkaRest):
    """A REST client in whose last moment before the call somebody writes."""

    write: Callable[[], object]

    async def alter_mirrors(self, *words: Any, **more: Any) -> list[MirrorRow]:
        if not more.get("dry_run"):
            self.write()
        return await super().alter_mirrors(*words, **more)


@dataclass
class Failed:
    """A topic that was failed over to west, with six strays on east since."""

    pair: Pair
    url: str
    link: str = field(default_factory=lambda: fresh("archive"))
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.topic = self.pair.topic(fresh("strays"), 1)
        configs = {k: v for k, v in QUICK.items() if not k.startswith("acl")}
        self.pair.link(self.link, configs, both_ways=True)
        self.pair.mirror(self.topic, self.link)
        self.write("a", "b", "c")
        self.pair.caught_up(self.topic, self.link)
        flip(self.pair, self.link, self.url, 2, "west", "FAILED_OVER")
        self.write(*STRAYS)
        self.receipt = write_off(self.ledger())
        self.pair.emulator.control("DELETE", "/log")

    def ledger(self) -> Ledger:
        return Ledger(self.url, "lkc-west", self.link, 2)

    def write(self, *values: str) -> None:
        assert produce(self.pair.client("east"), self.topic, values) == []

    def brokers(self) -> Client:
        return Client(cluster_at("the old primary", self.pair.bootstrap("east"), "OP-east", SecretStr("secret")))

    def restore(
        self,
        brokers: Callable[[], Client] | None = None,
        last: Callable[[], object] = lambda: None,
    ) -> dict[str, Any]:
        """Run it.

        Args:
            brokers: Called when archiving begins.
            last: Called between the last question and the call.
        """

        async def run() -> dict[str, Any]:
            budget, ledger = Budget(240), self.ledger()
            said = Said(self.said.append, self.said.append, self.said.append)
            old, new = (
                Written(f"{self.pair.emulator.url}/k/lkc-{s}", f"lkc-{s}", f"OP-{s}", SecretStr("secret"), budget)
                for s in ("east", "west")
            )
            old.write = last
            async with old, new:
                halves = Halves(self.link, old, new)
                return await Restore(halves, ledger, [self.receipt], brokers or self.brokers, 500, said).run()

        return asyncio.run(run())

    def cut(self) -> dict[str, Any]:
        """What the ledger says of it; empty before."""
        document = asyncio.run(self.ledger().read()) or {}
        (row,) = document["topics"][self.topic]["partitions"]
        found: dict[str, Any] = row.get("cut", {})
        return found

    def archived(self) -> list[tuple[int, str]]:
        """Offsets and values of what the ledger points to, each object by its checksum."""
        found = []
        for part in self.cut()["archived"]:
            body = self.ledger().store.read(part["name"]) or b""
            assert hashlib.sha256(body).hexdigest() == part["sha256"]
            lines = [json.loads(line) for line in body.splitlines()]
            assert len(lines) == part["records"]
            found += [(line["offset"], b64decode(line["value"]).decode()) for line in lines]
        return found

    def untouched(self) -> bool:
        """Whether nobody asked for a restore in earnest, and the strays are there."""
        calls = [
            r
            for r in self.pair.emulator.log()
            if r["path"].endswith("truncate-and-restore") and "validate_only" not in str(r["query"])
        ]
        there = [line.value for line in read(self.pair.client("east"), self.topic)]
        return not calls and there[3:9] == [value.encode() for value in STRAYS]


@pytest.fixture
def failed(pair: Pair, tmp_path: Path) -> Failed:
    return Failed(pair, (tmp_path / "ledger").as_uri())


EXPECTED = [(3 + n, value) for n, value in enumerate(STRAYS)]


def test_killed_anywhere_nothing_is_cut_before_it_is_archived_and_a_rerun_has_all(
    failed: Failed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL of a process, at each point in turn: the next run finds what the last one left."""
    monkeypatch.setattr(restoring_archive, "OBJECT_BYTES", dying.OBJECT_BYTES)
    folder = tmp_path / "ledger"
    objects = folder / "lkc-west" / failed.link / "epoch-2-cut"
    order = dying.Order(
        failed.pair.emulator.url, failed.pair.bootstrap("east"), str(folder), failed.link, failed.receipt
    )
    parts = []
    for point in dying.POINTS[:3]:
        assert dying.killed_at(point, order) == -signal.SIGKILL
        assert failed.untouched()
        parts.append(sorted(objects.glob("*.jsonl")))
        assert bool(failed.cut()) == (point == "before the call")
    assert len(parts[0]) == 1 < len(parts[1])
    assert parts[1] == parts[2]
    assert failed.archived() == EXPECTED  # whole before the call

    assert dying.killed_at(dying.POINTS[3], order) == -signal.SIGKILL
    assert [line.value for line in read(failed.pair.client("east"), failed.topic)] == [b"a", b"b", b"c"]
    assert failed.archived() == EXPECTED
    done = failed.restore()
    assert (done["states"], done["archived"]["records"], done["cut"]["records"]) == ({"ACTIVE": 1}, 6, 6)
    assert done["archived"]["objects"] == len(parts[1])
    assert sorted(objects.glob("*.jsonl")) == parts[1]
    assert [line for line in failed.said if "the answer of the call got lost" in line]


def test_an_object_that_holds_something_else_stops_it_and_another_terms_does_not(
    failed: Failed, tmp_path: Path
) -> None:
    older = tmp_path / "ledger" / "lkc-west" / failed.link / "epoch-1-cut" / f"{failed.topic}.0.3-8.jsonl"
    taken = older.parent.with_name("epoch-2-cut") / older.name
    for file in (older, taken):
        file.parent.mkdir()
        file.write_text("of another term", "utf-8")
    with pytest.raises(DrError, match=f"{taken.name} holds something else than the"):
        failed.restore()
    assert failed.cut() == {}
    assert failed.untouched()

    taken.unlink()
    done = failed.restore()
    assert failed.archived() == EXPECTED
    assert (done["archived"]["records"], done["cut"]["records"], failed.cut()["truncated"]) == (6, 6, 6)
    for file in (older, taken):
        assert (file.read_text("utf-8") == "of another term") == (file == older)


def test_what_is_written_while_it_copies_is_archived_too(failed: Failed) -> None:
    more = iter([["during"], []])

    def brokers() -> Client:
        failed.write(*next(more))
        return failed.brokers()

    done = failed.restore(brokers)
    assert failed.archived() == [*EXPECTED, (9, "during")]
    assert (done["archived"]["records"], done["cut"]["records"], failed.cut()["truncated"]) == (7, 7, 7)
    assert [line for line in failed.said if "archiving again" in line]


def test_a_writer_that_never_rests_keeps_the_old_primary_as_it_is(failed: Failed) -> None:
    def brokers() -> Client:
        failed.write("again")
        return failed.brokers()

    with pytest.raises(DrError, match="does not come to rest"):
        failed.restore(brokers)
    assert failed.untouched()


def test_a_record_of_the_last_moment_ends_the_run_red_and_is_named_for_good(failed: Failed) -> None:
    with pytest.raises(UnarchivedError, match=rf"1 records were cut.*{failed.topic} partition 0, offsets 9-9"):
        failed.restore(last=lambda: failed.write("late"))
    assert failed.archived() == EXPECTED
    assert (failed.cut()["records"], failed.cut()["truncated"]) == (6, 7)
    again = failed.restore()
    assert (again["archived"]["records"], again["cut"]["records"]) == (6, 7)


@pytest.fixture
def moto() -> Iterator[Moto]:
    with moto_server() as moto:
        yield moto


def test_a_bucket_that_refuses_or_is_gone_stops_it_before_anything_is_cut(
    pair: Pair, moto: Moto, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL")
    for name, value in zip(names, ("admin", "admin", "eu-central-1", moto.url), strict=True):
        monkeypatch.setenv(name, value)
    s3 = moto.bucket("ledgers")
    failed = Failed(pair, "s3://ledgers/dr")

    nobody = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::ledgers/*-cut/*"}
    s3.put_bucket_policy(Bucket="ledgers", Policy=json.dumps({"Version": "2012-10-17", "Statement": [nobody]}))
    with pytest.raises(LedgerError, match=r"s3://ledgers/dr/.*-cut/.* cannot be used.*Forbidden.*Nothing was cut"):
        failed.restore()
    s3.delete_bucket_policy(Bucket="ledgers")
    with monkeypatch.context() as gone:
        gone.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        with pytest.raises(LedgerError, match="cannot be used"):
            failed.restore()
    assert failed.cut() == {}
    assert failed.untouched()

    done = failed.restore()
    assert done["archived"]["url"].startswith("s3://ledgers/dr/lkc-west/")
    assert failed.archived() == EXPECTED
    assert failed.cut()["truncated"] == done["cut"]["records"] == 6
