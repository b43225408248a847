"""ServiceAccount."""

from __future__ import annotations

from emulator.standin.fields import Field, Resource, not_empty
from emulator.standin.operation import Operation
from emulator.standin.resources.common import by_id, delete_by_id
from emulator.standin.transport import ApiError, segment

PATH = "/iam/v2/service-accounts"


async def create(op: Operation) -> None:
    """POST, then read. The assigned owner is a query parameter."""
    body = {"display_name": op.text("displayName")}
    if description := op.text("description"):
        body["description"] = description
    owner = op.text("assignedResourceOwner")
    query = {"assigned_resource_owner": owner} if owner else None
    op.id = (await op.cloud.call("POST", PATH, body=body, query=query))["id"]
    await read(op)


async def read(op: Operation) -> None:
    """GET; 404 and 403 mean deleted."""
    try:
        found = await op.cloud.call("GET", f"{PATH}/{segment(op.id)}")
    except ApiError as error:
        return op.missing(error, gone=error.gone_from_cloud)
    op.state.update(
        displayName=found.get("display_name", ""),
        description=found.get("description", ""),
        apiVersion=found.get("api_version", ""),
        kind=found.get("kind", ""),
    )
    return None


async def update(op: Operation) -> None:
    """PATCH what changed, then read."""
    body = {
        wire: op.text(name)
        for name, wire in (("displayName", "display_name"), ("description", "description"))
        if op.changed(name)
    }
    await op.cloud.call("PATCH", f"{PATH}/{segment(op.id)}", body=body)
    await read(op)


RESOURCE = Resource(
    token="confluentcloud:index/serviceAccount:ServiceAccount",  # noqa: S106
    fields={
        "displayName": Field(required=True, autoname=True, rule=not_empty),
        "description": Field(computed=True),
        # Takes effect at create only: adding or changing it replaces, removing it changes nothing (SDK docs).
        "assignedResourceOwner": Field(computed=True, replace=True),
        "apiVersion": Field(output=True),
        "kind": Field(output=True),
    },
    create=create,
    read=read,
    update=update,
    delete=delete_by_id(PATH),
    adopt=by_id,
)
