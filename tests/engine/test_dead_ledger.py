"""A pair that fails over while its ledger is dead: clients move, the run is red, the printed line makes up for it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import until
from tests.emulation import RunningEmulator, in_process
from tests.engine import standing
from tests.engine.pulumi_cli import Ran
from tests.engine.standing import EAST, FAILOVER, LINK, SECRETS, StandingPair
from tests.toolchain import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]

TOPIC = "dr-topic"


def lost(emulator: RunningEmulator, folder: Path) -> StandingPair:
    """A pair whose primary is lost, with records that were not mirrored and groups on either side of the last one."""
    pair = standing.build(emulator, folder)
    pair.produce(TOPIC, 11)
    until(lambda: pair.ends(pair.west)[TOPIC] == [11])
    emulator.control("PUT", f"/clusters/{pair.west}/links/{LINK}/mirrors/{TOPIC}", {"hold_lag": {"0": 5}})
    pair.produce(TOPIC, 5)
    for group, offset in (("behind", 6), ("ahead", 16)):
        pair.commit(group, TOPIC, offset)
    until(lambda: pair.committed("west", "behind") and pair.committed("west", "ahead"))
    emulator.control("POST", f"/clusters/{EAST}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down")
    pair.forget_log()
    pair.stack.edit(**FAILOVER)
    return pair


def written(pair: StandingPair) -> dict[str, Any]:
    """The ledger without what differs between two runs: their time and the cluster's random id."""
    return {name: value for name, value in pair.ledger().items() if name not in {"openedAt", "cluster"}}


def later(pair: StandingPair, ran: Ran) -> subprocess.CompletedProcess[str]:
    """Run the line that the engine printed, as it stands there."""
    (line,) = {line.strip() for line in ran.text.splitlines() if line.strip().startswith("drctl recover plan")}
    env = pair.stack.env | {"KAFKADR_DR_KEY": "OPWEST", "KAFKADR_DR_SECRET": SECRETS["west"]}
    env["PATH"] = f"{ROOT / 'scripts'}{os.pathsep}{env['PATH']}"
    return subprocess.run(["/bin/bash", "-c", line], env=env, capture_output=True, text=True, check=False, timeout=100)


def test_clients_do_not_wait_for_a_dead_ledger_and_the_printed_line_writes_it(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    (tmp_path / "undisturbed").mkdir()
    with in_process() as other:
        undisturbed = lost(other, tmp_path / "undisturbed")
        sound = undisturbed.stack.up("--skip-preview")
        assert sound.ok, sound.text
    pair = lost(emulator, tmp_path)
    store = tmp_path / "ledger"
    assert not store.exists()
    store.write_text("no folder", "utf-8")

    ran = pair.stack.up()

    assert not ran.ok
    assert "the flip is done and clients have moved, but the ledger is not written" in ran.text
    assert set(pair.statuses().values()) == {"STOPPED"}
    assert [(method, template.rsplit("/", 1)[1]) for _, method, template in pair.mutations()] == [
        ("POST", "mirrors:failover"),
        ("PUT", "configs:alter"),
    ]
    pointer = json.loads((tmp_path / "pointer").read_text("utf-8"))
    assert (pointer["site"], pointer["epoch"]) == ("west", 2)

    store.unlink()
    made = later(pair, ran)
    assert made.returncode == 1, made.stdout + made.stderr  # Nobody has answered for the missing records yet.
    assert written(pair) == written(undisturbed)
    assert {group["group"] for group in pair.ledger()["groups"]} == {"ahead", "behind"}

    pair.forget_log()
    again = pair.stack.up()
    assert again.ok, again.text
    assert written(pair) == written(undisturbed)
    assert [r for r in pair.mutations() if r[1] == "POST"] == []
    assert pair.stack.preview("--expect-no-changes").ok
