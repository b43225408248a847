"""The REST client against answers that nobody should send: taken, or told in one line."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from kafkadr.budget import Budget
from kafkadr.errors import DrError, UnreachableError
from kafkadr.rest import KafkaRest
from tests.core.rest_calls import CALLS, READS, Call, ask, every_call, json_transport

# What comes instead of an answer.

SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8)
NAMES = st.sampled_from(
    [
        *("data", "metadata", "next", "mirror_topic_name", "mirror_status", "mirror_lags", "partition", "lag"),
        *("last_source_fetch_offset", "source_topic_name", "link_name", "error_code", "error_message", "message"),
        *("partition_level_truncation_data", "name", "value", "topic_name", "consumer_group_id", "partition_id"),
    ]
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6))
ROWS = st.fixed_dictionaries({"data": st.lists(st.dictionaries(NAMES, JSON, max_size=6), max_size=3)})
BODIES = st.binary(max_size=40) | (JSON | ROWS).map(lambda body: json.dumps(body).encode())
HEADERS = st.lists(
    st.sampled_from(
        [
            *((b"retry-after", value) for value in (b"\xb2", b"-1", b"9" * 400, b"Wed, 21 Oct 2037 07:28:00 GMT", b"")),
            *((b"content-encoding", value) for value in (b"gzip", b"deflate", b"br", b"zstd", b"nonsense")),
            *((b"content-type", b"application/json; charset=" + value) for value in (b"hex", b"undefined", b"\xff")),
            *((b"location", value) for value in (b"http://[bad", b"//elsewhere.example/x", b"\xff:", b"")),
        ]
    ),
    max_size=3,
)


@every_call
@settings(max_examples=40, deadline=None)
@given(status=st.sampled_from([*range(200, 209), *range(300, 309), 400, 401, 404, 409, 413, 418, 429, 500, 503, 599]),
       headers=HEADERS, body=BODIES)  # fmt: skip
def test_any_answer_is_taken_or_has_a_name(call: Call, status: int, headers: list[Any], body: bytes) -> None:
    class Raw(httpx2.AsyncByteStream):
        async def __aiter__(self) -> Any:
            yield body

    async def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(status, headers=headers, stream=Raw())

    with contextlib.suppress(DrError):  # Any other exception fails the test.
        ask(call, "https://pkc.example", Budget(0.02), httpx2.MockTransport(answer))


_LAGS = [{"partition": 0, "lag": 0, "last_source_fetch_offset": 9}]
_CUTS = [{"partition_id": 0, "offset_truncated_to": 5, "messages_truncated": 1}]
_MIRROR = {
    "mirror_topic_name": "a",
    "source_topic_name": "a",
    "link_name": "dr",
    "mirror_status": "ACTIVE",
    "mirror_lags": _LAGS,
    "mirror_topic_error": None,
}
_ROW = {
    "mirror_topic_name": "a",
    "error_code": None,
    "error_message": None,
    "mirror_lags": _LAGS,
    "partition_level_truncation_data": _CUTS,
}
_COMMIT = {"topic_name": "a", "partition_id": 0, "current_offset": 1, "log_end_offset": 2}
BODIES_OF: dict[str, Any] = {
    "mirrors": {"data": [_MIRROR], "metadata": {"next": None}},
    "link": {"link_name": "dr", "source_cluster_id": "lkc-a", "remote_cluster_id": None},
    "link_configs": {"data": [{"name": "acl.sync.enable", "value": "true"}]},
    "topics": {"data": [{"topic_name": "a", "partitions_count": 3}]},
    "groups": {"data": [{"consumer_group_id": "app", "state": "STABLE"}]},
    "group_lags": {"data": [_COMMIT]},
    "truncate-and-restore": {"data": [_ROW]},
}
ODD: list[Any] = [None, True, -1, 1.5, float("nan"), 2**70, "", "x", "//x", [], [None], [1], {}, {"x": None}]


def altered(body: Any) -> Iterator[Any]:
    """The body with one value of it, at any depth, replaced by an odd one."""
    yield from ODD
    parts = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for at, part in list(parts):
        for other in altered(part):
            yield {**body, at: other} if isinstance(body, dict) else [*body[:at], other, *body[at + 1 :]]


@pytest.mark.parametrize("name", BODIES_OF)
def test_a_body_with_one_odd_value_is_taken_or_has_a_name(name: str) -> None:
    said = [BODIES_OF[name]]

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=json.dumps(said[-1]))

    async def work() -> None:
        transport = httpx2.MockTransport(answer)
        async with KafkaRest("https://x.example", "lkc-1", "K", SecretStr("S"), Budget(60), transport) as rest:
            assert await CALLS[name](rest)
            for body in altered(BODIES_OF[name]):
                said.append(body)
                with contextlib.suppress(DrError):  # Any other exception fails the test.
                    await CALLS[name](rest)

    asyncio.run(work())


DEEP = b'{"data":' + b"[" * 100_000
CUT_SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"
WIRE: dict[str, bytes] = {
    "nothing": b"",
    "no-http": b"SSH-2.0-OpenSSH_9.2\r\n",
    "cut-short": CUT_SHORT,
    "false-gzip": b'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 11\r\n\r\n{"data":[]}',
    "false-length": b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    "false-chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "odd-header": b"HTTP/1.1 429 Slow\r\nRetry-After: \xb2\r\nContent-Length: 0\r\n\r\n",
    "odd-status": b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n",
    "upgrade": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "deep": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(DEEP), DEEP),
}


@contextmanager
def saying(raw: bytes) -> Iterator[str]:
    """A server that answers every connection with these bytes, and closes it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, contextlib.suppress(OSError):
                        connection.recv(65_536)
                        connection.sendall(raw)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("raw", WIRE.values(), ids=WIRE)
