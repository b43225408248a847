"""`drctl gate` as a process: Markdown, JSON, the summary file, and one exit code per outcome."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.policies import recordings
from tests.toolchain import ROOT

GOOD, BAD = (str(recordings.FOLDER / f"{name}.json") for name in ("failover", "failover-new-client"))


def gate(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "drctl", "gate", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, input=stdin, capture_output=True, text=True, check=False, timeout=60
    )


def test_an_allowed_preview_ends_with_0_and_a_summary_for_the_pull_request(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", "utf-8")
    ran = gate(GOOD, "--summary", str(summary))
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("## DR plan gate: allowed (failover)\n")
    assert summary.read_text("utf-8") == "before\n" + ran.stdout


def test_a_refused_preview_ends_with_1_and_says_why() -> None:
    ran = gate(BAD, "--json")
    assert ran.returncode == 1
    found = json.loads(ran.stdout)
    assert not found["allowed"]
    assert {f["code"] for f in found["findings"]} >= {"step"}
    assert found["moves"] == [{"name": "failover", "from": "steady", "to": "failed-over", "epoch": 2}]


def test_stdin_arguments_and_variables_are_taken() -> None:
    text = Path(GOOD).read_text("utf-8")
    assert gate("-", stdin=text).returncode == 0
    assert gate("-", "--arguments", "up --ignore-protect", stdin=text).returncode == 1
    assert gate("-", stdin=text, DR_PULUMI_ARGUMENTS="up --refresh").returncode == 1
    assert gate("-", stdin=text, PULUMI_OPTION_IGNORE_PROTECT="true").returncode == 1


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"deployment": {}}', '{"steps": [{"op": "same"}]}'])
def test_what_is_no_preview_ends_with_2(text: str) -> None:
    ran = gate("-", stdin=text)
    assert ran.returncode == 2, ran.stdout
    assert "pulumi preview --json" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_preview_that_was_broken_off_is_refused() -> None:
    whole = Path(GOOD).read_text("utf-8").splitlines()
    ran = gate("-", stdin="\n".join(whole[: len(whole) // 2]))
    assert ran.returncode == 1
    assert "this preview was broken off" in ran.stdout


def test_a_file_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    ran = gate(str(tmp_path / "none.json"))
    assert ran.returncode == 2
    assert "none.json" in ran.stderr
