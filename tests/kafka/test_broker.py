"""The broker alone: whom it lets in, what survives it, and that nothing of it survives its owner."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from emulator.kafka.broker import Broker, BrokerDownError, BrokerMissingError, OrderRefusedError, kafka_classpath
from tests.brokers import make_topic, need_kafka, quiet, runs, until
from tests.toolchain import ROOT

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    need_kafka()
    with Broker("lkc-alone") as running:
        yield running


def test_clients_see_the_emulated_cluster_id(broker: Broker) -> None:
    assert AdminClient(quiet(broker.login())).list_topics(timeout=30).cluster_id == "lkc-alone"


def test_keys_come_and_go_while_itruns(broker: Broker) -> None:
    broker.keys({"K1": ("one", "sa-1")})
    assert AdminClient(quiet(broker.login("K1", "one"))).list_topics(timeout=30).brokers
    broker.keys({"K2": ("two", "sa-2")})
    assert AdminClient(quiet(broker.login("K2", "two"))).list_topics(timeout=30).brokers
    for key, secret in (("K1", "one"), ("K2", "one")):
        errors: list[str] = []
        settings = quiet(broker.login(key, secret)) | {"error_cb": partial(_note, errors)}
        producer = Producer(settings)
        while "_AUTHENTICATION" not in errors:
            producer.poll(0.1)


def _note(seen: list[str], error: KafkaError) -> None:
    seen.append(error.name())


def test_an_authenticated_client_without_a_grant_is_refused(broker: Broker) -> None:
    make_topic(broker, "mine")
    broker.keys({"K": ("s", "sa-1")})
    errors: list[str] = []
    producer = Producer(quiet(broker.login("K", "s")))
    with suppress(KafkaException):  # once the client knows, it refuses on the spot
        producer.produce("mine", b"x", on_delivery=lambda error, _m: errors.append(error.name() if error else ""))
        producer.flush(60)
    assert errors == ["TOPIC_AUTHORIZATION_FAILED"]


def test_data_port_and_keys_survive_a_kill() -> None:
    need_kafka()
    with Broker("lkc-killed") as broker:
        broker.keys({"K": ("s", "sa-1")})
        make_topic(broker, "kept", 3)
        broker.kill()
        assert not broker.alive
        with pytest.raises(BrokerDownError, match="lkc-killed"):
            broker.call("keys", keys={})
        broker.start()
        assert len(AdminClient(quiet(broker.login())).list_topics(timeout=30).topics["kept"].partitions) == 3
        assert AdminClient(quiet(broker.login("K", "s"))).list_topics(timeout=30).brokers
        broker.stop()
        assert not broker.alive


def test_an_unknown_order_is_refused_and_the_broker_stays(broker: Broker) -> None:
    with pytest.raises(OrderRefusedError, match="unknown order dance"):
        broker.call("dance")
    broker.keys({})


def test_a_broker_ends_with_its_owner_even_by_sigkill() -> None:
    need_kafka()
    program = (
        "import sys, time; from emulator.kafka.broker import Broker\n"
        "with Broker('lkc-orphan') as b: print(b.pid, b._folder, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT) as owner:
        assert owner.stdout is not None
        pid, folder = owner.stdout.readline().split()
        owner.send_signal(signal.SIGKILL)
    until(lambda: not runs(int(pid)))
    until(lambda: not any(Path(folder).glob("__cluster_metadata*")))


def test_a_machine_without_kafka_is_told_what_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KAFKADR_KAFKA_HOME", str(tmp_path))
    with pytest.raises(BrokerMissingError, match="scripts/setup --kafka"):
        kafka_classpath()
