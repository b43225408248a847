"""Mirrors are copies: each record at its offset, with time, key and headers, whatever the source's log looks like."""

import time

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions

from tests.brokers import until
from tests.kafka.clients import DEADLINE_S, Settings, ends, produce, read, refusal
from tests.kafka.pair import QUICK, Pair, fresh

pytestmark = pytest.mark.kafka


def same(pair: Pair, topic: str) -> None:
    """Both sides show a consumer the same, and what is written next gets the same offset."""
    pair.caught_up(topic)
    assert read(pair.client("west"), topic) == read(pair.client("east"), topic)
    assert ends(pair.client("west"), topic) == ends(pair.client("east"), topic)


def test_six_partitions_with_uneven_lag_are_equal_record_by_record(pair: Pair) -> None:
    topic = pair.mirrored("uneven", 6, retention_ms="-1")  # the records are old: a broker deletes such after a week
    pair.hold(topic, {1: 3, 4: 7})
    for number in range(6):
        headers = [("origin", b"east"), ("n", str(number).encode()), ("empty", b"")]
        produce(
            pair.client("east"),
            topic,
            [f"{number}-{count}" for count in range(10 * number + 8)],
            partition=number,
            key=f"key-{number}",
            headers=headers,
            timestamp=1_700_000_000_000 + number,
        )
    until(lambda: pair.lags(topic) == [0, 3, 0, 0, 7, 0])
    fetched = [row["last_source_fetch_offset"] for row in pair.state(topic)["mirror_lags"]]
    assert fetched == [7, 14, 27, 37, 40, 57]
    assert len(read(pair.client("west"), topic)) == len(read(pair.client("east"), topic)) - 10
    pair.hold(topic, {})
    same(pair, topic)
    first = read(pair.client("west"), topic)[0]
    assert (first.timestamp[1], first.key, first.headers[0]) == (1_700_000_000_000, b"key-0", ("origin", b"east"))


def test_append_times_of_the_source_are_kept(pair: Pair) -> None:
    topic = pair.mirrored("append-time", message_timestamp_type="LogAppendTime")
    for value in ("a", "b"):
        produce(pair.client("east"), topic, [value])
    same(pair, topic)


def test_compressed_and_large_records_and_records_without_key_or_value(pair: Pair) -> None:
    topic = pair.mirrored("shapes")
    east = pair.client("east")
    produce(east | {"compression.type": "zstd"}, topic, ["x" * 900_000, "y" * 300_000])
    producer = Producer(east | {"compression.type": "gzip"})
    producer.produce(topic, key=b"only a key")
    producer.produce(topic)
    assert producer.flush(DEADLINE_S) == 0
    same(pair, topic)


def _transaction(settings: Settings, topic: str, values: list[str], *, commit: bool) -> None:
    producer = Producer(settings | {"transactional.id": fresh("tx")})
    producer.init_transactions(DEADLINE_S)
    producer.begin_transaction()
    for value in values:
        producer.produce(topic, value.encode(), partition=0)
    producer.flush(DEADLINE_S)
    producer.commit_transaction(DEADLINE_S) if commit else producer.abort_transaction(DEADLINE_S)


def test_transactions_leave_what_was_committed_at_its_offset(pair: Pair) -> None:
    topic, east = pair.mirrored("transactions"), pair.client("east")
    _transaction(east, topic, ["a", "b"], commit=True)
    _transaction(east, topic, ["never", "seen"], commit=False)
    produce(east | {"enable.idempotence": True}, topic, ["c"])
    _transaction(east, topic, ["d"], commit=True)
    same(pair, topic)
    everything = read(pair.client("west"), topic, isolation="read_uncommitted")
    assert [(line.offset, line.value) for line in everything] == [(0, b"a"), (1, b"b"), (6, b"c"), (7, b"d")]
    assert ends(pair.client("west"), topic) == [(0, 9)]  # 8 is the mark of the last commit


def test_an_open_transaction_is_not_copied_until_it_is_over(pair: Pair) -> None:
    topic, east = pair.mirrored("open"), pair.client("east")
    producer = Producer(east | {"transactional.id": fresh("tx")})
    producer.init_transactions(DEADLINE_S)
    producer.begin_transaction()
    producer.produce(topic, b"a")
    producer.flush(DEADLINE_S)
    produce(east, topic, ["b"])
    until(lambda: pair.lags(topic) == [2])
    assert read(pair.client("west"), topic) == []
    producer.commit_transaction(DEADLINE_S)
    same(pair, topic)


def test_idempotent_and_transactional_producers_go_on_after_the_failover(pair: Pair) -> None:
    topic, west = pair.mirrored("producers"), pair.client("west")
    for _ in range(3):
        produce(pair.client("east") | {"enable.idempotence": True}, topic, ["a", "b"])
    pair.caught_up(topic)
    pair.fail_over(topic)
    assert produce(west | {"enable.idempotence": True}, topic, ["c", "d"]) == []
    _transaction(west, topic, ["e"], commit=True)
    assert [line.value for line in read(west, topic)] == [b"a", b"b"] * 3 + [b"c", b"d", b"e"]


