"""A failover against a network and a service that misbehave: carried out, or red for a reason that has a name."""

from __future__ import annotations

import asyncio
import gc
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from kafkadr.budget import Budget
from kafkadr.desired import Desired
from kafkadr.errors import DrError, UnreachableError
from kafkadr.rest import KafkaRest
from kafkadr.stopping import IncompleteError, Stop, Stopped
from kafkadr.survey import Wish
from tests.emulation import RunningEmulator, in_thread
from tests.emulator import linked
from tests.emulator.linked import DESTINATION

FAILOVER: dict[str, Any] = {"path": "/links/{l}/mirrors:failover", "query": {"validate_only": None}}
LIST = {"path": "/links/{l}/mirrors"}
TOPICS = 5


class World:
    """Five mirrors to be failed over."""

    def __init__(self, emulator: RunningEmulator, folder: Path) -> None:
        self.emulator, self.folder = emulator, folder

    def failover(self, at: str = "", seconds: float = 60.0, chunk: int = 500) -> Stopped:
        stop = Stop(Wish("dr", Desired.FAILED_OVER), 2, (self.folder / "ledger").as_uri(), chunk_size=chunk)
        endpoint = at or f"{self.emulator.url}/k/{DESTINATION}"

        async def work() -> Stopped:
            async with KafkaRest(endpoint, DESTINATION, "DST", SecretStr("dst-secret"), Budget(seconds)) as rest:
                return await stop.run(rest, lambda _: None, lambda _: None)

        return asyncio.run(work())

    def calls(self) -> int:
        """Batch calls that had their effect."""
        log = self.emulator.log()
        return sum(r["template"].endswith("mirrors:failover") and r["applied_status"] == 200 for r in log)

    def assert_done(self, done: Stopped) -> None:
        assert done.look.fulfilled
        assert set(linked.statuses(linked.destination(self.emulator)).values()) == {"STOPPED"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with in_thread() as emulator:
        linked.build(emulator, TOPICS)
        emulator.control("DELETE", "/log")
        yield World(emulator, tmp_path)
    with warnings.catch_warnings():
        # The HTTP library leaves the socket of half an answer to the collector: not to fall upon another test.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.mark.parametrize(
    ("action", "apply", "match", "calls"),
    [
        ({"status": 429, "body": "<html>slow down</html>"}, "before", {"times": 3}, 1),
        ({"status": 429, "headers": {"retry-after": "1"}}, "before", {"times": 1}, 1),
        ({"status": 503}, "before", {"times": 3}, 1),
        ({"status": 503}, "after", {"times": 1}, 2),
        ({"reset": "close"}, "after", {"times": 1}, 2),
        ({"reset": "after_headers"}, "after", {"times": 1}, 2),
        ({"latency": 1.0}, "before", {}, 1),
    ],
    ids=["429", "retry-after", "503", "503-after", "reset-after", "half-an-answer", "slow"],
)
def test_a_batch_call_that_failed_is_judged_by_the_list(
    world: World, action: dict[str, Any], apply: str, match: dict[str, Any], calls: int
) -> None:
    world.emulator.fault(action, apply=apply, **FAILOVER, **match)
    world.assert_done(world.failover())
    assert world.calls() <= calls


def test_silence_after_the_call_ends_in_time_and_costs_no_second_call(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kafkadr.rest.REQUEST_SECONDS", 1.0)
    world.emulator.fault({"hang": True}, apply="after", times=1, **FAILOVER)
    world.assert_done(world.failover())
    assert world.calls() == 1


def test_a_call_that_is_too_large_is_halved_and_the_list_is_read_page_by_page(world: World) -> None:
    world.emulator.settings(page_size=2)
    world.emulator.fault({"max_names": 2}, **FAILOVER)
    world.assert_done(world.failover())
    assert world.calls() == 3


def test_stuck_on_the_way_it_says_so_and_the_next_run_only_polls(world: World) -> None:
    world.emulator.settings(stop_mode="manual")
    with pytest.raises(IncompleteError, match="accepted, not finished within 3 s"):
        world.failover(seconds=3.0)
    world.emulator.control("POST", f"/clusters/{DESTINATION}/links/dr/mirrors:release")
    world.assert_done(world.failover())
    assert world.calls() == 1


@pytest.mark.parametrize("seed", range(12))
def test_an_answer_that_was_changed_on_its_way_is_survived_or_named(world: World, seed: int) -> None:
    world.emulator.fault({"mutate_json": seed}, times=2, **LIST)
    told = ""
    try:
        world.assert_done(world.failover())
    except DrError as error:  # Any other exception fails the test.
        told = str(error)
    assert "\x1b" not in told


def test_a_page_of_a_proxy_instead_of_an_answer_is_named_and_nothing_is_touched(world: World) -> None:
    world.emulator.fault({"status": 200, "body": "<html>\x1b[2Jlog in first</html>" + "x" * 5000}, **LIST)
    with pytest.raises(UnreachableError, match="something that is not a JSON object") as told:
        world.failover()
    assert len(told.value.problem) < 400
    assert "\x1b" not in told.value.problem
    assert world.calls() == 0


@pytest.mark.parametrize("at", ["http://127.0.0.1:9", "https://127.0.0.1:{port}", "http://nobody.invalid"])
def test_a_dead_endpoint_no_tls_and_no_name_are_told_apart_from_a_refusal(world: World, at: str) -> None:
    port = world.emulator.url.rsplit(":", 1)[1]
    with pytest.raises(UnreachableError, match=r"GET /links/\{link\}/mirrors at"):
        world.failover(at.format(port=port), seconds=4.0)
    assert world.calls() == 0


def listing(world: World, *names: str) -> dict[str, Any]:
    """The list of mirrors with these topics only, as a server that is not consistent yet would answer."""
    whole = linked.destination(world.emulator).get("/links/dr/mirrors").json()
    whole["data"] = [m for m in whole["data"] if m["mirror_topic_name"] in names]
    return {"status": 200, "body": whole}


def test_a_topic_that_vanishes_from_a_later_list_is_not_done_and_the_ledger_says_so(world: World) -> None:
    for name in ("t0", "t1", "t2"):
        world.emulator.control("PUT", f"/clusters/{DESTINATION}/links/dr/mirrors/{name}", {"status": "STOPPED"})
    short = world.emulator.fault(listing(world, "t0", "t1", "t2"), method="GET", nth=2, times=99, **LIST)
    world.emulator.settings(stop_mode="manual")
    with pytest.raises(
        IncompleteError, match=r"(?s)2 of 5 mirrors .*t3 +MISSING .*there at the first look.*t4 +MISSING"
    ):
        world.failover()
    (file,) = (world.folder / "ledger").rglob("*.json")
    document = json.loads(file.read_text("utf-8"))
    assert document["state"] == "open"
    assert {n for n, t in document["topics"].items() if t["status"] == "MISSING"} == {"t3", "t4"}

    with pytest.raises(IncompleteError, match="2 of 5 mirrors"):
        world.failover()  # The first look of this run sees three; that of the flip saw five.
    world.emulator.control("DELETE", f"/faults/{short}")
    world.emulator.control("POST", f"/clusters/{DESTINATION}/links/dr/mirrors:release")
    world.assert_done(world.failover())
    assert json.loads(file.read_text("utf-8"))["state"] == "closed"
