"""scripts/drill, whole: the seed's tutorial on real brokers and the real engine, with a loss measured and undone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import need_kafka, until
from tests.drill.browser import ask
from tests.toolchain import ROOT, engine_env

pytestmark = [pytest.mark.engine, pytest.mark.kafka, pytest.mark.timeout(1200)]
LAG = 5


def java_of(folder: Path) -> list[int]:
    """Brokers whose emulator was started in a work copy: their parent's log lies there."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                cwd = str((entry / "cwd").readlink()) if words[0].endswith(b"java") else ""
            except OSError:
                continue
            if "kafka-dr-broker-" in cwd and str(folder).encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found


def test_the_tutorial_on_real_kafka_with_the_real_engine(tmp_path: Path) -> None:
    need_kafka()
    folder, out = tmp_path / "drill", tmp_path / "report"
    command = [
        sys.executable,
        "-m",
        "drill",
        "--json",
        "--lag",
        str(LAG),
        "--folder",
        str(folder),
        "--report",
        str(out),
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=engine_env(tmp_path), capture_output=True, text=True, check=False, timeout=1100
    )
    told: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (0, True), told

    assert told["consumed"] == [6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
    rto, rpo = told["rto"], told["rpo"]
    assert rto["seconds"] > 0
    assert sum(s["seconds"] for s in rto["stages"]) == pytest.approx(rto["seconds"], abs=0.01)
    assert rto["lastWriteBefore"] <= told["marks"]["disaster"] + 1 <= rto["firstWriteAfter"] + 1
    assert rpo["records"] >= LAG
    assert rpo["seconds"] > 0
    assert sum(r["appended"] for r in told["recovery"]["appended"]) >= rpo["records"]
    assert told["recovery"]["settled"]
    reads = [number for number, _, _ in told["reads"]]
    assert told["duplicates"]["records"] == len({n for n in reads if reads.count(n) > 1})

    assert json.loads((out / "report.json").read_text("utf-8"))["rto"] == rto
    shown = ask((out / "report.html").read_text("utf-8"), "document.body.innerText", tmp_path)
    assert f"{rpo['records']}\nacknowledged writes not mirrored" in shown
    until(lambda: java_of(tmp_path) == [])


def test_a_drill_that_cannot_begin_says_why(tmp_path: Path) -> None:
    env = engine_env(tmp_path) | {"KAFKADR_KAFKA_HOME": str(tmp_path / "nowhere")}
    command = [sys.executable, "-m", "drill", "--json", "--folder", str(tmp_path / "drill")]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert "the emulator ended with code 2" in json.loads(done.stdout)["error"]
