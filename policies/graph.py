"""All resources of a stack, and which of them belong together."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from policies.resource import CLUSTER, LINK, MIRROR, Resource, UndecidableError, where
from policies.values import UNKNOWN


class Graph:
    """The resources of one stack.

    An id that is not known yet is told by the property's dependencies: the engine knows at preview which resource it
    will come from. So most rules can be decided before anything exists.
    """

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = tuple(resources)
        self._by_urn = {r.urn: r for r in self.resources}

    def of_kind(self, *kinds: str) -> list[Resource]:
        """Resources of these classes, or all when none is named, in the order of registration."""
        return [r for r in self.resources if not kinds or r.kind in kinds]

    def urn(self, urn: str) -> Resource | None:
        """The resource with this URN."""
        return self._by_urn.get(urn)

    def identity(self, resource: Resource, *path: str, kind: str = CLUSTER) -> str:
        """Who is meant by the id at `path`: the URN of a `kind` in this program, else the id itself.

        Raises:
            UndecidableError: The id is not known and comes from no `kind` of this program.
        """
        found = resource.peek(*path)
        if isinstance(found, str) and found in self._ids:
            return self._ids[found]
        made = self.sources(resource, path[0], kind)
        if len(made) == 1:
            return made[0].urn
        if found is UNKNOWN or made:
            raise UndecidableError(where(path))
        return found if isinstance(found, str) else ""

    def sources(self, resource: Resource, prop: str, kind: str) -> list[Resource]:
        """Resources of a kind that the property's value comes from."""
        urns = resource.property_depends.get(prop, ())
        return [found for urn in urns if (found := self._by_urn.get(urn)) is not None and found.kind == kind]

    @cached_property
    def _ids(self) -> dict[str, str]:
        """Ids of resources in this program, own or seen where another resource names them."""
        known = {r.id: r.urn for r in self.resources if r.id}
        for resource, path in _places(self.resources):
            found = resource.peek(*path)
            made = self.sources(resource, path[0], CLUSTER)
            if isinstance(found, str) and len(made) == 1:
                known.setdefault(found, made[0].urn)
        return known


_BLOCKS = {
    LINK: ("sourceKafkaCluster", "destinationKafkaCluster", "localKafkaCluster", "remoteKafkaCluster"),
    MIRROR: ("kafkaCluster",),
}


def _places(resources: Iterable[Resource]) -> Iterable[tuple[Resource, tuple[str, str]]]:
    for resource in resources:
        for block in _BLOCKS.get(resource.kind, ()):
            yield resource, (block, "id")
