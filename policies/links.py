"""A cluster link as the rules speak of it: where it lives, which way data flows, what it syncs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from policies.graph import Graph
from policies.resource import LINK, MIRROR, STATE, Resource

OFFSETS = ("consumer.offset.sync.enable", "consumer.offset.group.filters", "groupFilters")
ACLS = ("acl.sync.enable", "acl.filters", "aclFilters")
AUTO_CREATE = ("auto.create.mirror.topics.enable", "auto.create.mirror.topics.filters", "topicFilters")
PREFIX = "cluster.link.prefix"


@dataclass(frozen=True, eq=False)
class LinkObject:
    """One link object; a link has one or two of them, on different clusters.

    `source` and `holder` are cluster identities: data of `source` may be mirrored on the cluster that mirrors go to.
    """

    resource: Resource
    graph: Graph

    @property
    def name(self) -> str:
        """The link's name in Confluent."""
        return self.resource.text("link")

    @property
    def mode(self) -> str:
        """`DESTINATION` (the default), `SOURCE` or `BIDIRECTIONAL`."""
        return self.resource.text("linkMode") or "DESTINATION"

    @property
    def syncs(self) -> bool:
        """Whether this object holds sync settings: the half on a source has none."""
        return self.mode != "SOURCE"

    @cached_property
    def source(self) -> str:
        """Cluster whose topics are mirrored."""
        block = "remoteKafkaCluster" if self.mode == "BIDIRECTIONAL" else "sourceKafkaCluster"
        return self.graph.identity(self.resource, block, "id")

    @cached_property
    def destination(self) -> str:
        """Cluster that gets the mirrors."""
        block = "localKafkaCluster" if self.mode == "BIDIRECTIONAL" else "destinationKafkaCluster"
        return self.graph.identity(self.resource, block, "id")

    @property
    def holder(self) -> str:
        """Cluster on which this object is made, and which so must be of a kind that can hold links."""
        return self.source if self.mode == "SOURCE" else self.destination

    @cached_property
    def direction(self) -> tuple[str, str]:
        """Source and destination."""
        return self.source, self.destination

    @cached_property
    def states(self) -> list[Resource]:
        """What acts on the mirrors of this object: the `MirrorState`s on the cluster that gets them."""
        return [s for s in self._named if self.graph.identity(s, "clusterId") == self.destination]

    @cached_property
    def _named(self) -> list[Resource]:
        """The `MirrorState`s on either of its clusters that name this link."""
        found = [s for s in self.graph.of_kind(STATE) if self.name in _mapping(s.get("links"))]
        return [s for s in found if self.graph.identity(s, "clusterId") in self.direction]

    @cached_property
    def waits(self) -> bool:
        """Whether nothing flows over it for now: its link has turned round since, or the pair's other link runs.

        Its settings are then as they were when it ran last, and no edit reaches them.
        """
        turned = self.mode == "BIDIRECTIONAL" and self._named and not self.states
        return bool(turned) or any(g.text("idle") == self.name for g in self.graph.guards_of(self.resource))

    def config(self, key: str) -> str:
        """A config entry, empty when absent; of a link that turned round since, what its `MirrorState` gives back.

        None counts of a link that waits. The half on a source has none of those that rules read; before it exists
        nothing is known of its others.
        """
        if not self.syncs or self.waits:
            return ""
        given = [s.get("links", self.name, key) for s in self.states if s.get("reopen") and not s.get("quarantine")]
        return next(filter(None, map(_word, given)), "") or _word(self.resource.get("config", key))

    def on(self, switch: tuple[str, str, str]) -> bool:
        """Whether a sync is switched on."""
        return self.config(switch[0]).lower() == "true"

    def filters(self, switch: tuple[str, str, str]) -> tuple[dict[str, Any], ...]:
        """The filters of a sync; empty when there are none."""
        return parse_filters(self.config(switch[1]), switch)

    @cached_property
    def mirrors(self) -> list[Resource]:
        """Declared mirrors of this object."""
        return [m for m in self.graph.of_kind(MIRROR) if names_link(m, self)]

    @property
    def acl_only(self) -> bool:
        """Whether nothing but ACLs goes over it."""
        plain = not self.on(OFFSETS) and not self.on(AUTO_CREATE) and not self.config(PREFIX)
        return self.syncs and plain and self.on(ACLS)

    @property
    def idle(self) -> bool:
        """Whether it is the half of a bidirectional link that nothing flows over yet."""
        used = self.on(AUTO_CREATE) or self.on(ACLS) or self.on(OFFSETS) or self.mirrors or self._fed
        return self.mode == "BIDIRECTIONAL" and not used and bool(_others(self))

    @cached_property
    def carries_data(self) -> bool:
        """Whether topics are mirrored over it, or are meant to be."""
        if not self.syncs or self.idle:
            return False
        return not self.acl_only or bool(self.mirrors) or self._fed

    @property
    def _fed(self) -> bool:
        """Whether its mirrors are looked after, wherever they were declared: when a link turns, none is made anew."""
        return any(s.peek("linkName") == self.name for s in self.states)

    @cached_property
    def retained(self) -> bool:
        """Whether the guard it depends on has left its source alone after a flip: it is to sync nothing then."""
        return any(g.text("standby") not in ("", "mirroring") for g in self.graph.guards_of(self.resource))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _word(value: Any) -> str:
    """A config entry as the service has it, which is a string; a program may give a bool or a number."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else ""


def _others(link: LinkObject) -> list[Resource]:
    found = link.graph.of_kind(LINK)
    return [r for r in found if r is not link.resource and r.peek("link") == link.name]


@lru_cache(maxsize=2)
def links_of(graph: Graph) -> tuple[LinkObject, ...]:
    """Every link object of the program."""
    return tuple(LinkObject(r, graph) for r in graph.of_kind(LINK))


def link_of(resource: Resource, graph: Graph) -> LinkObject:
    """The link object that a resource of this graph is."""
    return next(link for link in links_of(graph) if link.resource is resource)


def feeding(mirror: Resource, graph: Graph) -> list[LinkObject]:
    """The link objects that a mirror topic names: one, unless the program contradicts itself."""
    return [link for link in links_of(graph) if names_link(mirror, link)]


def names_link(mirror: Resource, link: LinkObject) -> bool:
    """Whether a mirror topic is fed by this object."""
    if mirror.text("clusterLink", "linkName") != link.name or not link.syncs:
        return False
    return link.graph.identity(mirror, "kafkaCluster", "id") == link.destination


@lru_cache(maxsize=64)
def parse_filters(text: str, switch: tuple[str, str, str]) -> tuple[dict[str, Any], ...]:
    """Rows of a filter document; none when it is not of the documented form, as the service would take none from it."""
    try:
        rows = json.loads(text)[switch[2]]
        return tuple(row for row in rows if isinstance(row, dict) and _is_filter(row))
    except (ValueError, KeyError, TypeError):
        return ()


def _is_filter(row: dict[str, Any]) -> bool:
    """Whether the two parts of an ACL filter are maps, where it has them."""
    return all(isinstance(row.get(part) or {}, dict) for part in ("resourceFilter", "accessFilter"))
