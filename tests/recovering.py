"""Two real clusters after a flip, as the recovery's tests need them: what was mirrored is on both, the rest on one."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from emulator.kafka.broker import Broker
from kafkadr.ledger import Ledger
from kafkadr.settling import Document
from tests.brokers import make_topic, quiet
from tests.drctl.in_process import Done, run

LINK, EPOCH = "dr-link", 2
Record = tuple[int, bytes | None, bytes | None, list[tuple[str, bytes]]]
"""Offset, key, value, headers."""


@dataclass
class Pair:
    """The original cluster, the survivor, and the ledger of the flip between them."""

    original: Broker
    survivor: Broker
    folder: Path

    @property
    def url(self) -> str:
        return (self.folder / "ledger").as_uri()

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.url, self.survivor.cluster, LINK, EPOCH)

    def document(self) -> Document:
        found = asyncio.run(self.ledger.read())
        assert found is not None
        return found

    def said(self, topic: str, partition: int = 0) -> list[tuple[str, list[int]]]:
        """What is acknowledged of a partition: how, and which offsets."""
        rows = self.document()["topics"][topic]["partitions"]
        row = next(r for r in rows if r["partition"] == partition)
        return [(word["how"], word["offsets"]) for word in row.get("acknowledged", [])]

    def write_ledger(self, topics: dict[str, dict[int, tuple[int, int | None]]], **more: Any) -> None:
        """The ledger that a flip would have left: per topic and partition, last offset fetched, and lag or None."""
        found = {
            name: {
                "source": name,
                "status": "STOPPED",
                "partitions": [
                    {
                        "partition": number,
                        "lastSourceFetchOffset": fetched,
                        "lag": lag,
                        "missing": None if lag == 0 else [fetched + 1, None if lag is None else fetched + lag],
                    }
                    for number, (fetched, lag) in rows.items()
                ],
            }
            for name, rows in topics.items()
        }
        base = {"version": 1, "state": "closed", "epoch": EPOCH, "cluster": self.survivor.cluster, "link": LINK}
        base |= {"desired": "FAILED_OVER", "groups": [], "groupsUnknown": [], "notDone": []}
        asyncio.run(self.ledger.write(base | {"topics": found} | more))

    @property
    def environment(self) -> dict[str, str]:
        """Keys of both clusters, as an operator hands them over."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("KAFKADR_")}
        for name, broker in (("SOURCE", self.original), ("DR", self.survivor)):
            login = broker.login()
            kept[f"KAFKADR_{name}_BOOTSTRAP"] = f"SASL_PLAINTEXT://{broker.bootstrap}"
            kept[f"KAFKADR_{name}_KEY"] = login["sasl.username"]
            kept[f"KAFKADR_{name}_SECRET"] = login["sasl.password"]
        return kept | {"KAFKADR_WHO": "eve", "COLUMNS": "200"}

    def command(self, *words: str) -> list[str]:
        where = ["--ledger", self.url, "--cluster", self.survivor.cluster, "--link", LINK]
        return [sys.executable, "-m", "drctl", "recover", words[0], *where, *words[1:]]

    def recover(self, *words: str, **env: str) -> Done:
        """Run `drctl recover WORDS`."""
        return run(self.command(*words)[3:], self.environment | env)

    def told(self, *words: str, code: int = 0) -> Any:
        """Run it with `--json` and return the document."""
        done = self.recover(*words, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)


def mirrored(pair: Pair, topic: str, both: int, original: int, partitions: int = 1, **configs: str) -> None:
    """Make a topic on both sides; records 0, 1, ... of partition 0 up to `both` there and up to `original` here."""
    for broker in (pair.original, pair.survivor):
        make_topic(broker, topic, partitions, **configs)
    produce(pair.original, topic, range(original))
    produce(pair.survivor, topic, range(both))


def produce(
    broker: Broker, topic: str, values: Iterable[object], *, partition: int = 0, key: str | None = None, **more: Any
) -> None:
    producer = Producer(quiet(broker.login()))
    for value in values:
        producer.produce(topic, str(value).encode(), key, partition, **more)
    assert producer.flush(60) == 0


def read(broker: Broker, topic: str, first: int = 0, partition: int = 0) -> list[Record]:
    """What committed records a partition holds from an offset on."""
    settings = quiet(broker.login()) | {"group.id": "reader", "enable.partition.eof": True, "enable.auto.commit": False}
    consumer = Consumer(settings | {"isolation.level": "read_committed"})
    consumer.assign([TopicPartition(topic, partition, first)])
    found: list[Record] = []
    while True:
        message: Any = consumer.poll(60)
        assert message is not None, "no answer"
        error = message.error()
        if error is None:
            found.append((message.offset(), message.key(), message.value(), list(message.headers() or ())))
        elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
            consumer.close()
            return found
        else:
            raise AssertionError(str(error))


def values(records: Sequence[Record]) -> list[int]:
    return [int(value or b"-1") for _, _, value, _ in records]


def admin(broker: Broker) -> AdminClient:
    return AdminClient(quiet(broker.login()))
