"""What keeps the recovery alive until it is needed: protection, names that stay, secrets that stay secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies import accounts
from policies.graph import Graph
from policies.links import links_of
from policies.resource import (
    ACCOUNT,
    CLUSTER,
    GUARD,
    KEPT_LINK,
    KEY,
    LINK,
    LINK_ACCOUNT,
    MIRROR,
    STATE,
    Resource,
    where,
)
from policies.rule import Options, Rule, Scope, Severity
from policies.values import UNKNOWN, Secret

KEPT = (CLUSTER, LINK, KEPT_LINK, MIRROR, GUARD)

_NAMES: Mapping[str, tuple[str, ...]] = {
    CLUSTER: ("displayName",),
    KEY: ("displayName",),
    LINK: ("link",),
    MIRROR: ("mirrorTopicName",),
    ACCOUNT: ("displayName",),
}
_AUTO = re.compile(r"-[0-9a-f]{7}")

_SECRET_NAMES = re.compile(
    r"^(secret|password|.*[._-](secret|password)|.*(Secret|Password)|.*jaas\.config"
    r"|.*secret\.access\.key|.*account\.key|.*private\.key|privateKey|.*auth\.user\.info)$"  # of connectors
)
_FOREIGN_NAMES = re.compile(r"^(password|.*[._-]password|.*jaas\.config)$")
"""In resources of other packages, where `existingSecret` and the like name an object, and are none."""


def _protected(subject: Resource, graph: Graph, options: Options) -> Iterator[str]:
    del options
    if not subject.protect and not _may_go(subject, graph):
        yield "it is not protected: an edit that renames or replaces it would delete it"


def _may_go(subject: Resource, graph: Graph) -> bool:
    """Whether the pair's phase is the step before this leaves the program, so that its locks have to be off."""
    return any(_lets_go(guard, subject, graph) for guard in graph.guards_of(subject))


def _lets_go(guard: Resource, subject: Resource, graph: Graph) -> bool:
    released = bool(guard.get("released"))
    if subject.kind == LINK:
        return _link_goes(guard, subject, graph, released=released)
    if subject.kind == MIRROR:  # They are the survivor's, and live topics by now: their records leave.
        return released or guard.text("standby") in {"clear-armed", "clear-fired"}
    if not released or subject.kind not in {CLUSTER, KEY}:
        return False
    if subject.kind == KEY and graph.is_part_of(subject, LINK_ACCOUNT):
        return True  # The lost site's link read with it, on either site; the link to a new one has its own.
    return _is_lost(_cluster_of(subject, graph), guard, graph)


def _link_goes(guard: Resource, link: Resource, graph: Graph, *, released: bool) -> bool:
    name, kept = link.text("link"), {entry.get("link"): entry.get("unlocked") for entry in guard.get("kept") or ()}
    if name in kept or not released:
        return kept.get(name) is True
    if guard.text("link") not in ("", name):
        return True  # The pair's ACL link stays in the cloud, in quarantine; the new site gets one of its own.
    return _is_lost(_cluster_of(link, graph), guard, graph)


def _is_lost(cluster: str, guard: Resource, graph: Graph) -> bool:
    survivors = {graph.identity(state, "clusterId") for state in graph.of_kind(STATE) if guard.urn in state.depends}
    return cluster not in survivors


def _cluster_of(subject: Resource, graph: Graph) -> str:
    """The cluster that it is, opens or is made on."""
    if subject.kind == CLUSTER:
        return subject.urn
    if subject.kind == KEY:
        return accounts.cluster_of(subject, graph)
    return next((link.holder for link in links_of(graph) if link.resource is subject), "")


def _key_protected(subject: Resource, graph: Graph, options: Options) -> Iterator[str]:
    """The older of two keys in a rotation may be without: it is the one that is to go."""
    if subject.protect:
        return
    mine = _place_of(subject, graph)
    if not any(other.protect and _place_of(other, graph) == mine for other in graph.of_kind(KEY)):
        yield from _protected(subject, graph, options)


def _place_of(key: Resource, graph: Graph) -> tuple[str, str]:
    """Account, and what the key opens."""
    return accounts.owner_of(key, graph), accounts.cluster_of(key, graph) or key.text("managedResource", "id")


def _named(subject: Resource, graph: Graph, options: Options) -> Iterator[str]:
    del graph, options
    path = _NAMES[subject.kind]
    name = subject.text(*path)
    if not name:
        yield f"{where(path)} is not given"
    # The bridge fills a missing name with the resource's own and seven random hex digits.
    elif name.startswith(subject.name) and _AUTO.fullmatch(name[len(subject.name) :]):
        yield f"{where(path)} is not given: Pulumi made up {name!r}"


def _plain(subject: Resource, graph: Graph, options: Options) -> Iterator[str]:
    del graph, options
    for path, value in _plain_paths(subject.values, (), _SECRET_NAMES if subject.kind else _FOREIGN_NAMES):
        if value is not UNKNOWN:
            yield f"{where(path)} is in plain text, and would be so in Pulumi's state"
        elif path[0] not in subject.secret_outputs:
            yield (
                f"cannot be decided at preview, because {where(path)} is not known before the update,"
                f" and additional_secret_outputs does not name {path[0]}"
            )


def _plain_paths(value: Any, path: tuple[str, ...], names: re.Pattern[str]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Values that are named like secrets and are not marked as such, with their paths."""
    if isinstance(value, Secret):
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _plain_paths(inner, (*path, key), names)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _plain_paths(inner, (*path, str(number)), names)
    elif path and names.match(path[-1]) and (value is UNKNOWN or (isinstance(value, str) and value)):
        yield path, value


RULES = (
    Rule(
        name="protected",
        description="Clusters, links, mirrors and the guard are protected",
        remedy="Set the resource option protect, and lift it only in an update of its own.",
        severity=Severity.CRITICAL,
        scope=Scope.STACK,
        kinds=KEPT,
        check=_protected,
        reference="S89, S94, I1, I2",
    ),
    Rule(
        name="keys-protected",
        description="A key is protected, unless another one of the same account is, and takes its place",
        remedy="Set the resource option protect, and lift it only when the account has another key on the cluster.",
        severity=Severity.CRITICAL,
        scope=Scope.STACK,
        kinds=(KEY,),
        check=_key_protected,
        reference="S34, S82",
    ),
    Rule(
        name="named-explicitly",
        description="Clusters, accounts, keys, links and mirrors have names that were given, not made up",
        remedy="Give the name: a made-up one is another one when the resource is made anew.",
        severity=Severity.HIGH,
        scope=Scope.RESOURCE,
        kinds=tuple(_NAMES),
        check=_named,
        reference="S26, S94",
    ),
    Rule(
        name="no-plain-credentials",
        description="No credential is in plain text, in a resource or in the stack's outputs",
        remedy="Take it from secret config or use Output.secret, and name the block in additional_secret_outputs.",
        severity=Severity.CRITICAL,
        scope=Scope.STACK,  # which also sees what the stack exports
        kinds=(),
        check=_plain,
        reference="S34, S80",
    ),
)
