"""scripts/up: the estate, then the switch, each in its own Python environment, whatever the estate says."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.toolchain import ROOT

PULUMI = """#!/bin/sh
echo "$(command -v python | sed 's#.*/venvs/##; s#/bin/python##') $PULUMI_CONTINUE_ON_ERROR $*" >> "$LOG"
case "$*" in *"$FAILS"*) exit 5 ;; esac
"""


def up(folder: Path, *words: str, fails: str = "nothing") -> tuple[int, list[str]]:
    bin_ = folder / "bin"
    bin_.mkdir()
    (bin_ / "pulumi").write_text(PULUMI, "utf-8")
    (bin_ / "pulumi").chmod(0o755)
    log = folder / "log"
    log.touch()
    env = os.environ | {"PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}", "LOG": str(log), "FAILS": fails}
    done = subprocess.run(
        [str(ROOT / "scripts" / "up"), *words], env=env, capture_output=True, text=True, check=False, timeout=300
    )
    return done.returncode, log.read_text("utf-8").splitlines()


def test_the_estate_comes_first_and_each_has_its_own_environment(tmp_path: Path) -> None:
    code, ran = up(tmp_path, "prod", "--yes")
    assert code == 0
    assert ran == [
        f"estate true up --cwd {ROOT}/estate --stack prod --yes",
        f"switch  up --cwd {ROOT} --stack prod --yes",
    ]


def test_a_red_estate_does_not_keep_the_switch_from_running(tmp_path: Path) -> None:
    code, ran = up(tmp_path, "prod", fails="/estate")
    assert code == 5
    assert [line.split()[0] for line in ran] == ["estate", "switch"]


@pytest.mark.parametrize("words", [[], ["--yes"]])
def test_without_a_stack_nothing_is_run(tmp_path: Path, words: list[str]) -> None:
    assert up(tmp_path, *words) == (2, [])
