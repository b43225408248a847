"""Patterns by which consumers choose topics (S57-S59)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies.graph import Graph
from policies.resource import MIRROR, STACK, TOPIC, Resource, where
from policies.rule import Options, Problem, Rule, Scope, Severity
from policies.values import UNKNOWN, bare

_KEYS = re.compile(r"(topics?|subscriptions?)[._-]?(regex|patterns?)$", re.IGNORECASE)
"""Property names under which connectors (`topics.regex`) and programs keep such a pattern."""
_STRANGERS = ("{0}-processed", "east.private.{0}", "x{0}")
"""Names derived from a topic's that a pattern for its copies must not catch; S59 has the first two."""
_WIDE = re.compile(r"^\^?\(?\.[*+]")


def _anchored(subject: Resource, graph: Graph, options: Options) -> Iterator[Problem]:
    found = list(_patterns(subject.values, ()))
    if subject.kind == STACK:
        found += [((name,), pattern) for name, pattern in (options.get("patterns") or {}).items()]
    topics, copies = _topics(graph) if found else (set(), set())
    for path, pattern in found:
        if pattern is UNKNOWN:
            text = f"cannot be decided at preview, because {where(path)} is not known before the update"
            yield Problem(f"{text}: make it a literal", (path[-1],))
            continue
        compiled = _compiled(str(pattern))
        if compiled is None:
            text = "cannot be judged: it is no regular expression to Python, though it may be one to Java"
            yield Problem(f"{where(path)} {pattern!r} {text}", (path[-1], str(pattern)), advice=True)
        for text in _flaws(str(pattern), compiled, topics, copies):
            yield Problem(f"{where(path)} {pattern!r} {text}", (path[-1], str(pattern)))


def _patterns(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    plain = bare(value)
    if isinstance(plain, Mapping):
        for key, inner in plain.items():
            yield from _patterns(inner, (*path, key))
    elif isinstance(plain, list):
        for number, inner in enumerate(plain):
            yield from _patterns(inner, (*path, str(number)))
    elif any(_KEYS.search(step) for step in path[-2:]) and plain:
        yield path, plain


def _topics(graph: Graph) -> tuple[set[str], set[str]]:
    """Names of topics, and of their copies: `xeast.orders` beside the copy `east.orders` would be another region's."""
    names = [r.peek("topicName") for r in graph.of_kind(TOPIC)]
    names += [m.peek("sourceKafkaTopic", "topicName") for m in graph.of_kind(MIRROR)]
    copies = [m.peek("mirrorTopicName") for m in graph.of_kind(MIRROR)]
    return {n for n in names if isinstance(n, str)}, {n for n in copies if isinstance(n, str)}


def _flaws(pattern: str, compiled: re.Pattern[str] | None, topics: set[str], copies: set[str]) -> Iterator[str]:
    if not pattern.startswith("^") or not pattern.endswith("$"):
        yield "is not anchored with ^ and $"
    if _WIDE.match(pattern):
        yield "begins with a wildcard, so it also takes names that only end alike"
        return
    if compiled is None:
        return
    meant = [t for t in topics if compiled.fullmatch(t)]
    caught = {stranger for t in meant for form in _STRANGERS if compiled.fullmatch(stranger := form.format(t))}
    for name in sorted(caught - topics - copies)[:1]:
        yield f"would also take a topic named {name}"


def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return None


RULES = (
    Rule(
        name="patterns-anchored",
        description="A pattern by which a consumer chooses topics is anchored and takes no unrelated topic",
        remedy="Write it like ^([a-z]*\\.)?numbers$: anchored, only the regions' prefixes before the name.",
        severity=Severity.MEDIUM,
        scope=Scope.STACK,
        kinds=(),
        check=_anchored,
        schema={
            "patterns": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "default": {},
                "description": "Patterns of consumers that are no part of the program, by consumer.",
            }
        },
        reference="S57, S58, S59",
    ),
)