@pytest.mark.parametrize("name", ["mirrors", "failover"])
def test_what_is_no_answer_is_told_in_one_line(raw: bytes, name: str) -> None:
    with saying(raw) as url, pytest.raises(DrError) as told:
        ask(CALLS[name], url, Budget(0.5))
    assert "\n" not in told.value.problem
    assert len(told.value.problem) < 500


# One odd mirror.


@pytest.mark.parametrize(
    "odd",
    [
        {"mirror_lags": None},
        {"source_topic_name": None},
        {"link_name": None},
        {"mirror_status": None},
        {"mirror_topic_error": None},
        {"mirror_lags": [{"partition": 0, "lag": 5, "last_source_fetch_offset": None}]},
        {"mirror_lags": [{"partition": None, "lag": 5, "last_source_fetch_offset": 3}]},
        {"mirror_lags": [None]},
    ],
    ids=json.dumps,
)
def test_a_null_in_one_mirror_hides_no_other(odd: dict[str, Any]) -> None:
    lags = [{"partition": 0, "lag": 0, "last_source_fetch_offset": 9}]
    whole = {"mirror_topic_name": "a", "source_topic_name": "a", "mirror_status": "ACTIVE", "mirror_lags": lags}
    rows = [whole, whole | {"mirror_topic_name": "b"} | odd]
    body = {"data": rows, "metadata": None}
    found = ask(READS["mirrors"], "https://x.example", Budget(5), json_transport(body))
    assert [m.mirror_topic_name for m in found] == ["a", "b"]
    assert found[1].source == "b" if odd.get("source_topic_name", "") is None else "a"


def test_a_list_without_its_rows_is_no_empty_list() -> None:
    bodies: list[dict[str, Any]] = [{}, {"data": None}, {"metadata": {}}]
    for body in bodies:
        with pytest.raises(UnreachableError, match="does not fit at data"):
            ask(READS["mirrors"], "https://x.example", Budget(5), json_transport(body))
