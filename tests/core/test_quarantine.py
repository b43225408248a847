"""Quarantine of links: three switches off with the filters named, back again, and what the server says of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
from pydantic import SecretStr

from kafkadr import quarantine
from kafkadr.budget import Budget
from kafkadr.quarantine import OPEN, SHUT, SWITCHES
from kafkadr.rest import KafkaRest
from tests.emulation import RunningEmulator, in_thread
from tests.emulator import linked
from tests.emulator.linked import DESTINATION, SOURCE

FILTERS = '{"groupFilters":[{"name":"*","patternType":"LITERAL","filterType":"INCLUDE"}]}'
DECLARED = dict.fromkeys(SWITCHES, "false") | {
    "consumer.offset.sync.enable": "true",
    "consumer.offset.sync.ms": "1000",
    "consumer.offset.group.filters": FILTERS,
}
LINKS = {"dr": DECLARED}


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with in_thread() as running:
        linked.build(running, 1, **DECLARED)
        yield running


def run(
    emulator: RunningEmulator, work: Callable[[KafkaRest, quarantine.Links], Awaitable[dict[str, str]]]
) -> dict[str, str]:
    async def inner() -> dict[str, str]:
        where = f"{emulator.url}/k/{DESTINATION}"
        async with KafkaRest(where, DESTINATION, "DST", SecretStr("dst-secret"), Budget(20)) as rest:
            return await work(rest, LINKS)

    return asyncio.run(inner())


def configs(emulator: RunningEmulator) -> dict[str, str]:
    rows = linked.destination(emulator).get("/links/dr/configs").json()["data"]
    return {row["name"]: row["value"] for row in rows}


def test_every_switch_is_off_and_nothing_else_is_other_than_declared() -> None:
    assert quarantine.quarantined(DECLARED) == DECLARED | dict.fromkeys(SWITCHES, "false")
    assert quarantine.quarantined({"acl.sync.enable": "true"}) == dict.fromkeys(SWITCHES, "false")


def test_shut_and_lifted_on_the_destination_alone_and_the_filters_live(emulator: RunningEmulator) -> None:
    emulator.control("POST", f"/clusters/{SOURCE}/down", {"how": "close", "now": True})
    emulator.control("DELETE", "/log")
    for _ in range(2):  # Saying it twice is saying it once.
        assert run(emulator, quarantine.shut) == {"dr": SHUT}
        assert run(emulator, quarantine.found) == {"dr": SHUT}
        assert configs(emulator)["consumer.offset.sync.enable"] == "false"
        assert configs(emulator)["consumer.offset.group.filters"] == FILTERS
    assert run(emulator, quarantine.lift) == {"dr": OPEN}
    assert run(emulator, quarantine.found) == {"dr": OPEN}
    assert configs(emulator)["consumer.offset.sync.enable"] == "true"
    assert {r["cluster"] for r in emulator.log()} == {DESTINATION}


def test_a_refusal_is_told_and_counts_as_a_failure(emulator: RunningEmulator) -> None:
    body = {"error_code": 40301, "message": "not\x1b[31m allowed"}
    emulator.fault({"status": 403, "body": body}, path="/links/{l}/configs:alter")
    outcome = run(emulator, quarantine.shut)
    assert "not\\x1b[31m allowed" in outcome["dr"]
    assert quarantine.failures(outcome, wanted=True) == outcome
    assert quarantine.failures({"dr": OPEN}, wanted=True) == {"dr": OPEN}
    assert quarantine.failures({"dr": OPEN}, wanted=False) == {}


def test_a_link_that_is_gone_syncs_nothing(emulator: RunningEmulator) -> None:
    emulator.control("DELETE", f"/clusters/{DESTINATION}/links/dr")
    assert run(emulator, quarantine.shut) == {"dr": SHUT}
    assert run(emulator, quarantine.lift)["dr"] not in {SHUT, OPEN}
