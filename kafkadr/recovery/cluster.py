"""One cluster as a recovery reaches it over Kafka's own protocol, with its troubles put into words.

confluent-kafka is an optional dependency: only what is here imports it, and only when it is used.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import stamina
from pydantic import SecretStr

from kafkadr.errors import DrError, ExitCode, RefusedError, UnreachableError
from kafkadr.text import clean

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Producer
    from confluent_kafka.admin import AdminClient

REQUEST_SECONDS = 30.0
"""How long one request may take, its retries included."""
FIRST_SECONDS = 15.0
"""How long the first request may take: whether anybody is there at all."""
_SERVER = re.compile(r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}")
_SILENT = {"_TIMED_OUT", "_TRANSPORT", "_ALL_BROKERS_DOWN", "_RESOLVE", "_TIMED_OUT_QUEUE", "_MSG_TIMED_OUT"}
_STARTING = {
    "COORDINATOR_LOAD_IN_PROGRESS",
    "COORDINATOR_NOT_AVAILABLE",
    "NOT_COORDINATOR",
    "LEADER_NOT_AVAILABLE",
    "NOT_LEADER_FOR_PARTITION",
    "_LEADER_NOT_AVAILABLE",
    "FENCED_LEADER_EPOCH",
    "UNKNOWN_LEADER_EPOCH",
    "OFFSET_NOT_AVAILABLE",
    "REPLICA_NOT_AVAILABLE",
    "BROKER_NOT_AVAILABLE",
    "KAFKA_STORAGE_ERROR",
}
"""What passes: a cluster that starts, or whose leaders have moved since this client asked for its metadata."""
_QUIET = {"log_level": 0, "socket.connection.setup.timeout.ms": 5000, "allow.auto.create.topics": False}


class UsageError(DrError):
    """What the caller asks for can never work."""

    exit_code = ExitCode.USAGE


class SilentError(UnreachableError):
    """Nobody answered: neither a word about the cluster nor a refusal."""


class NotYetError(UnreachableError):
    """The cluster is there and still takes up its work, as after an outage: ask again."""


class UnfitError(DrError):
    """Kafka answered with an error that a repeat would not cure."""


@dataclass(frozen=True)
class Cluster:
    """Where a cluster is and with which key it is spoken to.

    Attributes:
        role: What it is to the recovery, for messages: `the original cluster`.
        servers: `host:port`, several with commas.
        protocol: `SASL_SSL`, or `SASL_PLAINTEXT` on this machine.
        key: API key of that cluster.
        secret: Its secret.
    """

    role: str
    servers: str
    protocol: str
    key: str
    secret: SecretStr

    def settings(self) -> dict[str, Any]:
        """What every client of librdkafka needs to connect; the secret is in clear from here on."""
        return {
            "bootstrap.servers": self.servers,
            "security.protocol": self.protocol,
            "sasl.mechanisms": "PLAIN",
            "sasl.username": self.key,
            "sasl.password": self.secret.get_secret_value(),
            **_QUIET,
        }


def cluster_at(role: str, bootstrap: str, key: str, secret: SecretStr) -> Cluster:
    """The cluster at `host:port` or `SASL_SSL://host:port`, as Confluent prints it.

    Raises:
        UsageError: The address is no bootstrap address, or would send the secret in clear over a network.
    """
    protocols = {p.rpartition("://")[0].upper() or "SASL_SSL" for p in bootstrap.split(",")}
    servers = [p.strip().rpartition("://")[2] for p in bootstrap.split(",")]
    if (
        len(protocols) != 1
        or not protocols <= {"SASL_SSL", "SASL_PLAINTEXT"}
        or not all(map(_SERVER.fullmatch, servers))
    ):
        raise UsageError(f"{clean(bootstrap)!r} is no bootstrap address", "Use host:port or SASL_SSL://host:port")
    protocol = protocols.pop()
    if protocol == "SASL_PLAINTEXT" and not all(map(_on_this_machine, servers)):
        raise UsageError(
            f"SASL_PLAINTEXT to {bootstrap} would send the secret in clear over the network",
            "Use SASL_SSL; without TLS only brokers on loopback are allowed",
        )
    return Cluster(role, ",".join(servers), protocol, key, secret)


def library() -> Any:
    """The package confluent_kafka.

    Raises:
        UsageError: It is not installed.
    """
    try:
        import confluent_kafka.admin  # noqa: PLC0415 - optional dependency
    except ImportError as error:
        raise UsageError(
            f"this needs the package confluent-kafka, which cannot be imported ({clean(str(error))})",
            "Install the extra `kafka` of kafka-dr: pip install 'kafka-dr[kafka]'",
        ) from None
    return confluent_kafka


patiently = stamina.retry(on=NotYetError, attempts=None, timeout=60, wait_max=2)
"""Repeat a look or an order while the cluster takes up its work."""


class Client:
    """Makes librdkafka clients of one cluster and remembers the last error they reported aside.

    librdkafka retries for ever and lets the call itself time out, so that only this tells a wrong key from a dead host.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._aside: Any = None
        self._all_down = False
        self._admin: AdminClient | None = None

    def admin(self) -> AdminClient:
        """The admin client, made once."""
        if self._admin is None:
            self._admin = library().admin.AdminClient(self._settings({}))
        return self._admin

    def consumer(self, **more: Any) -> Consumer:
        """A consumer that commits nothing and fails rather than start anywhere else than it was told."""
        fixed = {
            "group.id": "kafkadr-recover",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "check.crcs": True,
        }
        made: Consumer = library().Consumer(self._settings(fixed | {k.replace("_", "."): v for k, v in more.items()}))
        return made

    def producer(self, transactional_id: str, **more: Any) -> Producer:
        """A transactional producer."""
        fixed = {"transactional.id": transactional_id, "transaction.timeout.ms": 60_000, "linger.ms": 20}
        made: Producer = library().Producer(self._settings(fixed | {k.replace("_", "."): v for k, v in more.items()}))
        return made

    def cluster_id(self, patience: float | None = None) -> str:
        """The id the brokers themselves give; on Confluent Cloud `lkc-...`.

        Args:
            patience: Seconds that somebody has to be there at all; `FIRST_SECONDS` by default. Whoever gives it has
                another way, and is not kept waiting where every address refuses or has no name, seen twice.
        """
        seconds = FIRST_SECONDS if patience is None else patience
        each = 2.0 if patience is None else 1.0
        deadline, looks = time.monotonic() + seconds, 0
        while True:
            try:
                return str(self.admin().list_topics("__none", timeout=min(each, seconds)).cluster_id)
            except library().KafkaException as error:
                # What librdkafka reports aside is only delivered by a poll: look after each short wait.
                problem, looks = self.problem(error.args[0], "say which cluster it is"), looks + 1
                nobody = patience is not None and self._all_down and looks > 1
                if error.args[0].name() not in _SILENT or self._refused or nobody or time.monotonic() > deadline:
                    raise problem from None

    def result(self, future: Any, what: str) -> Any:
        """Result of an admin call's future."""
        with self.told(what):
            return future.result(REQUEST_SECONDS + 5)

    @contextmanager
    def told(self, what: str) -> Iterator[None]:
        """Turn Kafka's exceptions into problems with a remedy."""
        try:
            yield
        except library().KafkaException as error:
            raise self.problem(error.args[0], what) from None
        except TimeoutError:
            raise self.silent(what) from None

    def problem(self, error: Any, what: str) -> DrError:
        """A Kafka error in words."""
        name, text = str(error.name()), clean(str(error.str()), 200)
        where = f"{self.cluster.role} at {self.cluster.servers}"
        if name in _SILENT:
            return self.silent(what)
        if name in {"_AUTHENTICATION", "SASL_AUTHENTICATION_FAILED"}:
            return UnreachableError(
                f"{where} refuses the key {self.cluster.key}: {text}", "Check that the key belongs to this cluster"
            )
        if name in _STARTING:
            return NotYetError(f"{where} is there, but not ready to {what} ({name})", "Run the same command again soon")
        if name.endswith("AUTHORIZATION_FAILED"):
            return RefusedError(f"{where} does not let the key {self.cluster.key} {what}: {text}", _GRANT)
        return UnfitError(f"{where} cannot {what}: {text} ({name})", "Read the message; nothing else was assumed")

    def silent(self, what: str) -> DrError:
        """No answer in time, or the refusal that librdkafka only reported aside."""
        if self._admin is not None:
            self._admin.poll(0)
        if self._refused:
            return self.problem(self._aside, what)
        aside = f" ({clean(str(self._aside.str()), 200)})" if self._aside is not None else ""
        return SilentError(
            f"{self.cluster.role} at {self.cluster.servers} does not answer to a request to {what}{aside}",
            "Check address and network; run the same command again when it is back",
        )

    def _settings(self, more: Mapping[str, Any]) -> dict[str, Any]:
        return {**self.cluster.settings(), **more, "error_cb": self._set_aside}

    def _set_aside(self, error: Any) -> None:
        self._all_down = self._all_down or error.name() == "_ALL_BROKERS_DOWN"
        if not self._refused:
            self._aside = error

    @property
    def _refused(self) -> bool:
        return self._aside is not None and self._aside.name() == "_AUTHENTICATION"


_GRANT = (
    "Grant its account READ and DESCRIBE on the topic and READ on the group; to append also WRITE and DESCRIBE_CONFIGS"
    " on the topic, and WRITE and DESCRIBE on transactional ids that begin with kafkadr-recover"
)


def _on_this_machine(server: str) -> bool:
    host = server.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
