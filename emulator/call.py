"""One API call as the shell sees it: where it goes, to which cluster, with which body."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Message, Receive, Scope

Family = Literal["cloud", "kafka", "sr", "control"]

KAFKA_PREFIX = "/k/{lkc}"
CLUSTER_PREFIX = f"{KAFKA_PREFIX}/kafka/v3/clusters/{{cluster_id}}"
CONTROL_PREFIX = "/_emulator"
SLASH = "\ufdd0"
"""Stands in a path for a slash that belongs to a name (`%2F`) until the route is found; no name has this character."""
_FAMILIES: dict[str, Family] = {"k": "kafka", "sr": "sr", "_emulator": "control"}


@dataclass
class Call:
    """An API call.

    Attributes:
        template: path template in the vendor's form, without the emulator's ``/k/{lkc}``; None for unknown routes.
        cluster: ``lkc-…`` or ``lsrc-…`` of the path; None on the cloud API.
        query: decoded pairs.
    """

    method: str
    path: str
    template: str | None
    family: Family
    cluster: str | None
    query: list[tuple[str, str]]
    body: bytes = b""

    def body_sha256(self) -> str:
        """Digest of the body: comparable, and no secret of the body gets into a log."""
        return hashlib.sha256(self.body).hexdigest()


def routable(raw_path: bytes) -> str:
    """The decoded path, in which only the slashes between segments are slashes; without one at its end."""
    text = re.sub("%2[Ff]", quote(SLASH), raw_path.decode("ascii"))
    return unquote(text).rstrip("/") or "/"


def named(route: Route) -> Route:
    """The route with whole names in its path parameters."""

    async def endpoint(request: Request) -> Response:
        found = request.path_params
        request.scope["path_params"] = {k: v.replace(SLASH, "/") if isinstance(v, str) else v for k, v in found.items()}
        answer: Response = await route.endpoint(request)
        return answer

    return Route(route.path, endpoint, methods=sorted(route.methods or {"GET"}))


def family_of(path: str) -> tuple[Family, str | None]:
    """API family and cluster id of a path."""
    parts = path.split("/", 3)
    family = _FAMILIES.get(parts[1] if len(parts) > 1 else "", "cloud")
    return family, parts[2] if family in {"kafka", "sr"} and len(parts) > 2 else None  # noqa: PLR2004 (parts)


def template_of(scope: Scope, routes: Iterable[Route]) -> str | None:
    """Path template of the route that serves ``scope`` in full (method too), or None."""
    for route in routes:
        if route.matches(scope)[0] is Match.FULL:
            return re.sub(r":\w+\}", "}", route.path.removeprefix(KAFKA_PREFIX))
    return None


def anonymous(template: str) -> str:
    """The template with nameless parameters, so that ``{l}`` and ``{link_name}`` compare equal."""
    return re.sub(r"\{[^}]*\}", "{}", template)


async def read_all(receive: Receive) -> bytes:
    """The whole request body."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return b"".join(chunks)


def replay(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that gives ``body`` in one piece, then what the connection has to say."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_replayed() -> Message:
        return pending.pop() if pending else await receive()

    return receive_replayed
