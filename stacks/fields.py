"""Building blocks of the settings: the strict base model, Kafka names and the filters of a cluster link."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

TOPIC_PATTERN = r"^[A-Za-z0-9._-]{1,249}$"
"""Kafka's own rule for topic names (org.apache.kafka.common.internals.Topic)."""
EVERYTHING = "*"
# Kafka Streams and ksqlDB own these topics: mirrored, they run out of step with the state they belong to (S107).
_INTERNAL = re.compile(r"^_confluent-ksql-|-changelog$|-repartition$")
_LONGEST_GROUP = 255
DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d.*")
"""What Pulumi makes of a date that stands in YAML without quotes: nobody types `2024-01-01 00:00:00 +0000 UTC`."""


class Model(BaseModel):
    """Frozen, strict, camelCase in YAML; an unknown key is an error; input never shows in an exception."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, alias_generator=to_camel, hide_input_in_errors=True
    )


def refused(problem: str, remedy: str) -> PydanticCustomError:
    """A validation error that brings its remedy along."""
    return PydanticCustomError("kafkadr", "{problem}", {"problem": problem, "remedy": remedy})


def is_internal(topic: str) -> bool:
    """Whether a topic belongs to Kafka Streams or ksqlDB by its name."""
    return _INTERNAL.search(topic) is not None


def _topic_name(name: str) -> str:
    if name in {".", ".."} or re.fullmatch(TOPIC_PATTERN, name) is None:
        raise refused(
            "is not a Kafka topic name", "Use 1 to 249 of the characters A-Z a-z 0-9 . _ - and neither '.' nor '..'."
        )
    return name


def _topic_pattern(name: str) -> str:
    return name if name == EVERYTHING else _topic_name(name)


def _group_name(name: str) -> str:
    if DATE.fullmatch(name):
        raise refused("is a date", "Put the name in quotes.")  # said in full by `stacks.translate`
    if not name or len(name) > _LONGEST_GROUP or name != name.strip() or not name.isprintable():
        raise refused(
            "is not a usable consumer group name",
            "Use 1 to 255 printable characters without blanks at either end, or '*' for all groups.",
        )
    return name


TopicName = Annotated[str, AfterValidator(_topic_name), Field(json_schema_extra={"pattern": TOPIC_PATTERN})]
"""One topic."""
TopicPattern = Annotated[
    str, AfterValidator(_topic_pattern), Field(json_schema_extra={"pattern": TOPIC_PATTERN[:-1] + r"$|^\*$"})
]
"""A topic, the beginning of one (with `patternType: PREFIXED`) or `*`."""
GroupPattern = Annotated[str, AfterValidator(_group_name), Field(json_schema_extra={"minLength": 1, "maxLength": 255})]
"""A consumer group, the beginning of one (with `patternType: PREFIXED`) or `*`."""
Milliseconds = Annotated[int, Field(ge=1000)]
"""The service refuses sync intervals under a second."""


class PatternType(StrEnum):
    """How a name is compared."""

    LITERAL = "LITERAL"
    PREFIXED = "PREFIXED"


class FilterType(StrEnum):
    """Whether a match is in or out; out wins."""

    INCLUDE = "INCLUDE"
    EXCLUDE = "EXCLUDE"


class Pattern(Model):
    """Topics by name."""

    name: TopicPattern = Field(description="Topic name, beginning of a name, or '*'.")
    pattern_type: PatternType = Field(
        PatternType.LITERAL, description="LITERAL compares the whole name ('*' is every name), PREFIXED its beginning."
    )


class _Filter(Model):
    name: str
    pattern_type: PatternType = Field(
        PatternType.LITERAL, description="LITERAL compares the whole name ('*' is every name), PREFIXED its beginning."
    )
    filter_type: FilterType = Field(FilterType.INCLUDE, description="INCLUDE or EXCLUDE; an exclusion wins.")

    def matches(self, name: str) -> bool:
        """Whether this filter's pattern covers a name, whatever its type."""
        if self.pattern_type is PatternType.PREFIXED:
            return name.startswith(self.name)
        return self.name in {EVERYTHING, name}


class TopicFilter(_Filter):
    """Topics that the link mirrors by itself."""

    name: TopicPattern = Field(description="Topic name, beginning of a name, or '*'.")


class GroupFilter(_Filter):
    """Consumer groups whose offsets the link copies."""

    name: GroupPattern = Field(description="Consumer group name, beginning of a name, or '*'.")


def selects(filters: Iterable[TopicFilter | GroupFilter], name: str) -> bool:
    """Whether a list of filters takes a name in, the way the link's tasks read them."""
    hits = {each.filter_type for each in filters if each.matches(name)}
    return hits == {FilterType.INCLUDE}


class AclResource(StrEnum):
    """Kinds of resource that an ACL speaks about."""

    ANY = "any"
    TOPIC = "topic"
    GROUP = "group"
    CLUSTER = "cluster"
    TRANSACTIONAL_ID = "transactional_id"


class AclPattern(StrEnum):
    """Pattern types of an ACL."""

    ANY = "any"
    LITERAL = "literal"
    PREFIXED = "prefixed"


class AclPermission(StrEnum):
    """Allow and deny."""

    ANY = "any"
    ALLOW = "allow"
    DENY = "deny"


class AclFilter(Model):
    """ACLs that the link copies; every key left out matches any. `{}` is all ACLs.

    The link also copies *deletions* of what its filters cover, so nothing covered may be declared on the destination.
    """

    resource_type: AclResource = Field(AclResource.ANY, description="Kind of resource.")
    pattern_type: AclPattern = Field(AclPattern.ANY, description="Pattern type of the ACL.")
    name: str | None = Field(None, min_length=1, description="Resource name; none matches any.")
    principal: str | None = Field(
        None, pattern=r"^User:\S+$", description="Principal as `User:sa-...`; none matches any."
    )
    operation: str = Field("any", pattern=r"^[a-z_]+$", description="Operation as Kafka names it, in lower case.")
    permission_type: AclPermission = Field(AclPermission.ANY, description="Kind of permission.")

    def covers(self, resource: AclResource) -> bool:
        """Whether every ACL on a kind of resource is copied by this filter alone."""
        return (
            self.resource_type in {AclResource.ANY, resource}
            and self.pattern_type is AclPattern.ANY
            and self.name is None
            and self.principal is None
            and self.operation == "any"
            and self.permission_type is not AclPermission.DENY
        )
