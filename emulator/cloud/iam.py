"""Service accounts and role bindings: /iam/v2 (confluent-api.md S4.3, S4.5)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.cloud.bodies import RoleBindingBody, ServiceAccountBody, ServiceAccountPatch, read_body
from emulator.cloud.records import RoleBinding, ServiceAccount
from emulator.cloud.rights import not_found, require_admin
from emulator.cloud.roles import check_binding
from emulator.cloud.store import CloudStore
from emulator.cloud.wire import account_crn, base_of, listing, metadata, store_of
from emulator.errors import CloudError, KafkaError

_ACCOUNTS, _BINDINGS = "iam/v2/service-accounts", "iam/v2/role-bindings"


def _render_account(request: Request, account: ServiceAccount) -> dict[str, Any]:
    meta = metadata(base_of(request), _ACCOUNTS, account_crn(store_of(request), account.id), account)
    body = {"api_version": "iam/v2", "kind": "ServiceAccount", "id": account.id, "metadata": meta}
    return body | {"display_name": account.display_name, "description": account.description}


def _account(request: Request) -> ServiceAccount:
    found = store_of(request).service_accounts.get(request.path_params["id"])
    if found is None:
        raise not_found()
    return found


def _check_name(store: CloudStore, name: str, own_id: str = "") -> None:
    if any(a.display_name == name and a.id != own_id for a in store.service_accounts.values()):
        raise CloudError(409, "resource_already_exists", f"a service account named {name!r} exists")


async def _list_accounts(request: Request) -> Response:
    found = list(store_of(request).service_accounts.values())
    names = request.query_params.getlist("display_name")
    if names:  # the provider splits a name with spaces into several values: it is found by none of them
        found = [account for account in found if account.display_name in names]
    return listing(request, "iam/v2", "ServiceAccountList", found, lambda a: _render_account(request, a))


async def _create_account(request: Request) -> Response:
    store = store_of(request)
    require_admin(request, store.org_crn())
    body = await read_body(request, ServiceAccountBody)
    _check_name(store, body.display_name)
    now = store.now_ms()
    account = ServiceAccount(store.new_id("sa"), body.display_name, body.description, now, now)
    store.service_accounts[account.id] = account
    return JSONResponse(_render_account(request, account), 201)


async def _get_account(request: Request) -> Response:
    return JSONResponse(_render_account(request, _account(request)))


async def _update_account(request: Request) -> Response:
    store, account = store_of(request), _account(request)
    require_admin(request, store.org_crn())
    body = await read_body(request, ServiceAccountPatch)
    if body.display_name is not None:
        _check_name(store, body.display_name, account.id)
        account.display_name = body.display_name
    if body.description is not None:
        account.description = body.description
    account.updated_ms = store.now_ms()
    return JSONResponse(_render_account(request, account))


async def _delete_account(request: Request) -> Response:
    store, account = store_of(request), _account(request)
    require_admin(request, store.org_crn())
    store.drop_service_account(account)
    return Response(status_code=204)


def _render_binding(request: Request, binding: RoleBinding) -> dict[str, Any]:
    crn = f"{store_of(request).org_crn()}/role-binding={binding.id}"
    meta = metadata(base_of(request), _BINDINGS, crn, binding)
    body = {"api_version": "iam/v2", "kind": "RoleBinding", "id": binding.id, "metadata": meta}
    role = {"principal": binding.principal, "role_name": binding.role_name, "crn_pattern": binding.crn_pattern}
    return body | role


def _binding(request: Request) -> RoleBinding:
    found = store_of(request).role_bindings.get(request.path_params["id"])
    if found is None:  # recorded from the service: this one family answers a deleted object in Kafka's shape
        raise KafkaError(403, 40301, "Forbidden Access")
    return found


async def _list_bindings(request: Request) -> Response:
    query = request.query_params
    if "crn_pattern" not in query:
        raise CloudError(400, "invalid_filter", "the query parameter crn_pattern is required")
    scope = query["crn_pattern"]
    found = [
        binding
        for binding in store_of(request).role_bindings.values()
        if (binding.crn_pattern == scope or (scope.endswith("*") and binding.crn_pattern.startswith(scope[:-1])))
        and query.get("principal", binding.principal) == binding.principal
        and query.get("role_name", binding.role_name) == binding.role_name
    ]
    return listing(request, "iam/v2", "RoleBindingList", found, lambda b: _render_binding(request, b))


async def _create_binding(request: Request) -> Response:
    store, body = store_of(request), await read_body(request, RoleBindingBody)
    require_admin(request, body.crn_pattern)
    check_binding(store, body.role_name, body.crn_pattern)
    wanted = (body.principal, body.role_name, body.crn_pattern)
    if any((b.principal, b.role_name, b.crn_pattern) == wanted for b in store.role_bindings.values()):
        raise CloudError(409, "resource_already_exists", "this role binding exists")
    now = store.now_ms()
    binding = RoleBinding(store.new_id("rb"), *wanted, now, now)
    store.role_bindings[binding.id] = binding
    return JSONResponse(_render_binding(request, binding), 201)


async def _get_binding(request: Request) -> Response:
    return JSONResponse(_render_binding(request, _binding(request)))


async def _delete_binding(request: Request) -> Response:
    store, binding = store_of(request), _binding(request)
    require_admin(request, binding.crn_pattern)
    del store.role_bindings[binding.id]
    return JSONResponse(_render_binding(request, binding))


routes = [
    Route("/iam/v2/service-accounts", _list_accounts, methods=["GET"]),
    Route("/iam/v2/service-accounts", _create_account, methods=["POST"]),
    Route("/iam/v2/service-accounts/{id}", _get_account, methods=["GET"]),
    Route("/iam/v2/service-accounts/{id}", _update_account, methods=["PATCH"]),
    Route("/iam/v2/service-accounts/{id}", _delete_account, methods=["DELETE"]),
    Route("/iam/v2/role-bindings", _list_bindings, methods=["GET"]),
    Route("/iam/v2/role-bindings", _create_binding, methods=["POST"]),
    Route("/iam/v2/role-bindings/{id}", _get_binding, methods=["GET"]),
    Route("/iam/v2/role-bindings/{id}", _delete_binding, methods=["DELETE"]),
]
