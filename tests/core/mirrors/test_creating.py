"""Mirrors are made several at a time, and no fault of one keeps the others from being made."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from pydantic import SecretStr

from kafkadr.budget import Budget
from kafkadr.mirrors import creating
from kafkadr.mirrors.creating import AT_ONCE, Made, create
from kafkadr.rest import KafkaRest

Answer = Callable[[str], Awaitable[httpx2.Response]]


def refused(status: int, code: int, text: str, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, json={"error_code": code, "message": text}, headers=headers)


def made_with(answer: Answer, names: list[str], seconds: float = 60, told: list[str] | None = None) -> Made:
    """What comes of making these mirrors against a service that answers so by the mirror's name."""

    async def handle(request: httpx2.Request) -> httpx2.Response:
        assert request.method == "POST"
        assert request.url.path.endswith("/links/dr/mirrors")
        return await answer(json.loads(request.content)["mirror_topic_name"])

    async def play() -> Made:
        transport = httpx2.MockTransport(handle)
        rest = KafkaRest("https://x.example", "lkc-1", "K", SecretStr("s"), Budget(seconds), transport)
        async with rest:
            return await create(rest, "dr", {name: name for name in names}, (told if told is not None else []).append)

    return asyncio.run(play())


async def well(name: str) -> httpx2.Response:
    del name
    return httpx2.Response(204)


def test_so_many_at_a_time_and_no_more() -> None:
    under_way, most = 0, 0

    async def answer(name: str) -> httpx2.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        return await well(name)

    told: list[str] = []
    names = [f"t{number:03}" for number in range(200)]
    made = made_with(answer, names, told=told)
    assert (made.names, made.findings) == (names, [])
    assert most == AT_ONCE
    assert told[-1].startswith("link dr: 200 of 200 mirrors")


def test_a_wait_that_the_service_asks_for_is_obeyed_and_nothing_is_lost() -> None:
    asked: Counter[str] = Counter()

    async def answer(name: str) -> httpx2.Response:
        asked[name] += 1
        return refused(429, 429, "slow down", **{"retry-after": "0"}) if asked[name] == 1 else await well(name)

    names = [f"t{number}" for number in range(10)]
    assert made_with(answer, names).names == names
    assert set(asked.values()) == {2}


def test_a_link_that_was_made_a_moment_ago_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creating, "_ASK_AGAIN_SECONDS", 0.001)
    asked: Counter[str] = Counter()

    async def answer(name: str) -> httpx2.Response:
        asked[name] += 1
        return refused(404, 40403, "no such cluster link") if asked[name] <= 2 else await well(name)

    assert made_with(answer, ["a"]).names == ["a"]
    assert asked["a"] == 3


def test_a_topic_that_is_not_on_the_source_is_not_asked_for_again() -> None:
    asked: Counter[str] = Counter()

    async def answer(name: str) -> httpx2.Response:
        asked[name] += 1
        return refused(404, 40403, "source topic does not exist") if name == "b" else await well(name)

    made = made_with(answer, ["a", "b", "c"])
    assert made.names == ["a", "c"]
    assert [(f.topic, f.code) for f in made.findings] == [("b", "40403")]
    assert asked["b"] == 1


def test_a_site_that_dies_half_way_ends_it_and_names_what_is_not_made() -> None:
    asked: Counter[str] = Counter()

    async def answer(name: str) -> httpx2.Response:
        asked[name] += 1
        if name >= "t50":
            raise httpx2.ConnectError("gone")
        return await well(name)

    names = [f"t{number:02}" for number in range(100)]
    made = made_with(answer, names, seconds=3)
    assert made.names == names[:50]
    assert [f.topic for f in made.findings] == names[50:]
    assert {f.code for f in made.findings} == {"NOT_DONE"}
    assert len(asked) < 70, "it went on asking a site that does not answer"


def test_nothing_missing_asks_nothing() -> None:
    async def answer(name: str) -> httpx2.Response:
        raise AssertionError(name)

    assert made_with(answer, []) == Made()
