"""Which lines a preview shows of a set of mirrors."""

from __future__ import annotations

from provider.resources.mirror_topics import _detail
from provider.values import wrap


def lines(before: list[str], after: list[str]) -> dict[str, str]:
    found = _detail({"topics": wrap(before)}, {"topics": wrap(after)})
    return {path: kind.name for path, kind in found.items()}


def test_each_name_that_comes_or_leaves_is_one_line() -> None:
    many = [f"t{number:05}" for number in range(10_000)]
    assert lines(many, [*many[1:], "zz"]) == {"topics[0]": "DELETE", "topics[9999]": "ADD"}
    assert lines(many, many) == {}


def test_a_name_in_the_place_of_another_hides_neither() -> None:
    assert lines(["a", "b", "d"], ["a", "c", "d"]) == {"topics[1]": "UPDATE"}
