"""A running emulator for tests of any folder: spoken to over HTTP only, in a thread or in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx2

from emulator.app import create_app, new_world
from emulator.server import EmulatorServer

ROOT = Path(__file__).resolve().parent.parent
CLOUD_KEY = ("EMULATORCLOUDKEY", "emulator-cloud-secret")
"""Cloud API key of the organisation's admin, in every emulator that is started without another one."""


class RunningEmulator:
    """An emulator at ``url`` and the clients made for it, which are closed with it."""

    def __init__(self, url: str, pid: int | None = None, timeout_s: float = 10) -> None:
        self.url = url
        self._timeout_s = timeout_s
        self.pid = pid
        """Process id, when it runs in a process of its own."""
        self._clients: list[httpx2.Client] = []
        self._control = self.client(f"{url}/_emulator")

    def client(self, base: str, auth: tuple[str, str] | None = None) -> httpx2.Client:
        """A client without retries and without the environment's proxies."""
        client = httpx2.Client(base_url=base, auth=auth, timeout=self._timeout_s, trust_env=False)
        self._clients.append(client)
        return client

    def cloud(self, auth: tuple[str, str] = CLOUD_KEY) -> httpx2.Client:
        """A client of the cloud API."""
        return self.client(self.url, auth)

    def kafka(self, lkc: str, key: str, secret: str) -> httpx2.Client:
        """A client of one cluster's Kafka REST; paths like ``/topics``."""
        return self.client(f"{self.url}/k/{lkc}/kafka/v3/clusters/{lkc}", (key, secret))

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the control surface; fails the test when it refuses."""
        answer = self._control.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def truth(self) -> Any:
        """The world as it is."""
        return self.control("GET", "/truth")

    def log(self, **wanted: str) -> list[dict[str, Any]]:
        """Log entries whose fields have these values (as text), oldest first."""
        answer = self._control.get("/log", params=wanted)
        entries: list[dict[str, Any]] = answer.json()["requests"]
        return entries

    def counters(self) -> dict[str, int]:
        """Calls by ``METHOD template``."""
        counters: dict[str, int] = self.control("GET", "/log")["counters"]
        return counters

    def seed(self, document: dict[str, Any]) -> None:
        """Add a world document."""
        self.control("POST", "/world", document)

    def reset(self) -> None:
        """Empty world, default switches, no faults, empty log."""
        self.control("POST", "/reset")

    def settings(self, **changes: Any) -> None:
        """Change switches."""
        self.control("PATCH", "/settings", changes)

    def advance(self, seconds: float) -> None:
        """Move the clock, which must be in manual mode to stand still otherwise."""
        self.control("POST", "/clock", {"advance": seconds})

    def fault(self, action: dict[str, Any], apply: str = "before", **match: Any) -> int:
        """Put a fault in force and return its id."""
        fault_id: int = self.control("POST", "/faults", {"match": match, "action": action, "apply": apply})["id"]
        return fault_id

    def close(self) -> None:
        """Close all clients."""
        for client in self._clients:
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def with_brokers() -> Iterator[RunningEmulator]:
    """A fresh ``python -m emulator --data-plane kafka``: each cluster has a real broker, seconds after it was made."""
    with in_process("--data-plane", "kafka", timeout_s=180) as emulator:
        yield emulator


@contextmanager
def in_thread() -> Iterator[RunningEmulator]:
    """A fresh emulator in a thread of this process: starts in milliseconds."""
    with EmulatorServer(create_app(new_world())) as server, RunningEmulator(server.url) as emulator:
        yield emulator


@contextmanager
def in_process(*arguments: str, timeout_s: float = 10) -> Iterator[RunningEmulator]:
    """A fresh ``python -m emulator``: what a real run uses, and what survives a test that hangs or signals itself."""
    command = [sys.executable, "-W", "error", "-m", "emulator", "--json", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            with RunningEmulator(ready["url"], process.pid, timeout_s) as emulator:
                yield emulator
        finally:
            process.terminate()
