"""KafkaCluster of any tier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulator.standin.fields import Field, Resource, block, not_empty, one_of, reference, starts_with
from emulator.standin.operation import Operation, ProviderError, status_of
from emulator.standin.resources.common import ENVIRONMENT, import_parts
from emulator.standin.transport import ApiError, segment
from emulator.standin.values import Props
from emulator.standin.waits import HOUR, MINUTE, StateWait

PATH = "/cmk/v2/clusters"
TIERS = {
    "basic": "Basic",
    "standard": "Standard",
    "enterprises": "Enterprise",
    "freights": "Freight",
    "dedicated": "Dedicated",
}
_LOW = ("SINGLE_ZONE", "LOW")
_HIGH = ("MULTI_ZONE", "HIGH")
_LEAST_CKU = {"SINGLE_ZONE": 1, "MULTI_ZONE": 2}


def tier(props: Props) -> tuple[str, Props]:
    """Return the property that names the tier, and its block (enterprises and freights are lists of one)."""
    for name in TIERS:
        if props.get(name) is not None:
            value = props[name]
            return name, (value[0] if value else {}) if isinstance(value, list) else value
    return "", {}


def _config(op: Operation) -> dict[str, Any]:
    name, settings = tier(op.state)
    config: dict[str, Any] = {"kind": TIERS[name]}
    if name == "dedicated":
        least = _LEAST_CKU.get(op.text("availability"), 0)
        if settings["cku"] < least:
            raise ProviderError(f"{op.text('availability')} dedicated clusters must have at least {least} CKUs")
        config["cku"] = settings["cku"]
        if op.is_new:  # the vendor's SDK fills in its default
            config["release_priority"] = "REGULAR"
        if settings.get("encryptionKey"):
            config["encryption_key"] = settings["encryptionKey"]
    elif settings.get("maxEcku"):
        config["max_ecku"] = settings["maxEcku"]
    return config


async def _get(op: Operation) -> dict[str, Any]:
    return await op.cloud.call("GET", f"{PATH}/{segment(op.id)}", query={"environment": op.text("environment", "id")})


async def create(op: Operation) -> None:
    """POST, poll until PROVISIONED, wait for the environment's Schema Registry if it has one, then read."""
    environment = op.text("environment", "id")
    spec: dict[str, Any] = {
        "display_name": op.text("displayName"),
        "availability": op.text("availability"),
        "cloud": op.text("cloud"),
        "region": op.text("region"),
        "config": _config(op),
        "environment": {"id": environment, "related": "", "resource_name": ""},
    }
    for name, wire in (("network", "network"), ("byokKey", "byok")):
        if op.text(name, "id"):
            spec[wire] = {"id": op.text(name, "id"), "related": "", "resource_name": ""}
    if op.state.get("deletionProtection"):
        spec["deletion_protection"] = True
    op.id = (await op.cloud.call("POST", PATH, body={"spec": spec}))["id"]

    async def phase() -> str:
        return str((await _get(op))["status"]["phase"])

    limit = 72 * HOUR if tier(op.state)[0] == "dedicated" else HOUR
    await StateWait(["PROVISIONING"], "PROVISIONED", 5, MINUTE, limit).run(op.pace, phase)
    await _await_schema_registry(op, environment)
    await read(op)


async def _await_schema_registry(op: Operation, environment: str) -> None:
    found = await op.cloud.call("GET", f"/org/v2/environments/{segment(environment)}")
    if not found.get("stream_governance_config"):
        return

    async def phase() -> str:
        query = {"environment": environment, "page_size": "99"}
        clusters = (await op.cloud.call("GET", "/srcm/v3/clusters", query=query))["data"]
        return str(clusters[0]["status"]["phase"]) if clusters else "PROVISIONING"

    await StateWait(["PROVISIONING"], "PROVISIONED", 5, 5, 10 * MINUTE).run(op.pace, phase)


async def read(op: Operation) -> None:
    """GET; 404 and 403 mean deleted."""
    try:
        found = await _get(op)
    except ApiError as error:
        return op.missing(error, gone=error.gone_from_cloud)
    spec = found["spec"]
    op.state.update(
        apiVersion=found["api_version"],
        kind=found["kind"],
        displayName=spec["display_name"],
        availability=spec["availability"],
        cloud=spec["cloud"],
        region=spec["region"],
        deletionProtection=bool(spec.get("deletion_protection")),
        bootstrapEndpoint=spec.get("kafka_bootstrap_endpoint", ""),
        restEndpoint=spec.get("http_endpoint", ""),
        rbacCrn=_rbac_crn(found["metadata"]["resource_name"]),
        environment={"id": spec["environment"]["id"]},
        endpoints=[
            {
                "accessPointId": name,
                "bootstrapEndpoint": value.get("kafka_bootstrap_endpoint", ""),
                "restEndpoint": value.get("http_endpoint", ""),
                "connectionType": value.get("connection_type", ""),
            }
            for name, value in (spec.get("endpoints") or {}).items()
        ],
    )
    for name, wire in (("network", "network"), ("byokKey", "byok")):
        if (spec.get(wire) or {}).get("id"):
            op.state[name] = {"id": spec[wire]["id"]}
    _read_tier(op, spec["config"], found["status"])
    return None


def _rbac_crn(resource_name: str) -> str:
    crn, mark, _ = resource_name.partition("/kafka=")
    if not mark:
        raise ProviderError(f"could not construct rbacCrn: '/kafka=' not found in {resource_name!r}")
    return crn


