"""A -> B -> A -> B with the real engine, real brokers and real clients: a disaster, a restore, two planned moves."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import need_kafka, until
from tests.emulation import RunningEmulator, with_brokers
from tests.engine.both_ways import FAILED_OVER, BothWays, build
from tests.engine.standing import EAST, LINK, SECRETS, TOPICS
from tests.kafka.clients import Settings, committed, consume, ends, login, produce, read

pytestmark = [pytest.mark.engine, pytest.mark.kafka, pytest.mark.timeout(1800)]
GROUP = "app"


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    need_kafka()
    with with_brokers() as running:
        yield running


@dataclass
class Story:
    """The pair, and an application that has a key on either site."""

    pair: BothWays

    def client(self, site: str) -> Settings:
        broker = self.pair.emulator.control("GET", f"/clusters/{self.pair.lkc(site)}/broker")
        return login(broker["bootstrap"], f"OP{site.upper()}", SECRETS[site])

    def write(self, site: str, topic: str, values: list[str], partition: int = 0) -> None:
        assert produce(self.client(site), topic, values, partition=partition) == []

    def lags(self, site: str) -> dict[str, list[int]]:
        """Lags of the mirrors on a site."""
        found = self.pair.kafka(site).get(f"/links/{LINK}/mirrors").json()["data"]
        assert {m["mirror_status"] for m in found} == {"ACTIVE"}
        return {m["mirror_topic_name"]: [row["lag"] for row in m["mirror_lags"]] for m in found}

    def up(self, **edit: Any) -> None:
        self.pair.stack.edit(**edit)
        ran = self.pair.stack.up()
        assert ran.ok, ran.text
        assert self.pair.deletes() == []

    def in_step(self, mirror: str) -> None:
        """Both sites hold the same records at the same offsets, and the same sums of them; no mirror lags."""
        until(lambda: not any(lag for lags in self.lags(mirror).values() for lag in lags))
        for topic in TOPICS:
            east, west = (read(self.client(site), topic) for site in ("east", "west"))
            assert east == west
            assert ends(self.client("east"), topic) == ends(self.client("west"), topic)

    def goes_on(self, site: str, wanted: list[str]) -> None:
        """The group reads on this site what it has not read, no more and no less."""
        assert consume(self.client(site), "dr-topic", GROUP, len(wanted)) == wanted

    def synced(self, site: str, offset: int) -> None:
        until(lambda: committed(self.client(site), GROUP, "dr-topic") == [offset])


def numbers(first: int, last: int) -> list[str]:
    return [f"n{number}" for number in range(first, last)]


def steady(emulator: RunningEmulator, folder: Path) -> Story:
    """East is primary; 20 and 3 x 10 records are mirrored, 12 of them read by the group."""
    story = Story(build(emulator, folder, brokers=True))
    story.write("east", "dr-topic", numbers(0, 20))
    for partition in range(3):
        story.write("east", "orders", numbers(0, 10), partition)
    story.goes_on("east", numbers(0, 12))
    story.synced("west", 12)
    story.in_step("west")
    story.pair.forget_log()
    return story


def lost(story: Story) -> None:
    """East dies with four records that were not mirrored, comes back when west is primary, and gets two strays."""
    emulator, pair = story.pair.emulator, story.pair
    hand = f"/clusters/{pair.west}/links/{LINK}/mirrors/orders"
    emulator.control("PUT", hand, {"hold_lag": {"1": 4}})
    story.write("east", "orders", [f"tail-{n}" for n in range(4)], 1)
    until(lambda: story.lags("west")["orders"] == [0, 4, 0])
    os.kill(emulator.control("GET", f"/clusters/{EAST}/broker")["pid"], signal.SIGKILL)

    story.up(**FAILED_OVER)
    story.goes_on("west", numbers(12, 20))
    story.write("west", "dr-topic", numbers(20, 25))
    story.write("west", "orders", ["on west"], 1)
    emulator.control("POST", f"/clusters/{EAST}/broker:start", {})
    story.write("east", "dr-topic", ["stray-0", "stray-1"])


def restored(story: Story) -> None:
    """What the preview said is what was archived, what the ledger says and what is gone."""
    pair = story.pair
    pair.acknowledge(pair.write_off("west", 2))
    pair.stack.edit(standby="restoring")
    preview = pair.stack.preview()
    assert preview.ok, preview.text
    assert "6 records in 2 partitions are cut, archived first" in preview.text
    story.up()

    tail = [("dr-topic", 0, 20 + n, f"stray-{n}") for n in range(2)]
    tail += [("orders", 1, 10 + n, f"tail-{n}") for n in range(4)]
    folder = pair.folder / "ledger"
    book = {
        (name, row["partition"]): row["cut"]
        for name, topic in pair.book("west", 2)["topics"].items()
        for row in topic["partitions"]
        if "cut" in row
    }
    assert {place: (cut["from"], cut["records"], cut["truncated"]) for place, cut in book.items()} == {
        ("dr-topic", 0): (20, 2, 2),
        ("orders", 1): (10, 4, 4),
    }
    kept = [part for cut in book.values() for part in cut["archived"]]
    bodies = {part["name"]: (folder / part["name"]).read_bytes() for part in kept}
    assert [hashlib.sha256(bodies[part["name"]]).hexdigest() for part in kept] == [part["sha256"] for part in kept]
    lines = [json.loads(line) for body in bodies.values() for line in body.splitlines()]
    found = [(r["topic"], r["partition"], r["offset"], b64decode(r["value"]).decode()) for r in lines]
    assert sorted(found) == tail
    (resource,) = pair.stack.resources("kafkadr:index:Restoration")
    assert resource["outputs"]["cut"]["records"] == resource["outputs"]["archived"]["records"] == len(tail)
    story.in_step("east")
    story.up(change="none", standby="mirroring")


def turned(story: Story, old: str, new: str, epoch: int) -> None:
    """A planned move, in one edit."""
    token = story.pair.hand_over(old, new, epoch - 1)
    story.up(primary=new, epoch=epoch, change="promote", standby="mirroring", handover=token)
    assert story.pair.stack.outputs()["active"]["site"] == new
    assert set(story.pair.mirrors(new).values()) == {"STOPPED"}


def test_there_and_back_and_there_again_every_record_is_somewhere_and_nothing_is_deleted(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    story = steady(emulator, tmp_path)
    lost(story)
    restored(story)
    story.synced("east", 20)

    turned(story, "west", "east", 3)
    story.goes_on("east", numbers(20, 25))
    story.write("east", "dr-topic", numbers(25, 30))
    story.in_step("west")
    story.synced("west", 25)

    turned(story, "east", "west", 4)
    story.goes_on("west", numbers(25, 30))
    story.write("west", "orders", ["last"], 2)
    story.in_step("east")
    assert ends(story.client("east"), "dr-topic") == [(0, 30)]
    assert ends(story.client("east"), "orders") == [(0, 10), (0, 11), (0, 11)]
    assert story.pair.deletes() == []
