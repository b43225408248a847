"""Who is calling: HTTP Basic against the API keys of the world (confluent-api.md S3.1)."""

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.answers import error_response, family_error
from emulator.call import Call
from emulator.cloud.records import CLOUD_RESOURCE, GLOBAL_RESOURCE
from emulator.errors import CloudError, KafkaError

if TYPE_CHECKING:
    from emulator.cloud.store import CloudStore
    from emulator.world import World

_CLUSTER_PATH = re.compile(r"^/k/([^/]+)/kafka/v3/clusters/([^/]+)")


@dataclass(frozen=True)
class Principal:
    """The authenticated caller of a request, as ``request.state.principal``.

    Attributes:
        id: owner of the key, ``sa-…`` or ``u-…``.
        key: the API key's id (never its secret).
        admin: whether the owner is an organisation admin.
    """

    id: str
    key: str
    admin: bool


def basic_credentials(header: str | None) -> tuple[str, str] | None:
    """Key and secret of an ``Authorization: Basic …`` header, or None."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (key, secret) if colon else None


def authenticate(store: "CloudStore", header: str | None, resource: str) -> Principal | None:
    """The caller, if the key is known, has propagated and is one of ``resource`` (or a Global key)."""
    credentials = basic_credentials(header)
    record = store.find_key(credentials[0]) if credentials else None
    if credentials is None or record is None:
        return None
    valid = hmac.compare_digest(record.secret.encode(), credentials[1].encode()) and record.usable(store.now_ms())
    if not valid or record.resource_id not in {resource, GLOBAL_RESOURCE}:
        return None
    return Principal(record.owner_id, record.id, store.is_admin(record.owner_id))


class AuthMiddleware:
    """Innermost layer: refuses unknown routes, callers and clusters.

    Args:
        app: the handlers.
        world: for its keys and clusters.
        store: the world's cloud store.
    """

    def __init__(self, app: ASGIApp, world: "World", store: "CloudStore") -> None:
        self.app = app
        self.world = world
        self.store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call of a caller who may make it."""
        state = scope.get("state", {})
        if scope["type"] != "http" or (state.get("call") is None and state["template"] is not None):
            await self.app(scope, receive, send)
            return
        call: Call | None = state.get("call")
        if call is None or state["template"] is None:
            # 501 is the one 5xx clients do not retry; 404 would read as "deleted" (confluent-api.md S15.14)
            text = f"not emulated: {scope['method']} {scope['path']}"
            await family_error(call.family if call else "control", 501, text)(scope, receive, send)
            return
        principal = authenticate(self.store, Headers(scope=scope).get("authorization"), call.cluster or CLOUD_RESOURCE)
        refusal = self._refusal(call, scope["path"], principal)
        if refusal is not None:
            await error_response(refusal)(scope, receive, send)
            return
        state["principal"] = principal
        state["entry"].key = principal.key if principal else None
        await self.app(scope, receive, send)

    def _refusal(self, call: Call, path: str, principal: Principal | None) -> KafkaError | CloudError | None:
        if principal is None and call.family == "cloud":
            # not 403: the provider reads 403 of the cloud API as "deleted" and drops the resource
            return CloudError(401, "unauthorized", "the API key or secret is not valid")
        if principal is None:
            return KafkaError(401, 40101, "Authentication failed")
        ids = _CLUSTER_PATH.match(path)
        if ids and (ids[1] != ids[2] or ids[1] not in self.world.kafka):
            return KafkaError(404, 404, f"Cluster {ids[2]} cannot be found.")
        return None
