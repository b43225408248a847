"""Configuration keys of a cluster link (confluent-api section 10): defaults, kinds, and what may change when."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from emulator.errors import KafkaError
from emulator.kafka import topic_configs
from emulator.kafka.filters import parse_acls, parse_names

Kind = Literal["text", "bool", "int", "names", "acls", "start", "include", "link mode", "connection mode"]


@dataclass(frozen=True)
class Key:
    """What is known of one key.

    Attributes:
        default: Value when it was never set; None when there is none.
        kind: How values are checked.
        minimum: Least value of an int.
        read_only: The service refuses to set it at all.
        fixed: It can be set when the link is created, not later.
        sensitive: Its value is never shown.
    """

    default: str | None = None
    kind: Kind = "text"
    minimum: int = 0
    read_only: bool = False
    fixed: bool = False
    sensitive: bool = False


def _constant(value: str) -> Key:
    return Key(value, read_only=True)


_ENABLE: Final = Key("false", "bool")
_SYNC: Final = {
    "consumer.offset.sync.enable": _ENABLE,
    "consumer.offset.sync.ms": Key("30000", "int", 1000),
    "consumer.offset.group.filters": Key("", "names"),
    "consumer.group.prefix.enable": Key("false", "bool", fixed=True),
    "acl.sync.enable": _ENABLE,
    "acl.sync.ms": Key("5000", "int", 1000),
    "acl.filters": Key("", "acls"),
    "auto.create.mirror.topics.enable": _ENABLE,
    "auto.create.mirror.topics.filters": Key("", "names"),
    "topic.config.sync.ms": Key("5000", "int", 1000),
    "topic.config.sync.include": Key(",".join(sorted(topic_configs.SYNCABLE)), "include"),
    "cluster.link.prefix": Key(None, fixed=True),
    "mirror.start.offset.spec": Key("earliest", "start"),
}
_LINK: Final = {
    "cluster.link.paused": _ENABLE,
    "link.mode": Key("DESTINATION", "link mode", fixed=True),
    "connection.mode": Key("OUTBOUND", "connection mode", fixed=True),
    "remote.link.connection.mode": Key(None, "connection mode", fixed=True),
    "availability.check.ms": Key("60000", "int", 1),
    "availability.check.consecutive.failure.threshold": Key("5", "int", 1),
    "cluster.link.retry.timeout.ms": _constant("300000"),
    "connections.max.idle.ms": _constant("600000"),
    "metadata.max.age.ms": _constant("300000"),
    "num.cluster.link.fetchers": _constant("1"),
    "replica.fetch.max.bytes": _constant("5242880"),
    "replica.fetch.min.bytes": _constant("1"),
    "replica.fetch.response.max.bytes": _constant("10485760"),
    "replica.fetch.wait.max.ms": _constant("500"),
    "replica.fetch.backoff.ms": _constant("1000"),
    "replica.socket.timeout.ms": _constant("30000"),
    "request.timeout.ms": _constant("30000"),
    "retry.backoff.ms": _constant("100"),
    "socket.connection.setup.timeout.ms": _constant("10000"),
    "socket.connection.setup.timeout.max.ms": _constant("30000"),
    "replica.socket.receive.buffer.bytes": Key("-1", "int", -1),
    "client.dns.lookup": Key("use_all_dns_ips"),
    "bootstrap.servers": Key(),
    "local.listener": Key(),  # the vendor's CLI sends it with a bidirectional or source-initiated half
}
_SECRET: Final = Key(sensitive=True)
_SECURITY: Final = {
    "security.protocol": Key("PLAINTEXT"),
    "sasl.mechanism": Key("GSSAPI"),
    "sasl.jaas.config": _SECRET,
    "sasl.login.callback.handler.class": Key(),
    "sasl.oauthbearer.token.endpoint.url": Key(),
    "ssl.cipher.suites": Key(),
    "ssl.enabled.protocols": Key("TLSv1.2,TLSv1.3"),
    "ssl.endpoint.identification.algorithm": Key("https"),
    "ssl.key.password": _SECRET,
    "ssl.keystore.certificate.chain": _SECRET,
    "ssl.keystore.key": _SECRET,
    "ssl.keystore.location": Key(),
    "ssl.keystore.password": _SECRET,
    "ssl.keystore.type": Key("JKS"),
    "ssl.protocol": Key("TLSv1.3"),
    "ssl.provider": Key(),
    "ssl.truststore.certificates": _SECRET,
    "ssl.truststore.location": Key(),
    "ssl.truststore.password": _SECRET,
    "ssl.truststore.type": Key("JKS"),
}
KEYS: Final = MappingProxyType(
    {**_SYNC, **_LINK, **_SECURITY, **{f"local.{name}": key for name, key in _SECURITY.items()}}
)

FILTERS_OF: Final = MappingProxyType(
    {
        "consumer.offset.sync.enable": "consumer.offset.group.filters",
        "acl.sync.enable": "acl.filters",
        "auto.create.mirror.topics.enable": "auto.create.mirror.topics.filters",
    }
)
"""A feature that is switched off loses its filters (confluent-api section 10)."""

_MODES: Final = {
    "link mode": ("DESTINATION", "SOURCE", "BIDIRECTIONAL"),
    "connection mode": ("OUTBOUND", "INBOUND"),
    "bool": ("true", "false"),
}
_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:?\d\d)?")
_JAAS: Final = re.compile(r"\b(username|password)=\"((?:[^\"\\]|\\.)*)\"")


def check_value(name: str, value: str | None) -> str:
    """Return `value` unchanged, since the service gives it back verbatim, when `name` can have it.

    Raises:
        KafkaError: 400/40002. The text never repeats the value: it may be a secret.
    """
    key = KEYS.get(name)
    if key is None:
        raise KafkaError(400, 40002, f"Unknown cluster link config name: {name}")
    if key.read_only:
        raise KafkaError(400, 40002, f"Cluster link config {name} is read-only.")
    if value is None:
        raise KafkaError(400, 40002, f"Cluster link config {name} needs a value.")
    words = _MODES.get(key.kind)
    if words is not None and value not in words:
        raise KafkaError(400, 40002, f"Cluster link config {name} must be one of {', '.join(words)}.")
    check = _CHECKS.get(key.kind)
    if check is not None:
        check(name, value)
    return value


def _check_int(name: str, value: str) -> None:
    minimum = KEYS[name].minimum
    if not re.fullmatch(r"-?\d{1,18}", value) or int(value) < minimum:
        raise KafkaError(400, 40002, f"Cluster link config {name} must be a number of at least {minimum}.")


def _check_start(name: str, value: str) -> None:
    if value not in ("earliest", "latest") and not _TIMESTAMP.fullmatch(value):
        raise KafkaError(400, 40002, f"Cluster link config {name} must be earliest, latest or an ISO 8601 time.")


def _check_include(_name: str, value: str) -> None:
    topic_configs.check_include(value)


_CHECKS: Final[dict[str, Callable[[str, str], object]]] = {
    "int": _check_int,
    "start": _check_start,
    "names": parse_names,
    "acls": parse_acls,
    "include": _check_include,
}


def changed(configs: dict[str, str], changes: list[tuple[str, str | None]]) -> dict[str, str]:
    """Return `configs` of an existing link after `changes` (None resets to the default).

    Raises:
        KafkaError: 400/40002 for a key or value that cannot be set, or one that is fixed at creation.
    """
    result = dict(configs)
    for name, value in changes:
        key = KEYS.get(name)
        if key is None or key.read_only or value is not None:
            check_value(name, value)
        if key is not None and key.fixed and value != configs.get(name, key.default):
            raise KafkaError(400, 40002, f"Cluster link config {name} cannot be changed after creation.")
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    named = {name for name, _ in changes}
    for feature, filters in FILTERS_OF.items():
        if configs.get(feature) == "true" and result.get(feature) != "true" and filters not in named:
            result.pop(filters, None)
    check_together(result)
    return result


def check_together(configs: dict[str, str]) -> None:
    """Refuse settings that exclude each other.

    Raises:
        KafkaError: 400/40002.
    """
    mode = configs.get("link.mode", "DESTINATION")
    on = {name for name, value in configs.items() if value == "true"}
    prefix = configs.get("cluster.link.prefix")
    if prefix and "acl.sync.enable" in on:
        raise KafkaError(400, 40002, "acl.sync.enable cannot be combined with cluster.link.prefix.")
    if "consumer.group.prefix.enable" in on and not prefix:
        raise KafkaError(400, 40002, "consumer.group.prefix.enable needs cluster.link.prefix.")
    if "consumer.group.prefix.enable" in on and mode == "BIDIRECTIONAL":
        raise KafkaError(400, 40002, "consumer.group.prefix.enable is not supported on bidirectional links.")
    if mode == "SOURCE" and on & set(FILTERS_OF):
        raise KafkaError(400, 40002, "Sync settings belong on the destination half of a source-initiated link.")


def credentials(jaas: str | None) -> tuple[str, str] | None:
    """Return (key, secret) of a `sasl.jaas.config`, or None when it does not hold both."""
    found = {name: re.sub(r"\\(.)", r"\1", value) for name, value in _JAAS.findall(jaas or "")}
    if "username" in found and "password" in found:
        return found["username"], found["password"]
    return None
