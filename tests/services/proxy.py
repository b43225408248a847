"""A proxy on loopback between our clients and a service: counts requests and makes the network fail on purpose."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from urllib.parse import urlsplit

from tests.services.web import Answer, Request, serving

Fault = Literal["drop", "busy", "hang", "lose"]
"""`drop`: close without an answer; `busy`: 503; `hang`: no answer; `lose`: carry out, then close without an answer."""


class Proxy:
    """What passed through, and what shall fail next."""

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target).netloc
        self._fault: Fault | None = None
        self._times = 0
        self._only = ""
        self._lock = threading.Lock()
        self._release = threading.Event()
        self.requests: list[Request] = []

    def fail(self, fault: Fault, times: int = 1_000_000, only: str = "") -> None:
        """Let the next requests fail: `times` of them, of this method only if one is named."""
        with self._lock:
            self._fault, self._times, self._only = fault, times, only

    def heal(self) -> None:
        """Let everything pass, also what hangs."""
        with self._lock:
            self._times = 0
        self._release.set()

    def answer(self, request: Request) -> Answer | None:
        fault = self._next(request)
        if fault == "hang":
            self._release.wait(60)
            return None
        if fault == "drop":
            return None
        if fault == "busy":
            return Answer(503, b"busy")
        answer = self._forward(request)
        return None if fault == "lose" else answer

    def _next(self, request: Request) -> Fault | None:
        with self._lock:
            self.requests.append(request)
            wanted = not self._only or self._only in {request.method, request.headers.get("X-Amz-Target", "")}
            if not self._times or not wanted:
                return None
            self._times -= 1
            return self._fault

    def _forward(self, request: Request) -> Answer:
        connection = http.client.HTTPConnection(self._target, timeout=60)
        try:
            connection.request(request.method, request.target, request.body, dict(request.headers))
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), dict(answer.headers.items()))
        finally:
            connection.close()


@contextmanager
def proxied(target: str) -> Iterator[tuple[str, Proxy]]:
    """A proxy in front of the URL, and its own URL."""
    proxy = Proxy(target)
    with serving(proxy) as url:
        try:
            yield url, proxy
        finally:
            proxy.heal()
