"""What an application may do, and on which sites Pulumi says so: beside the links, which may copy ACLs themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from first.stacks.sections import CLUSTER, Client
from stacks.addresses import Keys
from stacks.fields import EVERYTHING, AclFilter, AclResource, PatternType


class Access(StrEnum):
    """What a client does with a topic."""

    READ = "read"
    WRITE = "write"
    READ_WRITE = "read-write"


@dataclass(frozen=True)
class TopicGrant:
    """A topic, or the beginning of its name, and what a client does with it."""

    name: str
    access: Access


@dataclass(frozen=True)
class ClientPlan:
    """An application: its grants, and the sites on which its ACLs are declared.

    `acl_sites` is the link's source alone where the link's ACL sync brings all of the client's ACLs (I9).
    `roles` are pairs of role and resource, None for the whole cluster.
    """

    name: str
    acl_sites: tuple[str, ...]
    topics: tuple[TopicGrant, ...]
    groups: tuple[str, ...]
    pattern_type: PatternType
    roles: tuple[tuple[str, str | None], ...]
    keys: Keys


def plan_client(client: Client, acl_sites: tuple[str, ...], prefix: str) -> ClientPlan:
    """Plan a client's grants.

    Args:
        client: The client as the settings have it.
        acl_sites: Sites on which its ACLs are declared.
        prefix: The data link's prefix, empty without.
    """
    return ClientPlan(
        name=client.name,
        acl_sites=acl_sites,
        topics=_topic_grants(client, prefix),
        groups=tuple(dict.fromkeys(client.groups)),
        pattern_type=client.pattern_type,
        roles=tuple((r.role, None if r.resource == CLUSTER else r.resource) for r in client.role_bindings),
        keys=client.keys,
    )


def is_synced(client: Client, filters: Iterable[AclFilter]) -> bool:
    """Whether a link that copies ACLs through these filters copies all of a client's."""
    return all(_covered(client, filters))


def half_synced(clients: Iterable[Client], filters: Iterable[AclFilter]) -> list[str]:
    """Warnings about clients of whose ACLs the filters cover a part: declared on both sites, and synced (I9)."""
    return [
        f"the ACL sync covers a part of client {client.name}'s ACLs, so all are declared on both sites;"
        " let the filters cover topics and groups, or neither"
        for client in clients
        if len(set(_covered(client, filters))) > 1
    ]


def _covered(client: Client, filters: Iterable[AclFilter]) -> list[bool]:
    """Per kind of resource that a client uses. No filter by principal covers: the account made here has no id yet."""
    kinds = [AclResource.TOPIC] if client.produce or client.consume else []
    kinds += [AclResource.GROUP] if client.groups else []
    return [any(each.covers(kind) for each in filters) for kind in kinds]


def _topic_grants(client: Client, prefix: str) -> tuple[TopicGrant, ...]:
    """Grants on the names of both sites: a mirror's name carries the link's prefix."""
    grants = []
    for name in dict.fromkeys([*client.produce, *client.consume]):
        one = Access.READ if name not in client.produce else Access.WRITE
        access = Access.READ_WRITE if name in client.produce and name in client.consume else one
        names = [name, prefix + name] if prefix and name != EVERYTHING else [name]
        grants += [TopicGrant(each, access) for each in names]
    return tuple(grants)
