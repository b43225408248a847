"""Client quotas: /kafka-quotas/v1 (confluent-api.md S4.6)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.cloud.bodies import QuotaBody, QuotaPatch, read_body
from emulator.cloud.cmk import required_environment
from emulator.cloud.records import ClientQuota
from emulator.cloud.rights import forbidden, not_found, require_admin
from emulator.cloud.store import CloudStore
from emulator.cloud.wire import account_crn, base_of, listing, metadata, reference, store_of

_PATH = "kafka-quotas/v1/client-quotas"


def _crn(store: CloudStore, quota: ClientQuota) -> str:
    return f"{store.env_crn(quota.environment)}/cloud-cluster={quota.cluster}/client-quota={quota.id}"


def _render(request: Request, quota: ClientQuota) -> dict[str, Any]:
    base, store = base_of(request), store_of(request)
    env_crn = store.env_crn(quota.environment)
    spec = {
        "display_name": quota.display_name,
        "description": quota.description,
        "throughput": {"ingress_byte_rate": quota.ingress_byte_rate, "egress_byte_rate": quota.egress_byte_rate},
        "cluster": reference(base, quota.cluster, f"{env_crn}/cloud-cluster={quota.cluster}"),
        "principals": [reference(base, p, account_crn(store, p)) for p in quota.principals],
        "environment": reference(base, quota.environment, env_crn),
    }
    meta = metadata(base, _PATH, _crn(store, quota), quota)
    body = {"api_version": "kafka-quotas/v1", "kind": "ClientQuota", "id": quota.id}
    return body | {"metadata": meta, "spec": spec}


def _quota(request: Request) -> ClientQuota:
    found = store_of(request).quotas.get(request.path_params["id"])
    if found is None:
        raise not_found()
    return found


async def _list_quotas(request: Request) -> Response:
    environment, cluster = required_environment(request), request.query_params.get("spec.cluster")
    found = [
        quota
        for quota in store_of(request).quotas.values()
        if quota.environment == environment and cluster in {None, quota.cluster}
    ]
    return listing(request, "kafka-quotas/v1", "ClientQuotaList", found, lambda q: _render(request, q))


async def _create_quota(request: Request) -> Response:
    store, spec = store_of(request), (await read_body(request, QuotaBody)).spec
    cluster = store.clusters.get(spec.cluster.id)
    if cluster is None or cluster.environment != spec.environment.id:
        raise forbidden()
    require_admin(request, store.rbac_crn(cluster.id))
    now = store.now_ms()
    quota = ClientQuota(
        id=store.new_id("cq"),
        display_name=spec.display_name,
        description=spec.description,
        cluster=cluster.id,
        environment=cluster.environment,
        principals=[principal.id for principal in spec.principals],
        ingress_byte_rate=spec.throughput.ingress_byte_rate,
        egress_byte_rate=spec.throughput.egress_byte_rate,
        created_ms=now,
        updated_ms=now,
    )
    store.quotas[quota.id] = quota
    return JSONResponse(_render(request, quota), 202)


async def _get_quota(request: Request) -> Response:
    return JSONResponse(_render(request, _quota(request)))


async def _update_quota(request: Request) -> Response:
    store, quota = store_of(request), _quota(request)
    require_admin(request, _crn(store, quota))
    spec = (await read_body(request, QuotaPatch)).spec
    if spec.display_name is not None:
        quota.display_name = spec.display_name
    if spec.description is not None:
        quota.description = spec.description
    if spec.throughput is not None:
        quota.ingress_byte_rate = spec.throughput.ingress_byte_rate
        quota.egress_byte_rate = spec.throughput.egress_byte_rate
    if spec.principals is not None:
        quota.principals = [principal.id for principal in spec.principals]
    quota.updated_ms = store.now_ms()
    return JSONResponse(_render(request, quota))


async def _delete_quota(request: Request) -> Response:
    store, quota = store_of(request), _quota(request)
    require_admin(request, _crn(store, quota))
    del store.quotas[quota.id]
    return Response(status_code=204)


routes = [
    Route("/kafka-quotas/v1/client-quotas", _list_quotas, methods=["GET"]),
    Route("/kafka-quotas/v1/client-quotas", _create_quota, methods=["POST"]),
    Route("/kafka-quotas/v1/client-quotas/{id}", _get_quota, methods=["GET"]),
    Route("/kafka-quotas/v1/client-quotas/{id}", _update_quota, methods=["PATCH"]),
    Route("/kafka-quotas/v1/client-quotas/{id}", _delete_quota, methods=["DELETE"]),
]
