"""What is wrong with a stack's config: every problem at once, each with its path, what was found and a remedy."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

SETTINGS = "settings"
_USERINFO = re.compile(r"//[^/@\s]*@")
_LONGEST_ECHO = 80


@dataclass(frozen=True)
class Project:
    """Where a project's config stands in its stack file.

    Args:
        namespace: Its name.
        keys: Keys that stand beside `settings`, one line each.
    """

    namespace: str
    keys: tuple[str, ...] = ()

    def path(self, loc: Iterable[Any]) -> str:
        """A location as it is written there: `kafka-dr:settings.topics[2]`."""
        steps = tuple(loc)
        inner = steps[0] if steps and steps[0] in self.keys else dotted((SETTINGS, *steps))
        return f"{self.namespace}:{inner}"


FIRST = Project("kafka-dr", ("primary", "epoch", "change", "standby", "handover", "handoverKey"))
NAMESPACE, FLIP_KEYS = FIRST.namespace, FIRST.keys


@dataclass(frozen=True)
class Problem:
    """One thing to mend in the stack file.

    `path` is the config key as it is written (`kafka-dr:settings.sync.acls.filters`), `found` what stands there,
    empty when nothing may be shown.
    """

    path: str
    problem: str
    remedy: str
    found: str = ""

    def __str__(self) -> str:
        """One line: path, problem, what was found, remedy."""
        found = f" (found {self.found})" if self.found else ""
        return f"{self.path}: {self.problem}{found}. {self.remedy}"


class ConfigError(Exception):
    """The stack's config cannot be deployed; raised before any resource is registered."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems in the order of their paths."""
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.path, p.problem)))
        super().__init__(str(self))

    def __str__(self) -> str:
        """A headline, then one line per problem."""
        count = len(self.problems)
        head = f"{count} problem{'' if count == 1 else 's'} in the config of this stack; nothing was touched:"
        return "\n".join([head, *(f"  - {problem}" for problem in self.problems)])


def shown(value: object) -> str:
    """A value as it may be shown: short, scalar, without credentials that someone put into a URL."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        text = _USERINFO.sub("//***@", value)
        return repr(text if len(text) <= _LONGEST_ECHO else text[:_LONGEST_ECHO] + "...")
    names = {dict: "an object", list: "a list", tuple: "a list", type(None): "nothing"}
    return names.get(type(value), "")


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """A hint with the nearest known word, or the whole choice when none is near."""
    choices = list(known)
    folded = {choice.casefold(): choice for choice in choices}
    near = difflib.get_close_matches(str(word).casefold(), folded, n=1, cutoff=0.6)
    hint = f"Did you mean {folded[near[0]]!r}? " if near else ""
    return f"{hint}Allowed: {', '.join(choices)}."


def dotted(loc: Iterable[Any]) -> str:
    """A location as it reads in YAML: `clients[0].produce[2]`."""
    parts: list[str] = []
    for step in loc:
        parts.append(f"[{step}]" if isinstance(step, int) else f".{step}" if parts else str(step))
    return "".join(parts)
