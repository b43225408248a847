"""docs/requirements.md answers for every requirement of the seed, and what it points at exists."""

import re

import pytest

from tests.toolchain import ROOT

TEXT = (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (S\d+) \|(.*)\|$", TEXT, re.MULTILINE)
STATUS = re.compile(r"^(done|part: .+|issue \d+|no issue yet|guidance)$")


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.split("|")]


def test_every_requirement_has_one_row_in_order() -> None:
    assert [name for name, _ in ROWS] == [f"S{number}" for number in range(1, 113)]


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[name for name, _ in ROWS])
def test_a_row_tells_status_place_and_proof(name: str, row: str) -> None:
    what, status, where, proof = cells(row)
    assert what, name
    assert STATUS.match(status), status
    if status == "done" or status.startswith("part"):
        assert where, name
        assert proof, name
    if status.startswith("part"):
        assert re.search(r"issue \d+|no issue yet|not ", status), "a part says what becomes of the rest"


def test_every_path_in_the_table_exists() -> None:
    for path in re.findall(r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:py|md|yaml))`", TEXT):
        assert (ROOT / path).exists(), path
