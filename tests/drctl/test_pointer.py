"""`drctl pointer show` as a process, and durations as all commands take them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from drctl.duration import seconds
from tests.drctl.runner.world import ROOT, World


def drctl(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "drctl", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_the_pointer_is_shown_with_who_why_and_when_and_its_history(tmp_path: Path) -> None:
    world = World(tmp_path)
    for epoch in (1, 2):
        world.flip(epoch)
    people = drctl("pointer", "show", "--pointer", world.pointer_url, "--history")
    assert people.returncode == 0, people.stderr
    for word in ("east", "west", "ann", "drill"):
        assert word in people.stdout
    now = json.loads(drctl("pointer", "show", "--pointer", world.pointer_url, "--json").stdout)
    assert (now["epoch"], now["site"], now["who"], now["why"]) == (2, "west", "ann", "drill")
    assert now["bootstrapEndpoint"] == "SASL_SSL://west.example:9092"
    past = json.loads(drctl("pointer", "show", "--pointer", world.pointer_url, "--json", "--history").stdout)
    assert [move["epoch"] for move in past["history"]] == [2, 1]


def test_no_pointer_is_a_finding_and_a_wrong_address_a_usage_error(tmp_path: Path) -> None:
    nothing = drctl("pointer", "show", "--pointer", (tmp_path / "none").as_uri())
    assert nothing.returncode == 1
    assert "there is no pointer at" in nothing.stderr
    assert drctl("pointer", "show", "--pointer", "ftp://none").returncode == 2


def test_an_option_of_the_childs_is_not_taken_for_the_wrappers(tmp_path: Path) -> None:
    address = (tmp_path / "none").as_uri()
    told = drctl("run", "--pointer", address, "--client", "No Name", "--", "app", "--json")
    assert (told.returncode, told.stdout) == (2, "")
    told = drctl("run", "--pointer", address, "--client", "No Name", "--json", "--", "app")
    assert json.loads(told.stdout)["error"]["exitCode"] == 2


@pytest.mark.parametrize(("text", "value"), [("500ms", 0.5), ("5s", 5), ("2m", 120), ("1.5h", 5400), ("7", 7)])
def test_durations(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "s", "-1s", "5 s", "1d", "1e3", "inf"])
def test_what_is_no_duration_is_a_usage_error(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        seconds(text)
