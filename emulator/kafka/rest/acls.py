"""/acls: exact-match search, set semantics."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.errors import KafkaError
from emulator.kafka.acls import FIELDS, Acl, parse_acl, parse_filter, search
from emulator.kafka.principals import ALL_NEW, is_numbered, numbered, stored
from emulator.kafka.rest.wire import Json, body_of, empty, listing, may, metadata, root_of, world_of


def _acl_json(request: Request, acl: Acl) -> Json:
    lkc = request.path_params["lkc"]
    fields = {name: getattr(acl, name) for name in FIELDS}
    if is_numbered(request.query_params.get("principal", "")):
        fields["principal"] = numbered(world_of(request), acl.principal)
    head = {"kind": "KafkaAcl", "metadata": metadata(f"{root_of(request)}/acls"), "cluster_id": lkc}
    return head | fields


def _wanted(request: Request) -> dict[str, str]:
    wanted = parse_filter(dict(request.query_params))
    asked = wanted.pop("principal", ALL_NEW)
    return wanted if asked == ALL_NEW else wanted | {"principal": stored(world_of(request), asked)}


def _parsed(request: Request, body: object) -> Acl:
    acl = parse_acl(body)
    return replace(acl, principal=stored(world_of(request), acl.principal))


async def _search(request: Request) -> Response:
    cluster = may(request, "DESCRIBE")
    found = search(cluster.acls, _wanted(request))
    return listing(request, "KafkaAclList", found, lambda acl: _acl_json(request, acl))


async def _create(request: Request) -> Response:
    cluster = may(request, "ALTER")
    cluster.add_acl(_parsed(request, await body_of(request)))
    return empty(201)


async def _create_batch(request: Request) -> Response:
    """All or none."""
    cluster = may(request, "ALTER")
    entries = (await body_of(request)).get("data")
    if not isinstance(entries, list):
        raise KafkaError(400, 400, "Bad Request: data must be a list.")
    for acl in [_parsed(request, entry) for entry in entries]:
        cluster.add_acl(acl)
    return empty(201)


async def _delete(request: Request) -> Response:
    cluster = may(request, "ALTER")
    wanted = _wanted(request)
    if not wanted:  # match-any would empty the cluster by accident (confluent-api 8.4)
        raise KafkaError(400, 400, "Bad Request: deleting ACLs needs at least one filter.")
    found = search(cluster.acls, wanted)
    for acl in found:
        cluster.drop_acl(acl)
    return JSONResponse({"data": [_acl_json(request, acl) for acl in found]})


routes = [
    Route("/acls", _search, methods=["GET"]),
    Route("/acls", _create, methods=["POST"]),
    Route("/acls", _delete, methods=["DELETE"]),
    Route("/acls:batch", _create_batch, methods=["POST"]),
]
