"""API keys: /iam/v2/api-keys (confluent-api.md S4.4)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.cloud.bodies import ApiKeyBody, ApiKeyPatch, read_body
from emulator.cloud.records import CLOUD_RESOURCE, GLOBAL_RESOURCE, KeyRecord
from emulator.cloud.rights import forbidden, require_admin
from emulator.cloud.srcm import environment_of_registry
from emulator.cloud.store import ADMIN_USER, CloudStore, new_secret
from emulator.cloud.wire import account_crn, base_of, listing, metadata, reference, store_of
from emulator.errors import CloudError

_PATH = "iam/v2/api-keys"


def _scope(store: CloudStore, resource: str) -> str:
    if resource in store.clusters:
        return store.rbac_crn(resource)
    environment = environment_of_registry(store, resource)
    return store.org_crn() if environment is None else f"{store.env_crn(environment.id)}/schema-registry={resource}"


def _resource(base: str, store: CloudStore, resource: str) -> dict[str, Any]:
    # anything whose kind is not "Cloud" is stored as a managed resource by the provider: drift, then replacement
    special = {CLOUD_RESOURCE: ("iam/v2", "Cloud"), GLOBAL_RESOURCE: ("global/v1", "Global")}
    plain = reference(base, resource, _scope(store, resource), typed=True)
    if resource in special:
        return plain | dict(zip(("api_version", "kind"), special[resource], strict=True))
    return plain


def _render(request: Request, key: KeyRecord, *, with_secret: bool = False) -> dict[str, Any]:
    base, store = base_of(request), store_of(request)
    spec = {
        "display_name": key.display_name,
        "description": key.description,
        "owner": reference(base, key.owner_id, account_crn(store, key.owner_id), typed=True),
        "resource": _resource(base, store, key.resource_id),
    }
    meta = metadata(base, _PATH, f"{store.org_crn()}/api-key={key.id}", key)
    body = {"api_version": "iam/v2", "kind": "ApiKey", "id": key.id, "metadata": meta}
    return body | {"spec": spec | ({"secret": key.secret} if with_secret else {})}


def _key(request: Request) -> KeyRecord:
    found = store_of(request).find_key(request.path_params["id"])
    if found is None:
        raise forbidden()  # the service's recorded answer for a deleted key
    return found


async def _list_keys(request: Request) -> Response:
    query = request.query_params
    found = [
        key
        for key in store_of(request).keys.values()
        if query.get("spec.owner", key.owner_id) == key.owner_id
        and query.get("spec.resource", key.resource_id) == key.resource_id
    ]
    return listing(request, "iam/v2", "ApiKeyList", found, lambda key: _render(request, key))


def _check(store: CloudStore, owner: str, resource: str) -> None:
    if owner != ADMIN_USER and owner not in store.service_accounts:
        raise CloudError(400, "invalid_owner", f"no such owner: {owner}")
    known = resource in {CLOUD_RESOURCE, GLOBAL_RESOURCE} or resource in store.clusters
    if not known and environment_of_registry(store, resource) is None:
        raise CloudError(400, "invalid_resource", f"no such resource: {resource}")


async def _create_key(request: Request) -> Response:
    """Create a key; a replayed POST creates a second one, as the service does."""
    store, spec = store_of(request), (await read_body(request, ApiKeyBody)).spec
    resource = spec.resource.id if spec.resource else CLOUD_RESOURCE
    _check(store, spec.owner.id, resource)
    require_admin(request, _scope(store, resource))
    key = store.put_key(store.new_key_id(), new_secret(), spec.owner.id, resource, spec.display_name, spec.description)
    return JSONResponse(_render(request, key, with_secret=True), 202)


async def _get_key(request: Request) -> Response:
    return JSONResponse(_render(request, _key(request)))


async def _update_key(request: Request) -> Response:
    store, key = store_of(request), _key(request)
    require_admin(request, _scope(store, key.resource_id))
    spec = (await read_body(request, ApiKeyPatch)).spec
    key.display_name = key.display_name if spec.display_name is None else spec.display_name
    key.description = key.description if spec.description is None else spec.description
    key.updated_ms = store.now_ms()
    return JSONResponse(_render(request, key))


async def _delete_key(request: Request) -> Response:
    store, key = store_of(request), _key(request)
    require_admin(request, _scope(store, key.resource_id))
    del store.keys[key.id]
    return Response(status_code=204)


routes = [
    Route("/iam/v2/api-keys", _list_keys, methods=["GET"]),
    Route("/iam/v2/api-keys", _create_key, methods=["POST"]),
    Route("/iam/v2/api-keys/{id}", _get_key, methods=["GET"]),
    Route("/iam/v2/api-keys/{id}", _update_key, methods=["PATCH"]),
    Route("/iam/v2/api-keys/{id}", _delete_key, methods=["DELETE"]),
]
