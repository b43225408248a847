"""What a rule is, and how it is run: pure, so that a pack, a test and another program can run it alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from policies.graph import Graph
from policies.resource import Resource, UndecidableError

Options = Mapping[str, Any]
"""A rule's configuration: `exemptions`, and what the rule's own schema names."""


class Severity(StrEnum):
    """How bad it is to break a rule."""

    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Scope(StrEnum):
    """What a rule has to see. A resource's rule stops an update before that resource, a stack's rule only a preview."""

    RESOURCE = "resource"
    STACK = "stack"


@dataclass(frozen=True)
class Problem:
    """One violation found by a rule: what is wrong, and the names under which it may be exempted.

    `advice` marks what is no violation: a value not known yet made the rule look less closely than it would like.
    """

    text: str
    about: tuple[str, ...] = ()
    advice: bool = False


Check = Callable[[Resource, Graph, Options], Iterable[Problem | str]]


@dataclass(frozen=True)
class Rule:
    """A policy: its text for people, the resources it looks at, and the check of one of them."""

    name: str
    description: str
    remedy: str
    severity: Severity
    scope: Scope
    kinds: tuple[str, ...]
    check: Check
    schema: Mapping[str, Any] = field(default_factory=dict)
    reference: str = ""
    """Requirements behind the rule, for example `S34`."""


@dataclass(frozen=True)
class Finding:
    """A violation as it is reported, with the URN of the resource at fault."""

    rule: str
    urn: str
    text: str
    advice: bool = False


EXEMPTIONS: Mapping[str, Any] = {
    "type": "array",
    "description": "Things that may break the rule, each by name with the reason, until a day if one is given.",
    "default": [],
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "reason"],
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "reason": {"type": "string", "minLength": 3},
            "expires": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        },
    },
}


def run(rule: Rule, graph: Graph, options: Options, today: date) -> Iterator[Finding]:
    """Check every subject of a rule. A value that is not known yet is a finding, never a silent skip."""
    for subject in graph.of_kind(*rule.kinds):
        for problem in _problems(rule, subject, graph, options):
            names = {subject.name, *(name for each in problem.about for name in graph.names_of(each))}
            verdict = _exempted(names, options, today)
            if verdict is not None:
                yield Finding(rule.name, subject.urn, f"{subject.name}: {problem.text}{verdict}", problem.advice)


def _problems(rule: Rule, subject: Resource, graph: Graph, options: Options) -> Iterator[Problem]:
    try:
        for found in rule.check(subject, graph, options):
            yield found if isinstance(found, Problem) else Problem(found)
    except UndecidableError as unknown:
        yield Problem(
            f"cannot be decided at preview, because {unknown.path} is not known before the update: make it a literal,"
            " take it from the stack's config, or exempt this resource by name"
        )
    except Exception as fault:  # noqa: BLE001 - else one odd value would take every rule of the pack with it
        yield Problem(
            # Without what the fault says of itself, which may quote a secret.
            f"cannot be judged, because a value has a form that this rule does not expect ({type(fault).__name__}):"
            " correct it, or exempt this resource by name and report the rule"
        )


def _exempted(names: set[str], options: Options, today: date) -> str | None:
    """None when one of the names is exempted; else what to add to the finding."""
    late = ""
    for entry in options.get("exemptions", ()):
        if entry["name"] not in names:
            continue
        expires = entry.get("expires")
        if expires is None or today <= date.fromisoformat(expires):
            return None
        late = f" (its exemption, {entry['reason']!r}, ended on {expires})"
    return late
