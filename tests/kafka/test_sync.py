"""What a link brings along beside records: committed offsets and ACLs; and what it leaves alone."""

import time

import pytest
from confluent_kafka import Consumer

from tests.brokers import until
from tests.kafka.clients import DEADLINE_S, Settings, committed, consume, produce
from tests.kafka.pair import Pair, fresh

pytestmark = pytest.mark.kafka
NONE = -1001


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


def test_committed_offsets_come_along_and_the_group_goes_on_exactly_there(pair: Pair) -> None:
    topic, group = pair.mirrored("offsets"), fresh("group")
    produce(pair.client("east"), topic, numbers(1, 10))
    assert consume(pair.client("east"), topic, group, 5) == numbers(1, 5)
    pair.caught_up(topic)
    until(lambda: committed(pair.client("west"), group, topic) == [5])
    pair.fail_over(topic)
    produce(pair.client("west"), topic, numbers(11, 15))
    assert consume(pair.client("west"), topic, group, 10) == numbers(6, 15)


def test_a_group_that_is_active_here_is_left_alone(pair: Pair) -> None:
    topic, group = pair.mirrored("active"), fresh("group")
    produce(pair.client("east"), topic, numbers(1, 10))
    pair.caught_up(topic)
    consumer = Consumer(pair.client("west") | {"group.id": group, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    until(lambda: consumer.poll(0.2) is not None)
    assert consume(pair.client("east"), topic, group, 7) == numbers(1, 7)
    until(lambda: _in_use(pair))
    assert committed(pair.client("west"), group, topic) in ([NONE], [1], [10])  # its own, if any: never 7
    consumer.close()
    until(lambda: committed(pair.client("west"), group, topic) == [7])


def _in_use(pair: Pair) -> bool:
    link = pair.west.get("/links/dr", params={"include_tasks": "true"}).json()
    errors = [error["error_code"] for task in link["tasks"] for error in task["errors"]]
    return "CONSUMER_GROUP_IN_USE_ERROR" in errors


def test_offsets_ahead_of_the_mirror_are_clamped_at_the_failover(pair: Pair) -> None:
    topic, group = pair.mirrored("clamped"), fresh("group")
    pair.hold(topic, {0: 5})
    produce(pair.client("east"), topic, numbers(1, 105))
    assert len(consume(pair.client("east"), topic, group, 105)) == 105
    until(lambda: pair.lags(topic) == [5])
    until(lambda: committed(pair.client("west"), group, topic) == [105])
    pair.fail_over(topic)
    assert committed(pair.client("west"), group, topic) == [100]
    assert pair.state(topic)["mirror_lags"] == [{"partition": 0, "lag": 5, "last_source_fetch_offset": 99}]


def _poll_all(members: list[Consumer], seen: list[str], count: int) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while len(seen) < count:
        assert time.monotonic() < deadline, f"{len(seen)} of {count}"
        for member in members:
            message = member.poll(0.05)
            if message is not None and message.error() is None:
                seen.append((message.value() or b"").decode())
                member.commit(message=message, asynchronous=False)


def _members(settings: Settings, group: str, topic: str) -> list[Consumer]:
    wanted = {"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False}
    members = [Consumer(settings | wanted | {"client.id": f"{group}-{number}"}) for number in range(3)]
    for member in members:
        member.subscribe([topic])
    return members


def _shown(pair: Pair, group: str, members: list[Consumer]) -> set[str]:
    """Clients that REST shows as members; they join, and make each other join anew, by asking for records."""
    for member in members:
        assert member.poll(0.05) is None
    found = pair.east.get(f"/consumer-groups/{group}/consumers").json().get("data", [])  # 404 until it is there
    return {member["client_id"] for member in found}


def test_a_group_of_three_members_moves_over_without_loss_or_repetition(pair: Pair) -> None:
    topic, group = pair.mirrored("three", 6), fresh("group")
    members = _members(pair.client("east"), group, topic)
    until(lambda: _shown(pair, group, members) == {f"{group}-{number}" for number in range(3)})
    for number in range(6):
        produce(pair.client("east"), topic, [f"{number}-{count}" for count in range(10)], partition=number)
    seen: list[str] = []
    _poll_all(members, seen, 30)
    for member in members:
        member.close()
    at = committed(pair.client("east"), group, topic, range(6))
    pair.caught_up(topic)
    until(lambda: committed(pair.client("west"), group, topic, range(6)) == at)
    pair.fail_over(topic)
    members = _members(pair.client("west"), group, topic)
    _poll_all(members, seen, 60)
    for member in members:
        member.close()
    assert sorted(seen) == sorted(f"{number}-{count}" for number in range(6) for count in range(10))


def test_acls_come_along_and_go_with_those_of_the_source(pair: Pair) -> None:
    topic = pair.mirrored("acls")
    own = pair.acl("west", "TOPIC", topic, "DESCRIBE")
    entry = pair.acl("east", "TOPIC", topic, "READ")
    query = {"resource_name": topic, "principal": "UserV2:*"}
    until(lambda: len(pair.west.get("/acls", params=query).json()["data"]) == 2)
    assert pair.east.delete("/acls", params=query | {"operation": "READ"}).json()["data"]
    until(lambda: len(pair.west.get("/acls", params=query).json()["data"]) == 1)
    (left,) = pair.west.get("/acls", params=query).json()["data"]
    assert {name: left[name] for name in own} == own != entry


def test_groups_of_kafka_clients_are_what_rest_shows(pair: Pair) -> None:
    topic, group = pair.topic(fresh("shown")), fresh("group")
    produce(pair.client("east"), topic, numbers(1, 3))
    consume(pair.client("east"), topic, group, 2)
    (lag,) = pair.east.get(f"/consumer-groups/{group}/lags").json()["data"]
    assert (lag["current_offset"], lag["log_end_offset"], lag["lag"]) == (2, 3, 1)
    assert pair.east.get(f"/consumer-groups/{group}").json()["state"] == "EMPTY"


def test_members_by_hand_are_refused(pair: Pair) -> None:
    control = pair.emulator.client(f"{pair.emulator.url}/_emulator")
    answer = control.put(f"/clusters/lkc-east/groups/{fresh('group')}", json={"active": True})
    assert answer.status_code == 501
