"""Every call of the REST client, against whatever a test lets answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from kafkadr.budget import Budget
from kafkadr.rest import KafkaRest
from kafkadr.wire import Acl
from tests.services.web import Answer, Request

ACL = Acl(
    resource_type="TOPIC",
    resource_name="a",
    pattern_type="LITERAL",
    principal="User:sa-1",
    host="*",
    operation="READ",
    permission="ALLOW",
)
Call = Callable[[KafkaRest], Awaitable[Any]]
READS: dict[str, Call] = {
    "mirrors": lambda r: r.mirrors("dr"),
    "every_mirror": lambda r: r.every_mirror(),
    "link": lambda r: r.link("dr"),
    "link_configs": lambda r: r.link_configs("dr"),
    "topics": lambda r: r.topics(),
    "acls": lambda r: r.acls("User:sa-1"),
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
    "create_acls": lambda r: r.create_acls([ACL]),
    "delete_acl": lambda r: r.delete_acl(ACL),
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


def json_transport(body: Any) -> httpx2.MockTransport:
    """A server that has one answer."""
    return httpx2.MockTransport(lambda _: httpx2.Response(200, json=body))
