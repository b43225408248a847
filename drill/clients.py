"""The application's own Kafka clients: they know the pointer and their name, and nothing else (S10)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from kafkadr.clients import Connection, Protocol, connect, librdkafka_settings

SECONDS = 120.0
"""How long a client waits; a bound for busy machines, not a figure."""


class ClientError(Exception):
    """A cluster did not do what the application asked for."""


class Application:
    """One client of the pair.

    Args:
        pointer: Address of the pointer.
        name: The client's name in the stack file.
    """

    def __init__(self, pointer: str, name: str) -> None:
        self.pointer = pointer
        self.name = name

    def where(self) -> Connection:
        """Where the pointer leads now. The emulator's brokers speak without TLS, on loopback."""
        return connect(self.pointer, self.name, protocol=Protocol.SASL_PLAINTEXT)

    def settings(self) -> dict[str, Any]:
        """Settings of librdkafka for the active site; its own chatter about a dead broker is left out."""
        return quiet(self.where())

    def produce(self, topic: str, values: Iterable[int]) -> None:
        """Write numbers to partition 0.

        Raises:
            ClientError: One was not taken.
        """
        refused: list[str] = []
        producer = Producer(self.settings() | {"enable.idempotence": True})
        for value in values:
            producer.produce(
                topic, str(value).encode(), partition=0, on_delivery=lambda e, _: refused.append(e.str()) if e else None
            )
        left = producer.flush(SECONDS)
        if refused or left:
            raise ClientError(f"{len(refused) + left} records for {topic} were not taken: {refused[:1]}")

    def consume(self, topic: str, group: str, count: int) -> list[int]:
        """Let a group of one member read `count` records, commit and leave.

        Raises:
            ClientError: They did not come.
        """
        own = {"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
        consumer = Consumer(self.settings() | own)
        consumer.subscribe([topic])
        found: list[int] = []
        deadline = time.monotonic() + SECONDS
        try:
            while len(found) < count:
                if time.monotonic() > deadline:
                    raise ClientError(f"group {group} read {found} of {topic} and then nothing")
                message = consumer.poll(0.5)
                if message is not None and message.error() is None:
                    found.append(int(message.value() or b""))
                    consumer.commit(message=message, asynchronous=False)
            return found
        finally:
            consumer.close()

    def numbers(self, topic: str) -> list[int]:
        """All committed numbers in partition 0 of a topic.

        Raises:
            ClientError: The end of it did not come.
        """
        own = {"group.id": "drill-check", "enable.auto.commit": False, "enable.partition.eof": True}
        consumer = Consumer(self.settings() | own)
        consumer.assign([TopicPartition(topic, 0, 0)])
        found: list[int] = []
        try:
            while (message := consumer.poll(SECONDS)) is not None:
                error = message.error()
                if error is None:
                    found.append(int(message.value() or b""))
                elif error.name() == "_PARTITION_EOF":
                    return found
            raise ClientError(f"{topic} could not be read to its end")
        finally:
            consumer.close()


def quiet(connection: Connection) -> dict[str, Any]:
    """Settings that print nothing."""
    return {**librdkafka_settings(connection), "log_level": 0, "reconnect.backoff.max.ms": 1000}
