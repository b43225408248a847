"""Brokers die: what links make of it, what comes back, and that no broker outlives its emulator."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests import emulation
from tests.brokers import need_kafka, runs, until
from tests.emulator.kafka_world import EAST, WEST
from tests.kafka.clients import committed, consume, produce, read
from tests.kafka.pair import Pair, fresh

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def own() -> Iterator[Pair]:
    """A pair whose brokers may be killed."""
    need_kafka()
    with emulation.with_brokers() as emulator:
        yield Pair(emulator)


def broker(pair: Pair, lkc: str = EAST) -> dict[str, Any]:
    answer: dict[str, Any] = pair.emulator.control("GET", f"/clusters/{lkc}/broker")
    return answer


def power(pair: Pair, how: str, lkc: str = EAST) -> None:
    pair.emulator.control("POST", f"/clusters/{lkc}/broker:{how}")


def test_a_killed_source_makes_mirrors_unavailable_and_one_that_returns_resumes(own: Pair) -> None:
    topic = own.mirrored("killed")
    assert produce(own.client("east"), topic, ["a", "b"]) == []
    own.caught_up(topic)
    before = broker(own)
    os.kill(before["pid"], signal.SIGKILL)
    until(lambda: own.status(topic) == "SOURCE_UNAVAILABLE")
    assert not broker(own)["alive"]
    assert [line.value for line in read(own.client("west"), topic)] == [b"a", b"b"]
    power(own, "start")
    assert broker(own)["bootstrap"] == before["bootstrap"]
    until(lambda: own.status(topic) == "ACTIVE")
    assert produce(own.client("east"), topic, ["c"]) == []
    own.caught_up(topic)
    assert read(own.client("west"), topic) == read(own.client("east"), topic)


def test_a_failover_while_the_source_is_dead_and_what_never_arrived(own: Pair) -> None:
    topic, group = own.mirrored("lost"), fresh("group")
    own.hold(topic, {0: 5})
    produce(own.client("east"), topic, [str(number) for number in range(1, 106)])
    consume(own.client("east"), topic, group, 95)
    until(lambda: own.lags(topic) == [5])
    until(lambda: committed(own.client("west"), group, topic) == [95])
    power(own, "kill")
    until(lambda: own.status(topic) == "SOURCE_UNAVAILABLE")
    row = own.verb("failover", topic)
    assert row["mirror_lags"] == [{"partition": 0, "lag": 5, "last_source_fetch_offset": 99}]
    assert consume(own.client("west"), topic, group, 5) == [str(number) for number in range(96, 101)]
    produce(own.client("west"), topic, ["after"])
    assert read(own.client("west"), topic)[-1].offset == 100
    power(own, "start")
    lost = [line for line in read(own.client("east"), topic) if (line.offset or 0) > 99]
    assert [line.value for line in lost] == [str(number).encode() for number in range(101, 106)]


def test_an_orderly_stop_and_the_rest_levers_do_the_same(own: Pair) -> None:
    topic = own.mirrored("stopped")
    produce(own.client("east"), topic, ["a"])
    own.caught_up(topic)
    power(own, "stop")
    until(lambda: own.status(topic) == "SOURCE_UNAVAILABLE")
    power(own, "start")
    own.caught_up(topic)
    own.emulator.control("POST", f"/clusters/{EAST}/down", {"now": True})
    assert own.status(topic) == "SOURCE_UNAVAILABLE"
    assert not broker(own)["alive"]
    own.emulator.control("POST", f"/clusters/{EAST}/up")
    own.caught_up(topic)


def test_mirrors_stay_read_only_over_a_restart_of_their_own_broker(own: Pair) -> None:
    topic = own.mirrored("guarded")
    power(own, "kill", WEST)
    power(own, "start", WEST)
    assert produce(own.client("west"), topic, ["x"]) == ["TOPIC_AUTHORIZATION_FAILED"]
    produce(own.client("east"), topic, ["a"])
    own.caught_up(topic)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_no_broker_outlives_its_emulator(end: signal.Signals) -> None:
    need_kafka()
    with emulation.with_brokers() as emulator:
        emulator.seed({"clusters": [{"id": EAST, "environment": "env-1"}]})
        pid = emulator.control("GET", f"/clusters/{EAST}/broker")["pid"]
        assert runs(pid)
        assert emulator.pid is not None
        os.kill(emulator.pid, end)
        until(lambda: not runs(pid))


def test_a_cluster_takes_its_broker_along_and_a_reset_all_of_them() -> None:
    need_kafka()
    with emulation.with_brokers() as emulator:
        emulator.seed({"clusters": [{"id": lkc, "environment": "env-1"} for lkc in (EAST, WEST)]})
        pids = [emulator.control("GET", f"/clusters/{lkc}/broker")["pid"] for lkc in (EAST, WEST)]
        gone = emulator.cloud().delete(f"/cmk/v2/clusters/{EAST}", params={"environment": "env-1"})
        assert gone.status_code == 204
        until(lambda: not runs(pids[0]))
        emulator.reset()
        until(lambda: not runs(pids[1]))


def test_the_memory_plane_says_it_has_no_brokers() -> None:
    with emulation.in_thread() as emulator:
        emulator.seed({"clusters": [{"id": EAST, "environment": "env-1"}]})
        for method, path in (("GET", "broker"), ("POST", "broker:kill")):
            answer = emulator.client(f"{emulator.url}/_emulator").request(method, f"/clusters/{EAST}/{path}")
            assert answer.status_code == 501
