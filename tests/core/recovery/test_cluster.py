"""How long a look at a cluster's brokers waits for somebody to be there."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from kafkadr.errors import UnreachableError
from kafkadr.recovery.cluster import Client, cluster_at

LONG = 3600.0


@pytest.fixture
def silent() -> Iterator[int]:
    """A port on which everybody is taken in and nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def client(*servers: str) -> Client:
    bootstrap = ",".join(f"SASL_PLAINTEXT://{server}" for server in servers)
    return Client(cluster_at("the old primary", bootstrap, "K", SecretStr("s3cret")))


@pytest.mark.parametrize("servers", [["127.0.0.1:9"], ["127.0.0.1:9", "127.0.0.1:1"]], ids=len)
def test_where_every_address_refuses_the_patience_is_not_used_up(servers: list[str]) -> None:
    with pytest.raises(UnreachableError, match="does not answer"):
        client(*servers).cluster_id(LONG)


def test_silence_is_waited_for(silent: int) -> None:
    began = time.monotonic()
    with pytest.raises(UnreachableError, match="does not answer"):
        client(f"127.0.0.1:{silent}").cluster_id(3)
    assert time.monotonic() - began >= 3


def test_one_address_that_refuses_is_not_all_of_them(silent: int) -> None:
    began = time.monotonic()
    with pytest.raises(UnreachableError, match="does not answer"):
        client("127.0.0.1:9", f"127.0.0.1:{silent}").cluster_id(3)
    assert time.monotonic() - began >= 3
