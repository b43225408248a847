"""A seeded walk on the real engine: edits, reruns, refreshes, kills, hands; what holds after each (I2, I3, I7, I8).

The plan-level model (tests/core/test_model.py) walks far; this one walks a little with the engine and its state in it.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.drctl.in_process import run
from tests.emulation import in_process
from tests.emulator.linked import DESTINATION, SOURCE
from tests.engine.pairs import FAILOVER, Pair, build
from tests.engine.pulumi_cli import COMMAND_SECONDS, kill_all_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(3600)]

UPDATE = ("up", "--yes", "--skip-preview")
TOPICS = 4


class Walk:
    """One pair and what it has been asked for."""

    def __init__(self, pair: Pair, seed: int) -> None:
        self.pair, self.dice = pair, random.Random(seed)  # noqa: S311 - a walk, not cryptography
        self.desired = "ACTIVE"
        self.stopped: set[str] = set()
        self.told: list[str] = []

    def step(self) -> None:
        deeds = (self.flip, self.back, self.refresh, self.kill, self.hand, self.source)
        deed = self.dice.choice(deeds)
        self.told.append(deed.__name__)
        deed()
        self.assert_invariants()

    def want(self, desired: str) -> None:
        self.desired = desired
        self.pair.want(desired, chunk_size=2)

    def flip(self) -> None:
        """And the same again, which has nothing to do (I3)."""
        self.want("FAILED_OVER")
        ran = self.pair.stack.run(*UPDATE)
        assert ran.ok, (self.told, ran.text)
        self.assert_whole()

    def back(self) -> None:
        """An old config: refused at preview as soon as one mirror is STOPPED, and nothing is touched."""
        self.want("ACTIVE")
        before, ended = len(self.pair.mutations()), bool(self.stopped)
        ran = self.pair.stack.preview()
        assert ran.ok != ended, (self.told, ran.text)
        assert len(self.pair.mutations()) == before

    def refresh(self) -> None:
        ran = self.pair.stack.refresh()
        assert ran.ok, (self.told, ran.text)

    def kill(self) -> None:
        """At a call of a flip, before its effect or after; then the lock is broken."""
        self.want("FAILED_OVER")
        apply = self.dice.choice(["after", "never"])
        fault = self.pair.emulator.fault(
            {"hang": True}, apply=apply, path=FAILOVER, query={"validate_only": None}, times=1
        )
        with self.pair.stack.start(*UPDATE) as process:
            while process.poll() is None:
                if any(f["fired"] for f in self.pair.emulator.control("GET", "/faults")["faults"]):
                    break
                time.sleep(0.05)
            kill_all_of(process)
            process.wait(COMMAND_SECONDS)
        self.pair.emulator.control("DELETE", f"/faults/{fault}")
        backend = self.pair.stack.env["PULUMI_BACKEND_URL"]
        unlocked = run(["unlock", "--backend", backend, "--stack", "small/test"], {})
        assert unlocked.returncode == 0, (self.told, unlocked.stdout)

    def hand(self) -> None:
        self.pair.hand(f"t{self.dice.randrange(TOPICS)}", status="STOPPED")

    def source(self) -> None:
        alive = self.dice.random() < 0.5
        body = None if alive else {"how": "close", "now": True}
        self.pair.emulator.control("POST", f"/clusters/{SOURCE}/{'up' if alive else 'down'}", body)

    def assert_whole(self) -> None:
        assert set(self.pair.statuses().values()) == {"STOPPED"}, self.told
        (ledger,) = (self.pair.folder / "ledger").rglob("epoch-*.json")
        assert '"state": "closed"' in ledger.read_text("utf-8"), self.told
        before = len(self.pair.mutations())
        assert self.pair.stack.run(*UPDATE, "--expect-no-changes").ok, self.told
        assert len(self.pair.mutations()) == before, self.told

    def assert_invariants(self) -> None:
        requests = [r for r in self.pair.requests() if r["cluster"]]
        assert {r["cluster"] for r in requests} <= {DESTINATION}, self.told
        assert all(r["method"] != "DELETE" for r in requests), self.told
        now = {name for name, status in self.pair.statuses().items() if status == "STOPPED"}
        assert self.stopped <= now, self.told
        self.stopped = now


def walk(folder: Path, seed: int, steps: int) -> None:
    with in_process("--port", "0") as emulator:
        pair = build(emulator, folder, TOPICS)
        pair.want("ACTIVE")
        assert pair.stack.run(*UPDATE).ok
        pair.forget_log()
        journey = Walk(pair, seed)
        for _ in range(steps):
            journey.step()
        journey.flip()


def test_a_short_walk_with_the_engine_keeps_the_invariants(tmp_path: Path) -> None:
    walk(tmp_path, seed=8, steps=4)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(8))
def test_many_walks_with_the_engine_keep_the_invariants(tmp_path: Path, seed: int) -> None:
    walk(tmp_path, seed, steps=15)
