"""Planned moves on a bidirectional link, there and back in one edit each, and a restore that is killed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.engine.both_ways import FAILED_OVER, build
from tests.engine.gating import Gate
from tests.engine.pulumi_cli import kill_all_of
from tests.engine.standing import EAST
from tests.engine.test_failback import WAIVED, steady

pytestmark = [pytest.mark.engine, pytest.mark.timeout(2400)]


def test_a_planned_move_turns_the_link_in_one_edit_and_back(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = build(emulator, tmp_path)
    pair.produce("dr-topic", 50)
    pair.commit("app", "dr-topic", 50)
    pair.forget_log()
    turn = {"primary": "west", "epoch": 2, "change": "promote", "standby": "mirroring"}
    gate, token = Gate(pair), pair.hand_over("east", "west", 1)

    pair.stack.edit(**turn, handover=token)
    preview = pair.stack.preview()
    assert preview.ok, preview.text
    assert "reversal of 2 topics" in preview.text
    assert set(pair.mirrors("west").values()) == {"ACTIVE"}
    gate.goes("reverse", term=turn | {"handover": token})
    assert set(pair.mirrors("west").values()) == {"STOPPED"}
    steady(pair, "west")
    assert pair.committed("west", "app") == {("dr-topic", 0): (50, 50)}
    pair.produce("dr-topic", 5, cluster=pair.west)
    assert pair.ends(EAST) == pair.ends(pair.west)

    gate.goes("edit", term={"change": "none", "handover": ""})
    home = turn | {"primary": "east", "epoch": 3, "handover": pair.hand_over("west", "east", 2)}
    gate.goes("reverse", term=home)
    steady(pair, "east")
    pair.produce("dr-topic", 1)
    assert pair.ends(EAST) == pair.ends(pair.west) == {"dr-topic": [56], "orders": [0, 0, 0]}
    assert pair.deletes() == []


def test_a_restore_that_is_killed_goes_on_and_an_old_config_is_refused(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = build(emulator, tmp_path)
    pair.produce("dr-topic", 5)
    pair.stack.edit(**FAILED_OVER)
    assert pair.stack.up().ok
    pair.produce("dr-topic", 2)
    pair.acknowledge(pair.write_off("west", 2), **WAIVED)
    path = "/links/{l}/mirrors:truncate-and-restore"
    fault = emulator.fault({"latency": 60}, "after", path=path, query={"validate_only": None})
    pair.stack.edit(standby="restoring")
    with pair.stack.start("up", "--yes", "--skip-preview") as process:
        while not pair.mirrors("east"):
            assert process.poll() is None
            time.sleep(0.2)
        kill_all_of(process)
    emulator.control("DELETE", f"/faults/{fault}")
    assert pair.stack.run("cancel", "--yes").ok

    pair.forget_log()
    pair.stack.edit(standby="retained")
    reverted = pair.stack.preview()
    assert not reverted.ok
    assert "standby cannot go from restoring to retained" in " ".join(reverted.text.split())
    pair.stack.edit(standby="restoring")
    again = pair.stack.up()
    assert again.ok, again.text
    assert pair.mutations() == []  # the call had been heard: the lists of mirrors say so
    (made,) = pair.stack.resources("kafkadr:index:Restoration")
    assert made["outputs"]["cut"]["records"] == 2
    assert set(pair.mirrors("east").values()) == {"ACTIVE"}
    assert pair.ends(EAST) == pair.ends(pair.west)
