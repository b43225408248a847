"""A link's entries are set and deleted in one call, read back, and compared by what they say."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from kafkadr.budget import Budget
from kafkadr.mirrors import syncs
from kafkadr.rest import KafkaRest

WANTED = {"acl.sync.enable": "true", "acl.sync.ms": "5000", "acl.filters": '{"aclFilters":[{"a":1,"b":2}]}'}


class Link:
    """A link's entries as a service keeps them; a deaf one accepts and does nothing."""

    def __init__(self, entries: dict[str, str], *, deaf: bool = False) -> None:
        self.entries, self.deaf = dict(entries), deaf
        self.changes: list[Any] = []

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            rows = [{"name": n, "value": v, "is_default": False} for n, v in self.entries.items()]
            rows.append({"name": "consumer.offset.sync.ms", "value": "30000", "is_default": True})
            return httpx2.Response(200, json={"data": rows, "metadata": {}})
        assert request.url.path.endswith("/configs:alter")
        data = json.loads(request.content)["data"]
        self.changes.append(data)
        for row in data if not self.deaf else []:
            if row["operation"] == "SET":
                self.entries[row["name"]] = row["value"]
            else:
                del self.entries[row["name"]]
        return httpx2.Response(204)

    def apply(self, wanted: dict[str, str]) -> syncs.Difference:
        async def play() -> syncs.Difference:
            transport = httpx2.MockTransport(self.handle)
            async with KafkaRest("https://x.example", "lkc-1", "K", SecretStr("s"), Budget(30), transport) as rest:
                return await syncs.apply(rest, "dr", wanted)

        return asyncio.run(play())


def test_what_is_as_wanted_is_left_alone_however_it_is_spelt() -> None:
    link = Link(WANTED | {"acl.filters": '{ "aclFilters": [ {"b": 2, "a": 1} ] }', "link.mode": "BIDIRECTIONAL"})
    assert not link.apply(WANTED)
    assert link.changes == []


def test_one_call_sets_and_deletes_and_nobody_elses_entry_is_touched() -> None:
    link = Link({"acl.sync.ms": "9000", "topic.config.sync.ms": "7000", "availability.check.ms": "1"})
    link.apply(WANTED)
    assert link.entries == WANTED | {"availability.check.ms": "1"}
    assert len(link.changes) == 1


def test_a_switch_that_is_off_is_the_same_as_none() -> None:
    link = Link({"acl.sync.enable": "false", "consumer.offset.sync.enable": "false"})
    assert not link.apply({})
    assert link.changes == []


def test_accepted_and_not_done_is_an_error() -> None:
    with pytest.raises(syncs.SyncRefusedError, match="accepted its settings and does not have them"):
        Link({}, deaf=True).apply(WANTED)
