"""The plan gate on what follows a promotion or a reversal that was refused: once more, by force, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.engine import both_ways
from tests.engine.gating import Gate
from tests.engine.standing import EAST, PROMOTE, StandingPair, build

# Thirty runs of the engine: the fast tests judge the recordings.
pytestmark = [pytest.mark.engine, pytest.mark.nightly, pytest.mark.timeout(1800)]

TURN = PROMOTE | {"standby": "mirroring"}
WITHDRAW: dict[str, object] = {"primary": "east", "epoch": 3, "change": "none", "standby": "mirroring", "handover": ""}


def refused(pair: StandingPair, term: dict[str, object]) -> None:
    """The guard takes the term, and then the mirrors refuse it: somebody did not stop."""
    pair.produce("orders", 1)
    pair.stack.edit(**term)
    ran = pair.stack.run("up", "--yes", "--skip-preview")
    assert not ran.ok
    assert "moved on after the demotion" in " ".join(ran.text.split()), ran.text


def test_a_refused_promotion_is_tried_again_taken_back_or_forced(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = build(emulator, tmp_path)
    gate = Gate(pair)
    refused(pair, PROMOTE | {"handover": pair.token()})
    gate.keeps_its_way("refused")
    gate.passes("withdraw", keep="withdraw", term=WITHDRAW)
    gate.passes("retry", keep="retry", term={"handover": pair.token()})
    emulator.control("POST", f"/clusters/{EAST}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down")
    pair.forget_log()
    gate.goes("force", keep="force", term={"change": "failover", "handover": ""})
    assert {r["cluster"] for r in emulator.log()} == {pair.west}, "neither the previews nor the move ask another"
    assert set(pair.statuses().values()) == {"STOPPED"}


def test_a_refused_reversal_is_tried_again_or_taken_back(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = both_ways.build(emulator, tmp_path)
    gate = Gate(pair)
    refused(pair, TURN | {"handover": pair.hand_over("east", "west", 1)})
    gate.keeps_its_way("refused-reversal")
    gate.passes("withdraw", keep="withdraw-reversal", term=WITHDRAW)
    gate.goes("retry", keep="retry-reversal", term={"handover": pair.hand_over("east", "west", 1)})
    assert set(pair.mirrors("east").values()) == {"ACTIVE"}
