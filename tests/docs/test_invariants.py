"""docs/invariants.md has a row for every invariant, and what it points at is there."""

import re

import pytest

from tests.toolchain import ROOT

ROWS = re.findall(r"^\| (I\d+) \|(.*)\|$", (ROOT / "docs" / "invariants.md").read_text("utf-8"), re.MULTILINE)


def test_every_invariant_has_one_row_in_order() -> None:
    assert [name for name, _ in ROWS] == [f"I{number}" for number in range(1, 13)]


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[name for name, _ in ROWS])
def test_a_row_names_what_keeps_it_and_a_proof_that_exist(name: str, row: str) -> None:
    what, keepers, proofs = (cell.strip() for cell in row.split("|"))
    assert what, name
    for cell in (keepers, proofs):
        paths = re.findall(r"`([^`]+)`", cell)
        assert paths, name
        assert [p for p in paths if not (ROOT / p).is_file()] == []
    assert all(p.startswith("tests/") for p in re.findall(r"`([^`]+)`", proofs))
