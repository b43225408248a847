"""Golden graphs as the rules see them, and sample resources to build small graphs from."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from policies.graph import Graph
from policies.resource import Resource
from policies.rule import Finding, Rule, Scope, run
from policies.rules import RULES
from policies.values import Secret
from tests.graph.recorder import GOLDEN

TODAY = date(2026, 11, 24)
BY_NAME: dict[str, Rule] = {rule.name: rule for rule in RULES}

Json = dict[str, Any]


def golden(name: str) -> list[Json]:
    """A recorded graph, as plain JSON that a test may change."""
    rows: list[Json] = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    return copy.deepcopy(rows)


def graph_of(rows: Iterable[Json]) -> Graph:
    """The graph as the engine would hand it over; ids are those that the recorder's mocks give."""
    rows = list(rows)
    urns = {row["name"]: _urn(row) for row in rows}
    return Graph(_resource(row, urns) for row in rows)


def _urn(row: Json) -> str:
    return f"urn:pulumi:test::golden::{row['type']}::{row['name']}"


def _resource(row: Json, urns: Mapping[str, str]) -> Resource:
    return Resource(
        type=row["type"],
        name=row["name"],
        urn=_urn(row),
        values=_values(row["inputs"]),
        protect=row.get("protect", False),
        parent=urns.get(row.get("parent", "")),
        depends=tuple(urns[n] for n in row["dependsOn"] if n in urns),
        secret_outputs=tuple(row.get("additionalSecretOutputs", ())),
        id=f"id-{row['name']}",
    )


def _values(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _values(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_values(inner) for inner in value]
    if value == "[secret]":
        return Secret("canary")
    # The mocks name a cluster in its resource name without the `id-` that they put before its id.
    return value.replace("/cloud-cluster=dr-", "/cloud-cluster=id-dr-") if isinstance(value, str) else value


def findings(graph: Graph, *names: str, **options: Any) -> list[Finding]:
    """What the rules of these names say, or all rules; one for single resources sees no other, as in the pack."""
    rules = [BY_NAME[name] for name in names] or list(RULES)
    alone = [Graph([resource]) for resource in graph.resources]
    seen = [(rule, each) for rule in rules for each in ((graph,) if rule.scope is Scope.STACK else alone)]
    return [found for rule, each in seen for found in run(rule, each, options, TODAY)]


def said(graph: Graph, *names: str, **options: Any) -> list[str]:
    """The violations as `rule: text`; a note is none."""
    return [f"{found.rule}: {found.text}" for found in findings(graph, *names, **options) if not found.advice]
