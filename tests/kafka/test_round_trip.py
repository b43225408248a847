"""There and back: from east to west by a failover, and home again over a bidirectional link."""

from contextlib import suppress
from threading import Thread

import pytest
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from tests.brokers import until
from tests.kafka.clients import DEADLINE_S, committed, consume, ends, produce, read
from tests.kafka.pair import QUICK, Pair, fresh

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def both(pair: Pair) -> str:
    """A bidirectional link, for the whole module."""
    name = fresh("both")
    pair.link(name, {key: value for key, value in QUICK.items() if not key.startswith("acl")}, both_ways=True)
    return name


def _mirrored(pair: Pair, link: str, what: str, partitions: int = 1) -> str:
    topic = pair.topic(fresh(what), partitions)
    pair.mirror(topic, link)
    return topic


def test_truncate_and_restore_brings_the_old_primary_back_in_line(pair: Pair, both: str) -> None:
    topic, group = _mirrored(pair, both, "home", 2), fresh("group")
    east, west = pair.client("east"), pair.client("west")
    pair.hold(topic, {0: 5}, both)
    for number in (0, 1):
        produce(east, topic, [str(count) for count in range(20)], partition=number)
    consume(east, topic, group, 40)
    until(lambda: pair.lags(topic, both) == [5, 0])
    until(lambda: committed(west, group, topic, (0, 1)) == [20, 20])
    assert pair.verb("failover", topic, both)["error_code"] is None
    produce(west, topic, ["on", "west"], partition=0)
    row = pair.verb("truncate-and-restore", topic, both, "east", include_partition_level_truncation_data="true")
    assert row["partition_level_truncation_data"] == [
        {"partition_id": 0, "offset_truncated_to": 15, "messages_truncated": 5},
        {"partition_id": 1, "offset_truncated_to": 20, "messages_truncated": 0},
    ]
    pair.caught_up(topic, both, "east")
    assert read(east, topic) == read(west, topic)
    assert ends(east, topic) == ends(west, topic) == [(0, 17), (0, 20)]
    assert committed(east, group, topic, (0, 1)) == [15, 20]
    assert produce(east, topic, ["x"]) == ["TOPIC_AUTHORIZATION_FAILED"]
    assert pair.verb("promote", topic, both, "east")["error_code"] is None
    until(lambda: pair.status(topic, both, "east") == "STOPPED")
    assert produce(east, topic, ["home"], partition=0) == []
    assert ends(east, topic) == [(0, 18), (0, 20)]


def test_a_transaction_cut_in_the_middle_leaves_no_open_one_behind(pair: Pair, both: str) -> None:
    topic, east, west = _mirrored(pair, both, "torn"), pair.client("east"), pair.client("west")
    pair.hold(topic, {0: 2}, both)
    produce(east, topic, ["a"])
    producer = Producer(east | {"transactional.id": fresh("tx")})
    producer.init_transactions(DEADLINE_S)
    producer.begin_transaction()
    for value in ("b", "c", "d"):
        producer.produce(topic, value.encode())
    producer.commit_transaction(DEADLINE_S)
    until(lambda: pair.lags(topic, both) == [2])  # d and the mark of the commit stay behind
    pair.verb("failover", topic, both)
    produce(west, topic, ["e"])
    assert pair.verb("truncate-and-restore", topic, both, "east")["messages_truncated"] == 2
    pair.caught_up(topic, both, "east")
    assert [line.value for line in read(east, topic)] == [b"a", b"b", b"c", b"e"]
    assert read(east, topic) == read(west, topic)


@pytest.mark.parametrize("verb", ["reverse-and-start-mirror", "reverse-and-pause-mirror"])
def test_a_reversal_swaps_source_and_mirror_without_loss(pair: Pair, both: str, verb: str) -> None:
    topic, east, west = _mirrored(pair, both, "swap"), pair.client("east"), pair.client("west")
    produce(east, topic, ["a", "b"])
    pair.caught_up(topic, both)
    assert pair.verb(verb, topic, both)["error_code"] is None
    until(lambda: pair.status(topic, both) == "STOPPED")
    assert produce(west, topic, ["c"]) == []
    assert produce(east, topic, ["x"]) == ["TOPIC_AUTHORIZATION_FAILED"]
    if verb == "reverse-and-pause-mirror":
        until(lambda: pair.status(topic, both, "east") == "PAUSED")
        assert ends(east, topic) == [(0, 2)]
        pair.verb("resume", topic, both, "east")
    pair.caught_up(topic, both, "east")
    assert read(east, topic) == read(west, topic)
    assert ends(east, topic) == [(0, 3)]


def test_a_mirror_that_has_more_than_its_source_fails_loudly(pair: Pair) -> None:
    topic = pair.mirrored("more")
    produce(pair.client("east"), topic, ["a"])
    pair.caught_up(topic)
    pair.emulator.control("POST", f"/clusters/lkc-west/topics/{topic}/records", {"values": ["by hand", "b", "c"]})
    until(lambda: pair.status(topic) == "FAILED")
    assert pair.state(topic)["mirror_topic_error"] == "UNEXPECTED_TRUNCATION"


def test_a_reversal_under_a_writer_loses_nothing_that_was_acknowledged(pair: Pair, both: str) -> None:
    topic, east, west = _mirrored(pair, both, "busy"), pair.client("east"), pair.client("west")
    acknowledged: list[int] = []
    refused: list[str] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is None:
            acknowledged.append(message.offset() or 0)
        else:
            refused.append(error.name())

    producer = Producer(east | {"linger.ms": 1})

    def write() -> bool:
        with suppress(KafkaException):  # once refused, the client remembers
            producer.produce(topic, b"x", on_delivery=delivered)
        producer.poll(0.002)
        return bool(refused)

    until(lambda: write() or len(acknowledged) > 50)
    writer = Thread(target=lambda: until(write))
    writer.start()
    until(lambda: pair.verb("reverse-and-start-mirror", topic, both)["error_code"] is None)
    writer.join()
    producer.flush(DEADLINE_S)
    assert set(refused) == {"TOPIC_AUTHORIZATION_FAILED"}
    until(lambda: pair.status(topic, both) == "STOPPED")
    pair.caught_up(topic, both, "east")
    assert [line.offset for line in read(west, topic)] == sorted(acknowledged) == list(range(len(acknowledged)))
    assert read(east, topic) == read(west, topic)


def test_a_reversal_waits_for_what_was_written_at_the_last_moment(pair: Pair, both: str) -> None:
    topic = _mirrored(pair, both, "late")
    pair.caught_up(topic, both)
    pair.emulator.settings(role_change_s=1, fetch_delay_s=3)
    try:
        assert pair.verb("reverse-and-start-mirror", topic, both)["error_code"] is None
        pair.emulator.control("POST", f"/clusters/lkc-east/topics/{topic}/records", {"values": ["late"]})
        assert pair.status(topic, both) == "PENDING_SYNCHRONIZE"
        until(lambda: pair.status(topic, both) == "STOPPED")
    finally:
        pair.emulator.settings(role_change_s=0, fetch_delay_s=0)
    assert [line.value for line in read(pair.client("west"), topic)] == [b"late"]
    pair.caught_up(topic, both, "east")
