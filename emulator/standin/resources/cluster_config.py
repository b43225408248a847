"""KafkaClusterConfig: broker settings of a Dedicated cluster."""

from __future__ import annotations

from emulator.standin.fields import Field, Resource, only_keys
from emulator.standin.operation import Operation
from emulator.standin.resources.common import (
    SETTLE_S,
    adopt_kafka,
    kafka_fields,
    refuse_removed_settings,
    settings_list,
)
from emulator.standin.transport import ApiError

EDITABLE = (
    "auto.create.topics.enable",
    "ssl.enabled.protocols",
    "ssl.cipher.suites",
    "num.partitions",
    "log.cleaner.max.compaction.lag.ms",
    "log.retention.ms",
)


async def _alter(op: Operation) -> None:
    rest = await op.kafka_of_resource()
    await rest.call("POST", "/broker-configs:alter", body={"data": settings_list(op.state["config"])})


async def create(op: Operation) -> None:
    """Alter, 10 s, then read."""
    await _alter(op)
    op.id = op.config.values.get("kafkaId") or op.text("kafkaCluster", "id")
    await op.pace.settle(SETTLE_S)
    await read(op)


async def read(op: Operation) -> None:
    """GET; every listed setting is state, whatever its source."""
    rest = await op.kafka_of_resource()
    try:
        listed = (await rest.call("GET", "/broker-configs"))["data"]
    except ApiError as error:
        return op.missing(error, gone=error.gone_from_kafka)
    op.state["config"] = {item["name"]: item["value"] for item in listed if item.get("value") is not None}
    return None


async def update(op: Operation) -> None:
    """Alter all settings when one changed (removing one is an error), 10 s, then read."""
    if op.changed("config"):
        refuse_removed_settings(op, "Kafka Config")
        await _alter(op)
        await op.pace.settle(SETTLE_S)
    await read(op)


async def delete(_op: Operation) -> None:
    """Send nothing: the settings stay on the cluster."""


def adopt(op: Operation) -> None:
    """Import by cluster id."""
    adopt_kafka(op, op.id)


RESOURCE = Resource(
    token="confluentcloud:index/kafkaClusterConfig:KafkaClusterConfig",  # noqa: S106
    fields={
        **kafka_fields(endpoint_replaces=True),
        "config": Field(kind="map", required=True, rule=only_keys(*EDITABLE)),
    },
    create=create,
    read=read,
    update=update,
    delete=delete,
    adopt=adopt,
)
