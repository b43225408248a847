"""`drctl ledger` as a process: table, JSON, and one exit code per outcome."""

from __future__ import annotations

import asyncio
import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kafkadr.ledger import Ledger

ROOT = Path(__file__).parents[2]
DOCUMENT: dict[str, Any] = {
    "state": "closed",
    "epoch": 2,
    "cluster": "lkc-b",
    "link": "east-west",
    "desired": "FAILED_OVER",
    "topics": {
        "dr-topic": {
            "status": "STOPPED",
            "partitions": [{"partition": 0, "lastSourceFetchOffset": 100, "lag": 5, "missing": [101, 105]}],
        }
    },
}


def drctl(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "drctl", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def ledger_of(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    where = ["--ledger", folder.as_uri(), "--cluster", "lkc-b", "--link", "east-west", "--epoch", "2"]
    return drctl("first", "ledger", *where, *more)


WORD = {"how": "exported", "offsets": [101, 105], "records": 5, "who": "eve", "when": "2026-11-24", "note": ""}


def acknowledged() -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    document["topics"]["dr-topic"]["partitions"][0]["acknowledged"] = [WORD]
    return document


@pytest.mark.parametrize(
    ("document", "code", "word"),
    [
        (DOCUMENT, 1, "closed, not settled"),
        (acknowledged(), 0, "closed, settled"),
        (acknowledged() | {"state": "open"}, 1, "open, not settled"),
    ],
)
def test_the_ledger_is_shown_as_table_and_as_json_and_what_is_not_settled_is_a_finding(
    tmp_path: Path, document: dict[str, Any], code: int, word: str
) -> None:
    asyncio.run(Ledger(tmp_path.as_uri(), "lkc-b", "east-west", 2).write(document))
    people = ledger_of(tmp_path)
    assert people.returncode == code, people.stderr
    assert "101-105" in people.stdout
    assert word in people.stdout
    programs = ledger_of(tmp_path, "--json")
    assert programs.returncode == code
    told = json.loads(programs.stdout)
    assert told["topics"]["dr-topic"]["partitions"][0]["missing"] == [101, 105]
    assert told["settled"] is (code == 0)


def test_no_ledger_is_told_with_its_remedy_in_words_and_as_json(tmp_path: Path) -> None:
    people = ledger_of(tmp_path)
    assert people.returncode == 1
    assert "there is no ledger at" in people.stderr
    assert "Traceback" not in people.stderr
    programs = ledger_of(tmp_path, "--json")
    assert json.loads(programs.stdout)["error"]["exitCode"] == 1


def test_bad_usage_is_exit_code_2(tmp_path: Path) -> None:
    assert drctl("first", "ledger").returncode == 2
    assert drctl("no-such-command").returncode == 2
    assert ledger_of(tmp_path, "--epoch", "0").returncode == 2
