"""Topic configuration keys of Confluent Cloud: defaults, value checks, and what a link copies to its mirrors."""

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from emulator.errors import KafkaError

DEFAULTS: Final = MappingProxyType(
    {
        "cleanup.policy": "delete",
        "compression.type": "producer",
        "confluent.key.schema.validation": "false",
        "confluent.key.subject.name.strategy": "io.confluent.kafka.serializers.subject.TopicNameStrategy",
        "confluent.schema.validation.context.name": "default",
        "confluent.topic.type": "standard",
        "confluent.value.schema.validation": "false",
        "confluent.value.subject.name.strategy": "io.confluent.kafka.serializers.subject.TopicNameStrategy",
        "delete.retention.ms": "86400000",
        "file.delete.delay.ms": "60000",
        "flush.messages": "9223372036854775807",
        "flush.ms": "9223372036854775807",
        "index.interval.bytes": "4096",
        "max.compaction.lag.ms": "9223372036854775807",
        "max.message.bytes": "2097164",
        "message.downconversion.enable": "true",
        "message.format.version": "3.0-IV1",
        "message.timestamp.after.max.ms": "9223372036854775807",
        "message.timestamp.before.max.ms": "9223372036854775807",
        "message.timestamp.difference.max.ms": "9223372036854775807",
        "message.timestamp.type": "CreateTime",
        "min.cleanable.dirty.ratio": "0.5",
        "min.compaction.lag.ms": "0",
        "min.insync.replicas": "2",
        "preallocate": "false",
        "retention.bytes": "-1",
        "retention.ms": "604800000",
        "segment.bytes": "104857600",
        "segment.index.bytes": "10485760",
        "segment.jitter.ms": "0",
        "segment.ms": "604800000",
        "unclean.leader.election.enable": "false",
    }
)
EDITABLE: Final = frozenset(
    {
        "cleanup.policy",
        "confluent.key.schema.validation",
        "confluent.key.subject.name.strategy",
        "confluent.schema.validation.context.name",
        "confluent.value.schema.validation",
        "confluent.value.subject.name.strategy",
        "delete.retention.ms",
        "max.compaction.lag.ms",
        "max.message.bytes",
        "message.timestamp.after.max.ms",
        "message.timestamp.before.max.ms",
        "message.timestamp.difference.max.ms",
        "message.timestamp.type",
        "min.compaction.lag.ms",
        "min.insync.replicas",
        "retention.bytes",
        "retention.ms",
        "segment.bytes",
        "segment.ms",
    }
)
ALWAYS_SYNCED: Final = frozenset(
    {"message.timestamp.type", "message.timestamp.difference.max.ms", "cleanup.policy", "max.message.bytes"}
)
NEVER_SYNCED: Final = frozenset(name for name in DEFAULTS if name.startswith("confluent."))
SYNCABLE: Final = frozenset(DEFAULTS) - NEVER_SYNCED - {"message.format.version"}

_WORDS: Final = {
    "cleanup.policy": {"delete", "compact", "compact,delete", "delete,compact"},
    "message.timestamp.type": {"CreateTime", "LogAppendTime"},
    "confluent.key.schema.validation": {"true", "false"},
    "confluent.value.schema.validation": {"true", "false"},
}
_MAY_BE_MINUS_ONE: Final = frozenset({"retention.bytes", "retention.ms"})


def check_name(name: str) -> None:
    """Refuse keys the service does not know or does not let users set.

    Raises:
        KafkaError: 400/40002.
    """
    if name not in DEFAULTS:
        raise KafkaError(400, 40002, f"Unknown topic config name: {name}")
    if name not in EDITABLE:
        raise KafkaError(400, 40002, f"Config property {name} cannot be changed.")


def check_value(name: str, value: str | None) -> str:
    """Return `value` unchanged when `name` may be set to it.

    Raises:
        KafkaError: 400/40002 for an unknown or read-only key, or an impossible value.
    """
    check_name(name)
    if value is None:
        raise KafkaError(400, 40002, f"Config property {name} needs a value.")
    if name in _WORDS:
        if value not in _WORDS[name]:
            raise KafkaError(400, 40002, f"Invalid value {value} for configuration {name}.")
    elif DEFAULTS[name].lstrip("-").isdigit():
        floor = -1 if name in _MAY_BE_MINUS_ONE else 0
        if not value.lstrip("-").isdigit() or int(value) < floor:
            raise KafkaError(400, 40002, f"Invalid value {value} for configuration {name}.")
    return value


def synced_names(include: str | None) -> frozenset[str]:
    """Return the keys a link copies, from its `topic.config.sync.include` (None: the default, everything syncable)."""
    return SYNCABLE if include is None else frozenset(split_names(include))


def split_names(include: str) -> list[str]:
    """Return the names of a comma-separated list."""
    return [name.strip() for name in include.split(",") if name.strip()]


def check_include(include: str) -> None:
    """Check a custom `topic.config.sync.include` list.

    Raises:
        KafkaError: 400/40002 when an always-synced key is missing or a key can never be synced.
    """
    names = set(split_names(include))
    if missing := ALWAYS_SYNCED - names:
        raise KafkaError(400, 40002, f"topic.config.sync.include must contain {_listed(missing)}.")
    if wrong := names - SYNCABLE:
        raise KafkaError(400, 40002, f"topic.config.sync.include must not contain {_listed(wrong)}.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
