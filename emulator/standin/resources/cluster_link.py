"""ClusterLink in all its modes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from emulator.standin.fields import Field, Resource, block, credentials, one_of, only_keys
from emulator.standin.operation import Operation, ProviderError, status_of
from emulator.standin.resources.common import (
    HTTP,
    SETTLE_S,
    import_parts,
    refuse_removed_settings,
    settings_list,
)
from emulator.standin.transport import ApiError, Rest, segment
from emulator.standin.values import Props
from emulator.standin.waits import MINUTE, StateWait

EDITABLE = (
    "acl.filters",
    "acl.sync.enable",
    "acl.sync.ms",
    "auto.create.mirror.topics.enable",
    "auto.create.mirror.topics.filters",
    "cluster.link.prefix",
    "consumer.group.prefix.enable",
    "consumer.offset.group.filters",
    "consumer.offset.sync.enable",
    "consumer.offset.sync.ms",
    "mirror.start.offset.spec",
    "topic.config.sync.ms",
    "topic.config.sync.include",
)
"""The settings the provider lets through and reads back; ``cluster.link.paused`` is not among them."""

_CREDENTIAL_SETTINGS = ("sasl.jaas.config", "local.sasl.jaas.config", "sasl.mechanism", "local.sasl.mechanism")
_BLOCKS = ("sourceKafkaCluster", "destinationKafkaCluster", "localKafkaCluster", "remoteKafkaCluster")
_CALLED = {
    "DESTINATION": "destinationKafkaCluster",
    "SOURCE": "sourceKafkaCluster",
    "BIDIRECTIONAL": "localKafkaCluster",
}
_OTHER = {
    "DESTINATION": ("sourceKafkaCluster", "source_cluster_id"),
    "SOURCE": ("destinationKafkaCluster", "destination_cluster_id"),
    "BIDIRECTIONAL": ("remoteKafkaCluster", "remote_cluster_id"),
}


def _modes(op: Operation) -> tuple[str, str]:
    return op.text("linkMode"), op.text("connectionMode")


def _refuse_bad_blocks(op: Operation) -> None:
    """Check blocks against modes: in the apply, not in the preview."""
    mode, connection = _modes(op)
    if (mode, connection) == ("SOURCE", "INBOUND"):
        raise ProviderError('source initiated cluster link can\'t have "INBOUND"="DESTINATION"')
    called, other = _CALLED[mode], _OTHER[mode][0]
    needed = [(called, "credentials"), (other, "bootstrapEndpoint"), (called, "restEndpoint")]
    if mode == "SOURCE":
        needed.append((other, "credentials"))
    if (mode, connection) == ("DESTINATION", "OUTBOUND"):
        needed.append((other, "credentials"))
    for name, member in needed:
        if not (op.state.get(name) or {}).get(member):
            raise ProviderError(f'error creating Cluster Link: "{member}" must be specified for "{name}"')
    if (mode, connection) == ("DESTINATION", "INBOUND") and op.state[other].get("credentials"):
        raise ProviderError(f'error creating Cluster Link: "credentials" must not be specified for "{other}"')


def _jaas(cluster: Props) -> str:
    key = cluster.get("credentials") or {}
    return (
        "org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'username="{key.get("key", "")}" password="{key.get("secret", "")}";'
    )


def connection_settings(op: Operation) -> dict[str, str]:
    """Return the settings that the provider derives from modes and blocks."""
    mode, connection = _modes(op)
    called, other = op.state.get(_CALLED[mode]) or {}, op.state.get(_OTHER[mode][0]) or {}
    settings = {
        "connection.mode": connection,
        "link.mode": mode,
        "bootstrap.servers": str(other.get("bootstrapEndpoint", "")),
    }
    if connection == "INBOUND":
        return settings
    settings.update({"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "sasl.jaas.config": _jaas(other)})
    if mode != "DESTINATION":
        settings.update(
            {
                "local.security.protocol": "SASL_SSL",
                "local.sasl.mechanism": "PLAIN",
                "local.sasl.jaas.config": _jaas(called),
            }
        )
    if mode == "BIDIRECTIONAL":
        settings["remote.link.connection.mode"] = "INBOUND"
    return settings


async def _rest(op: Operation) -> Rest:
    # The provider block is ignored here (terraform-provider-confluent#214).
    cluster = op.state.get(_CALLED[op.text("linkMode")]) or {}
    key = cluster.get("credentials") or {}
    endpoint, lkc = cluster.get("restEndpoint", ""), cluster.get("id", "")
    return await op.kafka(endpoint, lkc, key.get("key", ""), key.get("secret", ""))


def _path(op: Operation) -> str:
    return f"/links/{segment(op.text('link'))}"


def _id(op: Operation) -> str:
    return f"{op.text(_CALLED[op.text('linkMode')], 'id')}/{op.text('link')}"


async def create(op: Operation) -> None:
    """POST (the server validates the link by default), 10 s, then read."""
    _refuse_bad_blocks(op)
    rest = await _rest(op)
    other, wire = _OTHER[op.text("linkMode")]
    settings = {**connection_settings(op), **(op.state.get("config") or {})}
    body = {wire: op.text(other, "id"), "configs": settings_list(settings)}
    await rest.call("POST", "/links", query={"link_name": op.text("link")}, body=body)
    op.id = _id(op)
    await op.pace.settle(SETTLE_S)
    await read(op)


async def read(op: Operation) -> None:
    """GET the link (404 means deleted) and its settings. Modes, clusters and keys are never read back."""
    rest = await _rest(op)
    try:
        found = await rest.call("GET", _path(op))
    except ApiError as error:
        return op.missing(error, gone=error.gone_from_kafka)
    op.state.update(
        link=found["link_name"],
        clusterLinkId=found.get("cluster_link_id") or "",
        config=await link_settings(rest, op.text("link")),
    )
    op.id = _id(op)
    return None


async def link_settings(rest: Rest, link: str) -> dict[str, str]:
    """Return the editable settings that were set explicitly."""
    listed = (await rest.call("GET", f"/links/{segment(link)}/configs"))["data"]
    return {
        item["name"]: item.get("value") or ""
        for item in listed
        if item["name"] in EDITABLE and item["source"] == "DYNAMIC_CLUSTER_LINK_CONFIG"
    }


async def update(op: Operation) -> None:
    """Alter credentials, then settings, each with a 10 s sleep, then read."""
    if any(op.changed(name, "credentials") for name in _BLOCKS):
        await _alter_credentials(op)
    if op.changed("config"):
        refuse_removed_settings(op, "Cluster Link")
        await _alter(op, settings_list(op.state.get("config") or {}))
    await read(op)


async def _alter_credentials(op: Operation) -> None:
    changes: list[dict[str, Any]] = [
        {**item, "operation": "SET"}
        for item in settings_list(connection_settings(op))
        if item["name"] in _CREDENTIAL_SETTINGS
    ]
    if not changes:
        # The keys of an INBOUND half cannot be rotated through the provider.
        raise ProviderError("error updating Cluster Link: len(credentialConfigs) is 0")
    await _alter(op, changes)


async def _alter(op: Operation, changes: list[dict[str, Any]]) -> None:
    rest = await _rest(op)
    await rest.call("PUT", f"{_path(op)}/configs:alter", body={"data": changes})
    await op.pace.settle(SETTLE_S)


async def delete(op: Operation) -> None:
    """DELETE without force, then poll until 404."""
    rest = await _rest(op)
    await rest.call("DELETE", _path(op))
    await StateWait(["IN_PROGRESS"], "DONE", SETTLE_S, MINUTE, 20 * MINUTE).run(
        op.pace, lambda: status_of(lambda: rest.call("GET", _path(op)), gone=lambda error: error.gone_from_kafka)
    )


def adopt(op: Operation) -> None:
    """Import ``<link>/<mode>/<connection>/<source or local>/<destination or remote>`` with IMPORT_* variables."""
    link, mode, connection, first, second = import_parts(
        op, "<link name>/<link mode>/<connection mode>/<source or local cluster>/<destination or remote cluster>"
    )
    if mode not in _CALLED:
        raise ProviderError(f"error importing Cluster Link: unknown link mode {mode!r}")
    op.state.update(link=link, linkMode=mode, connectionMode=connection)
    sides = ("LOCAL", "REMOTE") if mode == "BIDIRECTIONAL" else ("SOURCE", "DESTINATION")
    for side, cluster in zip(sides, (first, second), strict=True):
        op.state[f"{side.lower()}KafkaCluster"] = {"id": cluster, **_import_side(side)}


def _import_side(side: str) -> Props:
    found: Props = {}
    for member, suffix in (("restEndpoint", "REST_ENDPOINT"), ("bootstrapEndpoint", "BOOTSTRAP_ENDPOINT")):
        if value := os.environ.get(f"IMPORT_{side}_KAFKA_{suffix}"):
            found[member] = value
    key, secret = (os.environ.get(f"IMPORT_{side}_KAFKA_API_{part}", "") for part in ("KEY", "SECRET"))
    if key and secret:
        found["credentials"] = {"key": key, "secret": secret}
    return found


def validate(inputs: Props) -> Sequence[tuple[str, str]]:
    """Demand exactly one endpoint per block."""
    failures = []
    for name in _BLOCKS:
        given = inputs.get(name)
        if isinstance(given, dict):
            endpoints = [member for member in ("restEndpoint", "bootstrapEndpoint") if member in given]
            if len(endpoints) != 1:
                failures.append((name, f"exactly one of restEndpoint, bootstrapEndpoint is needed, found {endpoints}"))
    return failures


_CLUSTER = block(
    {
        "id": Field(required=True, replace=True),
        "restEndpoint": Field(replace=True, rule=HTTP),
        "bootstrapEndpoint": Field(replace=True),
        "credentials": credentials(),
    }
)

RESOURCE = Resource(
    token="confluentcloud:index/clusterLink:ClusterLink",  # noqa: S106
    fields={
        "link": Field(required=True, replace=True, autoname=True),
        "linkMode": Field(default="DESTINATION", replace=True, rule=one_of(*_CALLED)),
        "connectionMode": Field(default="OUTBOUND", replace=True, rule=one_of("OUTBOUND", "INBOUND")),
        **dict.fromkeys(_BLOCKS, _CLUSTER),
        "config": Field(kind="map", computed=True, rule=only_keys(*EDITABLE)),
        "clusterLinkId": Field(output=True),
    },
    create=create,
    read=read,
    update=update,
    delete=delete,
    adopt=adopt,
    validate=validate,
)
