"""One real Kafka broker in a process of its own, and the line by which the emulator gives it orders.

The process is a KRaft node with the emulator's agent in it (`agent/`, Java). It ends when this process ends, however
that happens: the agent waits for orders on its standard input, and the end of that is the end of the broker.
"""

import json
import os
import random
import secrets
import select
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

_ROOT: Final = Path(__file__).resolve().parents[2]
_HOME_VARIABLE: Final = "KAFKADR_KAFKA_HOME"
_SUPER_USER: Final = "emulator"
_JVM: Final = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
_START_S: Final = 120  # about two seconds on an idle core; test machines are not idle
_ORDER_S: Final = 120
_PORTS: Final = range(15000, 32000)  # below what the kernel gives to connections, which could take a dead broker's port


class BrokerMissingError(Exception):
    """No Kafka to start: it was not set up, or there is no Java. The text says what to do."""


class BrokerDownError(Exception):
    """The broker's process ended, or does not answer."""


class OrderRefusedError(Exception):
    """The broker is up and refuses an order.

    Args:
        kind: Kafka's own name of the error, such as `TopicExistsException`.
        message: its text; without secrets.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


def kafka_classpath() -> str:
    """Return the Java class path that `scripts/setup --kafka` laid down.

    Raises:
        BrokerMissingError: it did not run yet.
    """
    remedy = "run scripts/setup --kafka (it needs a JDK 17 and Maven)"
    named = os.environ.get(_HOME_VARIABLE)
    note = _ROOT / ".local" / "kafka-home"
    try:
        home = Path(named) if named else Path(note.read_text().strip())
        return (home / "classpath").read_text().strip()
    except OSError as error:
        raise BrokerMissingError(f"Kafka is not set up ({error.filename} cannot be read); {remedy}") from error


def free_port() -> int:
    """Return a port of 127.0.0.1 nobody listens on, outside the range of outgoing connections."""
    for _ in range(200):
        port = random.choice(_PORTS)  # noqa: S311 (no secret)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise BrokerMissingError("no free port between 15000 and 32000")


class Broker:
    """A broker on 127.0.0.1 with SASL PLAIN and ACLs; not started yet.

    It keeps port, data and API keys over `kill` and `start`. All calls block; one order at a time.

    Args:
        cluster: Cluster id clients see, such as `lkc-abc`.
    """

    def __init__(self, cluster: str) -> None:
        self.cluster = cluster
        self.port = free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._controller_port = free_port()
        self._super_secret = secrets.token_urlsafe(24)
        self._folder = Path(tempfile.mkdtemp(prefix="kafka-dr-broker-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._standing: dict[str, dict[str, Any]] = {}
        self._answers = b""
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """Process id, None before the first start."""
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start, or start again after `kill` or `stop`; returns when clients are served.

        Raises:
            BrokerMissingError: Kafka or Java is not there.
            BrokerDownError: the broker did not come up; its log is quoted.
        """
        if self.alive:
            return
        self._reap()  # somebody else may have killed it
        command = ["java", *_JVM, "-cp", kafka_classpath(), "emulator.kafka.agent.Agent"]
        self._answers = b""
        try:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(  # noqa: S603 (our own command)
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, bufsize=0, cwd=self._folder
                )
        except FileNotFoundError as error:
            raise BrokerMissingError("no java on PATH; install a JDK 17 or newer") from error
        first = {
            "folder": str(self._folder),
            "parent": os.getpid(),
            "cluster": self.cluster,
            "port": self.port,
            "controller_port": self._controller_port,
            "super_secret": self._super_secret,
            "standing": list(self._standing.values()),
        }
        with self._lock:
            self._exchange(first, _START_S)

    def kill(self) -> None:
        """SIGKILL, as a disaster does it; data and port stay for the next `start`."""
        if self._process is not None:
            self._process.kill()
            self._reap()

    def stop(self) -> None:
        """Shut down in order; data and port stay for the next `start`."""
        if self.alive:
            self.call("stop")
            self._reap()

    def close(self) -> None:
        """Kill the broker and delete its folder."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def keys(self, keys: Mapping[str, tuple[str, str]]) -> None:
        """Accept these API keys and no others: key to (secret, owner); the owner is the ACLs' `User:<owner>`."""
        self.stand("keys", keys=dict(keys))

    def stand(self, op: str, **arguments: Any) -> None:
        """Give an order that replaces a table (`keys`, `roles`, `read_only`): it also holds after each later start."""
        self._standing[op] = {"op": op, **arguments}
        if self.alive:
            self.call(op, **arguments)

    def login(self, key: str | None = None, secret: str | None = None) -> dict[str, str]:
        """Return a confluent-kafka configuration for an API key; without one, of the super user."""
        return {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": _SUPER_USER if key is None else key,
            "sasl.password": self._super_secret if secret is None else secret,
        }

    def call(self, op: str, **arguments: Any) -> Any:
        """Give the agent one order and return its answer.

        Raises:
            BrokerDownError: the process is gone or silent.
            OrderRefusedError: Kafka refuses.
        """
        with self._lock:
            answer = self._exchange({"op": op, **arguments}, _ORDER_S)
        if "error" in answer:
            raise OrderRefusedError(answer["error"], answer["message"])
        return answer.get("ok")

    @property
    def _log(self) -> Path:
        return self._folder / "broker.log"

    def _exchange(self, order: dict[str, Any], timeout_s: float) -> Any:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise BrokerDownError(f"the broker of {self.cluster} was not started")
        try:
            _write_all(process.stdin.fileno(), json.dumps(order).encode() + b"\n")
            line = self._line(process.stdout.fileno(), time.monotonic() + timeout_s)
        except (OSError, ValueError) as error:
            raise BrokerDownError(f"the broker of {self.cluster} is gone: {error}") from error
        if line is None:
            raise BrokerDownError(f"the broker of {self.cluster} ended or does not answer. {self._last_words()}")
        return json.loads(line)

    def _line(self, descriptor: int, deadline: float) -> bytes | None:
        while b"\n" not in self._answers:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(descriptor, 1 << 16) if ready else b""
            if not chunk:
                return None
            self._answers += chunk
        line, _, self._answers = self._answers.partition(b"\n")
        return line

    def _last_words(self) -> str:
        try:
            return self._log.read_text(errors="replace")[-2000:]
        except OSError:
            return ""

    def _reap(self) -> None:
        process = self._process
        if process is None:
            return
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
