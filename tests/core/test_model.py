"""A walk through edits, flips, refusals, kills, hands and a break-glass failover, and what holds after every step.

Plan level: the guard, the core's own calls and the emulator over HTTP, in the order of the engine, without the engine.
Invariants I1-I8 of docs/invariants.md, and that nothing stopped ever becomes a mirror again.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import httpx2
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from pydantic import SecretStr

from kafkadr import quarantine
from kafkadr.breakglass import entry_of, move_pointer, stop_of, wanted
from kafkadr.budget import Budget
from kafkadr.card import Card, CardSite, Standby
from kafkadr.errors import DrError
from kafkadr.phase import Change, Phase, Term, judge
from kafkadr.phase import Standby as Does
from kafkadr.pointer import Active, may_replace, open_pointer
from kafkadr.rest import KafkaRest
from tests.emulation import RunningEmulator, in_thread
from tests.emulator import linked
from tests.emulator.linked import DESTINATION, SOURCE

TOPICS = ("t0", "t1", "t2", "t3")
STEADY = Term("east", 1, topics=TOPICS, sites=("east", "west"), link="dr")
FLIPPED = Term("west", 2, Change.FAILOVER, Does.RETAINED, TOPICS, sites=("east", "west"), link="dr")
SYNC = {"consumer.offset.sync.enable": "true", "acl.sync.enable": "false", "auto.create.mirror.topics.enable": "false"}
ALLOWED = {"mirrors:failover", "configs:alter"}
"""What a flip may change on the cluster (I6); ledger and pointer are elsewhere."""

edits = st.builds(
    Term,
    primary=st.sampled_from(["east", "west"]),
    epoch=st.integers(1, 4),
    change=st.sampled_from([Change.NONE, Change.FAILOVER, Change.PROMOTE]),
    standby=st.sampled_from([Does.MIRRORING, Does.RETAINED, Does.CLEAR_FIRED]),
    topics=st.sampled_from([TOPICS, TOPICS[:2], (*TOPICS, "new")]),
    handover=st.just(""),
    sites=st.just(("east", "west")),
    bidirectional=st.just(False),
    link=st.sampled_from(["dr", "other"]),
)


def quiet(line: str) -> None:
    """Nobody listens."""


class Killed(BaseException):
    """The process is gone."""


class Fragile(httpx2.AsyncHTTPTransport):
    """The real network, until the process is killed at a request: before it leaves, or when its answer comes."""

    def __init__(self, number: int, when: str) -> None:
        super().__init__()
        self.left, self.when = number, when

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.left -= 1
        if self.left == 0 and self.when == "before":
            raise Killed
        answer = await super().handle_async_request(request)
        if self.left == 0:
            raise Killed
        return answer


class Walk(RuleBasedStateMachine):
    """One pair. `recorded` is what state knows of the guard, `config` what the stack file says."""

    emulator: ClassVar[RunningEmulator]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.recorded = self.config = STEADY
        self.stopped: set[str] = set()
        self.moves: list[tuple[int, str]] = []

    def teardown(self) -> None:
        self.stack.close()

    @initialize()
    def build(self) -> None:
        self.emulator.reset()
        linked.build(self.emulator, len(TOPICS), **{"consumer.offset.sync.enable": "true"})
        self.emulator.control("DELETE", "/log")
        at = f"{self.emulator.url}/k"
        east = CardSite(site="east", cluster_id=SOURCE, bootstrap_endpoint="east:9092", rest_endpoint=f"{at}/{SOURCE}")
        west = Standby(
            site="west", cluster_id=DESTINATION, bootstrap_endpoint="west:9092", rest_endpoint=f"{at}/{DESTINATION}"
        )
        self.card = Card(
            version=1,
            link="dr",
            epoch=1,
            mirroring=True,
            primary=east,
            standby=west,
            topics=TOPICS,
            links={"dr": SYNC},
            ledger=(self.folder / "ledger").as_uri(),
            pointer=(self.folder / "pointer").as_uri(),
        )
        first = wanted(self.card, 1, "").model_dump() | {"site": "east", "cluster_id": SOURCE}
        self.pointer.move(Active.model_validate(first))

    @property
    def pointer(self) -> Any:
        return open_pointer(self.card.pointer)

    @rule(term=edits)
    def edit(self, term: Term) -> None:
        """Any edit at all; a legal one that is no failover is left to other tests."""
        verdict = judge(self.recorded, term)
        if verdict.ok and term != self.recorded and term.phase is not Phase.FAILED_OVER:
            return
        self.config = term
        self.up()

    @rule()
    def flip(self) -> None:
        self.config = FLIPPED
        self.up()

    @rule()
    def revert(self) -> None:
        """The commit of before the flip: a git revert, an old branch."""
        self.config = STEADY
        self.up()

    @rule(number=st.integers(1, 8), when=st.sampled_from(["before", "after"]))
    def killed(self, number: int, when: str) -> None:
        self.config = FLIPPED
        self.up(Fragile(number, when))

    @rule(names=st.sets(st.sampled_from(TOPICS), min_size=1))
    def refused_rows(self, names: set[str]) -> None:
        fault = {"row_error": {"names": sorted(names), "code": 401, "message": "no"}}
        number = self.emulator.fault(fault, path="/links/{l}/mirrors:failover", query={"validate_only": None})
        self.config = FLIPPED
        self.up()
        self.emulator.control("DELETE", f"/faults/{number}")

    @rule(topic=st.sampled_from(TOPICS))
    def hand(self, topic: str) -> None:
        """Somebody stops one in the vendor's console."""
        path = f"/clusters/{DESTINATION}/links/dr/mirrors/{topic}"
        self.emulator.control("PUT", path, {"status": "STOPPED"})

    @rule(topic=st.sampled_from(TOPICS), count=st.integers(1, 5))
    def produce(self, topic: str, count: int) -> None:
        path = f"/clusters/{SOURCE}/topics/{topic}/records"
        self.emulator.control("POST", path, {"partition": 0, "count": count})

    @rule(alive=st.booleans())
    def source(self, alive: bool) -> None:
        body = None if alive else {"how": "close", "now": True}
        self.emulator.control("POST", f"/clusters/{SOURCE}/{'up' if alive else 'down'}", body)

    @rule(killed=st.none() | st.integers(1, 8))
    def break_glass(self, killed: int | None) -> None:
        """`drctl failover`, which knows neither state nor config."""
        self.step(self.failover, Fragile(killed, "after") if killed else None)

    @rule()
    def rerun(self) -> None:
        """The same config twice: the second time there is nothing to do, if the first one ended well (I3)."""
        if self.up():
            before = len(self.mutations())
            assert self.up()
            assert [m for m in self.mutations()[before:] if m != "configs:alter"] == []

    def up(self, transport: httpx2.AsyncBaseTransport | None = None) -> bool:
        """`pulumi up`: guard, mirrors, quarantine, pointer. Whether it ended with exit code 0."""
        return self.step(self.update, transport)

    async def update(self, rest: KafkaRest) -> None:
        term = self.config
        if not judge(self.recorded, term).ok:
            raise DrError("refused by the guard", "")
        place = wanted(self.card, term.epoch, "").model_copy(update={"site": term.primary})
        if term != self.recorded:
            may_replace(self.pointer.read(), place)
            self.recorded = term
        if term.phase is Phase.FAILED_OVER:
            await stop_of(self.card, term.epoch).run(rest, quiet, quiet)
            await quarantine.shut(rest, self.card.links)
            await move_pointer(self.card, term.epoch, "")

    async def failover(self, rest: KafkaRest) -> None:
        entry = await entry_of(self.card)
        await stop_of(self.card, entry.epoch).run(rest, quiet, quiet)
        await quarantine.shut(rest, self.card.links)
        await move_pointer(self.card, entry.epoch, "")

    def step(
        self, work: Callable[[KafkaRest], Coroutine[Any, Any, None]], transport: httpx2.AsyncBaseTransport | None
    ) -> bool:
        before, recorded = len(self.mutations()), self.recorded

        async def whole() -> None:
            at, secret = self.card.standby.rest_endpoint, SecretStr("dst-secret")
            async with KafkaRest(at, DESTINATION, "DST", secret, Budget(60), transport) as rest:
                await work(rest)

        try:
            asyncio.run(whole())
        except Killed:
            return False
        except DrError as error:
            if error.problem == "refused by the guard":
                assert len(self.mutations()) == before
                assert self.recorded == recorded
            return False
        if self.config.phase is Phase.FAILED_OVER or work == self.failover:
            self.assert_whole()
        return True

    def assert_whole(self) -> None:
        """Exit code 0 means it (I8)."""
        assert set(self.statuses().values()) == {"STOPPED"}
        assert self.pointer.read().site == "west"
        (file,) = (self.folder / "ledger").rglob("epoch-2.json")
        document = json.loads(file.read_text("utf-8"))
        assert (document["state"], sorted(document["topics"])) == ("closed", sorted(TOPICS))

    def statuses(self) -> dict[str, str]:
        links = self.emulator.truth()["clusters"][DESTINATION]["links"]
        found: dict[str, str] = links["dr"]["mirrors"]
        return found

    def mutations(self) -> list[str]:
        log = [r for r in self.emulator.log() if r["method"] != "GET" and "validate_only" not in str(r["query"])]
        return [r["template"].rsplit("/", 1)[1] for r in log]

    @invariant()
    def nothing_is_deleted_and_nothing_else_is_touched(self) -> None:
        assert set(self.statuses()) == set(TOPICS)  # I1, I2
        assert {r["cluster"] for r in self.emulator.log()} <= {DESTINATION}  # I7
        assert set(self.mutations()) <= ALLOWED  # I6

    @invariant()
    def stopped_stays_stopped(self) -> None:
        now = {name for name, status in self.statuses().items() if status == "STOPPED"}
        assert self.stopped <= now
        self.stopped = now

    @invariant()
    def the_pointer_moves_after_the_mirrors_and_only_forward(self) -> None:
        found = self.pointer.read()
        if not self.moves or self.moves[-1] != (found.epoch, found.site):
            self.moves.append((found.epoch, found.site))
        assert self.moves in ([(1, "east")], [(1, "east"), (2, "west")])  # I5
        if found.site == "west":
            assert set(self.statuses().values()) == {"STOPPED"}  # I4


def walk(examples: int, steps: int) -> None:
    with in_thread() as emulator, pytest.MonkeyPatch.context() as patch:
        patch.setattr("kafkadr.flip.POLL_SECONDS", (0.01, 0.05))  # The emulator stops mirrors at once.
        Walk.emulator = emulator
        budget = settings(max_examples=examples, stateful_step_count=steps, deadline=None, database=None)
        run_state_machine_as_test(Walk, settings=budget)


def test_every_step_of_a_short_walk_keeps_the_invariants() -> None:
    walk(20, 10)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_every_step_of_many_long_walks_keeps_the_invariants() -> None:
    walk(300, 40)
