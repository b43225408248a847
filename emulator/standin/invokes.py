"""Data sources (Pulumi functions): each reads through the same code as the resource of its name."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from emulator.standin.operation import Operation, ProviderError
from emulator.standin.resources import cluster_link, environment, kafka_cluster, service_account, topic
from emulator.standin.transport import segment
from emulator.standin.values import Props

if TYPE_CHECKING:
    from emulator.standin.fields import Field, Resource

Function = Callable[[Operation], Coroutine[Any, Any, Props]]
_PAGE_SIZE = "99"


async def _read(op: Operation, row: Resource) -> Props:
    op.is_new = True
    await row.read(op)
    return {**op.state, "id": op.id}


async def _find(op: Operation, path: str, query: Mapping[str, str], name_of: Callable[[Any], str]) -> str:
    """Page through a list for the one entry with the wanted display name and return its id."""
    wanted = op.text("displayName")
    if not wanted:
        raise ProviderError("one of id or displayName must be specified")
    token = ""
    while True:
        page = await op.cloud.call("GET", path, query={**query, **({"page_token": token} if token else {})})
        for entry in page["data"]:
            if name_of(entry) == wanted:
                return str(entry["id"])
        following = page.get("metadata", {}).get("next") or ""
        if not following:
            raise ProviderError(f"no entry of {path} with displayName {wanted!r} was found")
        token = following.partition("page_token=")[2].partition("&")[0]


async def get_environment(op: Operation) -> Props:
    """Find by id or by exact display name."""
    op.id = op.text("id") or await _find(
        op, environment.PATH, {"page_size": _PAGE_SIZE}, lambda found: str(found["display_name"])
    )
    return await _read(op, environment.RESOURCE)


async def get_kafka_cluster(op: Operation) -> Props:
    """Find by environment and id or display name. Blocks that are objects on the resource are lists here."""
    query = {"environment": op.text("environment", "id"), "page_size": _PAGE_SIZE}
    op.id = op.text("id") or await _find(
        op, kafka_cluster.PATH, query, lambda found: str(found["spec"]["display_name"])
    )
    found = await _read(op, kafka_cluster.RESOURCE)
    for single, plural in (("basic", "basics"), ("standard", "standards")):
        if single in found:
            found[plural] = [found.pop(single)]
    found["networks"] = [found.pop("network")] if "network" in found else []
    found["byokKeys"] = [found.pop("byokKey")] if "byokKey" in found else []
    return found


async def get_service_account(op: Operation) -> Props:
    """Find by id, or by display name in one unpaged call."""
    op.id = op.text("id")
    if not op.id:
        name = op.text("displayName")
        found = (await op.cloud.call("GET", service_account.PATH, query={"display_name": name}))["data"]
        ids = [entry["id"] for entry in found if entry["display_name"] == name]
        if not ids:
            raise ProviderError(f"no service account with displayName {name!r} was found")
        op.id = str(ids[0])
    return await _read(op, service_account.RESOURCE)


async def get_organization(op: Operation) -> Props:
    """Take the organisation out of the first environment's resource name."""
    for entry in (await op.cloud.call("GET", environment.PATH))["data"]:
        crn, mark, _ = entry["metadata"]["resource_name"].partition("/environment=")
        if mark and "/organization=" in crn:
            return {"id": crn.partition("/organization=")[2], "resourceName": crn}
    raise ProviderError("no environment found: the organization cannot be told")


async def get_kafka_topic(op: Operation) -> Props:
    """Read one topic."""
    return await _read(op, topic.RESOURCE)


async def get_cluster_link(op: Operation) -> Props:
    """Read one link with its state."""
    rest = await op.kafka_of_resource()
    name = op.text("linkName")
    found = await rest.call("GET", f"/links/{segment(name)}")
    return {
        **op.state,
        "id": f"{op.text('kafkaCluster', 'id')}/{name}",
        "clusterLinkId": found.get("cluster_link_id") or "",
        "linkState": found.get("link_state") or "",
        "config": await cluster_link.link_settings(rest, name),
    }


FUNCTIONS: Mapping[str, Function] = {
    f"confluentcloud:index/{name}:{name}": function
    for name, function in (
        ("getEnvironment", get_environment),
        ("getKafkaCluster", get_kafka_cluster),
        ("getServiceAccount", get_service_account),
        ("getOrganization", get_organization),
        ("getKafkaTopic", get_kafka_topic),
        ("getClusterLink", get_cluster_link),
    )
}
"""Functions by token."""

SENSITIVE: Mapping[str, Field] = {"credentials": topic.RESOURCE.fields["credentials"]}
"""What is secret in the answers."""
