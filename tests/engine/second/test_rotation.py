"""Keys of switch, link and client are rotated in the estate; the switch goes on, and fails over with the new ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.emulation import RunningEmulator
from tests.engine.second.estates import EAST, Environment, environment

pytestmark = pytest.mark.engine
STEPS = ({"live": [1, 2], "current": 1}, {"live": [1, 2], "current": 2}, {"live": [2], "current": 2})
"""The three edits of a rotation."""


def rotate(world: Environment, keys: dict[str, Any]) -> None:
    """One edit: all keys of switch, link and client at once. A manager's keys stay."""
    now = world.estate.config()["kafka-dr-estate:settings"]
    world.estate_settings(
        sites={name: site | {"switchKeys": keys} for name, site in now["sites"].items()},
        links={name: link | {"keys": keys} for name, link in now["links"].items()},
        clients={name: client | {"keys": keys} for name, client in now["clients"].items()},
    )


def test_keys_are_rotated_and_a_failover_uses_the_new_ones(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = environment(emulator, tmp_path, "destination-initiated")
    for stack in (world.estate, world.switch):
        ran = stack.up()
        assert ran.ok, ran.text
    first = world.dr()
    for keys in STEPS:
        rotate(world, keys)
        for stack in (world.estate, world.switch):
            ran = stack.up()
            assert ran.ok, ran.text
            ran = stack.run("preview", "--expect-no-changes")
            assert ran.ok, ran.text
    for name, site in world.dr()["sites"].items():
        assert site["credentials"]["key"] != first["sites"][name]["credentials"]["key"]
    emulator.control("POST", f"/clusters/{EAST}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down", {})
    world.switch.edit(primary="west", epoch=2, change="failover")
    ran = world.switch.up()
    assert ran.ok, ran.text
