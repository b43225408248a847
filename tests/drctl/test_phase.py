"""`drctl phase` as a process: the machine, where a stack is, what is legal next; bad input told with its remedy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kafkadr.phase import MOVES, Phase

ROOT = Path(__file__).parents[2]


def outputs(phase: str, site: str = "west", epoch: int = 2) -> dict[str, Any]:
    return {
        "version": 1,
        "active": {"site": site, "epoch": epoch, "clusterId": "lkc-b"},
        "phase": phase,
        "link": {"name": "dr-link", "source": "east", "destination": "west"},
        "clients": "[secret]",
    }


def drctl(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "drctl", "phase", *arguments]
    return subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, text=True, check=False, timeout=60)


def test_the_machine_is_drawn_and_the_stacks_phase_stands_out() -> None:
    plain = drctl("--mermaid")
    assert plain.returncode == 0
    assert plain.stdout.startswith("stateDiagram-v2\n")
    assert plain.stdout.count("-->") == len(MOVES) + 1
    there = drctl("--mermaid", "--outputs", "-", stdin=json.dumps(outputs("failed-over")))
    assert "class failed_over here" in there.stdout


def test_an_unprotected_stack_is_a_finding_and_its_next_legal_edits_are_config_lines(tmp_path: Path) -> None:
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(outputs("failed-over")), "utf-8")
    people = drctl("--outputs", str(file))
    assert people.returncode == 1
    assert "west is primary in epoch 2: failed-over" in people.stdout
    assert "    kafka-dr:standby: clear-armed\n" in people.stdout
    assert "restore:" not in people.stdout
    programs = json.loads(drctl("--outputs", str(file), "--json", "--bidirectional").stdout)
    assert programs["here"] == {"epoch": 2, "phase": "failed-over", "primary": "west", "protected": False}
    assert [way["move"] for way in programs["next"]] == ["restore", "release"]


def test_a_new_site_joins_once_the_lost_one_is_released_and_the_kept_link_goes_once_it_is_unlocked() -> None:
    def following(**more: object) -> dict[str, list[str]]:
        ran = drctl("--outputs", "-", "--json", stdin=json.dumps(outputs("failed-over") | more))
        return {way["move"]: way["config"] for way in json.loads(ran.stdout)["next"]}

    joining = following(released=["east"])
    assert list(joining) == ["reclaim", "join"]
    assert "settings.kept: [{site: east, epoch: 2, link: dr-link}]" in joining["join"]
    link = {
        "name": "dr-2",
        "source": "west",
        "destination": "east",
        "home": "west",
        "built": 3,
        "mode": "bidirectional",
    }
    again = following(released=["east"], link=link)
    assert "settings.kept: [{site: east, epoch: 2, link: dr-2, home: west, built: 3}]" in again["join"]
    assert "settings.link.home: west" in again["join"]
    assert "release" not in following(link=link | {"prefix": "dr."})
    kept = {"site": "north", "epoch": 1, "link": "dr-old"}
    assert list(following(kept=[kept])) == ["unlock"]
    assert list(following(kept=[kept | {"unlocked": True}])) == ["retire"]


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_has_a_way_on(phase: Phase) -> None:
    ran = drctl("--outputs", "-", "--json", stdin=json.dumps(outputs(phase.value)))
    protected = phase in {Phase.STEADY, Phase.FAIL_FORWARD}
    assert ran.returncode == (0 if protected else 1), ran.stderr
    assert json.loads(ran.stdout)["next"]


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps(outputs("rebuilt")), '{"active": 1}'])
def test_other_documents_are_refused_with_the_remedy(text: str) -> None:
    ran = drctl("--outputs", "-", stdin=text)
    assert ran.returncode == 1
    assert "pulumi stack output --json" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_file_that_is_not_there_is_told() -> None:
    assert "cannot be read" in drctl("--outputs", "/nowhere.json").stderr


def test_the_table_shows_every_move_on_a_terminal_of_80_columns() -> None:
    shown = drctl().stdout
    for move in MOVES:
        assert f"{move.source} -> {move.target}" in shown, move.name
    assert max(len(line) for line in shown.splitlines()) <= 80
