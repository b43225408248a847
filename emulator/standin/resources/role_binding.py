"""RoleBinding."""

from __future__ import annotations

from emulator.standin.fields import Field, Resource, starts_with
from emulator.standin.operation import Operation
from emulator.standin.resources.common import by_id, delete_by_id
from emulator.standin.transport import ApiError, segment

PATH = "/iam/v2/role-bindings"
_PROPAGATION_S = 90.0


async def create(op: Operation) -> None:
    """POST, 90 s for the binding to take effect unless told not to wait, then read."""
    body = {
        "principal": op.text("principal"),
        "role_name": op.text("roleName"),
        "crn_pattern": op.text("crnPattern"),
    }
    op.id = (await op.cloud.call("POST", PATH, body=body))["id"]
    if not op.state.get("disableWaitForReady"):
        await op.pace.settle(_PROPAGATION_S)
    await read(op)


async def read(op: Operation) -> None:
    """GET; a deleted binding answers 403 on the real service."""
    try:
        found = await op.cloud.call("GET", f"{PATH}/{segment(op.id)}")
    except ApiError as error:
        return op.missing(error, gone=error.gone_from_cloud)
    op.state.update(principal=found["principal"], roleName=found["role_name"], crnPattern=found["crn_pattern"])
    op.state.setdefault("disableWaitForReady", False)
    return None


async def update(op: Operation) -> None:
    """Nothing can change in place but the wait switch: read only."""
    await read(op)


def _same_crn(old: str, new: str) -> bool:
    return old.replace("%3A", ":") == new.replace("%3A", ":")


RESOURCE = Resource(
    token="confluentcloud:index/roleBinding:RoleBinding",  # noqa: S106
    fields={
        "principal": Field(required=True, replace=True, rule=starts_with("User:")),
        "roleName": Field(required=True, replace=True),
        "crnPattern": Field(required=True, replace=True, suppress=_same_crn, rule=starts_with("crn://")),
        "disableWaitForReady": Field(kind="bool"),
    },
    create=create,
    read=read,
    update=update,
    delete=delete_by_id(PATH),
    adopt=by_id,
)
