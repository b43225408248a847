"""Wire shapes shared by all families: metadata, references, lists with page tokens (confluent-api.md S3.5, S3.6)."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emulator.cloud.store import CloudStore
from emulator.errors import CloudError

Item = TypeVar("Item")
_DEFAULT_PAGE, _MAX_PAGE = 10, 100  # the vendor's page_size schema

KIND_PATHS = {
    "lkc": ("cmk/v2", "Cluster", "cmk/v2/clusters"),
    "lsrc": ("srcm/v3", "Cluster", "srcm/v3/clusters"),
    "sa": ("iam/v2", "ServiceAccount", "iam/v2/service-accounts"),
    "u": ("iam/v2", "User", "iam/v2/users"),
    "env": ("org/v2", "Environment", "org/v2/environments"),
}
"""``api_version``, ``kind`` and collection path by id prefix, for references."""


def store_of(request: Request) -> CloudStore:
    """The cloud store of the application that serves ``request``."""
    store: CloudStore = request.app.state.world.cloud
    return store


def base_of(request: Request) -> str:
    """The emulator's own base URL as the caller sees it, without a trailing slash."""
    return request.app.state.public_url or str(request.base_url).rstrip("/")


def iso(ms: int) -> str:
    """RFC 3339, UTC, seconds."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def metadata(base: str, path: str, crn: str, record: Any) -> dict[str, Any]:
    """Object metadata of a record with ``id``, ``created_ms`` and ``updated_ms``."""
    return {
        "self": f"{base}/{path}/{record.id}",
        "resource_name": crn,
        "created_at": iso(record.created_ms),
        "updated_at": iso(record.updated_ms),
    }


def reference(base: str, object_id: str, crn: str, *, typed: bool = False) -> dict[str, Any]:
    """A reference; ``typed`` adds api_version and kind, which the provider needs on owners and key resources."""
    prefix = object_id.split("-", maxsplit=1)[0]
    version, kind, path = KIND_PATHS.get(prefix, ("iam/v2", prefix.capitalize(), "iam/v2/principals"))
    plain = {"id": object_id, "related": f"{base}/{path}/{object_id}", "resource_name": crn}
    return plain | {"api_version": version, "kind": kind} if typed else plain


def account_crn(store: CloudStore, object_id: str) -> str:
    """CRN of a service account or user; its root is ``api.confluent.cloud``, unlike that of clusters."""
    kind = "user" if object_id.startswith("u-") else "service-account"
    return f"crn://api.confluent.cloud/organization={store.organization_id}/{kind}={object_id}"


def listing(
    request: Request, api_version: str, kind: str, items: Sequence[Item], render: Callable[[Item], dict[str, Any]]
) -> Response:
    """One page of a list. ``metadata.next`` is left out on the last page: null makes the provider panic."""
    start = _offset(request.query_params.get("page_token"))
    size = _page_size(request.query_params.get("page_size"))
    first = request.url.include_query_params(page_size=size).remove_query_params("page_token")
    origin = f"{base_of(request)}{request.url.path}"
    meta: dict[str, Any] = {"first": f"{origin}?{first.query}", "total_size": len(items)}
    if start + size < len(items):
        token = base64.urlsafe_b64encode(str(start + size).encode()).decode()
        meta["next"] = f"{origin}?{first.include_query_params(page_token=token).query}"
    data = [render(item) for item in items[start : start + size]]
    return JSONResponse({"api_version": api_version, "kind": kind, "metadata": meta, "data": data})


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        offset = int(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError):
        raise CloudError(400, "invalid_page_token", "page_token is not one of ours") from None
    return max(0, offset)


def _page_size(text: str | None) -> int:
    if text is None:
        return _DEFAULT_PAGE
    if not text.isdecimal() or not 0 < int(text) <= _MAX_PAGE:
        raise CloudError(400, "invalid_page_size", f"page_size must be 1 to {_MAX_PAGE}")
    return int(text)
