"""KafkaClientQuota."""

from __future__ import annotations

from typing import Any

from emulator.standin.fields import Field, Resource, block, not_empty, reference, starts_with
from emulator.standin.operation import Operation
from emulator.standin.resources.common import ENVIRONMENT, by_id, delete_by_id
from emulator.standin.transport import ApiError, segment

PATH = "/kafka-quotas/v1/client-quotas"
_AFTER_CREATE_S = 30.0
_AFTER_UPDATE_S = 15.0


def _spec(op: Operation) -> dict[str, Any]:
    return {
        "display_name": op.text("displayName"),
        "description": op.text("description"),
        "throughput": {
            "ingress_byte_rate": op.text("throughput", "ingressByteRate"),
            "egress_byte_rate": op.text("throughput", "egressByteRate"),
        },
        "principals": [{"id": principal} for principal in op.state["principals"]],
    }


async def create(op: Operation) -> None:
    """POST, 30 s, then read."""
    scope = {
        "cluster": {"id": op.text("kafkaCluster", "id")},
        "environment": {"id": op.text("environment", "id")},
    }
    op.id = (await op.cloud.call("POST", PATH, body={"spec": {**_spec(op), **scope}}))["id"]
    await op.pace.settle(_AFTER_CREATE_S)
    await read(op)


async def read(op: Operation) -> None:
    """GET; 404 and 403 mean deleted."""
    try:
        found = await op.cloud.call("GET", f"{PATH}/{segment(op.id)}")
    except ApiError as error:
        return op.missing(error, gone=error.gone_from_cloud)
    spec = found["spec"]
    op.state.update(
        displayName=spec.get("display_name", ""),
        description=spec.get("description", ""),
        kafkaCluster={"id": spec["cluster"]["id"]},
        environment={"id": spec["environment"]["id"]},
        principals=[principal["id"] for principal in spec["principals"]],
        throughput={
            "ingressByteRate": spec["throughput"]["ingress_byte_rate"],
            "egressByteRate": spec["throughput"]["egress_byte_rate"],
        },
    )
    return None


async def update(op: Operation) -> None:
    """PATCH the whole editable spec, 15 s, then read."""
    await op.cloud.call("PATCH", f"{PATH}/{segment(op.id)}", body={"spec": _spec(op)})
    await op.pace.settle(_AFTER_UPDATE_S)
    await read(op)


RESOURCE = Resource(
    token="confluentcloud:index/kafkaClientQuota:KafkaClientQuota",  # noqa: S106
    fields={
        "displayName": Field(required=True, rule=not_empty),
        "description": Field(computed=True),
        "kafkaCluster": reference(starts_with("lkc-"), required=True, replace=True),
        "environment": ENVIRONMENT,
        "principals": Field(kind="strings", required=True),
        "throughput": block(
            {"ingressByteRate": Field(required=True), "egressByteRate": Field(required=True)}, required=True
        ),
    },
    create=create,
    read=read,
    update=update,
    delete=delete_by_id(PATH),
    adopt=by_id,
)
