"""ApiKey for a cluster or for the cloud API."""

from __future__ import annotations

from typing import Any

from emulator.standin.fields import Field, Resource, block, not_empty, one_of, reference, starts_with
from emulator.standin.operation import Operation, import_setting
from emulator.standin.resources.common import delete_by_id
from emulator.standin.transport import ApiError, Rest, segment
from emulator.standin.waits import MINUTE, StateWait

PATH = "/iam/v2/api-keys"
_SYNC_LIMIT_S = 20 * MINUTE
_SENT_VERSIONS = ("global/v1", "fcpm/v2", "tableflow/v1")
_UNSYNCED = (401, 403)


async def create(op: Operation) -> None:
    """POST, wait until the key works, and only then record the id.

    A failed or interrupted wait leaves a live key that is in no state: that is the vendor's order.
    """
    spec: dict[str, Any] = {
        "display_name": op.text("displayName"),
        "description": op.text("description"),
        "owner": {"id": op.text("owner", "id"), "kind": op.text("owner", "kind"), "related": "", "resource_name": ""},
    }
    if managed := op.state.get("managedResource"):
        # api_version and environment are not sent for Kafka and Schema Registry keys: the answer supplies them.
        spec["resource"] = {"id": managed["id"], "kind": managed["kind"], "related": "", "resource_name": ""}
        if managed["apiVersion"] in _SENT_VERSIONS:
            spec["resource"]["api_version"] = managed["apiVersion"]
    made = await op.cloud.call("POST", PATH, body={"spec": spec})
    secret = made["spec"]["secret"]
    if not op.state.get("disableWaitForReady"):
        await _await_sync(op, made["id"], secret, made["spec"]["resource"])
    op.state["secret"] = secret
    op.id = made["id"]
    await read(op)


async def _await_sync(op: Operation, key: str, secret: str, resource: dict[str, Any]) -> None:
    group = str(resource.get("api_version", "")).partition("/")[0]
    if group == "srcm":
        await op.pace.settle(MINUTE)
        return
    if group == "cmk":
        query = {"environment": op.text("managedResource", "environment", "id")}
        cluster = await op.cloud.call("GET", f"/cmk/v2/clusters/{segment(resource['id'])}", query=query)
        probe = await op.kafka(cluster["spec"]["http_endpoint"], resource["id"], key, secret)
        wait = StateWait(["IN_PROGRESS"], "DONE", MINUTE, MINUTE, _SYNC_LIMIT_S, hits=2)
        await wait.run(op.pace, lambda: _probe(probe, "/topics"))
        return
    wait = StateWait(["IN_PROGRESS"], "DONE", 15, MINUTE, _SYNC_LIMIT_S)
    await wait.run(op.pace, lambda: _probe(op.cloud_as(key, secret), "/org/v2/environments"))


async def _probe(rest: Rest, path: str) -> str:
    try:
        await rest.call("GET", path)
    except ApiError as error:
        if error.status in _UNSYNCED:
            return "IN_PROGRESS"
        raise
    return "DONE"


async def read(op: Operation) -> None:
    """GET; 404 and 403 mean deleted. The secret is not in the answer and stays as it was."""
    try:
        found = await op.cloud.call("GET", f"{PATH}/{segment(op.id)}")
    except ApiError as error:
        return op.missing(error, gone=error.gone_from_cloud)
    spec = found["spec"]
    owner = spec["owner"]
    op.state.update(
        displayName=spec.get("display_name", ""),
        description=spec.get("description", ""),
        owner={"id": owner["id"], "kind": owner.get("kind", ""), "apiVersion": owner.get("api_version", "")},
    )
    op.state.setdefault("disableWaitForReady", False)
    resource = spec["resource"]
    # Whatever does not call itself "cloud" is stored as a managed resource.
    if str(resource.get("kind", "")).lower() != "cloud":
        kind = resource["kind"]
        managed = {
            "id": resource["id"],
            "kind": "Cluster" if kind in ("SchemaRegistry", "ksqlDB") else kind,
            "apiVersion": resource.get("api_version", ""),
        }
        if environment := op.text("managedResource", "environment", "id"):
            managed["environment"] = {"id": environment}
        op.state["managedResource"] = managed
    return None


async def update(op: Operation) -> None:
    """PATCH display name and description if they changed, then read."""
    spec = {
        wire: op.text(name)
        for name, wire in (("displayName", "display_name"), ("description", "description"))
        if op.changed(name)
    }
    if spec:
        await op.cloud.call("PATCH", f"{PATH}/{segment(op.id)}", body={"spec": spec})
    await read(op)


def adopt(op: Operation) -> None:
    """Import ``<environment>/<key>`` or, for a Cloud key, ``<key>``; the secret comes from API_KEY_SECRET."""
    environment, _, key = op.id.rpartition("/")
    op.id = key
    op.state["secret"] = import_setting("API_KEY_SECRET")
    if environment:
        op.state["managedResource"] = {"environment": {"id": environment}}


def _same_group(old: str, new: str) -> bool:
    return old.partition("/")[0] == new.partition("/")[0]


_MEMBER = Field(required=True, replace=True)

RESOURCE = Resource(
    token="confluentcloud:index/apiKey:ApiKey",  # noqa: S106
    fields={
        "displayName": Field(autoname=True, rule=not_empty),
        "description": Field(rule=not_empty),
        "owner": block(
            {
                "id": Field(required=True, replace=True, rule=starts_with("u-", "sa-")),
                "kind": Field(required=True, replace=True, rule=one_of("User", "ServiceAccount")),
                "apiVersion": Field(required=True, replace=True, rule=one_of("iam/v2")),
            },
            required=True,
            replace=True,
        ),
        "managedResource": block(
            {
                "id": Field(required=True, replace=True, rule=not_empty),
                "kind": _MEMBER,
                "apiVersion": Field(required=True, replace=True, suppress=_same_group),
                "environment": reference(starts_with("env-"), replace=True),
            },
            replace=True,
        ),
        "disableWaitForReady": Field(kind="bool"),
        "secret": Field(output=True, secret=True),
    },
    create=create,
    read=read,
    update=update,
    delete=delete_by_id(PATH),
    adopt=adopt,
)
