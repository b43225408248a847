"""What has to hold in the phase the pair is in (S44, S70, invariants I4, I5, I9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from policies import accounts
from policies.graph import Graph
from policies.links import ACLS, AUTO_CREATE, OFFSETS, LinkObject, links_of
from policies.resource import ACCOUNT, ACL, CLUSTER, GUARD, LINK_ACCOUNT, POINTER, Resource, UndecidableError
from policies.rule import Options, Rule, Scope, Severity
from policies.values import UNKNOWN

_ANY = ("any", None, "")


def _one_primary(subject: Resource, graph: Graph, options: Options) -> Iterator[str]:
    del options
    if subject.kind == POINTER:
        yield from _pointer(subject, graph)
        return
    sites, primary = subject.get("sites"), subject.text("primary")
    if primary not in (sites or ()):
        yield f"primary is {primary!r}, which is none of its sites"
    for other in graph.of_kind(GUARD):
        if other is not subject and set(other.get("sites") or ()) == set(sites or ()) and _meet(subject, other, graph):
            yield f"{other.name} guards the same two sites: the pair has two primaries"


def _meet(one: Resource, other: Resource, graph: Graph) -> bool:
    """Whether two guards may be about the same clusters: names of sites are a pair's own."""
    mine, theirs = (_clusters(guard, graph) for guard in (one, other))
    return not mine or not theirs or bool(mine & theirs)


def _clusters(guard: Resource, graph: Graph) -> set[str]:
    return {end for link in links_of(graph) if guard.urn in link.resource.depends for end in link.direction}


def _pointer(pointer: Resource, graph: Graph) -> Iterator[str]:
    guards = graph.guards_of(pointer)
    for guard in guards:
        for mine, its in (("site", "primary"), ("epoch", "epoch")):
            if pointer.get(mine) != guard.get(its):
                yield f"{mine} is {pointer.get(mine)!r}, but {guard.name} says {its} {guard.get(its)!r}"
    if not guards:
        yield "it does not depend on a guard, so it could move before the mirrors have stopped"


def _quarantine(subject: Resource, graph: Graph, options: Options) -> Iterator[str]:
    del options
    if subject.text("standby") in ("", "mirroring"):
        return
    unknown: UndecidableError | None = None
    for link in links_of(graph):
        try:
            on = _still_on(link, subject)
        except UndecidableError as error:  # must not hide what another link does for certain
            unknown = unknown or error
            continue
        if on:
            yield f"link {link.name} still has {', '.join(on)}: a primary that returns would overwrite the survivor"
    if unknown:
        raise unknown


def _still_on(link: LinkObject, guard: Resource) -> list[str]:
    """The syncs of a link of the guard's pair that are on; none of one whose own direction ended earlier."""
    if guard.urn not in link.resource.depends or not link.syncs:
        return []
    # The flip touches no link: a `MirrorState` switches the syncs off in the service. It leaves them on where only some
    # topics were flipped, as the others go on.
    if any(state.get("quarantine") or state.get("onlyDeclared") for state in link.states):
        return []
    return [switch[0] for switch in (ACLS, OFFSETS, AUTO_CREATE) if link.on(switch)]


def _under_sync(subject: Resource, graph: Graph, options: Options) -> Iterator[str]:
    del options
    cluster = graph.identity(subject, "kafkaCluster", "id")
    for link in links_of(graph):
        if not link.syncs or link.destination != cluster or not link.on(ACLS):
            continue
        if _of_the_other_way(subject, link, graph) or _entry(subject, link.source, graph) in _declared(graph):
            continue
        if any(_takes(row, subject, graph) for row in link.filters(ACLS)):
            yield f"link {link.name} syncs it too, and deletes it as the source does not have it"


_Entry = tuple[str, ...]
"""Cluster, account and the rest of an ACL: what makes two the same."""


@lru_cache(maxsize=2)
def _declared(graph: Graph) -> frozenset[_Entry]:
    """Every ACL that can be told before the update."""
    found = [(graph.peek_identity(acl, "kafkaCluster", "id", kind=CLUSTER), acl) for acl in graph.of_kind(ACL)]
    return frozenset(entry for cluster, acl in found if (entry := _entry(acl, cluster, graph)))


def _entry(acl: Resource, cluster: str, graph: Graph) -> _Entry | None:
    """The ACL as it would be on a cluster; None when something of it is not known yet."""
    principal = graph.peek_identity(acl, "principal", kind=ACCOUNT)
    name, host = acl.peek("resourceName"), acl.peek("host")
    words = [acl.peek(word) for word in ("resourceType", "patternType", "operation", "permission")]
    if not cluster or not principal or UNKNOWN in (name, host, *words):
        return None
    return cluster, principal, str(name), str(host), *(str(word).upper() for word in words)


def _of_the_other_way(acl: Resource, link: LinkObject, graph: Graph) -> bool:
    """Whether it is a right of the account of the pair's other direction, which took it to the source when that ran."""
    if not graph.is_part_of(acl, LINK_ACCOUNT):
        return False
    before = [each for each in links_of(graph) if each.waits and each.direction == link.direction[::-1]]
    used = [graph.urn(urn) for each in before for urn in each.resource.depends]
    return any(found is not None and found.parent == acl.parent for found in used)


def _takes(row: Mapping[str, Any], acl: Resource, graph: Graph) -> bool:
    """Whether one ACL filter of a link fits an ACL; a field left out fits all."""
    resource, access = row.get("resourceFilter") or {}, row.get("accessFilter") or {}
    pairs = (
        (resource.get("resourceType"), acl.text("resourceType")),
        (resource.get("patternType"), acl.text("patternType")),
        (access.get("operation"), acl.text("operation")),
        (access.get("permissionType"), acl.text("permission")),
    )
    if not all(wanted in _ANY or str(wanted).upper() == found.upper() for wanted, found in pairs):
        return False
    name, principal = resource.get("name"), access.get("principal")
    if name not in _ANY and name != acl.text("resourceName"):
        return False
    return principal in _ANY or graph.known(str(principal)) == accounts.principal_of(acl, graph)


RULES = (
    Rule(
        name="one-primary",
        description="A pair has one primary, and the pointer names it",
        remedy="Keep one guard per pair, and let pointer and guard take primary and epoch from the same config.",
        severity=Severity.CRITICAL,
        scope=Scope.STACK,
        kinds=(GUARD, POINTER),
        check=_one_primary,
        reference="S43, S44, I4, I5",
    ),
    Rule(
        name="quarantined-after-flip",
        description="While the old primary is retained, its link syncs nothing onto the survivor",
        remedy="Switch off ACL sync, offset sync and auto-create of the kept link in the flip.",
        severity=Severity.HIGH,
        scope=Scope.STACK,
        kinds=(GUARD,),
        check=_quarantine,
        reference="S44, S70",
    ),
    Rule(
        name="no-acl-under-sync",
        description="No ACL is declared on the DR cluster alone that the link's ACL sync owns",
        remedy="Declare the ACL on the source and let the link bring it, or keep it out of acl.filters.",
        severity=Severity.HIGH,
        scope=Scope.STACK,
        kinds=(ACL,),
        check=_under_sync,
        reference="S23, I9",
    ),
)
