"""A pair whose link has turned is like any other: its primary can be lost, and a refused reversal is taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.engine.both_ways import build
from tests.engine.gating import Gate, Term
from tests.engine.standing import EAST, LINK
from tests.engine.test_failback import WAIVED, steady

pytestmark = [pytest.mark.engine, pytest.mark.timeout(2400)]
TURN: dict[str, object] = {"primary": "west", "epoch": 2, "change": "promote", "standby": "mirroring"}


def test_a_refused_reversal_is_taken_back_a_second_one_succeeds_and_its_primary_can_be_lost(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = build(emulator, tmp_path)
    pair.produce("dr-topic", 10)
    pair.stack.edit(**TURN, handover=pair.hand_over("east", "west", 1))
    pair.produce("dr-topic", 1)  # somebody did not stop
    pair.forget_log()
    refused = pair.stack.run("up", "--yes", "--skip-preview")
    assert not refused.ok
    assert "moved on after the demotion" in " ".join(refused.text.split())
    assert [m for m in pair.mutations() if "mirrors" in m[2]] == []
    gate = Gate(pair)
    gate.goes("withdraw", term={"primary": "east", "epoch": 3, "change": "none", "handover": ""})
    steady(pair, "east")

    gate.goes("reverse", term=TURN | {"epoch": 4, "handover": pair.hand_over("east", "west", 3)})
    pair.produce("dr-topic", 5, cluster=pair.west)
    hand = f"/clusters/{EAST}/links/{LINK}/mirrors/dr-topic"
    emulator.control("PUT", hand, {"hold_lag": {"0": 2}})
    pair.produce("dr-topic", 2, cluster=pair.west)
    emulator.control("POST", f"/clusters/{pair.west}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down")
    pair.forget_log()
    lost: Term = {"primary": "east", "epoch": 5, "change": "failover", "standby": "retained", "handover": ""}
    gate.goes("failover", term=lost)
    assert set(pair.mirrors("east").values()) == {"STOPPED"}
    assert {r["cluster"] for r in emulator.log()} == {EAST}  # the survivor alone (I7)
    assert pair.book("east", 5)["topics"]["dr-topic"]["partitions"][0]["missing"] == [16, 17]

    emulator.control("POST", f"/clusters/{pair.west}/up")
    emulator.control("POST", "/cloud/up")
    pair.acknowledge(pair.write_off("east", 5), **WAIVED)
    gate.goes("restore", term={"standby": "restoring"})
    gate.goes("restored", term={"change": "none", "standby": "mirroring"})
    steady(pair, "east")
    assert pair.ends(EAST) == pair.ends(pair.west) == {"dr-topic": [16], "orders": [0, 0, 0]}
    assert pair.deletes() == []
