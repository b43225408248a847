"""Where the clusters of a link are, and whether the DR side can do its job (S2, S8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from policies.graph import Graph
from policies.links import link_of
from policies.resource import LINK, Resource
from policies.rule import Options, Problem, Rule, Scope, Severity

_BLOCKS = {
    "dedicated": "Dedicated",
    "enterprises": "Enterprise",
    "standard": "Standard",
    "basic": "Basic",
    "freights": "Freight",
}
_HOLDERS = {"dedicated", "enterprise"}

_CLUSTERS = {
    "clusters": {
        "type": "object",
        "description": "What is known of clusters that this stack adopts, by id: kind, cloud and region.",
        "default": {},
        "additionalProperties": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "kind": {"type": "string", "enum": ["Basic", "Standard", "Enterprise", "Dedicated", "Freight"]},
                "cloud": {"type": "string"},
                "region": {"type": "string"},
            },
        },
    },
    "requireDeclared": {
        "type": "boolean",
        "description": "Stop at an adopted cluster that `clusters` says nothing of; otherwise a note tells of it.",
        "default": False,
    },
}


class _Place(NamedTuple):
    cloud: str
    region: str


def _facts(identity: str, graph: Graph, options: Options) -> dict[str, str] | None:
    """Kind, cloud and region of a cluster of this program or of the configuration; None when nobody says."""
    made = graph.urn(identity)
    if made is None:
        declared: dict[str, dict[str, str]] = options.get("clusters") or {}
        return declared.get(identity)
    kind = next((word for block, word in _BLOCKS.items() if made.get(block) not in (None, [])), "Basic")
    return {"kind": kind, "cloud": made.text("cloud").upper(), "region": made.text("region").lower()}


def _undeclared(identity: str, options: Options) -> Iterator[Problem]:
    """Said in any case: a cluster that nobody has described has not been looked at."""
    strict = bool(options.get("requireDeclared"))
    text = f"cluster {identity} is adopted, and nothing is known of it: describe it under clusters"
    yield Problem(text, (identity,), advice=not strict)


def _can_hold(subject: Resource, graph: Graph, options: Options) -> Iterator[Problem]:
    holder = link_of(subject, graph).holder
    facts = _facts(holder, graph, options)
    if facts is None:
        yield from _undeclared(holder, options)
    elif facts.get("kind", "Dedicated").lower() not in _HOLDERS:
        made = graph.urn(holder)
        name = made.name if made else holder
        yield Problem(f"its cluster {name} is {facts['kind']}, which cannot hold a cluster link", (name,))


def _elsewhere(subject: Resource, graph: Graph, options: Options) -> Iterator[Problem]:
    link = link_of(subject, graph)
    places: list[tuple[Any, ...]] = []
    for end in link.direction:
        facts = _facts(end, graph, options)
        if facts is None:
            yield from _undeclared(end, options)
            continue
        places.append(_Place(facts.get("cloud", "").upper(), facts.get("region", "").lower()))
    if len(places) == len(link.direction) and places[0] == places[1] and all(places[0]):
        cloud, region = places[0]
        yield Problem(f"both of its clusters are in {cloud} {region}: one outage takes both", link.direction)


RULES = (
    Rule(
        name="dr-cluster-can-hold-links",
        description="The cluster on which a link is made can hold it",
        remedy="Make the DR cluster Dedicated or Enterprise; the other kinds can only be read from.",
        severity=Severity.CRITICAL,
        scope=Scope.STACK,
        kinds=(LINK,),
        check=_can_hold,
        schema=_CLUSTERS,
        reference="S8, S25",
    ),
    Rule(
        name="dr-cluster-elsewhere",
        description="The DR cluster is in another region or another cloud than its primary",
        remedy="Put one of the two clusters into another region or cloud.",
        severity=Severity.CRITICAL,
        scope=Scope.STACK,
        kinds=(LINK,),
        check=_elsewhere,
        schema=_CLUSTERS,
        reference="S2",
    ),
)
