"""The plan gate on previews of the real engine: a move of the pair passes, the same move with more does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulation import RunningEmulator
from tests.engine import both_ways
from tests.engine.gating import STEADY, Gate, codes, edits, moves
from tests.engine.standing import EAST, FAILOVER, LINK, PROMOTE, StandingPair, build

# Forty runs of the engine: the fast tests judge the recordings, and test_policies.py runs the CI script.
pytestmark = [pytest.mark.engine, pytest.mark.nightly, pytest.mark.timeout(1800)]


def check_steady(gate: Gate[StandingPair]) -> None:
    """No move: what adds passes, what takes away does not, and what unlocks is said."""
    others = edits(gate.settings)
    assert gate.judged("steady-same", "--show-sames", term=STEADY).allowed
    for name in ("rename-link", "endpoint", "drop-mirror"):
        assert not gate.judged(f"steady-{name}", term=STEADY, **others[name]).allowed, name
    added = gate.judged("steady-new-client", term=STEADY, **others["new-client"])
    assert added.allowed, added.findings
    lifted = gate.judged("steady-unlock", term=STEADY, **others["unlock"])
    assert lifted.allowed, lifted.findings
    assert any("lose their protection" in note for note in lifted.notes)
    forced = gate.judged("steady-endpoint-ignore-protect", "--ignore-protect", term=STEADY, **others["endpoint"])
    assert codes(forced) == {"flag", "lock", "lost"}
    assert forced.preview.errors == [], "the engine itself would have done it"


def check_flip(gate: Gate[StandingPair]) -> None:
    """The flip alone passes; with anything beside it, it does not."""
    flip = gate.judged("failover", term=FAILOVER, stream=True)
    assert flip.allowed, flip.findings
    assert moves(flip) == ["failover"]
    assert gate.judged("failover-digest", term=FAILOVER).allowed
    for name, edit in edits(gate.settings).items():
        assert not gate.judged(f"failover-{name}", term=FAILOVER, **edit).allowed, name


def test_one_move_of_the_pair_passes_and_nothing_beside_it(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = build(emulator, tmp_path)
    gate = Gate(pair)
    check_steady(gate)

    token = pair.token()
    gate.passes("promote", "--show-sames", keep="promote", term=PROMOTE | {"handover": token})
    assert not gate.judged("promote-without-token", term=PROMOTE | {"handover": ""}).allowed

    emulator.control("PUT", f"/clusters/{pair.west}/links/{LINK}/mirrors/orders", {"hold_lag": {"0": 7}})
    pair.produce("orders", 7)
    emulator.control("POST", f"/clusters/{EAST}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down")
    check_flip(gate)

    pair.stack.edit(**FAILOVER)
    up = pair.stack.up()
    assert up.ok, up.text
    again = gate.judged("failed-over-same", "--show-sames", term=FAILOVER)
    assert again.allowed, again.findings
    assert moves(again) == ["edit"]
    gate.keeps_its_way("failover")


def test_a_link_that_turns_round(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = both_ways.build(emulator, tmp_path)
    gate = Gate(pair)
    reverse = PROMOTE | {"standby": "mirroring", "handover": pair.hand_over("east", "west", 1)}
    gate.passes("reverse", keep="reverse", term=reverse)
    assert not gate.judged("reverse-new-client", term=reverse, **edits(gate.settings)["new-client"]).allowed

    pair.stack.edit(**FAILOVER, handover="")
    assert pair.stack.up().ok
    answered: dict[str, Any] = {
        "recovery": {"acknowledged": [pair.write_off("west", 2)]},
        "restore": {"archive": "waived"},
    }
    gate.goes("restore", keep="restore", term=FAILOVER | {"standby": "restoring"}, **answered)
    gate.goes("restored", keep="restored", term={"change": "none", "standby": "mirroring"})
