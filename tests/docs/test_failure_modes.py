"""docs/failure-modes.md answers for all 70 failure modes, and the tests that it names exist."""

from __future__ import annotations

import re

import pytest

from tests.toolchain import ROOT

TEXT = (ROOT / "docs" / "failure-modes.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+) \|(.*)\|$", TEXT, re.MULTILINE)


def test_every_failure_mode_has_one_row_in_order() -> None:
    assert [int(number) for number, _ in ROWS] == list(range(1, 71))


@pytest.mark.parametrize(("number", "row"), ROWS, ids=[number for number, _ in ROWS])
def test_a_row_says_what_is_done_and_names_tests_that_exist(number: str, row: str) -> None:
    what, done, proof = (cell.strip() for cell in row.split("|"))
    assert what, number
    assert done, number
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", proof)
    assert named or proof == "none yet", number
    for path, function in named:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"def {function}\(", text), f"{path} has no {function}"


def test_only_what_is_said_here_has_no_test_at_all() -> None:
    assert [number for number, row in ROWS if "none yet" in row] == ["59"]


PROMISES = re.findall(r"^\| ((?:Q\d+|nothing|two|a) [^|]+)\|(.*)\|$", TEXT, re.MULTILINE)


def test_every_promise_has_a_row_of_its_own() -> None:
    assert [name.split()[0] for name, _ in PROMISES if name.startswith("Q")] == [f"Q{n}" for n in range(1, 11)]


@pytest.mark.parametrize(("name", "row"), PROMISES, ids=[name for name, _ in PROMISES])
def test_a_promise_names_tests_that_exist(name: str, row: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
    assert named, name
    for path, function in named:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"def {function}\(", text), f"{path} has no {function}"
