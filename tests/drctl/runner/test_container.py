"""`drctl run` as the first process of a container: nobody else buries the dead, and signals have no default there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.drctl.runner.world import CLIENT, PATIENCE, QUICK, ROOT, World, eventually

UNSHARE = ["unshare", "--pid", "--fork", "--kill-child"]
UNABLE = not shutil.which("unshare") or subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode
pytestmark = pytest.mark.skipif(bool(UNABLE), reason="may not make a process namespace here")


def contained(world: World, *child: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "drctl", "run", "--pointer", world.pointer_url, "--client", "orders-app", *QUICK]
    tail = ["--grace", "1h", "--", sys.executable, "-S", "-E", str(CLIENT), *child]
    env = os.environ | {"JOURNAL": str(world.folder / "journal")}
    with (world.folder / "stderr").open("wb") as stderr:
        return subprocess.Popen([*UNSHARE, *command, *tail], cwd=ROOT, env=env, stderr=stderr)


def first_process(outer: subprocess.Popen[bytes]) -> int:
    path = Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
    eventually(lambda: path.read_text().split(), "the wrapper")
    return int(path.read_text().split()[0])


def test_the_dead_of_the_childs_group_are_buried_and_not_waited_for(world: World) -> None:
    world.flip(1)
    with contained(world, "family", "orphan") as outer:
        try:
            # A zombie of the group would hold the wrapper up for the whole grace, and then be killed in vain.
            assert outer.wait(PATIENCE) == 0
        finally:
            outer.kill()
    journal = [json.loads(line) for line in (world.folder / "journal").read_text().splitlines()]
    assert "grandchild" in [note["what"] for note in journal]


def test_a_signal_before_it_is_ready_counts(world: World) -> None:
    with contained(world) as outer:
        try:
            wrapper = first_process(outer)
            status = Path(f"/proc/{wrapper}/status")

            def listens() -> bool:
                caught = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt:"))
                return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)

            eventually(listens, "a handler")
            os.kill(wrapper, signal.SIGTERM)
            assert outer.wait(PATIENCE) == 143
        finally:
            outer.kill()
    assert (world.folder / "stderr").read_text() == ""
