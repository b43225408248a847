"""Break glass: the same failover without Pulumi, and the stack that takes it up afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.engine.second.switching import CLUSTERS, standing
from tests.engine.second.test_promotion import drctl

pytestmark = pytest.mark.engine
FAILOVER: dict[str, object] = {"primary": "west", "epoch": 2, "change": "failover"}


def test_the_stack_takes_the_move_up_and_calls_nothing(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path)
    world.produce("east", "orders", 5)
    card = drctl(world, "failover", "--to", "west", "--dry-run", "--json")
    assert card.returncode == 0, card.stderr
    world.down("east")
    world.cloud_down()
    world.forget_log()
    ran = drctl(world, "failover", "--to", "west", "--yes", "--json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = json.loads(ran.stdout)
    assert told["config"] == {"kafka-dr:primary": "west", "kafka-dr:epoch": 2, "kafka-dr:change": "failover"}
    assert world.asked() == {CLUSTERS["west"]}
    assert set(world.statuses("west").values()) == {"STOPPED"}
    assert (world.record().site, world.record().epoch) == ("west", 2)
    assert world.ledger(2)["state"] == "closed"

    refused = world.preview()
    assert not refused.ok
    assert "Adopt it first: set primary to west and epoch to 2" in " ".join(refused.text.split())
    world.edit(**FAILOVER)
    world.forget_log()
    ran_up = world.up()
    assert ran_up.ok, ran_up.text
    assert world.mutations() == []
    assert world.unchanged().ok


def test_without_the_record_it_stops_the_mirrors_and_later_moves_it(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path)
    card = world.folder / "card.json"
    assert drctl(world, "failover", "--to", "west", "--dry-run").returncode == 0
    record = (world.folder / "record.json").read_bytes()
    (world.folder / "record.json").write_text("not a record", "utf-8")
    blind = drctl(world, "failover", "--to", "west", "--yes")
    assert blind.returncode == 3, blind.stderr
    assert "the record has not moved" in blind.stderr
    assert set(world.statuses("west").values()) == {"STOPPED"}
    (world.folder / "record.json").write_bytes(record)
    again = drctl(world, "failover", "--to", "west", "--yes")
    assert again.returncode == 0, again.stderr
    assert (world.record().site, world.record().epoch) == ("west", 2)
    assert card.exists()


def test_a_ledger_is_written_late(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path)
    world.produce("east", "orders", 5)
    folder = world.folder / "ledger"
    folder.write_text("in the way", "utf-8")
    world.edit(**FAILOVER)
    ran = world.up()
    assert not ran.ok
    assert "the ledger is not written" in ran.text
    assert world.record().site == "west"
    folder.unlink()
    again = world.up()
    assert again.ok, again.text
    written = drctl(world, "ledger", "write", "--epoch", "2", "--json")
    assert written.returncode == 0, written.stdout + written.stderr
    assert world.ledger(2)["topics"].keys() == {"orders", "payments"}
