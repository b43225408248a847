"""The local Confluent Cloud of the demo: one emulator process, its control surface, and a Kafka REST client."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import httpx2

PREFERRED_PORT = 8190
"""Port that stacks/Pulumi.local.yaml names; another one is written into the demo's copy when it is taken."""


class CloudError(Exception):
    """The emulated cloud did not do what the story needs."""


_QUIET_PORTS = range(20_000, 30_000)
"""Below the ports that systems give away by themselves: nobody's connection takes one until the emulator is up."""


def free_port(*wanted: int) -> int:
    """Return the first port on loopback that can be had: of those wanted, else any."""
    for port in (*wanted, *random.sample(_QUIET_PORTS, 50)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CloudError("no free port on 127.0.0.1")


class Cloud:
    """A running emulator. Use it as a context manager: what it started, it stops.

    Args:
        port: Where it listens.
        log: File for what it prints.
        data_plane: `memory`, or `kafka` for a real broker per cluster, which makes some calls take seconds.
    """

    def __init__(self, port: int, log: Path, data_plane: Literal["memory", "kafka"] = "memory") -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        self._data_plane = data_plane
        self._http = httpx2.Client(timeout=10 if data_plane == "memory" else 120, trust_env=False)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "emulator", "--port", str(self.port), "--data-plane", self._data_plane]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own emulator
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        try:
            self.wait("the emulator to answer", self._is_up)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _is_up(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise CloudError(f"the emulator ended with code {self._process.returncode}; see {self._log}")
        try:
            return self._http.get(f"{self.url}/_emulator/health").is_success
        except httpx2.TransportError:
            return False

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the emulator's own control surface, which no real cloud has."""
        answer = self._http.request(method, f"{self.url}/_emulator{path}", json=body)
        if not answer.is_success:
            raise CloudError(f"{method} /_emulator{path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None

    def truth(self) -> Any:
        """The emulator's whole state: what really is the case, whoever claims what."""
        return self.control("GET", "/truth")

    def wait(self, what: str, holds: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until `holds`.

        Raises:
            CloudError: It did not within `seconds`.
        """
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                raise CloudError(f"waited {seconds:.0f} s in vain for {what}")
            time.sleep(0.1)


class Client:
    """A producer with one cluster's endpoint and key, speaking Kafka REST v3 as any client of the cloud does."""

    def __init__(self, endpoint: str, cluster: str, key: str, secret: str) -> None:
        self._records = f"{endpoint}/kafka/v3/clusters/{cluster}/topics/{{}}/records"
        self._http = httpx2.Client(auth=(key, secret), timeout=10, trust_env=False)

    def produce(self, topic: str, values: Sequence[int]) -> None:
        """Append numbers to partition 0 of a topic.

        Raises:
            CloudError: The cluster refused a record.
            httpx2.TransportError: The cluster does not answer.
        """
        for value in values:
            body = {"partition_id": 0, "value": {"type": "STRING", "data": str(value)}}
            answer = self._http.post(self._records.format(topic), json=body)
            if not answer.is_success or answer.json().get("error_code", 200) != 200:  # noqa: PLR2004 - HTTP OK
                raise CloudError(f"producing {value} to {topic}: {answer.status_code} {answer.text[:300]}")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
