"""The register of rules: what the sections of the settings must agree on.

A rule names the sections it reads and yields problems. It runs whenever those could be read, so that its complaints
come together with those about other sections.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from stacks.fields import EVERYTHING, FilterType, GroupFilter, PatternType, TopicFilter
from stacks.problems import NAMESPACE, Problem

if TYPE_CHECKING:
    from first.stacks.settings import Settings

Rule = Callable[["Settings"], Iterator[Problem]]
BODY = f"{NAMESPACE}:settings"
_RULES: list[tuple[frozenset[str], Rule]] = []


def rule(*sections: str) -> Callable[[Rule], Rule]:
    """Register a rule with the sections it reads."""

    def register(function: Rule) -> Rule:
        _RULES.append((frozenset(sections), function))
        return function

    return register


def check(settings: Settings, usable: set[str]) -> list[Problem]:
    """Every problem between sections that are usable."""
    return [problem for needs, each in _RULES if needs <= usable for problem in each(settings)]


def includes(filters: Iterable[TopicFilter | GroupFilter]) -> bool:
    """Whether at least one filter takes anything in."""
    return any(each.filter_type is FilterType.INCLUDE for each in filters)


def dead_filters(path: str, filters: Iterable[TopicFilter | GroupFilter]) -> Iterator[Problem]:
    """Filters that can match nothing."""
    for index, each in enumerate(filters):
        if each.pattern_type is PatternType.PREFIXED and each.name == EVERYTHING:
            yield Problem(
                f"{path}[{index}].patternType",
                "'*' with PREFIXED means names that begin with an asterisk",
                "Use patternType: LITERAL, where '*' is every name.",
                "'PREFIXED'",
            )
