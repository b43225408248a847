"""The REST client against answers that nobody should send: bounded, told in one line, and the key stays home."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from kafkadr.budget import Budget
from kafkadr.errors import DrError, UnreachableError
from kafkadr.rest import KafkaRest, TooLargeError
from tests.services.web import Answer, Request, serving

Call = Callable[[KafkaRest], Awaitable[Any]]
READS: dict[str, Call] = {
    "mirrors": lambda r: r.mirrors("dr"),
    "every_mirror": lambda r: r.every_mirror(),
    "link": lambda r: r.link("dr"),
    "link_configs": lambda r: r.link_configs("dr"),
    "topics": lambda r: r.topics(),
    "groups": lambda r: r.groups(),
    "group_lags": lambda r: r.group_lags("app"),
    "authenticate": lambda r: r.authenticate(),
}
VERBS: dict[str, Call] = {
    "failover": lambda r: r.alter_mirrors("dr", "failover", names=["a"]),
    "promote": lambda r: r.alter_mirrors("dr", "promote", pattern=".*", dry_run=True),
    "truncate-and-restore": lambda r: r.alter_mirrors("dr", "truncate-and-restore", names=["a"]),
    "reverse-and-start-mirror": lambda r: r.alter_mirrors("dr", "reverse-and-start-mirror", names=["a"], dry_run=True),
    "alter_link": lambda r: r.alter_link("dr", {"acl.sync.enable": "false"}),
    "delete_topic": lambda r: r.delete_topic("a"),
}
CALLS = READS | VERBS
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def ask(call: Call, endpoint: str, budget: Budget, transport: httpx2.AsyncBaseTransport | None = None) -> Any:
    async def work() -> Any:
        async with KafkaRest(endpoint, "lkc-1", "KEY", SecretStr("canary"), budget, transport) as rest:
            return await call(rest)

    return asyncio.run(work())


class Script:
    """Answers the same to everybody, and remembers who asked with which key."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.seen: list[tuple[str, str | None]] = []

    def answer(self, request: Request) -> Answer:
        self.seen.append((request.target, request.headers.get("Authorization")))
        return self._answers[min(len(self.seen), len(self._answers)) - 1]


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
    found = ask(READS["mirrors"], "https://x.example", Budget(5), httpx2.MockTransport(_json(body)))
    assert [m.mirror_topic_name for m in found] == ["a", "b"]
    assert found[1].source == "b" if odd.get("source_topic_name", "") is None else "a"


def test_a_list_without_its_rows_is_no_empty_list() -> None:
    bodies: list[dict[str, Any]] = [{}, {"data": None}, {"metadata": {}}]
    for body in bodies:
        with pytest.raises(UnreachableError, match="does not fit at data"):
            ask(READS["mirrors"], "https://x.example", Budget(5), httpx2.MockTransport(_json(body)))


def _json(body: Any, status: int = 200) -> Any:
    return lambda _: httpx2.Response(status, json=body)


# Bounds.


@pytest.mark.parametrize("after", ["20", "7200", "9" * 400])
def test_a_wait_that_would_outlast_the_budget_is_not_begun(after: str) -> None:
    service, budget = Script(Answer(429, b"<html>", {"Retry-After": after})), Budget(2.0)
    with serving(service) as url, pytest.raises(UnreachableError, match="answered 429 and asks to wait"):
        ask(READS["mirrors"], url, budget)
    assert len(service.seen) == 1
    assert budget.left > 0


def test_the_waits_between_two_tries_end_with_the_budget(caplog: pytest.LogCaptureFixture) -> None:
    service, budget = Script(Answer(503)), Budget(0.5)
    with caplog.at_level(logging.DEBUG, "stamina"), serving(service) as url:
        for _ in range(8):  # the library's own wait is a matter of chance
            budget = Budget(0.5)
            with pytest.raises(UnreachableError, match="answered 503"):
                ask(READS["mirrors"], url, budget)
            assert budget.spent < 2 * budget.seconds
    assert caplog.records == []


@pytest.mark.parametrize("verb", [n for n in VERBS if n not in {"alter_link", "delete_topic"}])
@pytest.mark.parametrize("answer", [Answer(413), Answer.of(400, {"message": "Too many mirror topics"})])
def test_a_verb_that_is_too_large_is_an_unreachable_world_in_one_line(verb: str, answer: Answer) -> None:
    with serving(Script(answer)) as url, pytest.raises(TooLargeError, match="refused as too large") as told:
        ask(VERBS[verb], url, Budget(5))
    assert told.value.exit_code == 3


# The key stays home.


@every_call
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_ends_in_one_clear_error(call: Call, status: int) -> None:
    elsewhere = Script(Answer.of(200, {"data": []}))
    with serving(elsewhere) as other:
        to = other.replace("127.0.0.1", "localhost") + "/x?token=secret"
        home = Script(Answer(status, b"", {"Location": to}))
        with serving(home) as url, pytest.raises(UnreachableError) as told:
            ask(call, url, Budget(5))
    assert elsewhere.seen == []
    assert len(home.seen) == 1
    assert f"answered {status}, a redirect to localhost; the key was not sent there" in told.value.problem
    assert "secret" not in str(told.value)


PAGES = "/kafka/v3/clusters/lkc-1/topics?page_token=2"


@pytest.mark.parametrize(
    "name", ["{other}" + PAGES, "//{host}" + PAGES, "https://pkc.internal:9443" + PAGES, PAGES, "?page_token=2"]
)
def test_the_next_page_is_asked_for_where_the_first_one_was(name: str) -> None:
    elsewhere = Script(Answer.of(200, {"data": []}))
    with serving(elsewhere) as other:
        named = name.format(other=other, host=other.removeprefix("http://"))
        first = Answer.of(200, {"data": [{"topic_name": "a"}], "metadata": {"next": named}})
        home = Script(first, Answer.of(200, {"data": [{"topic_name": "b"}]}))
        with serving(home) as url:
            topics = ask(READS["topics"], url, Budget(5))
    assert [t.topic_name for t in topics] == ["a", "b"]
    assert elsewhere.seen == []
    assert home.seen[1][0] == PAGES


@pytest.mark.parametrize("name", ["http://x:port/y", "/a\x00b", "/" + "a" * 70_000], ids=["port", "control", "long"])
def test_a_next_page_without_an_address_has_a_name(name: str) -> None:
    transport = httpx2.MockTransport(_json({"data": [], "metadata": {"next": name}}))
    with pytest.raises(UnreachableError, match="names a next page that is no address"):
        ask(READS["topics"], "https://x.example", Budget(5), transport)
