"""A second node of a real broker's cluster, for what one node cannot show: a partition whose broker is down."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import tempfile
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Self

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from emulator.kafka.broker import Broker, free_port, kafka_classpath
from tests.brokers import quiet, until

NODE = 2


class SecondNode:
    """Kafka as it comes, without the emulator's hand in it; joins a `Broker` that runs, with its super user.

    Args:
        first: The cluster's first node, which is its controller.
    """

    def __init__(self, first: Broker) -> None:
        self.first = first
        self._folder = Path(tempfile.mkdtemp(prefix="kafka-dr-second-"))
        self._process: subprocess.Popen[bytes] | None = None
        login, port = first.login(), free_port()
        user, secret = login["sasl.username"], login["sasl.password"]
        module = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        jaas = f'{module} username="{user}" password="{secret}" user_{user}="{secret}";'
        settings = {
            "process.roles": "broker",
            "node.id": NODE,
            "controller.quorum.voters": f"1@127.0.0.1:{first._controller_port}",  # noqa: SLF001 - nobody else joins
            "listeners": f"CLIENT://127.0.0.1:{port}",
            "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
            "inter.broker.listener.name": "CLIENT",
            "controller.listener.names": "CONTROLLER",
            "sasl.enabled.mechanisms": "PLAIN",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "sasl.mechanism.controller.protocol": "PLAIN",
            "listener.name.client.plain.sasl.jaas.config": jaas,
            "listener.name.controller.plain.sasl.jaas.config": jaas,
            "log.dirs": self._folder / "data",
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
            "auto.create.topics.enable": "false",
            "log.cleaner.dedupe.buffer.size": 8388608,
        }
        (self._folder / "data").mkdir()
        directory = urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
        node = f"version=1\ncluster.id={first.cluster}\nnode.id={NODE}\ndirectory.id={directory}\n"
        (self._folder / "data" / "meta.properties").write_text(node)
        self._conf.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    @property
    def _conf(self) -> Path:
        return self._folder / "server.properties"

    def start(self) -> None:
        """Start, or start again after `kill`; returns when the cluster counts it in."""
        command = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", kafka_classpath()]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([*command, "kafka.Kafka", str(self._conf)], stdout=log, stderr=log)
        until(lambda: NODE in self._nodes())

    def kill(self) -> None:
        """SIGKILL; returns when the cluster has noticed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            until(lambda: NODE not in self._nodes())

    def make_topic(self, name: str, node: int = NODE) -> None:
        """One partition, on one node alone."""
        admin = AdminClient(quiet(self.first.login()))
        admin.create_topics([NewTopic(name, 1, replica_assignment=[[node]])])[name].result(60)

    def _nodes(self) -> set[int]:
        return set(AdminClient(quiet(self.first.login())).list_topics(timeout=10).brokers)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
