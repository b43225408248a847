"""Organisations and environments: /org/v2 (confluent-api.md S4.1)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.cloud.bodies import EnvironmentBody, EnvironmentPatch, read_body
from emulator.cloud.records import Environment
from emulator.cloud.rights import not_found, require_admin
from emulator.cloud.store import CloudStore
from emulator.cloud.wire import base_of, listing, metadata, store_of
from emulator.errors import CloudError

_PATH = "org/v2/environments"


def environment(store: CloudStore, environment_id: str) -> Environment:
    """The environment.

    Raises:
        CloudError: 404.
    """
    found = store.environments.get(environment_id)
    if found is None:
        raise not_found()
    return found


def _render(request: Request, env: Environment) -> dict[str, Any]:
    meta = metadata(base_of(request), _PATH, store_of(request).env_crn(env.id), env)
    body = {"api_version": "org/v2", "kind": "Environment", "id": env.id, "metadata": meta}
    body["display_name"] = env.display_name
    # without governance the service leaves the object out, and the provider then waits for no Schema Registry
    return body | ({"stream_governance_config": {"package": env.governance}} if env.governance else {})


async def _list_environments(request: Request) -> Response:
    found = list(store_of(request).environments.values())
    return listing(request, "org/v2", "EnvironmentList", found, lambda env: _render(request, env))


async def _create_environment(request: Request) -> Response:
    store = store_of(request)
    require_admin(request, store.org_crn())
    body = await read_body(request, EnvironmentBody)
    package = body.stream_governance_config.package if body.stream_governance_config else None
    now = store.now_ms()
    env = Environment(store.new_id("env"), body.display_name, package, now, now)
    store.environments[env.id] = env
    return JSONResponse(_render(request, env), 201)


async def _get_environment(request: Request) -> Response:
    return JSONResponse(_render(request, environment(store_of(request), request.path_params["id"])))


async def _update_environment(request: Request) -> Response:
    store = store_of(request)
    env = environment(store, request.path_params["id"])
    require_admin(request, store.env_crn(env.id))
    body = await read_body(request, EnvironmentPatch)
    wanted = body.stream_governance_config
    if wanted and env.governance == "ADVANCED" and wanted.package != "ADVANCED":
        raise CloudError(400, "invalid_package", "the package cannot be downgraded from ADVANCED")
    env.display_name = body.display_name or env.display_name
    env.governance = wanted.package if wanted else env.governance
    env.updated_ms = store.now_ms()
    return JSONResponse(_render(request, env))


async def _delete_environment(request: Request) -> Response:
    store = store_of(request)
    env = environment(store, request.path_params["id"])
    require_admin(request, store.org_crn())
    if any(cluster.environment == env.id for cluster in store.clusters.values()):
        raise CloudError(409, "resource_in_use", f"environment {env.id} still has Kafka clusters")
    del store.environments[env.id]
    return Response(status_code=204)


def _organization(request: Request) -> dict[str, Any]:
    store = store_of(request)
    link = f"{base_of(request)}/org/v2/organizations/{store.organization_id}"
    meta = {"self": link, "resource_name": store.org_crn()}
    body = {"api_version": "org/v2", "kind": "Organization", "id": store.organization_id}
    return body | {"metadata": meta, "display_name": "Emulator", "jit_enabled": False}


async def _list_organizations(request: Request) -> Response:
    return listing(request, "org/v2", "OrganizationList", [_organization(request)], dict)


async def _get_organization(request: Request) -> Response:
    if request.path_params["id"] != store_of(request).organization_id:
        raise not_found()
    return JSONResponse(_organization(request))


routes = [
    Route("/org/v2/environments", _list_environments, methods=["GET"]),
    Route("/org/v2/environments", _create_environment, methods=["POST"]),
    Route("/org/v2/environments/{id}", _get_environment, methods=["GET"]),
    Route("/org/v2/environments/{id}", _update_environment, methods=["PATCH"]),
    Route("/org/v2/environments/{id}", _delete_environment, methods=["DELETE"]),
    Route("/org/v2/organizations", _list_organizations, methods=["GET"]),
    Route("/org/v2/organizations/{id}", _get_organization, methods=["GET"]),
]
