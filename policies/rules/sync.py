"""What a link syncs besides data: offsets and ACLs (S22, S23, S27, S28, S48, S67, S68)."""

from __future__ import annotations

from collections.abc import Iterator

from policies.graph import Graph
from policies.links import ACLS, AUTO_CREATE, OFFSETS, PREFIX, feeding, link_of, links_of
from policies.resource import LINK, MIRROR, Resource
from policies.rule import Options, Rule, Scope, Severity

DEFAULT_INTERVAL_MS = 30_000
"""The service's own default of `consumer.offset.sync.ms`."""


def _offset_sync(subject: Resource, graph: Graph, options: Options) -> Iterator[str]:
    link = link_of(subject, graph)
    if link.retained or link.waits or not link.carries_data:
        return
    if not link.on(OFFSETS):
        yield "consumer offsets are not synced: after a failover every group starts where its reset policy says"
        return
    most = int(options.get("maxIntervalMs", DEFAULT_INTERVAL_MS))
    text = link.config("consumer.offset.sync.ms") or str(DEFAULT_INTERVAL_MS)
    if not text.isdecimal() or int(text) > most:
        yield f"consumer.offset.sync.ms is {text}, more than the target of {most}: groups read more twice"


def _has_filter(subject: Resource, graph: Graph, options: Options) -> Iterator[str]:
    del options
    link = link_of(subject, graph)
    for switch in (OFFSETS, ACLS, AUTO_CREATE):
        if link.on(switch) and not link.filters(switch):
            yield f"{switch[0]} is true, but {switch[1]} holds no filter: the task would run and do nothing"


def _prefix(subject: Resource, graph: Graph, options: Options) -> Iterator[str]:
    del options
    link = link_of(subject, graph)
    if link.config(PREFIX) and link.on(ACLS):
        yield f"it has the prefix {link.config(PREFIX)!r} and syncs ACLs, which the service does not do together"


def _acl_link_beside(subject: Resource, graph: Graph, options: Options) -> Iterator[str]:
    link = link_of(subject, graph)
    if not link.config(PREFIX) or options.get("accessBy", "acls") == "role-bindings":
        return
    if not any(other.acl_only and other.direction == link.direction for other in links_of(graph)):
        yield "it has a prefix, so it syncs no ACLs, and no ACL-only link goes the same way"


def _no_mirror(subject: Resource, graph: Graph, options: Options) -> Iterator[str]:
    """A link without offset sync, prefix and auto-create is an ACL-only link; so is one beside a prefixed link."""
    del options
    for link in feeding(subject, graph):
        beside = [o for o in links_of(graph) if o.syncs and o.config(PREFIX) and o.direction == link.direction]
        if link.acl_only or (beside and not link.config(PREFIX) and link.on(ACLS)):
            yield f"it is mirrored over {link.name}, whose only job is to sync ACLs"


RULES = (
    Rule(
        name="offset-sync-on",
        description="A link that carries data also syncs consumer offsets, within the target interval",
        remedy="Set consumer.offset.sync.enable to true with group filters, and consumer.offset.sync.ms to the target.",
        severity=Severity.HIGH,
        scope=Scope.STACK,
        kinds=(LINK,),
        check=_offset_sync,
        schema={
            "maxIntervalMs": {
                "type": "integer",
                "minimum": 1000,
                "default": DEFAULT_INTERVAL_MS,
                "description": "Longest interval between two syncs, milliseconds.",
            }
        },
        reference="S22, S27, S48",
    ),
    Rule(
        name="sync-has-filter",
        description="A sync that is switched on has a filter",
        remedy="Give the filter beside the switch, `*` for everything: without one the service does nothing.",
        severity=Severity.HIGH,
        scope=Scope.STACK,
        kinds=(LINK,),
        check=_has_filter,
        reference="S27, S28, S31, I11",
    ),
    Rule(
        name="no-acl-sync-with-prefix",
        description="A link with a prefix does not sync ACLs",
        remedy="Move ACL sync to a second link without prefix, and leave this one to the data.",
        severity=Severity.HIGH,
        scope=Scope.STACK,
        kinds=(LINK,),
        check=_prefix,
        reference="S67",
    ),
    Rule(
        name="acl-link-beside-prefix",
        description="Beside a link with a prefix there is a link that syncs ACLs",
        remedy="Add an ACL-only link in the same direction, or set accessBy to role-bindings when no client uses ACLs.",
        severity=Severity.HIGH,
        scope=Scope.STACK,
        kinds=(LINK,),
        check=_acl_link_beside,
        schema={
            "accessBy": {
                "type": "string",
                "enum": ["acls", "role-bindings"],
                "default": "acls",
                "description": "How clients get their rights; role bindings are never synced and need no link.",
            }
        },
        reference="S68",
    ),
    Rule(
        name="no-mirror-on-acl-link",
        description="No topic is mirrored over a link that is there for ACLs",
        remedy="Name the data link in the mirror's clusterLink.",
        severity=Severity.HIGH,
        scope=Scope.STACK,
        kinds=(MIRROR,),
        check=_no_mirror,
        reference="S68",
    ),
)
