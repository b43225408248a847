"""Kafka clusters: /cmk/v2 (confluent-api.md S4.2)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.cloud.bodies import ClusterBody, ClusterConfig, ClusterPatch, ClusterSpec, read_body
from emulator.cloud.records import Cluster
from emulator.cloud.rights import forbidden, require_admin
from emulator.cloud.store import CloudStore
from emulator.cloud.wire import base_of, listing, metadata, reference, store_of
from emulator.errors import CloudError

_PATH = "cmk/v2/clusters"


def required_environment(request: Request) -> str:
    """The ``environment`` query parameter, which cluster reads need.

    Raises:
        CloudError: 400 without it.
    """
    environment = request.query_params.get("environment")
    if not environment:
        raise CloudError(400, "invalid_filter", "the query parameter environment is required")
    return environment


def _cluster(request: Request, environment: str) -> Cluster:
    found = store_of(request).clusters.get(request.path_params["id"])
    if found is None or found.environment != environment:
        raise forbidden()  # the service's recorded answer for a deleted cluster is 403, not 404
    return found


def render_cluster(base: str, store: CloudStore, cluster: Cluster) -> dict[str, Any]:
    """Wire shape of a cluster; ``http_endpoint`` points back at this emulator."""
    rest, crn = f"{base}/k/{cluster.id}", store.rbac_crn(cluster.id)
    bootstrap = store.bootstrap(cluster)
    public = {"kafka_bootstrap_endpoint": bootstrap, "http_endpoint": rest, "connection_type": "PUBLIC"}
    spec = {
        "display_name": cluster.display_name,
        "availability": cluster.availability,
        "cloud": cluster.cloud,
        "region": cluster.region,
        "config": _config(cluster),
        "kafka_bootstrap_endpoint": bootstrap,
        "http_endpoint": rest,
        "api_endpoint": rest,
        "endpoints": {"PUBLIC": public},
        "environment": reference(base, cluster.environment, store.env_crn(cluster.environment)),
        "deletion_protection": cluster.deletion_protection,
    }
    for name, value in (("network", cluster.network), ("byok", cluster.byok)):
        if value:
            spec[name] = reference(base, value, f"{crn}/{name}={value}")
    status: dict[str, Any] = {"phase": cluster.phase}
    if cluster.actual_cku is not None:
        status["cku"] = cluster.actual_cku
    meta = metadata(base, _PATH, f"{crn}/kafka={cluster.id}", cluster)
    body = {"api_version": "cmk/v2", "kind": "Cluster", "id": cluster.id, "metadata": meta}
    return body | {"spec": spec, "status": status}


def _config(cluster: Cluster) -> dict[str, Any]:
    config: dict[str, Any] = {"kind": cluster.kind}
    for name in ("cku", "max_ecku", "encryption_key"):
        value = getattr(cluster, name)
        if value is not None:
            config[name] = value
    if cluster.kind == "Dedicated":
        config["release_priority"] = cluster.release_priority
        zones = ["a"] if cluster.availability in {"SINGLE_ZONE", "LOW"} else ["a", "b", "c"]
        config["zones"] = [f"{cluster.region}{zone}" for zone in zones]
    return config


async def _list_clusters(request: Request) -> Response:
    store, environment = store_of(request), required_environment(request)
    found = [cluster for cluster in store.clusters.values() if cluster.environment == environment]
    return listing(request, "cmk/v2", "ClusterList", found, lambda c: render_cluster(base_of(request), store, c))


def _check_size(config: ClusterConfig, availability: str) -> None:
    if config.kind != "Dedicated":
        return
    if config.cku is None:
        raise CloudError(400, "invalid_config", "spec.config.cku is required for a Dedicated cluster")
    if availability in {"MULTI_ZONE", "HIGH"} and config.cku < 2:  # noqa: PLR2004 (the vendor's minimum)
        raise CloudError(400, "invalid_config", "a multi-zone Dedicated cluster needs at least 2 CKU")


def _new_cluster(store: CloudStore, spec: ClusterSpec) -> Cluster:
    now = store.now_ms()
    return Cluster(
        id=store.new_id("lkc"),
        environment=spec.environment.id,
        kind=spec.config.kind,
        display_name=spec.display_name,
        availability=spec.availability,
        cloud=spec.cloud,
        region=spec.region,
        created_ms=now,
        updated_ms=now,
        cku=spec.config.cku,
        max_ecku=spec.config.max_ecku,
        encryption_key=spec.config.encryption_key,
        release_priority=spec.config.release_priority or "REGULAR",
        network=spec.network.id if spec.network else None,
        byok=spec.byok.id if spec.byok else None,
        deletion_protection=spec.deletion_protection,
    )


async def _create_cluster(request: Request) -> Response:
    store, spec = store_of(request), (await read_body(request, ClusterBody)).spec
    if spec.environment.id not in store.environments:
        raise forbidden()
    require_admin(request, store.env_crn(spec.environment.id))
    _check_size(spec.config, spec.availability)
    cluster = _new_cluster(store, spec)
    store.add_cluster(cluster)
    return JSONResponse(render_cluster(base_of(request), store, cluster), 202)


async def _get_cluster(request: Request) -> Response:
    cluster = _cluster(request, required_environment(request))
    return JSONResponse(render_cluster(base_of(request), store_of(request), cluster))


def _reconfigure(store: CloudStore, cluster: Cluster, config: ClusterConfig) -> None:
    upgrade = (cluster.kind, config.kind) == ("Basic", "Standard")
    if config.kind != cluster.kind and not upgrade:
        raise CloudError(400, "invalid_config", f"a {cluster.kind} cluster cannot become {config.kind}")
    _check_size(config, cluster.availability)
    cluster.kind = config.kind
    if config.max_ecku is not None:
        cluster.max_ecku = config.max_ecku
    if config.cku is not None and config.cku != cluster.cku:
        store.resize(cluster, config.cku)
    if cluster.id in store.world.kafka:
        store.world.kafka[cluster.id].kind = cluster.kind


async def _update_cluster(request: Request) -> Response:
    store, spec = store_of(request), (await read_body(request, ClusterPatch)).spec
    cluster = _cluster(request, spec.environment.id)
    require_admin(request, store.rbac_crn(cluster.id))
    if spec.config is not None:
        _reconfigure(store, cluster, spec.config)
    if spec.display_name is not None:
        cluster.display_name = spec.display_name
    if spec.deletion_protection is not None:
        cluster.deletion_protection = spec.deletion_protection
    cluster.updated_ms = store.now_ms()
    return JSONResponse(render_cluster(base_of(request), store, cluster))


async def _delete_cluster(request: Request) -> Response:
    store, cluster = store_of(request), _cluster(request, required_environment(request))
    require_admin(request, store.rbac_crn(cluster.id))
    if cluster.deletion_protection:
        raise CloudError(409, "deletion_protected", f"cluster {cluster.id} has deletion protection")
    store.drop_cluster(cluster)
    return Response(status_code=204)


routes = [
    Route("/cmk/v2/clusters", _list_clusters, methods=["GET"]),
    Route("/cmk/v2/clusters", _create_cluster, methods=["POST"]),
    Route("/cmk/v2/clusters/{id}", _get_cluster, methods=["GET"]),
    Route("/cmk/v2/clusters/{id}", _update_cluster, methods=["PATCH"]),
    Route("/cmk/v2/clusters/{id}", _delete_cluster, methods=["DELETE"]),
]
