"""All resources of a stack, and which of them belong together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from policies.resource import (
    ACCOUNT,
    ACL,
    CLUSTER,
    GUARD,
    KEPT_LINK,
    KEY,
    LINK,
    MIRROR,
    ROLE,
    Resource,
    UndecidableError,
    where,
)
from policies.values import UNKNOWN, bare


class Graph:
    """The resources of one stack.

    An id that is not known yet is told by the property's dependencies: the engine knows at preview which resource it
    will come from. So most rules can be decided before anything exists.
    """

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = tuple(resources)
        self._by_urn = {r.urn: r for r in self.resources}
        self._by_kind: dict[str, list[Resource]] = {}
        kept = _kept(self.resources)
        for resource in self.resources:
            lost = resource.kind == LINK and any((urn, str(resource.peek("link"))) in kept for urn in resource.depends)
            self._by_kind.setdefault(KEPT_LINK if lost else resource.kind, []).append(resource)

    def of_kind(self, *kinds: str) -> list[Resource]:
        """Resources of these classes, or all when none is named; of each class in the order of registration."""
        return [r for kind in kinds for r in self._by_kind.get(kind, [])] if kinds else list(self.resources)

    def urn(self, urn: str) -> Resource | None:
        """The resource with this URN."""
        return self._by_urn.get(urn)

    def identity(self, resource: Resource, *path: str, kind: str = CLUSTER) -> str:
        """Who is meant by the id at `path`: the URN of a `kind` in this program, else the id itself.

        Raises:
            UndecidableError: The id is not known and comes from no `kind` of this program.
        """
        found = resource.peek(*path)
        if isinstance(found, str) and (urn := self._ids.get(found.removeprefix("User:"))):
            return urn
        made = self.sources(resource, path[0], kind)
        if len(made) == 1:
            return made[0].urn
        if found is UNKNOWN or made:
            raise UndecidableError(where(path))
        return found.removeprefix("User:") if isinstance(found, str) else ""

    def peek_identity(self, resource: Resource, *path: str, kind: str) -> str:
        """As `identity`, empty when it cannot be told."""
        try:
            return self.identity(resource, *path, kind=kind)
        except UndecidableError:
            return ""

    def known(self, given: str) -> str:
        """URN of the resource that has this id in this program, else the id."""
        plain = given.removeprefix("User:")
        return self._ids.get(plain, plain)

    def guards_of(self, resource: Resource) -> list[Resource]:
        """The guards that a resource comes after: those of its pair."""
        return [guard for guard in self.of_kind(GUARD) if guard.urn in resource.depends]

    def is_part_of(self, resource: Resource, component: str) -> bool:
        """Whether a component of this type declares it."""
        parent = self._by_urn.get(resource.parent or "")
        return parent is not None and parent.type == component

    def names_of(self, identity: str) -> set[str]:
        """What somebody may call it who exempts it: as it is given, and a resource's name, display name and id."""
        made = self._by_urn.get(identity)
        names = (identity,) if made is None else (made.name, made.peek("displayName"), made.id)
        return {name for name in names if isinstance(name, str)}

    def sources(self, resource: Resource, prop: str, kind: str) -> list[Resource]:
        """Resources of a kind that the property's value comes from."""
        urns = resource.property_depends.get(prop, ())
        return [found for urn in urns if (found := self._by_urn.get(urn)) is not None and found.kind == kind]

    @cached_property
    def _ids(self) -> dict[str, str]:
        """Ids of resources in this program, own or seen where another resource names them."""
        known = {r.id: r.urn for r in self.resources if r.id}
        for resource, path, kind in _places(self.resources):
            found = resource.peek(*path)
            made = self.sources(resource, path[0], kind)
            if isinstance(found, str) and len(made) == 1:
                known.setdefault(found.removeprefix("User:"), made[0].urn)
        return known


def _kept(resources: Iterable[Resource]) -> set[tuple[str, str]]:
    """URN of the guard, and name, of each link that is kept of a lost site."""
    found = set()
    for guard in (r for r in resources if r.kind == GUARD):
        kept = guard.peek("kept")
        for entry in map(bare, kept if isinstance(kept, list) else ()):
            if isinstance(entry, Mapping) and isinstance(entry.get("link"), str):
                found.add((guard.urn, entry["link"]))
    return found


_PLACES: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    LINK: tuple(((f"{which}KafkaCluster", "id"), CLUSTER) for which in ("source", "destination", "local", "remote")),
    MIRROR: ((("kafkaCluster", "id"), CLUSTER),),
    KEY: ((("managedResource", "id"), CLUSTER), (("owner", "id"), ACCOUNT)),
    ACL: ((("principal",), ACCOUNT),),
    ROLE: ((("principal",), ACCOUNT),),
}
"""Where ids of clusters and accounts are named, so that a literal id elsewhere can be told."""


def _places(resources: Iterable[Resource]) -> Iterable[tuple[Resource, tuple[str, ...], str]]:
    for resource in resources:
        for path, kind in _PLACES.get(resource.kind, ()):
            yield resource, path, kind
