"""The seed's three cases with real records: 101-105 lost and recovered, 96-100 read twice, 105 clamped to 100."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer

from tests.brokers import until
from tests.drill.failing import FailingPair, failing_pair
from tests.kafka.clients import Settings, committed, consume, produce, read
from tests.kafka.pair import QUICK

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def pair() -> Iterator[FailingPair]:
    with failing_pair() as made:
        yield made


def test_101_to_105_are_lost_and_recovered_96_to_100_read_twice_and_105_clamped_to_100(
    pair: FailingPair, tmp_path: Path
) -> None:
    link = "numbers"
    topic = pair.mirror_of_its_own("numbers", link, QUICK)
    east, west = pair.client("east"), pair.client("west")
    produce(east, topic, map(str, range(101)))
    pair.caught_up(topic, link)
    pair.hold(topic, {0: 5}, link)
    produce(east, topic, map(str, range(101, 106)))
    assert consume(east, topic, "behind", 96)[-1] == "95"
    assert consume(east, topic, "ahead", 106)[-1] == "105"
    until(lambda: [committed(west, group, topic) for group in ("behind", "ahead")] == [[96], [106]])
    pause = {"data": [{"name": "consumer.offset.sync.enable", "value": "false"}]}
    assert pair.west.put(f"/links/{link}/configs:alter", json=pause).is_success
    assert consume(east, topic, "behind", 5) == ["96", "97", "98", "99", "100"], "read, but never synced"
    until(lambda: pair.lags(topic, link) == [5])

    pair.lose_east()
    ledger = pair.epoch_of(topic, link, tmp_path)

    (row,) = ledger["topics"][topic]["partitions"]
    assert (row["lastSourceFetchOffset"], row["missing"]) == (100, [101, 105])
    groups = {group["group"]: group for group in ledger["groups"]}
    assert (groups["behind"]["repeatsFrom"], groups["behind"]["repeatsTo"]) == (96, 100)
    assert (groups["ahead"]["clampedFrom"], groups["ahead"]["clampedTo"]) == (105, 100)
    assert [line.value for line in read(west, topic)] == [str(n).encode() for n in range(101)]

    assert produce(west, topic, [f"fresh-{n}" for n in range(101, 106)]) == []
    assert committed(west, "ahead", topic) == [101]
    assert consume(west, topic, "ahead", 5) == [f"fresh-{n}" for n in range(101, 106)], "101-105 are now others"
    assert consume(west, topic, "behind", 5) == ["96", "97", "98", "99", "100"], "for the second time"

    pair.bring_east_back()
    report = pair.recover("append", link, tmp_path)
    assert [(r["offsets"], r["appended"]) for r in report["appended"]] == [([101, 105], 5)]
    assert [line.value for line in read(west, topic)][106:] == [str(n).encode() for n in range(101, 106)]
    assert pair.recover("plan", link, tmp_path)["settled"]


def test_three_members_of_a_group_recover_six_partitions_with_uneven_lag(pair: FailingPair, tmp_path: Path) -> None:
    link = "uneven"
    topic = pair.mirror_of_its_own("uneven", link, QUICK, 6)
    east = pair.client("east")
    lags = {0: 0, 1: 4, 2: 1, 3: 0, 4: 9, 5: 2}
    for number in lags:
        produce(east, topic, [f"{number}-{n}" for n in range(10)], partition=number)
    pair.caught_up(topic, link)
    pair.hold(topic, lags, link)
    for number, lag in lags.items():
        produce(east, topic, [f"{number}-{n}" for n in range(10, 10 + lag)], partition=number)
    until(lambda: pair.lags(topic, link) == list(lags.values()))
    pair.lose_east()
    ledger = pair.epoch_of(topic, link, tmp_path)
    found = {row["partition"]: row["lag"] for row in ledger["topics"][topic]["partitions"]}
    assert found == lags

    pair.bring_east_back()
    pair.recover("reset-group", link, tmp_path, "--group", "rescue")
    got = members_read(east, topic, "rescue", 3, sum(lags.values()))
    assert sorted(got) == sorted(f"{n}-{i}" for n, lag in lags.items() for i in range(10, 10 + lag))
    pair.recover("ack", link, tmp_path, "--recovered", "--group", "rescue")
    assert pair.recover("plan", link, tmp_path)["settled"]


def members_read(settings: Settings, topic: str, group: str, members: int, count: int) -> list[str]:
    """What a group of several members reads together until it has `count` records."""
    own = settings | {"group.id": group, "auto.offset.reset": "error", "enable.auto.commit": False}
    consumers = [Consumer(own) for _ in range(members)]
    found: list[str] = []

    def poll() -> None:
        for consumer in consumers:
            message = consumer.poll(0.1)
            if message is not None and message.error() is None:
                found.append((message.value() or b"").decode())
                consumer.commit(message=message, asynchronous=False)

    def all_have_work() -> bool:
        poll()
        return all(consumer.assignment() for consumer in consumers)

    def done() -> bool:
        poll()
        return len(found) >= count

    try:
        for consumer in consumers:
            consumer.subscribe([topic])
        until(all_have_work)
        until(done)
    finally:
        for consumer in consumers:
            consumer.close()
    return found
