"""What a case is, and short ways to write one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.graph import Graph
from policies.resource import Resource
from tests.policies.samples import pair, urn

UNDECIDED = "cannot be decided at preview, because"
DEPENDS = (urn("Transition", "guard"),)


@dataclass(frozen=True)
class Case:
    """A graph and what a rule has to say of it: `says` is part of each finding's text, empty for no finding."""

    name: str
    graph: Graph
    says: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


def ok(name: str, *resources: Resource, **options: Any) -> Case:
    return Case(name, pair(*resources), (), options)


def bad(name: str, says: str | tuple[str, ...], *resources: Resource, **options: Any) -> Case:
    return Case(name, pair(*resources), (says,) if isinstance(says, str) else says, options)


def lone(name: str, says: str | tuple[str, ...], *resources: Resource, **options: Any) -> Case:
    """Without the pair's own clusters."""
    return Case(name, Graph(resources), (says,) if isinstance(says, str) else says, options)
