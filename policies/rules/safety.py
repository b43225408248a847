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

_SECRET_NAMES = re.compile(r"^(secret|password|.*[._-](secret|password)|.*(Secret|Password)|.*jaas\.config)$")


def _protected(subject: Resource, graph: Graph, options: Options) -> Iterator[str]:
    del options
    if not subject.protect and not _may_go(subject, graph):
        yield "it is not protected: an edit that renames or replaces it would delete it"


def _may_go(subject: Resource, graph: Graph) -> bool:
    """Whether the pair's phase is the step before this leaves the program, so that its locks have to be off."""
    return any(guard.urn in subject.depends and _lets_go(guard, subject, graph) for guard in graph.of_kind(GUARD))


def _lets_go(guard: Resource, subject: Resource, graph: Graph) -> bool:
    if subject.kind == MIRROR and guard.text("standby") in {"clear-armed", "clear-fired"}:
        return True
    if subject.kind == LINK:
        kept = guard.get("kept") or ()
        unlocked = {entry.get("link") for entry in kept if entry.get("unlocked")}
        if subject.text("link") in unlocked:
            return True
    if not guard.get("released") or subject.kind not in {CLUSTER, KEY, LINK, MIRROR}:
        return False
    if subject.kind == MIRROR:
        return True  # They are the survivor's, and live topics by now: their records leave.
    parent = graph.urn(subject.parent or "")
    if subject.kind == KEY and parent is not None and parent.type == LINK_ACCOUNT:
        return True  # The lost site's link read with it, on either site; the link to a new one has its own.
    survivors = {graph.identity(state, "clusterId") for state in graph.of_kind(STATE) if guard.urn in state.depends}
    return _cluster_of(subject, graph) not in survivors


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
    return accounts.owner_of(key, graph), accounts.cluster_of(key, graph)


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
    for path, value in _plain_paths(subject.values, ()):
        if value is not UNKNOWN:
            yield f"{where(path)} is in plain text, and would be so in Pulumi's state"
        elif path[0] not in subject.secret_outputs:
            yield (
                f"cannot be decided at preview, because {where(path)} is not known before the update,"
                f" and additional_secret_outputs does not name {path[0]}"
            )


def _plain_paths(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Values that are named like secrets and are not marked as such, with their paths."""
    if isinstance(value, Secret):
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _plain_paths(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _plain_paths(inner, (*path, str(number)))
    elif path and _SECRET_NAMES.match(path[-1]) and (value is UNKNOWN or (isinstance(value, str) and value)):
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
        description="A key is protected, unless a newer one of the same account takes its place",
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
