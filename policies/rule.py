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


@dataclass(frozen=True)
class Exemption:
    """Who may break a rule, why, and until when; `flaw` says why it exempts nothing."""

    name: str
    reason: str = ""
    expires: date | None = None
    flaw: str = ""


def run(rule: Rule, graph: Graph, options: Options, today: date) -> Iterator[Finding]:
    """Check every subject of a rule. A value that is not known yet is a finding, never a silent skip.

    An exemption that cannot be read is a finding, too, and exempts nothing; the rules go on.
    """
    subjects = graph.of_kind(*rule.kinds)
    exemptions = [_exemption(entry) for entry in options.get("exemptions") or ()]
    for each in exemptions:
        # Where a rule sees one resource at a time, each exemption is told once, with the resource that it names.
        here = [subject.urn for subject in subjects if subject.name == each.name]
        if each.flaw and (here or rule.scope is Scope.STACK):
            yield Finding(rule.name, "".join(here[:1]), each.flaw)
    for subject in subjects:
        for problem, names in _problems(rule, subject, graph, options):
            verdict = _exempted(names, exemptions, today)
            if verdict is not None:
                yield Finding(rule.name, subject.urn, f"{subject.name}: {problem.text}{verdict}", problem.advice)


def _problems(rule: Rule, subject: Resource, graph: Graph, options: Options) -> Iterator[tuple[Problem, set[str]]]:
    try:
        for found in rule.check(subject, graph, options):
            problem = found if isinstance(found, Problem) else Problem(found)
            yield problem, {subject.name, *(name for each in problem.about for name in graph.names_of(each))}
    except UndecidableError as unknown:
        text = (
            f"cannot be decided at preview, because {unknown.path} is not known before the update: make it a literal,"
            " take it from the stack's config, or exempt this resource by name"
        )
        yield Problem(text), {subject.name}
    except Exception as fault:  # noqa: BLE001 - else one odd value would take every rule of the pack with it
        text = (
            # Without what the fault says of itself, which may quote a secret.
            f"cannot be judged, because a value has a form that this rule does not expect ({type(fault).__name__}):"
            " correct it, or exempt this resource by name and report the rule"
        )
        yield Problem(text), {subject.name}


def _exemption(entry: Any) -> Exemption:
    """One entry of `exemptions`; the engine has checked its form, but for whether the day exists."""
    given = entry if isinstance(entry, Mapping) else {}
    name, reason, expires = given.get("name"), given.get("reason"), given.get("expires")
    if not isinstance(name, str) or not isinstance(reason, str):
        return Exemption("", flaw="an exemption has no name or no reason, and so exempts nothing: give both")
    try:
        return Exemption(name, reason, None if expires is None else date.fromisoformat(expires))
    except (TypeError, ValueError):
        flaw = f"the exemption of {name} ends on {expires!r}, which is no date, so it exempts nothing: correct the date"
        return Exemption(name, reason, flaw=flaw)


def _exempted(names: set[str], exemptions: Iterable[Exemption], today: date) -> str | None:
    """None when one of the names is exempted; else what to add to the finding."""
    late = ""
    for each in exemptions:
        if each.flaw or each.name not in names:
            continue
        if each.expires is None or today <= each.expires:
            return None
        late = f" (its exemption, {each.reason!r}, ended on {each.expires})"
    return late
