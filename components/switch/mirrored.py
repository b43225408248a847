"""What is mirrored, and what is copied beside it; said once per environment."""

from enum import Enum
from typing import NotRequired, TypedDict

import pulumi


class PatternType(Enum):
    """How a name is meant."""

    LITERAL = "LITERAL"
    PREFIXED = "PREFIXED"


class FilterType(Enum):
    """Whether a filter adds names or takes them away."""

    INCLUDE = "INCLUDE"
    EXCLUDE = "EXCLUDE"


class NameFilter(TypedDict):
    """A filter of topics or groups."""

    name: str
    """A name, a prefix, or `*`."""
    pattern_type: NotRequired[PatternType]
    """Default `LITERAL`."""
    filter_type: NotRequired[FilterType]
    """Default `INCLUDE`."""


class OffsetSync(TypedDict):
    """Consumer group offsets are copied, so that groups go on where they were."""

    groups: list[NameFilter]
    """Which groups; at least one filter."""
    interval_ms: NotRequired[pulumi.Input[int]]
    """Milliseconds between two copies, at least 1000; default 30000."""


class AclFilter(TypedDict):
    """ACLs that are copied; what is left out matches anything."""

    resource_type: NotRequired[str]
    """`any`, `topic`, `group`, `cluster` or `transactional_id`."""
    pattern_type: NotRequired[str]
    """`any`, `literal` or `prefixed`."""
    name: NotRequired[str]
    """Name of the resource."""
    principal: NotRequired[pulumi.Input[str]]
    """Whose ACLs, `User:sa-...`."""
    operation: NotRequired[str]
    """Kafka operation in small letters; default `any`."""
    permission_type: NotRequired[str]
    """`any`, `allow` or `deny`."""


class AclSync(TypedDict):
    """ACLs are copied, deletions included; not over links with a prefix."""

    filters: list[AclFilter]
    """Which ACLs; at least one filter, `{}` is all of them."""
    interval_ms: NotRequired[pulumi.Input[int]]
    """Milliseconds between two copies, at least 1000; default 5000."""
