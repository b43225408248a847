"""What the demo's summary counts."""

from typing import Any

import pytest

from demo.engine import Run
from demo.measure import is_mutation

UP = """\
 +  kafkadr:index:Transition dr-transition created (0.1s)
Resources:
    + 12 created
    ~ 2 updated
    3 unchanged

Duration: 4s
"""
PREVIEW = """\
Resources:
    ~ 2 to update
    17 unchanged
"""


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        (UP, {"created": 12, "updated": 2, "unchanged": 3}),
        (PREVIEW, {"to update": 2, "unchanged": 17}),
        ("error: refused\n", {}),
    ],
)
def test_counts_come_from_the_engines_summary(text: str, counts: dict[str, int]) -> None:
    assert Run("pulumi up", 0, 1.0, text.splitlines()).counts == counts


@pytest.mark.parametrize(
    ("method", "query", "mutation"),
    [
        ("GET", [], False),
        ("POST", [], True),
        ("POST", [["validate_only", "true"]], False),
        ("POST", [["validate_only", "false"]], True),
        ("DELETE", [], True),
    ],
)
def test_a_dry_run_is_no_mutation(method: str, query: list[list[str]], mutation: bool) -> None:
    entry: dict[str, Any] = {"method": method, "query": query}
    assert is_mutation(entry) is mutation
