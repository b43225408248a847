"""Who may do what on the cloud API: the part of Confluent's RBAC that a DR set-up meets."""

from starlette.requests import Request

from emulator.auth import Principal
from emulator.cloud.wire import store_of
from emulator.errors import CloudError

_ADMINS = frozenset({"OrganizationAdmin", "EnvironmentAdmin", "CloudClusterAdmin"})


def forbidden() -> CloudError:
    """What the service answers both for missing rights and for deleted clusters and keys (its own fixtures)."""
    return CloudError(403, "forbidden_access", "Forbidden Access")


def not_found() -> CloudError:
    """What the service answers for a deleted environment (its own fixture)."""
    return CloudError(404, "resource_not_found", "Resource Not Found")


def require_admin(request: Request, crn: str) -> None:
    """Refuse the call unless the caller administers ``crn`` or something that contains it.

    Raises:
        CloudError: 403.
    """
    caller: Principal = request.state.principal
    if caller.admin:
        return
    for role, pattern in store_of(request).roles_of(caller.id):
        scope = pattern.rstrip("*").rstrip("/")
        if role in _ADMINS and (crn == scope or crn.startswith(f"{scope}/")):
            return
    raise forbidden()
