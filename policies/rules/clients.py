"""What clients need on the other side before they are moved there (S34, S57-S61, S65)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from policies import accounts
from policies.graph import Graph
from policies.resource import ACL, KEY, ROLE, Resource, UndecidableError
from policies.rule import Options, Problem, Rule, Scope, Severity
from policies.values import UNKNOWN

_CLUSTER = re.compile(r"/cloud-cluster=([^/]+)")


def _keys(subject: Resource, graph: Graph, options: Options) -> Iterator[Problem]:
    del options
    here = accounts.cluster_of(subject, graph)
    owner = accounts.owner_of(subject, graph) if here else ""
    if not here or owner in accounts.workers(graph):
        return
    for peer in sorted(accounts.peers(here, graph) - accounts.clusters_by_owner(graph)[owner]):
        yield Problem(f"its owner has no key on {_name(peer, graph)}, which this cluster is linked to", (owner,))


def _name(identity: str, graph: Graph) -> str:
    made = graph.urn(identity)
    return made.name if made else identity


class _Binding(NamedTuple):
    """A role binding; `part` is what it grants inside the cluster, None while the name of that is not known."""

    principal: str
    role: str
    cluster: str
    part: str | None


@lru_cache(maxsize=2)
def _bindings(graph: Graph) -> tuple[_Binding, ...]:
    """Every binding of which account and cluster can be told; of the others their own check tells."""
    found = []
    for resource in graph.of_kind(ROLE):
        with suppress(UndecidableError):
            found.append(_binding(resource, graph))
    return tuple(found)


def _binding(resource: Resource, graph: Graph) -> _Binding:
    crn = resource.peek("crnPattern")
    found = _CLUSTER.search(crn) if isinstance(crn, str) else None
    if found:
        cluster = graph.known(found[1])
        part: str | None = "/".join(
            step for step in crn[found.end() :].split("/") if step and not step.startswith("kafka=")
        )
    else:
        cluster, part = graph.identity(resource, "crnPattern"), None if crn is UNKNOWN else ""
    return _Binding(accounts.principal_of(resource, graph), resource.text("roleName"), cluster, part)


def _roles(subject: Resource, graph: Graph, options: Options) -> Iterator[Problem]:
    """Compared by number where the resource inside the cluster is not known yet, and then said so."""
    del options
    mine = _binding(subject, graph)
    if mine.principal in accounts.workers(graph):
        return
    alike = [b for b in _bindings(graph) if (b.principal, b.role) == (mine.principal, mine.role)]
    for peer in sorted(accounts.peers(mine.cluster, graph)):
        there = [b for b in alike if b.cluster == peer]
        if mine.part is not None and mine.part in {b.part for b in there}:
            continue
        unsure = mine.part is None or any(b.part is None for b in there)
        what = f"role {mine.role}" + (f" on {mine.part}" if mine.part else "")
        if not unsure or len(there) < len([b for b in alike if b.cluster == mine.cluster]):
            yield Problem(
                f"{what} is not bound on {_name(peer, graph)}, and links do not copy role bindings", (mine.principal,)
            )
        else:
            yield Problem(
                f"{what} was compared with {_name(peer, graph)} by number only: crnPattern is not known yet",
                (mine.principal,),
                advice=True,
            )


def _groups(subject: Resource, graph: Graph, options: Options) -> Iterator[Problem]:
    del options
    mine = _group(subject)
    if mine is None:
        return
    for other, theirs in _read_groups(graph):
        if other is subject:
            return
        if _meet(mine, theirs) and accounts.principal_of(other, graph) != accounts.principal_of(subject, graph):
            yield Problem(f"group {mine[0]} is also read by the account of {other.name}", (mine[0],))
            return


@lru_cache(maxsize=2)
def _read_groups(graph: Graph) -> tuple[tuple[Resource, tuple[str, bool]], ...]:
    found = []
    for acl in graph.of_kind(ACL):
        with suppress(UndecidableError):
            if (group := _group(acl)) is not None:
                found.append((acl, group))
    return tuple(found)


def _group(acl: Resource) -> tuple[str, bool] | None:
    """Name and whether it is a prefix, of a group that the ACL lets someone read; None for `*` and all else."""
    if acl.get("resourceType") != "GROUP" or acl.get("operation") not in ("READ", "ALL"):
        return None
    if acl.get("permission") == "DENY":
        return None
    name = acl.text("resourceName")
    return None if name == "*" else (name, acl.text("patternType") == "PREFIXED")


def _meet(one: tuple[str, bool], other: tuple[str, bool]) -> bool:
    (a, a_prefix), (b, b_prefix) = one, other
    return a == b or (a_prefix and b.startswith(a)) or (b_prefix and a.startswith(b))


RULES = (
    Rule(
        name="key-on-each-cluster",
        description="A client that has a key on one cluster of a link has one on the other, made ahead of time",
        remedy="Create an API key of the same account on the other cluster now; in a failover there is no time for it.",
        severity=Severity.HIGH,
        scope=Scope.STACK,
        kinds=(KEY,),
        check=_keys,
        reference="S34, S82",
    ),
    Rule(
        name="role-bindings-equal",
        description="A client's role bindings are the same on each cluster of a link",
        remedy="Bind the same role on the other cluster, or remove it from this one.",
        severity=Severity.HIGH,
        scope=Scope.STACK,
        kinds=(ROLE,),
        check=_roles,
        reference="S65",
    ),
    Rule(
        name="group-names-unique",
        description="A consumer group belongs to one client",
        remedy="Give each client groups of its own, across regions too: offsets of one name overwrite each other.",
        severity=Severity.MEDIUM,
        scope=Scope.STACK,
        kinds=(ACL,),
        check=_groups,
        reference="S61, S62",
    ),
)
