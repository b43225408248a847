"""Shapes and manners every Kafka REST route shares: caller, permission, bodies, lists, self links."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emulator.cloud.wire import base_of
from emulator.errors import KafkaError
from emulator.kafka.acls import CLUSTER_NAME
from emulator.kafka.cluster import KafkaCluster
from emulator.world import World

Item = TypeVar("Item")
Json = dict[str, Any]


def world_of(request: Request) -> World:
    """Return the world the application serves."""
    world: World = request.app.state.world
    return world


def cluster_of(request: Request) -> KafkaCluster:
    """Return the cluster of the path.

    Raises:
        KafkaError: 404 when it does not exist or is not the one behind this endpoint.
    """
    lkc = request.path_params["cluster_id"]
    if lkc != request.path_params["lkc"]:
        raise KafkaError(404, 404, f"Cluster {lkc} cannot be found.")
    return world_of(request).cluster(lkc)


def may(request: Request, operation: str, resource_type: str = "CLUSTER", name: str = CLUSTER_NAME) -> KafkaCluster:
    """Return the cluster of the path if the caller may do `operation` there.

    Raises:
        KafkaError: 404 for an unknown cluster, 403 without a grant.
    """
    cluster = cluster_of(request)
    world_of(request).authorize(request.state.principal, cluster, operation, resource_type, name)
    return cluster


def visible(request: Request, resource_type: str, name: str) -> bool:
    """Whether the caller may DESCRIBE a resource; lists leave out the others, as Kafka's do."""
    principal = request.state.principal
    return principal.admin or world_of(request).allowed(
        principal.id, cluster_of(request), "DESCRIBE", (resource_type, name)
    )


async def body_of(request: Request) -> Json:
    """Return the JSON object of the request.

    Raises:
        KafkaError: 400 when the body is not one.
    """
    try:
        body = json.loads(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise KafkaError(400, 400, "Bad Request: the body must be a JSON object.")
    return body


def text_in(body: Json, name: str, *, required: bool = False) -> str | None:
    """Return a string field, None when it is absent or null.

    Raises:
        KafkaError: 400 when it is something else, or missing although `required`.
    """
    value = body.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, str) or (required and not value):
        raise KafkaError(400, 400, f"Bad Request: {name} must be a string.")
    return value


def number_in(body: Json, name: str) -> int | None:
    """Return an integer field, None when it is absent or null.

    Raises:
        KafkaError: 400 when it is something else.
    """
    value = body.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise KafkaError(400, 400, f"Bad Request: {name} must be an integer.")
    return value


def configs_in(body: Json) -> dict[str, str | None]:
    """Return the `configs` list of a create request as a mapping.

    Raises:
        KafkaError: 400 when an entry has no name.
    """
    return dict(_pairs(body.get("configs") or []))


def changes_in(body: Json) -> list[tuple[str, str | None]]:
    """Return the `data` of an alter request: (name, new value), None for DELETE.

    Raises:
        KafkaError: 400 for an entry without name, or an unknown operation.
    """
    entries = body.get("data")
    if not isinstance(entries, list):
        raise KafkaError(400, 400, "Bad Request: data must be a list.")
    changes: list[tuple[str, str | None]] = []
    for entry, (name, value) in zip(entries, _pairs(entries), strict=True):
        operation = entry.get("operation") or "SET"
        if operation not in ("SET", "DELETE"):
            raise KafkaError(400, 400, f"Bad Request: unknown operation for {name}.")
        if operation == "SET" and value is None:
            raise KafkaError(400, 40002, f"Config {name} needs a value.")
        changes.append((name, None if operation == "DELETE" else value))
    return changes


def _pairs(entries: object) -> list[tuple[str, str | None]]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise KafkaError(400, 400, "Bad Request: configs must be a list of objects.")
    return [(text_in(entry, "name", required=True) or "", text_in(entry, "value")) for entry in entries]


def flag(request: Request, name: str, *, default: bool = False) -> bool:
    """Return a boolean query parameter.

    Raises:
        KafkaError: 400 when it is neither true nor false.
    """
    text = request.query_params.get(name, "true" if default else "false").lower()
    if text not in ("true", "false"):
        raise KafkaError(400, 400, f"Bad Request: {name} must be true or false.")
    return text == "true"


def root_of(request: Request) -> str:
    """Return the URL of the cluster the request is about."""
    lkc = request.path_params["lkc"]
    return f"{base_of(request)}/k/{lkc}/kafka/v3/clusters/{lkc}"


def url_of(request: Request, *parts: str | int) -> str:
    """Return the URL of something on the cluster, every part percent-encoded."""
    return "/".join([root_of(request), *(quote(str(part), safe="") for part in parts)])


def metadata(url: str, crn: str | None = None) -> Json:
    """Return the `metadata` of an object."""
    return {"self": url, "resource_name": crn}


def listing(
    request: Request, kind: str, items: Sequence[Item], render: Callable[[Item], Json], url: str | None = None
) -> Response:
    """Answer with a list, one page of it when the settings say so.

    Raises:
        KafkaError: 400 for a page token that is not ours.
    """
    here = url or str(request.url.replace(query=""))
    size = world_of(request).settings.page_size
    following = None
    if size is not None:
        token = request.query_params.get("page_token", "0")
        if not token.isdigit():
            raise KafkaError(400, 400, "Bad Request: unknown page_token.")
        start = int(token)
        if start + size < len(items):
            following = str(request.url.include_query_params(page_token=start + size))
        items = items[start : start + size]
    data = [render(item) for item in items]
    return JSONResponse({"kind": kind, "metadata": {"self": here, "next": following}, "data": data})


def empty(status: int = 204) -> Response:
    """Answer without a body."""
    return Response(status_code=status)
