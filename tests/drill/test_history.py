"""History checker: random produce, consume, lag, kill and flip.

What was acknowledged is never lost below the mirrored offset, no group skips what it has not read, and recovery brings
the rest exactly once. What a client knows is kept as it happens: a value, and where it was acknowledged. Values are
unique, so every copy of one can be counted.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException, Producer

from kafkadr.settling import Document
from tests.drill.failing import FailingPair, failing_pair
from tests.kafka.clients import committed, consume, ends, produce, read
from tests.kafka.pair import QUICK

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(1200)]
KINDS: dict[str, dict[str, Any]] = {
    "plain": {"acks": "all"},
    "idempotent": {"enable.idempotence": True},
    "transactional": {"transactional.id": "history", "transaction.timeout.ms": 3000},
}


@pytest.fixture(scope="module")
def pair() -> Iterator[FailingPair]:
    with failing_pair() as made:
        yield made


@dataclass
class History:
    """One schedule, and what its clients know."""

    pair: FailingPair
    rng: random.Random
    name: str
    kind: str
    partitions: int
    topic: str = ""
    acked: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Value to partition and offset; of a transaction only when its commit was acknowledged."""
    sent: set[str] = field(default_factory=set)
    read: Counter[str] = field(default_factory=Counter)
    producer: Any = None

    def begin(self) -> None:
        self.topic = self.pair.mirror_of_its_own("history", self.name, QUICK, self.partitions)
        more = KINDS[self.kind] | {"message.timeout.ms": 5000} if self.kind != "transactional" else KINDS[self.kind]
        own = {"transactional.id": self.name} if self.kind == "transactional" else {}
        self.producer = Producer(self.pair.client("east") | more | own)
        if self.kind == "transactional":
            self.producer.init_transactions(60)

    def write(self, count: int, *, wait: bool = True) -> None:
        """Write values to random partitions; without waiting, the kill decides which are taken."""
        mine: dict[str, tuple[int, int]] = {}
        transaction = self.kind == "transactional"
        try:
            if transaction:
                self.producer.begin_transaction()
            for _ in range(count):
                value = f"{self.name}-{len(self.sent)}"
                self.sent.add(value)
                where = self.rng.randrange(self.partitions)

                def delivered(error: Any, message: Any, value: str = value) -> None:
                    if error is None:
                        mine[value] = (message.partition(), message.offset())
                        if not transaction:
                            self.acked[value] = mine[value]

                self.producer.produce(self.topic, value.encode(), partition=where, on_delivery=delivered)
                self.producer.poll(0)
            if not wait:
                return
            if transaction and self.rng.random() < 0.3:
                self.producer.abort_transaction(60)
                return
            if transaction:
                self.producer.commit_transaction(60)
                self.acked |= mine
            self.producer.flush(60)
        except KafkaException:
            assert not wait, "before the disaster nothing fails"

    def consume(self) -> None:
        at = committed(self.pair.client("east"), self.group, self.topic, range(self.partitions))
        left = len(self.acked) - sum(self.read.values())
        if left > 0:
            self.read.update(consume(self.pair.client("east"), self.topic, self.group, self.rng.randint(1, left)))
        assert committed(self.pair.client("east"), self.group, self.topic, range(self.partitions)) >= at

    @property
    def group(self) -> str:
        return f"group-{self.name}"

    def step(self) -> None:
        match self.rng.choice(["write", "write", "consume", "hold", "let go", "wait"]):
            case "write":
                self.write(self.rng.randint(1, 30))
            case "consume":
                self.consume()
            case "hold":
                lags = {self.rng.randrange(self.partitions): self.rng.randint(1, 20)}
                self.pair.hold(self.topic, lags, self.name)
            case "let go":
                self.pair.hold(self.topic, {}, self.name)
            case "wait":
                time.sleep(self.rng.random())


def check_survivor(history: History, ledger: Document) -> None:
    """What must hold on the survivor right after the flip."""
    pair, topic = history.pair, history.topic
    fetched = {r["partition"]: r["lastSourceFetchOffset"] for r in ledger["topics"][topic]["partitions"]}
    west = {(line.partition, line.offset): (line.value or b"").decode() for line in read(pair.client("west"), topic)}
    for value, place in history.acked.items():
        if place[1] <= fetched[place[0]]:
            assert west.get(place) == value, f"{value} was acknowledged at {place} and mirrored"
    for (partition, offset), value in west.items():
        assert value in history.sent
        assert (offset or 0) <= fetched[partition or 0], "nothing beyond what the ledger calls mirrored"
    at = committed(pair.client("west"), history.group, topic, range(history.partitions))
    tops = [high for _, high in ends(pair.client("west"), topic)]
    for number, (offset, top) in enumerate(zip(at, tops, strict=True)):
        assert offset <= top, "clamped"
        skipped = [v for v, (p, o) in history.acked.items() if p == number and o < offset and not history.read[v]]
        assert skipped == [], "the group does not skip what it has not read"


def check_recovered(history: History, folder: Path) -> None:
    """What must hold when the source is back and its rest was appended."""
    pair, topic = history.pair, history.topic
    fresh = [f"{history.name}-fresh-{n}" for n in range(5)]
    assert produce(pair.client("west"), topic, fresh, partition=0) == []
    pair.bring_east_back()
    pair.recover("append", history.name, folder)
    assert pair.recover("append", history.name, folder)["appended"] == []
    assert pair.recover("plan", history.name, folder)["settled"]
    there = Counter((line.value or b"").decode() for line in read(pair.client("west"), topic))
    assert {v for v, n in there.items() if n != 1} == set(), "nothing twice"
    assert history.acked.keys() <= there.keys(), "nothing lost"
    assert set(fresh) <= there.keys()
    original = {(line.value or b"").decode() for line in read(pair.client("east"), topic)}
    assert there.keys() == original | set(fresh), "what was aborted or never arrived is on neither"


def play(pair: FailingPair, seed: int, folder: Path) -> None:
    rng = random.Random(seed)  # noqa: S311 - a schedule, not a secret
    kind = sorted(KINDS)[seed % len(KINDS)]
    history = History(pair, rng, f"h{seed}", kind, rng.randint(1, 3))
    history.begin()
    history.write(20)
    for _ in range(rng.randint(3, 8)):
        history.step()
    history.write(rng.randint(1, 300), wait=False)
    pair.lose_east()
    ledger = pair.epoch_of(history.topic, history.name, folder, history.group)
    if history.kind != "transactional":
        history.producer.flush(10)
    del history.producer
    check_survivor(history, ledger)
    check_recovered(history, folder)


@pytest.mark.parametrize("seed", range(3))
def test_nothing_acknowledged_is_lost_below_the_mirrored_offset_and_the_rest_is_recovered(
    pair: FailingPair, seed: int, tmp_path: Path
) -> None:
    play(pair, seed, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(3, 30))
def test_the_same_over_many_schedules(pair: FailingPair, seed: int, tmp_path: Path) -> None:
    play(pair, seed, tmp_path)