def test_what_compaction_took_leaves_the_other_offsets_alone(pair: Pair) -> None:
    topic = pair.topic(fresh("compacted"), cleanup_policy="compact", segment_bytes="1048576", max_compaction_lag_ms="1")
    _roll_until_compacted(pair.client("east"), topic)
    pair.mirror(topic)
    pair.caught_up(topic)
    west, east = read(pair.client("west"), topic), read(pair.client("east"), topic)
    # the source may have been compacted further meanwhile, the mirror by itself as well
    common = {line.offset for line in west} & {line.offset for line in east}
    assert common
    assert [line for line in west if line.offset in common] == [line for line in east if line.offset in common]
    assert {line.key for line in west} == {line.key for line in east} == {b"k"}
    assert ends(pair.client("west"), topic)[0][1] == ends(pair.client("east"), topic)[0][1]


def _roll_until_compacted(settings: Settings, topic: str) -> None:
    written = 0
    deadline = time.monotonic() + DEADLINE_S
    while len(read(settings, topic)) >= written:
        assert time.monotonic() < deadline, "nothing was compacted"
        produce(settings, topic, ["x" * 100_000] * 12, key="k")
        written += 12


def test_records_the_source_no_longer_has_are_no_obstacle(pair: Pair) -> None:
    topic, admin = pair.topic(fresh("cut")), AdminClient(pair.client("east"))
    produce(pair.client("east"), topic, [str(count) for count in range(10)])
    _delete_before(admin, topic, 4)
    pair.mirror(topic)
    same(pair, topic)
    assert ends(pair.client("west"), topic) == [(4, 10)]
    pair.hold(topic, {0: 5})
    produce(pair.client("east"), topic, [str(count) for count in range(10, 15)])
    until(lambda: pair.lags(topic) == [5])
    _delete_before(admin, topic, 13)
    pair.hold(topic, {})
    pair.caught_up(topic)
    west = read(pair.client("west"), topic)
    assert [line.offset for line in west] == [4, 5, 6, 7, 8, 9, 13, 14]
    assert west[6:] == read(pair.client("east"), topic)


def _delete_before(admin: AdminClient, topic: str, offset: int) -> None:
    for done in admin.delete_records([TopicPartition(topic, 0, offset)]).values():
        done.result(DEADLINE_S)


def test_partitions_and_settings_follow_the_source(pair: Pair) -> None:
    topic = pair.mirrored("followers", 1, retention_ms="3600000")
    assert pair.east.patch(f"/topics/{topic}", json={"partitions_count": 3}).status_code == 200
    assert pair.east.put(f"/topics/{topic}/configs/retention.ms", json={"value": "7200000"}).status_code == 204
    produce(pair.client("east"), topic, ["late"], partition=2)
    until(lambda: pair.state(topic)["num_partitions"] == 3)
    same(pair, topic)
    until(lambda: pair.west.get(f"/topics/{topic}/configs/retention.ms").json()["value"] == "7200000")


def test_a_mirror_can_start_at_the_end_or_at_a_moment(pair: Pair) -> None:
    for spec, expected in (("latest", (10, 10)), ("2023-11-14T22:13:25Z", (5, 10))):
        link = fresh("start")
        pair.link(link, QUICK | {"mirror.start.offset.spec": spec})
        topic = pair.topic(fresh("started"), retention_ms="-1")
        for count in range(10):
            produce(pair.client("east"), topic, [str(count)], timestamp=1_700_000_000_000 + 1000 * count)
        pair.mirror(topic, link)
        pair.caught_up(topic, link)
        assert ends(pair.client("west"), topic) == [expected]


def test_nobody_but_the_link_gives_a_mirror_partitions(pair: Pair) -> None:
    topic, admin = pair.mirrored("kept"), AdminClient(pair.client("west"))
    (grown,) = admin.create_partitions([NewPartitions(topic, 2)]).values()
    assert refusal(lambda: grown.result(DEADLINE_S)) == "TOPIC_AUTHORIZATION_FAILED"
    assert pair.west.patch(f"/topics/{topic}", json={"partitions_count": 2}).status_code == 400


def test_a_source_topic_made_anew_fails_its_mirror(pair: Pair) -> None:
    topic = pair.mirrored("anew")
    produce(pair.client("east"), topic, ["a"])
    pair.caught_up(topic)
    pair.emulator.settings(topic_failure_delay_s=0)
    pair.emulator.control("POST", "/clusters/lkc-east/topics/" + topic + ":recreate")
    until(lambda: pair.status(topic) == "FAILED")
    assert pair.state(topic)["mirror_topic_error"] == "SOURCE_TOPIC_ID_CHANGED"
    assert [line.value for line in read(pair.client("west"), topic)] == [b"a"]


def test_what_was_on_its_way_at_a_failover_does_not_arrive_later(pair: Pair) -> None:
    topic, other = pair.mirrored("on-its-way"), pair.mirrored("sentinel")
    pair.caught_up(topic)
    pair.caught_up(other)
    pair.emulator.settings(fetch_delay_s=3)
    try:
        produce(pair.client("east"), topic, ["late"])
        until(lambda: pair.lags(topic) == [1])
        time.sleep(1)  # read by the link by now, and not yet written
        pair.fail_over(topic)
    finally:
        pair.emulator.settings(fetch_delay_s=0)
    produce(pair.client("east"), other, ["after"])  # over the same link, so behind what was on its way
    pair.caught_up(other)
    assert ends(pair.client("west"), topic) == [(0, 0)]
    assert pair.lags(topic) == [1]
