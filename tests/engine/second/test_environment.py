"""The switch in its own Python environment: no vendor's SDK, no vendor's plugin, and no network beyond its sites."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.engine.second.switching import CLUSTERS, Switching, build
from tests.engine.second.test_nothing_blocks import black_hole, swallowed
from tests.toolchain import ROOT, engine_bin

pytestmark = pytest.mark.engine
VENV = ROOT / ".local" / "venvs" / "switch"


def lean(world: Switching) -> None:
    """The switch's own environment first on PATH, and no plugin of the vendor anywhere."""
    if not (VENV / "bin" / "python").is_file():
        pytest.fail("scripts/setup --programs has not been run")
    system = [p for p in os.defpath.split(os.pathsep) if p]
    world.stack.env["PATH"] = os.pathsep.join([str(VENV / "bin"), str(engine_bin()), *system])


def test_it_has_no_vendors_sdk() -> None:
    command = [str(VENV / "bin" / "python"), "-c", "import pulumi_confluentcloud"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "No module named 'pulumi_confluentcloud'" in done.stderr


def test_it_fails_over_behind_a_proxy_that_swallows_everything(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = build(emulator, tmp_path)
    lean(world)
    assert shutil.which("pulumi-resource-confluentcloud", path=world.stack.env["PATH"]) is None
    with black_hole() as address:
        world.stack.env.update(swallowed(address))
        ran = world.up()
        assert ran.ok, ran.text
        assert "confluentcloud" not in ran.text
        world.down("east")
        world.cloud_down()
        world.edit(primary="west", epoch=2, change="failover")
        world.forget_log()
        preview = world.preview()
        assert preview.ok, preview.text
        ran = world.up()
        assert ran.ok, ran.text
    assert world.asked() == {CLUSTERS["west"]}
    assert world.record().site == "west"
