"""What the stand-in's tests share: a scripted service behind a mock transport, and a clock that nobody waits for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx2

from emulator.standin.engine import Life
from emulator.standin.operation import Configuration
from emulator.standin.transport import Rest
from emulator.standin.waits import Pace

T = TypeVar("T")
Answer = Callable[[httpx2.Request], httpx2.Response]


@dataclass
class Clock:
    """Virtual seconds: a sleep is recorded and over at once."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def pace(self, *, test_mode: bool = False) -> Pace:
        return Pace(test_mode=test_mode, sleep=self.sleep, now=lambda: self.seconds)


@dataclass
class Service:
    """Answers by method and path from scripted lists; the last answer of a list repeats. Anything else is a 501."""

    clock: Clock = field(default_factory=Clock)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def on(self, call: str, *answers: Answer) -> Service:
        self.answers[call] = list(answers)
        return self

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        call = f"{request.method} {request.url.raw_path.decode().partition('?')[0]}"
        self.calls.append(call)
        self.bodies.append(json.loads(request.content) if request.content else None)
        self.queries.append(dict(request.url.params))
        self.keys.append(request.headers.get("authorization", ""))
        scripted = self.answers.get(call)
        if not scripted:
            return httpx2.Response(501, json={"error_code": 501, "message": f"not scripted: {call}"})
        return (scripted.pop(0) if len(scripted) > 1 else scripted[0])(request)

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.MockTransport(self.handle))

    def life(self, *, test_mode: bool = False, **values: str) -> Life:
        pace = self.clock.pace(test_mode=test_mode)
        config = Configuration(values, pace, self.client)
        return Life(config, Rest(self.client(), "http://cloud", ("cloud", "cloud-secret"), pace))


def ok(body: Any = None, status: int = 200) -> Answer:
    """Answer with JSON, or with nothing."""
    return lambda _: httpx2.Response(status, json=body) if body is not None else httpx2.Response(status)


def refuse(status: int, message: str = "no") -> Answer:
    """Answer with an error of the Kafka REST family."""
    return ok({"error_code": status, "message": message}, status)


def lost(_: httpx2.Request) -> httpx2.Response:
    """Drop the connection."""
    raise httpx2.ConnectError("connection refused")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run one coroutine to its end."""
    return asyncio.run(work)
