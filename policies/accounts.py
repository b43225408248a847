"""Whose keys and rights are declared: clients, and the accounts with which the program itself works."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from policies.graph import Graph
from policies.links import links_of
from policies.resource import ACCOUNT, ACL, CLIENT, CLUSTER, KEY, LINK, MIRROR, ROLE, STATE, TOPIC, Resource

_WORKERS = (LINK, MIRROR, TOPIC, ACL, STATE, "KafkaClusterConfig")
"""Resources that need a key to be made: the owner of that key works for the program, and is no client."""
_ADMINS = {"CloudClusterAdmin", "EnvironmentAdmin", "OrganizationAdmin"}


def owner_of(key: Resource, graph: Graph) -> str:
    """Account that a key belongs to: a URN of this program, or an id."""
    return graph.identity(key, "owner", "id", kind=ACCOUNT)


def principal_of(resource: Resource, graph: Graph) -> str:
    """Account that an ACL or a role binding names."""
    return graph.identity(resource, "principal", kind=ACCOUNT)


def cluster_of(key: Resource, graph: Graph) -> str:
    """Cluster that a key opens, empty for a key of something else."""
    if key.text("managedResource", "kind") != "Cluster":
        return ""
    return graph.identity(key, "managedResource", "id", kind=CLUSTER)


@lru_cache(maxsize=2)
def workers(graph: Graph) -> frozenset[str]:
    """Accounts with whose keys the program works, and those that administer and are not declared as clients."""
    used = {urn for r in graph.of_kind(*_WORKERS) for urn in (*r.depends, *_from_properties(r))}
    known = {graph.peek_identity(k, "owner", "id", kind=ACCOUNT) for k in graph.of_kind(KEY) if k.urn in used}
    admins = [r for r in graph.of_kind(ROLE) if str(r.peek("roleName")) in _ADMINS and not graph.is_part_of(r, CLIENT)]
    known |= {graph.peek_identity(r, "principal", kind=ACCOUNT) for r in admins}
    return frozenset(k for k in known if k)


def _from_properties(resource: Resource) -> list[str]:
    return [urn for urns in resource.property_depends.values() for urn in urns]


@lru_cache(maxsize=2)
def clusters_by_owner(graph: Graph) -> Mapping[str, frozenset[str]]:
    """Clusters on which each account has a key; keys of which this cannot be told are left out."""
    found: dict[str, set[str]] = {}
    for key in graph.of_kind(KEY):
        owner = graph.peek_identity(key, "owner", "id", kind=ACCOUNT)
        cluster = graph.peek_identity(key, "managedResource", "id", kind=CLUSTER)
        found.setdefault(owner, set()).add(cluster)
    return {owner: frozenset(clusters) for owner, clusters in found.items()}


def peers(cluster: str, graph: Graph) -> frozenset[str]:
    """Clusters at the other end of a link that carries data."""
    found: set[str] = set()
    for link in links_of(graph):
        if link.carries_data and cluster in link.direction:
            found |= set(link.direction) - {cluster}
    return frozenset(found)
