"""Filters of a cluster link's sync tasks, and their canonical JSON.

The service returns link configs verbatim, and any other spelling of the same filter would be a difference for ever:
so keys are sorted, there is no white space, and the caller's order of filters is kept.
"""

import json
from collections.abc import Sequence
from enum import Enum
from typing import Any, NotRequired, TypedDict

import pulumi

from .refs import PatternType, pattern_of


class FilterType(Enum):
    """Whether a filter adds names or takes them away."""

    INCLUDE = "INCLUDE"
    EXCLUDE = "EXCLUDE"


class GroupFilter(TypedDict):
    """Consumer groups whose offsets are synced (S27)."""

    name: str
    """Group name, prefix, or `*`."""
    pattern_type: NotRequired[PatternType]
    """Default `LITERAL`."""
    filter_type: NotRequired[FilterType]
    """Default `INCLUDE`."""


class TopicFilter(TypedDict):
    """Topics that are mirrored by themselves (S30, S31)."""

    name: str
    """Topic name, prefix, or `*`."""
    pattern_type: NotRequired[PatternType]
    """Default `LITERAL`."""
    filter_type: NotRequired[FilterType]
    """Default `INCLUDE`."""


class AclResourceType(Enum):
    """Kind of resource whose ACLs are synced."""

    ANY = "any"
    TOPIC = "topic"
    GROUP = "group"
    CLUSTER = "cluster"
    TRANSACTIONAL_ID = "transactional_id"


class AclPatternType(Enum):
    """Pattern of the ACLs that are synced."""

    ANY = "any"
    LITERAL = "literal"
    PREFIXED = "prefixed"


class AclPermission(Enum):
    """Permission of the ACLs that are synced."""

    ANY = "any"
    ALLOW = "allow"
    DENY = "deny"


class AclFilter(TypedDict):
    """ACLs that are synced (S28). Fields left out match anything.

    The sync also *deletes* on the destination what the source does not have: keep ACLs that are declared on the
    destination out of the filters.
    """

    resource_type: NotRequired[AclResourceType]
    """Default `any`."""
    pattern_type: NotRequired[AclPatternType]
    """Default `any`."""
    name: NotRequired[pulumi.Input[str]]
    """Name of the resource."""
    principal: NotRequired[pulumi.Input[str]]
    """Whose ACLs, for example `User:sa-123abc`."""
    operation: NotRequired[str]
    """Kafka operation in small letters, for example `read`; default `any`."""
    permission: NotRequired[AclPermission]
    """Default `any`."""


def group_rows(filters: Sequence[GroupFilter]) -> list[dict[str, str]]:
    """The filters with the wire's field names, as the link and `MirrorState` take them."""
    return [_row(f) for f in filters]


def group_filters_json(filters: Sequence[GroupFilter]) -> str:
    """Value of `consumer.offset.group.filters`."""
    return _canonical({"groupFilters": group_rows(filters)})


def topic_filters_json(filters: Sequence[TopicFilter]) -> str:
    """Value of `auto.create.mirror.topics.filters`."""
    return _canonical({"topicFilters": [_row(f) for f in filters]})


def acl_filters_json(filters: Sequence[AclFilter]) -> pulumi.Output[str]:
    """Value of `acl.filters`; an output, because a principal may be a service account of the same program."""
    document = {"aclFilters": [_acl_row(f) for f in filters]}
    return pulumi.Output.json_dumps(document, sort_keys=True, separators=(",", ":"))


def _row(item: GroupFilter | TopicFilter) -> dict[str, str]:
    return {
        "name": item["name"],
        "patternType": pattern_of(
            {"name": item["name"], "pattern_type": item.get("pattern_type", PatternType.LITERAL)}
        ),
        "filterType": item.get("filter_type", FilterType.INCLUDE).value,
    }


def _acl_row(item: AclFilter) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "resourceType": item.get("resource_type", AclResourceType.ANY).value,
        "patternType": item.get("pattern_type", AclPatternType.ANY).value,
    }
    access: dict[str, Any] = {
        "operation": item.get("operation", "any"),
        "permissionType": item.get("permission", AclPermission.ANY).value,
    }
    resource |= {"name": item["name"]} if "name" in item else {}
    access |= {"principal": item["principal"]} if "principal" in item else {}
    return {"resourceFilter": resource, "accessFilter": access}


def _canonical(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"))
