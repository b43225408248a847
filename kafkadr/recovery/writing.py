"""Records into one topic, in transactions, such that the topic takes whatever it took from anybody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kafkadr.recovery.cluster import REQUEST_SECONDS, Client, library
from kafkadr.recovery.ranges import Place

Headers = Sequence[tuple[str, bytes | None]]
NOT_TAKEN = frozenset({"MSG_SIZE_TOO_LARGE", "RECORD_LIST_TOO_LARGE", "INVALID_TIMESTAMP", "INVALID_RECORD"})
"""What a broker says of records that it will not take from anybody; a repeat does not help, and others may pass."""
UNWRITABLE = 0
"""The one timestamp that librdkafka cannot write: it takes 0 for "now"."""
_NEAREST = 1
_NO_LIMIT = 1_000_000_000
_BATCH_BYTES = 1_000_000
_FRAME, _FRAME_OF_HEADER = 100, 10


@dataclass(frozen=True)
class Topic:
    """What the surviving topic's settings say.

    Attributes:
        compacted: Whether it keeps the last value of each key.
        largest: Most bytes that its brokers take at once (`max.message.bytes`): after compression, with a frame.
    """

    compacted: bool
    largest: int

    @classmethod
    def of(cls, client: Client, name: str) -> Topic:
        """Ask the cluster."""
        admin = library().admin
        resource = admin.ConfigResource(admin.ConfigResource.Type.TOPIC, name)
        what = f"describe the configuration of {name}"
        with client.told(what):
            futures = client.admin().describe_configs([resource], request_timeout=REQUEST_SECONDS)
        found = client.result(futures[resource], what)
        return cls("compact" in str(found["cleanup.policy"].value), int(found["max.message.bytes"].value))


@dataclass(frozen=True)
class Entry:
    """A record of the source, with the headers that it gets."""

    message: Any
    headers: Headers

    @cached_property
    def size(self) -> int:
        """Bytes of key, value and headers."""
        parts = (self.message.key(), self.message.value(), *(value for _, value in self.headers))
        return sum(len(part or b"") for part in parts) + sum(len(name.encode()) for name, _ in self.headers)

    def fits(self, topic: Topic) -> bool:
        """Whether the topic takes it as it is, without compression."""
        return self.size + _FRAME + _FRAME_OF_HEADER * len(self.headers) <= topic.largest

    @property
    def timestamp(self) -> int | None:
        """Milliseconds since 1970; None when it has none."""
        kind, timestamp = self.message.timestamp()
        return (_NEAREST if timestamp == UNWRITABLE else timestamp) if kind else None


class Writer:
    """Writes batches into partitions of one topic, each in a transaction.

    A producer limits what it sends before it compresses, a topic what it gets afterwards. So the producer has no limit
    of its own. Records go out as they are, which every consumer can read, until one is too large for that: from there
    on they are compressed with zstd, which makes the smallest batches of all that Kafka knows.

    Args:
        client: The cluster.
        name: Transactional id: whoever wrote with it before is fenced, and what it left open is aborted.
        topic: The topic's settings.
    """

    def __init__(self, client: Client, name: str, topic: Topic) -> None:
        self._client = client
        self._name = name
        self._topic = topic
        self._compresses = False
        self._producer = self._open()

    def write(self, place: Place, batch: list[Entry]) -> str | None:
        """Write a batch whole or not at all.

        Returns:
            Why the topic does not take some record of it, as the broker calls it; None when it is written.

        Raises:
            DrError: It could not be written for another reason.
        """
        if not self._compresses and not all(entry.fits(self._topic) for entry in batch):
            self._compresses = True
            self._producer = self._open()
        try:
            with self._client.told(f"append to {place[0]}"):
                return self._send(place, batch)
        except BaseException:
            # The broker aborts it anyway; asking for it frees the readers at once. A failure here changes nothing.
            try:
                self._producer.abort_transaction(5)
            except library().KafkaException:
                pass
            raise

    def _send(self, place: Place, batch: list[Entry]) -> str | None:
        (topic, partition), producer = place, self._producer
        reasons: list[str] = []

        def delivered(error: Any, _: Any) -> None:
            if error is not None:
                reasons.append(str(error.name()))

        producer.begin_transaction()
        for entry in batch:
            message, timestamp = entry.message, entry.timestamp
            when = {} if timestamp is None else {"timestamp": timestamp}
            what = {"headers": [*entry.headers], "on_delivery": delivered} | when
            producer.produce(topic, message.value(), message.key(), partition, **what)
        try:
            producer.commit_transaction(REQUEST_SECONDS)
        except library().KafkaException as error:
            # The reason is what the broker said of the records; the commit may fail for what came of it.
            said = [name for name in (*reasons, str(error.args[0].name())) if name in NOT_TAKEN]
            if not said:
                raise
            self._producer = self._open()  # Aborts what this one left open, and knows nothing of its failure.
            return said[0]
        return None

    def _open(self) -> Any:
        producer = self._client.producer(
            self._name,
            message_max_bytes=_NO_LIMIT,
            batch_size=min(_BATCH_BYTES, self._topic.largest),
            compression_type="zstd" if self._compresses else "none",
        )
        with self._client.told(f"write with the transactional id {self._name}"):
            producer.init_transactions(REQUEST_SECONDS)
        return producer
