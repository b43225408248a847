"""Log of every API call, with counters by path template. Bodies appear as digests only, headers not at all."""

import logging
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.answers import family_error
from emulator.call import Call, family_of, read_all, replay, routable, template_of
from emulator.clock import Clock

_LOGGER = logging.getLogger("emulator")
_KEPT = 200_000  # entries; a bound, so that a forgotten emulator does not eat the machine


@dataclass
class Entry:
    """One call; ``status`` is None while it runs and when the connection was dropped without an answer."""

    seq: int
    method: str
    template: str | None
    path: str
    family: str
    cluster: str | None
    query: list[tuple[str, str]]
    body_sha256: str
    body_size: int
    virtual_ms: int
    real_ms: int
    status: int | None = None
    applied_status: int | None = None
    """Status the handler gave, even if a fault then kept the answer from the caller; None: it was never called."""
    key: str | None = None
    """API key id of the caller (never the secret), once authenticated."""
    faults: tuple[int, ...] = ()
    """Ids of the faults that fired on this call."""
    error: str | None = None
    """Class of an exception the emulator did not expect: a bug of the emulator."""


class RequestLog:
    """All entries since the last clear."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._counters: Counter[str] = Counter()
        self._seq = 0

    def open(self, call: Call, clock: Clock) -> Entry:
        """Add an entry for a call that starts now."""
        self._seq += 1
        self._counters[f"{call.method} {call.template or call.path}"] += 1
        real_ms = int(time.time() * 1000)
        entry = Entry(
            self._seq,
            call.method,
            call.template,
            call.path,
            call.family,
            call.cluster,
            call.query,
            call.body_sha256(),
            len(call.body),
            clock.now_ms(),
            real_ms,
        )
        self._entries.append(entry)
        return entry

    def clear(self) -> None:
        """Forget all entries; sequence numbers go on."""
        self._entries.clear()
        self._counters.clear()

    def dump(self, wanted: dict[str, str]) -> dict[str, Any]:
        """Entries whose fields equal ``wanted`` (as text), and all counters."""
        rows = [dict(vars(entry)) for entry in self._entries]
        kept = [row for row in rows if all(str(row.get(name)) == value for name, value in wanted.items())]
        return {"requests": kept, "counters": dict(self._counters)}


class RequestLogMiddleware:
    """Outermost layer: names the call, logs it, and turns an unexpected exception into a JSON 500.

    Args:
        app: the next layer.
        log: where entries go.
        clock: the world's clock.
        routes: the route table, for path templates.
    """

    def __init__(self, app: ASGIApp, log: RequestLog, clock: Clock, routes: list[Route]) -> None:
        self.app = app
        self.log = log
        self.clock = clock
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call and log it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        raw_path = scope["raw_path"].decode("ascii")
        scope["path"] = routable(scope["raw_path"])  # Confluent's own tools post to /links/ (confluent-api.md S8.1)
        family, cluster = family_of(scope["path"])
        state = scope.setdefault("state", {})
        state["template"] = template_of(scope, self.routes)
        if family == "control":
            await self._guarded(scope, receive, send, Entry(0, "", None, "", family, None, [], "", 0, 0, 0))
            return
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        call = Call(scope["method"], raw_path, state["template"], family, cluster, query, await read_all(receive))
        state["call"], state["entry"] = call, self.log.open(call, self.clock)
        await self._guarded(scope, replay(call.body, receive), send, state["entry"])

    async def _guarded(self, scope: Scope, receive: Receive, send: Send, entry: Entry) -> None:
        started = False

        async def send_noted(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started, entry.status = True, message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        except Exception as error:
            _LOGGER.exception("unexpected error on %s %s", scope["method"], scope["path"])
            entry.error = type(error).__name__
            if not started:
                family = family_of(scope["path"])[0]
                await family_error(family, 500, "the emulator failed; see its log")(scope, receive, send_noted)
