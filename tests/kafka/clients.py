"""Plain Kafka clients for tests: what they write and read, without anything of the emulator in between."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

Settings = dict[str, Any]
DEADLINE_S = 120
_COORDINATOR = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
}
"""A broker's answers while a group's coordinator starts or moves; Kafka's own clients ask again."""


class Line(NamedTuple):
    """A record as a consumer sees it."""

    partition: int | None
    offset: int | None
    timestamp: tuple[int, int]
    key: bytes | None
    value: bytes | None
    headers: list[Any]


def login(bootstrap: str, key: str, secret: str) -> Settings:
    """Return client settings; the endpoint may be as the cloud API shows it."""
    return {
        "bootstrap.servers": bootstrap.removeprefix("SASL_PLAINTEXT://"),
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": key,
        "sasl.password": secret,
        "log_level": 0,
    }


def produce(settings: Settings, topic: str, values: Iterable[str], **more: Any) -> list[str]:
    """Write values and return the names of the errors; `partition`, `key`, `headers`, `timestamp` go along."""
    errors: list[str] = []

    def delivered(error: Any, _message: Message) -> None:
        if error is not None:
            errors.append(error.name())

    producer = Producer(settings)
    for value in values:
        try:
            producer.produce(topic, value.encode(), on_delivery=delivered, **more)
        except KafkaException as refused:  # once refused, the client remembers
            errors.append(refused.args[0].name())
        producer.poll(0)
    assert producer.flush(DEADLINE_S) == 0
    return errors


def partitions(settings: Settings, topic: str) -> list[int]:
    """Return the partition numbers of a topic, as the cluster shows them to this client."""
    consumer = Consumer(settings | {"group.id": "look"})
    try:
        return sorted(consumer.list_topics(topic, timeout=DEADLINE_S).topics[topic].partitions)
    finally:
        consumer.close()


def read(settings: Settings, topic: str, *, isolation: str = "read_committed") -> list[Line]:
    """Return everything in a topic, by partition and offset; raises what the broker refuses with.

    Raises:
        KafkaException: such as TOPIC_AUTHORIZATION_FAILED.
    """
    wanted = {"group.id": "read", "enable.partition.eof": True, "isolation.level": isolation}
    consumer = Consumer(settings | wanted | {"enable.auto.commit": False})
    try:
        starts = []
        for number in partitions(settings, topic):
            low, _high = _watermarks(consumer, TopicPartition(topic, number))
            starts.append(TopicPartition(topic, number, low))
        consumer.assign(starts)  # never below the first record: the client would skip to the end
        return sorted(_lines(consumer, {place.partition for place in starts}))
    finally:
        consumer.close()


def _lines(consumer: Consumer, open_ends: set[int]) -> Iterable[Line]:
    deadline = time.monotonic() + DEADLINE_S
    while open_ends:
        assert time.monotonic() < deadline, f"no end of partitions {open_ends}"
        message = consumer.poll(1)
        if message is None:
            continue
        error = message.error()
        if error is None:
            yield line_of(message)
        elif error.name() == "_PARTITION_EOF":
            open_ends.discard(message.partition() or 0)
        else:
            raise KafkaException(error)


def line_of(message: Message) -> Line:
    """Return a message as plain values."""
    headers = list(message.headers() or [])
    return Line(message.partition(), message.offset(), message.timestamp(), message.key(), message.value(), headers)


def ends(settings: Settings, topic: str) -> list[tuple[int, int]]:
    """Return first and next offset of every partition."""
    consumer = Consumer(settings | {"group.id": "look"})
    try:
        places = [TopicPartition(topic, number) for number in partitions(settings, topic)]
        return [_watermarks(consumer, place) for place in places]
    finally:
        consumer.close()


def _watermarks(consumer: Consumer, place: TopicPartition) -> tuple[int, int]:
    """Return first and next offset; a leader that has just come back is asked again."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        try:
            low, high = consumer.get_watermark_offsets(place, timeout=DEADLINE_S)
        except KafkaException as error:
            if error.args[0].name() != "OFFSET_NOT_AVAILABLE" or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return low, high


def consume(settings: Settings, topic: str, group: str, count: int) -> list[str]:
    """Let a member of `group` read `count` values, commit them and leave."""
    consumer = Consumer(settings | {"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([topic])
    values: list[str] = []
    deadline = time.monotonic() + DEADLINE_S
    try:
        while len(values) < count:
            assert time.monotonic() < deadline, f"read {values} of {count}"
            message = consumer.poll(0.5)
            if message is not None and message.error() is None:
                values.append((message.value() or b"").decode())
                consumer.commit(message=message, asynchronous=False)
    finally:
        consumer.close()
    return values


def committed(settings: Settings, group: str, topic: str, numbers: Sequence[int] = (0,)) -> list[int]:
    """Return the offsets a group has committed, -1001 where it has none; asks again while its coordinator moves."""
    consumer = Consumer(settings | {"group.id": group})
    deadline = time.monotonic() + DEADLINE_S
    try:
        while True:
            try:
                places = consumer.committed([TopicPartition(topic, number) for number in numbers], timeout=DEADLINE_S)
                return [place.offset for place in places]
            except KafkaException as error:
                if error.args[0].code() not in _COORDINATOR or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
    finally:
        consumer.close()


def refusal(call: Callable[[], object]) -> str:
    """Return the name of the error `call` ends with, "" when it ends well."""
    try:
        call()
    except KafkaException as error:
        return str(error.args[0].name())
    return ""
