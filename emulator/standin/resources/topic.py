"""KafkaTopic."""

from __future__ import annotations

import re
from typing import Any

from emulator.standin.fields import Field, Resource
from emulator.standin.operation import Operation, ProviderError, status_of
from emulator.standin.resources.common import SETTLE_S, adopt_kafka, import_parts, kafka_fields, settings_list
from emulator.standin.transport import ApiError, Rest, segment
from emulator.standin.waits import MINUTE, StateWait

_DEFAULT_PARTITIONS = 6
_LEGAL_NAME = re.compile(r"[a-zA-Z0-9._-]+")
_INTERNAL = "confluent.topic.type"
EDITABLE = (
    "cleanup.policy",
    "delete.retention.ms",
    "max.message.bytes",
    "max.compaction.lag.ms",
    "message.timestamp.difference.max.ms",
    "message.timestamp.before.max.ms",
    "message.timestamp.after.max.ms",
    "message.timestamp.type",
    "min.compaction.lag.ms",
    "min.insync.replicas",
    "retention.bytes",
    "retention.ms",
    "segment.bytes",
    "segment.ms",
    "confluent.key.schema.validation",
    "confluent.value.schema.validation",
    "confluent.key.subject.name.strategy",
    "confluent.value.subject.name.strategy",
    "confluent.schema.validation.context.name",
)


def _path(op: Operation) -> str:
    return f"/topics/{segment(op.text('topicName'))}"


async def create(op: Operation) -> None:
    """POST, 10 s, then read. The list of settings is always sent, the replication factor never."""
    rest = await op.kafka_of_resource()
    body = {
        "topic_name": op.text("topicName"),
        "partitions_count": op.state["partitionsCount"],
        "configs": settings_list(op.state.get("config") or {}),
    }
    await rest.call("POST", "/topics", body=body)
    op.id = f"{_cluster(op)}/{op.text('topicName')}"
    await op.pace.settle(SETTLE_S)
    await read(op)


def _cluster(op: Operation) -> str:
    return op.config.values.get("kafkaId") or op.text("kafkaCluster", "id")


async def read(op: Operation) -> None:
    """GET the topic (404 means deleted) and its settings."""
    rest = await op.kafka_of_resource()
    try:
        found = await rest.call("GET", _path(op))
    except ApiError as error:
        return op.missing(error, gone=error.gone_from_kafka)
    op.state.update(
        topicName=found["topic_name"],
        partitionsCount=found["partitions_count"],
        config=await topic_settings(rest, op.text("topicName")),
    )
    op.id = f"{_cluster(op)}/{found['topic_name']}"
    return None


async def topic_settings(rest: Rest, topic: str) -> dict[str, str]:
    """Return the settings that were set explicitly; defaults are not state."""
    listed = (await rest.call("GET", f"/topics/{segment(topic)}/configs"))["data"]
    return {
        item["name"]: item["value"]
        for item in listed
        if item["source"] == "DYNAMIC_TOPIC_CONFIG" and item["name"] != _INTERNAL and item.get("value") is not None
    }


async def update(op: Operation) -> None:
    """Grow the partitions, alter the settings and verify them. There is no read at the end."""
    if op.changed("partitionsCount"):
        await _grow(op)
    if op.changed("config"):
        await _alter(op)


async def _grow(op: Operation) -> None:
    rest = await op.kafka_of_resource()
    try:
        await rest.call("PATCH", _path(op), body={"partitions_count": op.state["partitionsCount"]})
    except ApiError:
        op.state["partitionsCount"] = op.old["partitionsCount"]
        raise
    await op.pace.settle(SETTLE_S)


async def _alter(op: Operation) -> None:
    old, new = op.old.get("config") or {}, op.state.get("config") or {}
    changes: list[dict[str, Any]] = [{"name": name, "operation": "DELETE"} for name in old if name not in new]
    changes.extend(settings_list({name: value for name, value in new.items() if old.get(name) != value}))
    for change in changes:
        if change["name"] not in EDITABLE:
            raise ProviderError(
                f'error updating Kafka Topic "{op.id}": "{change["name"]}" topic setting is read-only and cannot be '
                "updated, reset or removed"
            )
    rest = await op.kafka_of_resource()
    await rest.call("POST", f"{_path(op)}/configs:alter", body={"data": changes})
    await op.pace.settle(SETTLE_S)
    actual = await topic_settings(rest, op.text("topicName"))
    outdated = [name for name, value in new.items() if actual.get(name, value) != value]
    if outdated:
        raise ProviderError(f'error updating Kafka Topic "{op.id}": topic settings update failed for {outdated}')


async def delete(op: Operation) -> None:
    """DELETE (404 is an error), then poll until 404."""
    rest = await op.kafka_of_resource()
    await rest.call("DELETE", _path(op))
    await StateWait(["IN_PROGRESS"], "DONE", SETTLE_S, MINUTE, 20 * MINUTE).run(
        op.pace, lambda: status_of(lambda: rest.call("GET", _path(op)), gone=lambda error: error.gone_from_kafka)
    )


def adopt(op: Operation) -> None:
    """Import by cluster id and topic name."""
    cluster, op.state["topicName"] = import_parts(op, "<Kafka cluster ID>/<topic name>")
    adopt_kafka(op, cluster)


def _legal(name: Any) -> str | None:
    ok = isinstance(name, str) and _LEGAL_NAME.fullmatch(name)
    return None if ok else "the topic name can only contain letters, digits, '.', '_' and '-'"


def _at_least_one(count: Any) -> str | None:
    return None if count >= 1 else "expected at least 1 partition"


RESOURCE = Resource(
    token="confluentcloud:index/kafkaTopic:KafkaTopic",  # noqa: S106
    fields={
        **kafka_fields(endpoint_replaces=False),
        "topicName": Field(required=True, replace=True, rule=_legal),
        "partitionsCount": Field(
            kind="int", default=_DEFAULT_PARTITIONS, replace_if=lambda old, new: new < old, rule=_at_least_one
        ),
        "config": Field(kind="map", computed=True),
        "httpEndpoint": Field(),
    },
    create=create,
    read=read,
    update=update,
    delete=delete,
    adopt=adopt,
)
