"""Environment."""

from __future__ import annotations

from typing import Any

from emulator.standin.fields import Field, Resource, block, not_empty, one_of
from emulator.standin.operation import Operation
from emulator.standin.resources.common import by_id, delete_by_id
from emulator.standin.transport import ApiError, segment

PATH = "/org/v2/environments"


async def create(op: Operation) -> None:
    """POST, then read."""
    body: dict[str, Any] = {"display_name": op.text("displayName")}
    if package := op.text("streamGovernance", "package"):
        body["stream_governance_config"] = {"package": package}
    op.id = (await op.cloud.call("POST", PATH, body=body))["id"]
    await read(op)


async def read(op: Operation) -> None:
    """GET; 404 and 403 mean deleted."""
    try:
        found = await op.cloud.call("GET", f"{PATH}/{segment(op.id)}")
    except ApiError as error:
        return op.missing(error, gone=error.gone_from_cloud)
    op.state.update(displayName=found.get("display_name", ""), resourceName=found["metadata"]["resource_name"])
    if governance := found.get("stream_governance_config"):
        op.state["streamGovernance"] = {"package": governance["package"]}
    return None


async def update(op: Operation) -> None:
    """PATCH what changed, then read. The vendor sends the PATCH even when nothing changed."""
    body: dict[str, Any] = {}
    if op.changed("displayName"):
        body["display_name"] = op.text("displayName")
    if op.changed("streamGovernance", "package"):
        body["stream_governance_config"] = {"package": op.text("streamGovernance", "package")}
    await op.cloud.call("PATCH", f"{PATH}/{segment(op.id)}", body=body)
    await read(op)


RESOURCE = Resource(
    token="confluentcloud:index/environment:Environment",  # noqa: S106
    fields={
        "displayName": Field(required=True, autoname=True, rule=not_empty),
        "streamGovernance": block(
            {"package": Field(required=True, rule=one_of("ESSENTIALS", "ADVANCED"))}, computed=True
        ),
        "resourceName": Field(output=True),
    },
    create=create,
    read=read,
    update=update,
    delete=delete_by_id(PATH),
    adopt=by_id,
)
