"""A promotion on the real engine: checked by drctl, one edit of four keys, nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.emulation import RunningEmulator
from tests.engine.second.switching import CLUSTERS, ONE_WAY, TWO, Switching, standing
from tests.toolchain import ROOT

pytestmark = pytest.mark.engine


def drctl(world: Switching, *words: str) -> subprocess.CompletedProcess[str]:
    """Run an operator's command with the operator's keys and the card that the switch exports."""
    card = world.folder / "card.json"
    card.write_text(json.dumps(world.stack.outputs()["card"]), "utf-8")
    keys = {f"KAFKADR_{name.upper()}_KEY": f"SWITCH{name}" for name in CLUSTERS}
    keys |= {f"KAFKADR_{name.upper()}_SECRET": f"canary-{name}" for name in CLUSTERS}
    env = world.stack.env | keys | {"KAFKADR_CARD": str(card)}
    command = [sys.executable, "-m", "drctl", *words]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=200)


def approved(world: Switching) -> str:
    ran = drctl(world, "promotion", "check", "--to", "west", "--quiet-seconds", "1", "--json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return str(found["approved"])


@pytest.mark.parametrize("links", [TWO, ONE_WAY], ids=["bidirectional", "one way"])
def test_a_promotion_is_four_keys_and_loses_nothing(
    emulator: RunningEmulator, tmp_path: Path, links: tuple[str, ...]
) -> None:
    world = standing(emulator, tmp_path, links)
    world.produce("east", "orders", 10)
    world.edit(primary="west", epoch=2, change="promote", approved=approved(world))
    assert len(world.edits[-1]) == 4
    world.forget_log()
    preview = world.preview()
    assert preview.ok, preview.text
    assert world.mutations() == []
    ran = world.up()
    assert ran.ok, ran.text
    record = world.record()
    assert (record.site, record.epoch, record.target) == ("west", 2, None)
    both = links is TWO
    assert [(s.cluster_id, s.complete, s.stale_since) for s in record.standings] == [
        (CLUSTERS["east"], True, 0 if both else 2)
    ]
    assert set(world.statuses("west").values()) == {"STOPPED"}
    assert world.statuses("east") == ({"orders": "ACTIVE", "payments": "ACTIVE"} if both else {})
    ledger = world.ledger(2)
    assert (ledger["state"], ledger["change"]) == ("closed", "promote")
    assert all(row["missing"] is None for topic in ledger["topics"].values() for row in topic["partitions"])
    # What the link copies now goes to east: the next update says so.
    ran = world.up()
    assert ran.ok, ran.text
    if both:
        assert world.entries("east")["acl.sync.enable"] == "true"
    assert world.unchanged().ok


def test_records_after_the_plan_end_it_before_clients_move(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path, TWO)
    world.produce("east", "orders", 10)
    world.edit(primary="west", epoch=2, change="promote", approved=approved(world))
    world.produce("east", "orders", 1)
    refused = world.up()
    assert not refused.ok
    assert "drctl promotion check" in " ".join(refused.text.split())
    assert world.record().site == "east"
    assert set(world.statuses("west").values()) == {"ACTIVE"}
    world.edit(approved=approved(world))
    ran = world.up()
    assert ran.ok, ran.text


def test_without_a_plan_it_is_refused(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path, TWO)
    world.edit(primary="west", epoch=2, change="promote")
    refused = world.preview()
    assert not refused.ok
    assert "drctl promotion check --to west" in " ".join(refused.text.split())
    world.edit(approved="2:0123456789abcdef")
    refused = world.preview()
    assert not refused.ok
    assert "there is no plan" in " ".join(refused.text.split())
