"""The estate on the real engine: sites, a link and clients, published as a document that the switch goes by."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.engine.second.estates import EAST, environment

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("mode", ["bidirectional", "destination-initiated"])
def test_estate_and_switch_are_built_and_then_show_no_change(
    emulator: RunningEmulator, tmp_path: Path, mode: str
) -> None:
    world = environment(emulator, tmp_path, mode)
    ran = world.estate.up()
    assert ran.ok, ran.text
    document = world.dr()
    assert set(document["sites"]) == {"east", "west"}
    assert document["sites"]["east"]["clusterId"] == EAST
    assert document["links"] == {"dr-link": {"from": "east", "to": "west", "mode": mode, "prefix": ""}}
    ran = world.switch.up()
    assert ran.ok, ran.text
    for stack in (world.estate, world.switch):
        for command in (["preview", "--expect-no-changes"], ["refresh", "--yes", "--expect-no-changes"]):
            ran = stack.run(*command)
            assert ran.ok, ran.text
    world.switch.edit(primary="west", epoch=2, change="failover")
    emulator.control("POST", f"/clusters/{EAST}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down", {})
    ran = world.switch.up()
    assert ran.ok, ran.text
