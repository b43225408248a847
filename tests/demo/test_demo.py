"""scripts/demo, whole: the story holds on the real engine, and a story that breaks off says so."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.toolchain import ROOT, engine_env


def demo(folder: Path, *arguments: str, env: dict[str, str]) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "demo", "--json", "--folder", folder, *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=840,
    )
    document: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, document


@pytest.mark.engine
@pytest.mark.timeout(900)  # a bound for a busy machine, not a figure
def test_the_story_holds_on_the_real_engine(tmp_path: Path) -> None:
    code, told = demo(tmp_path / "demo", "--port", "0", env=engine_env(tmp_path))
    assert (code, told["ok"]) == (0, True), told
    steps = {step["name"]: step for step in told["steps"]}
    standby = told["record"]["clusterId"]
    assert (told["active"], told["epoch"], told["mirror"]) == ("west", 2, "STOPPED")
    assert (told["record"]["site"], told["record"]["epoch"]) == ("west", 2)
    assert told["ledger"]["topics"]["dr-topic"]["partitions"][0]["missing"] == [7, 9]
    assert told["consumed"] == [6, 7, 11, 12, 13, 14, 15]
    assert told["recovered"] == [8, 9, 10]
    quiet = ("preview the failover", "the same again", "revert the edit")
    assert [steps[name]["mutating"] for name in quiet] == [0, 0, 0]
    for name in (*quiet, "fail over"):
        assert set(steps[name]["calls"]) <= {standby}, f"{name} talks to the survivor alone"
    assert steps["fail over"]["mutating"] == 2  # the batch call, and the link's syncs after it
    assert sum(steps["fail over"]["calls"].values()) <= 20


def test_a_story_that_cannot_begin_is_a_failure_with_a_reason(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, told = demo(tmp_path / "demo", "--port", str(port), env=dict(os.environ))
    assert code == 1
    assert told["ok"] is False
    assert "the emulator ended with code 2" in told["error"]