def _read_tier(op: Operation, config: dict[str, Any], status: dict[str, Any]) -> None:
    for name in TIERS:
        op.state.pop(name, None)
    kind = config["kind"].removeprefix("cmk.v2.")
    name = next(name for name, wire in TIERS.items() if wire == kind)
    settings: Props = {"maxEcku": config["max_ecku"]} if config.get("max_ecku") else {}
    if name == "dedicated":
        # The CKU count in state is what runs (status), not what was asked for (spec).
        settings = {"cku": status["cku"], "zones": config.get("zones") or []}
        if config.get("encryption_key"):
            settings["encryptionKey"] = config["encryption_key"]
    elif name == "freights":
        settings["zones"] = config.get("zones") or []
    op.state[name] = [settings] if name in ("enterprises", "freights") else settings


async def update(op: Operation) -> None:
    """Send one PATCH per kind of change; display name and maximum eCKU together go in one."""
    (old_tier, old), (new_tier, new) = tier(op.old), tier(op.state)
    named = op.changed("displayName")
    resized = old_tier == new_tier and old.get("maxEcku") != new.get("maxEcku")
    if named or resized:
        spec = {"display_name": op.text("displayName")} if named else {}
        await _patch(op, {**spec, **({"config": _config(op)} if resized else {})})
    if (old_tier, new_tier) == ("basic", "standard"):
        await _patch(op, {"config": _config(op)})
    if new_tier == old_tier == "dedicated" and old.get("cku") != new.get("cku"):
        await _patch(op, {"config": _config(op)})
        await _await_cku(op, new["cku"])
    if bool(op.old.get("deletionProtection")) != bool(op.state.get("deletionProtection")):
        await _patch(op, {"deletion_protection": bool(op.state.get("deletionProtection"))})
    await read(op)


async def _patch(op: Operation, spec: dict[str, Any]) -> None:
    body = {"spec": {**spec, "environment": {"id": op.text("environment", "id")}}}
    await op.cloud.call("PATCH", f"{PATH}/{segment(op.id)}", body=body)


async def _await_cku(op: Operation, wanted: int) -> None:
    async def progress() -> str:
        found = await _get(op)
        return "DONE" if found["status"].get("cku") == found["spec"]["config"].get("cku") == wanted else "IN_PROGRESS"

    await StateWait(["IN_PROGRESS"], "DONE", 5, MINUTE, 72 * HOUR).run(op.pace, progress)


async def delete(op: Operation) -> None:
    """DELETE, then poll until 404 or 403."""
    environment = {"environment": op.text("environment", "id")}
    await op.cloud.call("DELETE", f"{PATH}/{segment(op.id)}", query=environment)
    await StateWait(["IN_PROGRESS"], "DONE", MINUTE, MINUTE, 20 * MINUTE).run(
        op.pace, lambda: status_of(lambda: _get(op), gone=lambda error: error.gone_from_cloud)
    )


def adopt(op: Operation) -> None:
    """Import by environment and cluster id."""
    environment, op.id = import_parts(op, "<environment ID>/<Kafka cluster ID>")
    op.state["environment"] = {"id": environment}


def validate(inputs: Props) -> Sequence[tuple[str, str]]:
    """Demand exactly one tier."""
    given = [name for name in TIERS if name in inputs]
    return [] if len(given) == 1 else [("", f"exactly one of {', '.join(TIERS)} must be specified, found {given}")]


def plan_error(old: Props, new: Props) -> str | None:
    """Refuse tier changes other than Basic to Standard: an error at plan time, not a replacement."""
    before, after = tier(old)[0], tier(new)[0]
    if before == after or (before, after) == ("basic", "standard"):
        return None
    return "error updating Kafka Cluster: clusters can only be upgraded from 'Basic' to 'Standard'"


def _same_availability(old: str, new: str) -> bool:
    return any(old in pair and new in pair for pair in (_LOW, _HIGH))


_ECKU = {"maxEcku": Field(kind="int", computed=True)}
_ZONES = {"zones": Field(kind="strings", output=True)}

RESOURCE = Resource(
    token="confluentcloud:index/kafkaCluster:KafkaCluster",  # noqa: S106
    fields={
        "displayName": Field(required=True, autoname=True, rule=not_empty),
        "availability": Field(required=True, replace=True, suppress=_same_availability, rule=one_of(*_LOW, *_HIGH)),
        "cloud": Field(required=True, replace=True, rule=one_of("AWS", "AZURE", "GCP")),
        "region": Field(required=True, replace=True),
        "environment": ENVIRONMENT,
        "basic": block(_ECKU),
        "standard": block(_ECKU),
        "dedicated": block({"cku": Field(kind="int", required=True), "encryptionKey": Field(computed=True), **_ZONES}),
        "enterprises": Field(kind="blocks", fields=_ECKU),
        "freights": Field(kind="blocks", fields={**_ECKU, **_ZONES}),
        "network": reference(starts_with("n-", "nr-"), computed=True),
        "byokKey": reference(computed=True),
        "deletionProtection": Field(kind="bool"),
        "apiVersion": Field(output=True),
        "kind": Field(output=True),
        "bootstrapEndpoint": Field(output=True),
        "restEndpoint": Field(output=True),
        "rbacCrn": Field(output=True),
        "endpoints": Field(kind="blocks", output=True),
    },
    create=create,
    read=read,
    update=update,
    delete=delete,
    adopt=adopt,
    validate=validate,
    plan_error=plan_error,
)
