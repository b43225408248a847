"""Moves that go wrong on the real engine: refused, killed, taken back, escalated; states that were lost or restored."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.engine.pulumi_cli import kill_all_of
from tests.engine.second.switching import CLUSTERS, MESH, ONE_WAY, TWO, Switching, standing
from tests.engine.second.test_promotion import approved, drctl

pytestmark = pytest.mark.engine
FAILOVER: dict[str, object] = {"primary": "west", "epoch": 2, "change": "failover"}


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_row_that_is_refused_in_a_good_answer_holds_the_record(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path)
    fault = refuse_row(world, "orders")
    world.edit(**FAILOVER)
    ran = world.up("--skip-preview")
    assert not ran.ok
    assert "orders" in ran.text
    assert world.statuses("west") == {"orders": "ACTIVE", "payments": "STOPPED"}
    record = world.record()
    assert record.site == "east"
    assert record.target is not None
    assert (record.target.site, record.target.epoch) == ("west", 2)
    assert world.ledger(2)["state"] == "open"
    world.edit(primary="east", epoch=1, change=None)
    assert "a move to west, epoch 2, is under way" in words(world.preview().text)
    world.edit(**FAILOVER)
    emulator.control("DELETE", f"/faults/{fault}")
    ran = world.up()
    assert ran.ok, ran.text
    assert world.record().site == "west"
    assert world.ledger(2)["state"] == "closed"


def refuse_row(world: Switching, topic: str) -> int:
    """The server refuses one topic inside a 200, as long as the fault is in force."""
    action = {"row_error": {"names": [topic], "code": 40908, "message": "not now"}}
    return world.emulator.fault(action, path="/links/{link_name}/mirrors:failover")


@pytest.mark.parametrize("when", ["intent", "stopped"])
@pytest.mark.parametrize("change", ["failover", "promote"])
def test_killed_anywhere_the_same_command_ends_it(
    emulator: RunningEmulator, tmp_path: Path, when: str, change: str
) -> None:
    world = standing(emulator, tmp_path, ONE_WAY)
    world.produce("east", "orders", 3)
    edit = FAILOVER if change == "failover" else FAILOVER | {"change": "promote", "approved": approved(world)}
    world.edit(**edit)

    def reached() -> bool:
        if when == "intent":
            return world.record().target is not None
        return "STOPPED" in world.statuses("west").values()

    kill_when(world, reached)
    world.stack.run("cancel", "--yes")
    ran = world.up()
    assert ran.ok, ran.text
    record = world.record()
    assert (record.site, record.epoch, record.target) == ("west", 2, None)
    assert set(world.statuses("west").values()) == {"STOPPED"}
    assert world.unchanged().ok


def kill_when(world: Switching, reached: Callable[[], bool]) -> None:
    with world.stack.start("up", "--yes", "--skip-preview") as running:
        end = time.monotonic() + 60
        while not reached() and running.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        kill_all_of(running)


def test_a_half_done_failover_can_be_taken_back(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path, TWO)
    refuse_row(world, "orders")
    world.edit(**FAILOVER)
    assert not world.up("--skip-preview").ok
    world.edit(primary="east", epoch=3, change="failover")
    ran = world.up()
    assert ran.ok, ran.text
    record = world.record()
    assert (record.site, record.epoch, record.target) == ("east", 3, None)
    assert [(s.cluster_id, s.stale_since) for s in record.standings] == [(CLUSTERS["west"], 3)]


def test_a_half_done_promotion_is_escalated_by_a_failover(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path, ONE_WAY)
    world.edit(**FAILOVER | {"change": "promote", "approved": approved(world)})
    kill_when(world, lambda: world.record().target is not None)
    world.stack.run("cancel", "--yes")
    world.down("east")
    assert not world.up("--skip-preview").ok
    world.edit(change="failover")
    ran = world.up()
    assert ran.ok, ran.text
    assert (world.record().site, world.record().epoch) == ("west", 2)


def test_an_older_state_is_refused_and_adopts(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path, MESH)
    backup = tmp_path / "backup.json"
    assert world.stack.run("stack", "export", "--file", str(backup)).ok
    world.edit(**FAILOVER)
    assert world.up().ok
    world.edit(primary="north", epoch=3, acceptLoss=2)
    assert world.up().ok
    assert world.stack.run("stack", "import", "--file", str(backup)).ok
    for edit in ({"primary": "east", "epoch": 1, "change": None, "acceptLoss": None}, FAILOVER):
        world.edit(**edit)
        refused = world.preview()
        assert not refused.ok
        assert "Adopt it first: set primary to north and epoch to 3" in words(refused.text)
    world.edit(primary="north", epoch=3, change="failover", acceptLoss=2)
    world.forget_log()
    ran = world.up()
    assert ran.ok, ran.text
    assert world.mutations() == []


def test_a_record_that_cannot_be_read_refuses_and_break_glass_is_the_way_out(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    world = standing(emulator, tmp_path)
    assert drctl(world, "failover", "--to", "west", "--dry-run").returncode == 0
    record = world.folder / "record.json"
    kept = record.read_bytes()
    record.write_text("{}", "utf-8")
    world.edit(**FAILOVER)
    refused = world.preview()
    assert not refused.ok
    assert "drctl failover" in refused.text
    assert drctl(world, "failover", "--to", "west", "--yes").returncode == 3
    record.write_bytes(kept)
    ran = world.up()
    assert ran.ok, ran.text
    assert world.record().site == "west"


def test_two_runs_at_once_have_one_winner(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path, MESH)
    assert drctl(world, "failover", "--to", "west", "--dry-run").returncode == 0
    document = json.loads((world.folder / "record.json").read_text("utf-8"))
    other = {"site": "north", "clusterId": CLUSTERS["north"], "epoch": 2}
    (world.folder / "record.json").write_text(json.dumps(document | {"target": other}), "utf-8")
    world.edit(**FAILOVER)
    refused = world.preview()
    assert not refused.ok
    assert "the epoch must be 3" in words(refused.text)
    assert set(world.statuses("west").values()) == {"ACTIVE"}


def test_left_over_keys_are_inert(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path, ONE_WAY)
    world.edit(**FAILOVER | {"change": "promote", "approved": approved(world)})
    assert world.up().ok
    assert world.unchanged().ok
    world.edit(approved=None, change=None)
    assert world.unchanged().ok


def test_no_secret_is_shown(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path)
    world.edit(**FAILOVER)
    said = world.preview("--diff").text + world.up("--debug").text
    said += json.dumps(world.stack.export()) + world.stack.run("stack", "output", "--json").text
    assert "canary-" not in said


def test_a_site_that_has_left_the_estate_is_adopted_and_the_next_run_asks_for_it(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    world = standing(emulator, tmp_path, MESH)
    assert drctl(world, "failover", "--to", "west", "--yes").returncode == 0
    whole = world.document()
    links = {name: link for name, link in whole["links"].items() if "west" not in (link["from"], link["to"])}
    world.publish(sites={n: s for n, s in whole["sites"].items() if n != "west"}, links=links)
    world.edit(**FAILOVER)
    ran = world.up()
    assert ran.ok, ran.text
    refused = world.preview()
    assert not refused.ok
    assert "Put the site back into the estate" in words(refused.text)
    world.publish(sites=whole["sites"], links=whole["links"])
    assert world.up().ok
    assert world.record().site == "west"
