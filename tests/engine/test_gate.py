"""The plan gate on previews of the real engine: a move of the pair passes, the same move with more does not.

With KAFKADR_UPDATE_GOLDEN=1 the previews are kept in tests/policies/recorded, for the fast tests of the gate.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from policies.gate import Verdict, judge, read
from tests.emulation import RunningEmulator
from tests.engine import both_ways
from tests.engine.previews import preview_json
from tests.engine.standing import EAST, FAILOVER, LINK, PROMOTE, StandingPair, build
from tests.policies import recordings

# Twenty runs of the engine: the fast tests judge the recordings, and test_policies.py runs the CI script.
pytestmark = [pytest.mark.engine, pytest.mark.nightly, pytest.mark.timeout(1800)]

STEADY: dict[str, object] = {"primary": "east", "epoch": 1, "change": "none", "standby": "mirroring", "handover": ""}


class Gate:
    """Edits of one pair, each judged from its steady config."""

    def __init__(self, pair: StandingPair) -> None:
        self.pair = pair
        self.settings: dict[str, Any] = pair.stack.config()["kafka-dr:settings"]

    def judged(self, name: str, *arguments: str, term: dict[str, object], stream: bool = False, **edit: Any) -> Verdict:
        """The verdict on a preview with these flip keys and these sections of the settings."""
        self.pair.stack.edit(**term, settings=self.settings | edit)
        text = preview_json(self.pair.stack, *arguments, stream=stream)
        if os.environ.get("KAFKADR_UPDATE_GOLDEN"):
            recordings.write(f"{name}.json", text)
        return judge(read(text), arguments)


def codes(verdict: Verdict) -> set[str]:
    return {finding.code for finding in verdict.findings}


def moves(verdict: Verdict) -> list[str]:
    return [move.name for move in verdict.moves]


def edits(settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Edits that no flip may carry along, and that a steady pair takes at most in part."""
    sites, adopt = settings["sites"], settings["sites"]["east"]["cluster"]["adopt"]
    elsewhere = {"cluster": {"adopt": adopt | {"bootstrapEndpoint": "SASL_SSL://127.0.0.1:9093"}}}
    second = {"name": "second", "consume": ["orders"], "groups": ["second"]}
    return {
        "rename-link": {"link": settings["link"] | {"name": "other"}},
        "endpoint": {"sites": sites | {"east": sites["east"] | elsewhere}},
        "drop-mirror": {"onboarding": {"mode": "opt-in", "topics": ["dr-topic"]}},
        "unlock": {"protect": False, "retain": False},
        "new-client": {"clients": [*settings["clients"], second]},
    }


def check_steady(gate: Gate) -> None:
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


def check_flip(gate: Gate) -> None:
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
    promoted = gate.judged("promote", "--show-sames", term=PROMOTE | {"handover": token}, stream=True)
    assert promoted.allowed, promoted.findings
    assert moves(promoted) == ["promote"]
    assert not gate.judged("promote-without-token", term=PROMOTE | {"handover": ""}).allowed

    emulator.control("PUT", f"/clusters/{pair.west}/links/{LINK}/mirrors/orders", {"hold_lag": {"0": 7}})
    pair.produce("orders", 7)
    emulator.control("POST", f"/clusters/{EAST}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down")
    check_flip(gate)

    pair.stack.edit(**FAILOVER, settings=gate.settings)
    up = pair.stack.up()
    assert up.ok, up.text
    again = gate.judged("failed-over-same", "--show-sames", term=FAILOVER)
    assert again.allowed, again.findings
    assert moves(again) == ["edit"]
    reverted = gate.judged("revert", term=STEADY)
    assert codes(reverted) == {"preview"}
    assert "epoch 1 is not above 2" in str(reverted.findings)


def test_a_link_that_turns_round(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = both_ways.build(emulator, tmp_path)
    gate = Gate(pair)
    token = pair.hand_over("east", "west", 1)
    reverse = PROMOTE | {"standby": "mirroring", "handover": token}
    reversed_ = gate.judged("reverse", term=reverse, stream=True)
    assert moves(reversed_) == ["reverse"]
    assert reversed_.allowed, reversed_.findings
    assert not gate.judged("reverse-new-client", term=reverse, **edits(gate.settings)["new-client"]).allowed

    pair.stack.edit(**FAILOVER, handover="", settings=gate.settings)
    assert pair.stack.up().ok
    gate.settings |= {"recovery": {"acknowledged": [pair.write_off("west", 2)]}, "restore": {"archive": "waived"}}
    restoring = FAILOVER | {"standby": "restoring"}
    restore = gate.judged("restore", term=restoring, stream=True)
    assert moves(restore) == ["restore"]
    assert restore.allowed, restore.findings
    pair.stack.edit(**restoring, settings=gate.settings)
    up = pair.stack.up()
    assert up.ok, up.text
    turned: dict[str, object] = {"primary": "west", "epoch": 2, "change": "none", "standby": "mirroring"}
    restored = gate.judged("restored", term=turned, stream=True)
    assert moves(restored) == ["restored"]
    assert restored.allowed, restored.findings
