"""`drctl adopt`: how far a failover got that somebody else made, the edit that squares it, and no change by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drctl.in_process import run
from tests.drctl.test_failover import KEYS, World
from tests.emulation import in_thread
from tests.emulator import linked
from tests.emulator.linked import DESTINATION


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with in_thread() as emulator:
        linked.build(emulator, 3)
        emulator.control("DELETE", "/log")
        found = World(emulator, tmp_path)
        found.point()
        yield found


def test_what_is_left_is_told_with_the_edit_and_nothing_is_changed(world: World) -> None:
    for name in ("t0", "t2"):
        path = f"/clusters/{DESTINATION}/links/dr/mirrors/{name}"
        world.emulator.control("PUT", path, {"status": "STOPPED"})
    state = world.folder / "export.json"
    pending = [{"type": "updating", "resource": {"urn": "urn:dr-mirror-state"}}]
    state.write_text(json.dumps({"deployment": {"pending_operations": pending}}), "utf-8")

    people = run(["adopt", "--card", str(world.card()), "--state", str(state)], KEYS)
    assert people.returncode == 1
    assert people.stdout.splitlines() == [
        "kafka-dr:primary: west",
        "kafka-dr:epoch: 2",
        "kafka-dr:change: failover",
        "kafka-dr:standby: retained",
    ]
    for said in (
        "2 mirrors are STOPPED, 1 are not: t1",
        "no ledger",
        "pointer has not moved",
        "updating urn:dr-mirror",
    ):
        assert said in people.stderr
    programs = json.loads(run(["adopt", "--card", str(world.card()), "--json"], KEYS).stdout)
    assert (programs["left"], programs["ledger"], programs["pointer"], programs["whole"]) == (
        ["t1"],
        False,
        False,
        False,
    )
    assert world.mutations() == []
    assert not list(world.folder.rglob("epoch-*.json"))

    assert run(["first", "failover", "--card", str(world.card()), "--yes"], KEYS).returncode == 0
    assert run(["adopt", "--card", str(world.card())], KEYS).returncode == 0


def test_what_is_no_state_is_said(world: World) -> None:
    state = world.folder / "export.json"
    for text, said in (("{", "cannot be read"), ("[]", "no JSON object"), ("{}", "no deployment")):
        state.write_text(text, "utf-8")
        ran = run(["adopt", "--card", str(world.card()), "--state", str(state)], KEYS)
        assert (ran.returncode, said in ran.stderr) == (1, True), ran.stderr
