"""Schema Registry clusters: /srcm/v3, read only (confluent-api.md S6.2, S7).

There is no call that creates one: it appears when an environment with Stream Governance gets its first cluster.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.cloud.cmk import required_environment
from emulator.cloud.records import Cluster, Environment
from emulator.cloud.rights import forbidden
from emulator.cloud.store import CloudStore
from emulator.cloud.wire import base_of, listing, metadata, reference, store_of


def registry_id(environment: Environment) -> str:
    """Id of an environment's Schema Registry cluster."""
    return f"lsrc-{environment.id.removeprefix('env-')}"


def environment_of_registry(store: CloudStore, registry: str) -> Environment | None:
    """The environment whose Schema Registry cluster is ``registry``, if that exists by now."""
    found = (env for env in store.environments.values() if env.governance and registry_id(env) == registry)
    environment = next(found, None)
    return environment if environment and _clusters(store, environment.id) else None


def _clusters(store: CloudStore, environment: str) -> list[Cluster]:
    return [cluster for cluster in store.clusters.values() if cluster.environment == environment]


def _render(request: Request, env: Environment) -> dict[str, Any]:
    base, store, registry = base_of(request), store_of(request), registry_id(env)
    clusters = _clusters(store, env.id)
    endpoint = f"{base}/sr/{registry}"
    spec = {
        "display_name": "Stream Governance Package",
        "package": env.governance,
        "http_endpoint": endpoint,
        "catalog_http_endpoint": endpoint,
        "private_http_endpoint": "",
        "private_networking_config": {},
        "cloud": clusters[0].cloud,
        "region": clusters[0].region,
        "environment": reference(base, env.id, store.env_crn(env.id)),
    }
    ready = any(cluster.phase == "PROVISIONED" for cluster in clusters)
    meta = metadata(base, "srcm/v3/clusters", f"{store.env_crn(env.id)}/schema-registry={registry}", env)
    meta["self"] = f"{base}/srcm/v3/clusters/{registry}"
    body = {"api_version": "srcm/v3", "kind": "Cluster", "id": registry, "metadata": meta, "spec": spec}
    return body | {"status": {"phase": "PROVISIONED" if ready else "PROVISIONING"}}


async def _list_registries(request: Request) -> Response:
    store, wanted = store_of(request), required_environment(request)
    env = store.environments.get(wanted)
    found = [env] if env and env.governance and _clusters(store, wanted) else []
    return listing(request, "srcm/v3", "ClusterList", found, lambda item: _render(request, item))


async def _get_registry(request: Request) -> Response:
    env = environment_of_registry(store_of(request), request.path_params["id"])
    if env is None or env.id != required_environment(request):
        raise forbidden()
    return JSONResponse(_render(request, env))


routes = [
    Route("/srcm/v3/clusters", _list_registries, methods=["GET"]),
    Route("/srcm/v3/clusters/{id}", _get_registry, methods=["GET"]),
]
