"""The JSON filters of a link: which groups, topics and ACLs it takes along."""

import json
from dataclasses import dataclass
from typing import Any, Final

from emulator.errors import KafkaError
from emulator.kafka.acls import OPERATIONS, PATTERN_TYPES, PERMISSIONS, RESOURCE_TYPES, Acl

LOCAL: Final = "LOCAL"
REMOTE: Final = "REMOTE"


@dataclass(frozen=True)
class NameFilter:
    """One entry of a group or topic filter list.

    Attributes:
        name: Name or prefix; `*` means every name.
        prefixed: Whether `name` is a prefix.
        include: False for an EXCLUDE entry, which wins over every INCLUDE.
        topic_types: For groups on bidirectional links: sync offsets of LOCAL topics, of REMOTE (mirror) topics.
    """

    name: str
    prefixed: bool
    include: bool
    topic_types: frozenset[str] = frozenset({REMOTE})

    def matches(self, name: str) -> bool:
        """Whether the entry is about `name`."""
        if self.name == "*":
            return True
        return name.startswith(self.name) if self.prefixed else name == self.name


def selects(filters: tuple[NameFilter, ...], name: str, topic_type: str = REMOTE) -> bool:
    """Whether the list takes `name` along: some INCLUDE matches and no EXCLUDE does."""
    matching = [entry for entry in filters if entry.matches(name) and topic_type in entry.topic_types]
    return bool(matching) and all(entry.include for entry in matching)


@dataclass(frozen=True)
class AclFilter:
    """One entry of `acl.filters`; absent and `any` fields match everything."""

    wanted: tuple[tuple[str, str], ...]

    def matches(self, acl: Acl) -> bool:
        """Whether the entry takes `acl` along."""
        return all(getattr(acl, name) == value for name, value in self.wanted)


def parse_names(key: str, text: str) -> tuple[NameFilter, ...]:
    """Return the entries of `consumer.offset.group.filters` or `auto.create.mirror.topics.filters`.

    Raises:
        KafkaError: 400/40002 when the text is not the documented JSON.
    """
    field = "groupFilters" if "group" in key else "topicFilters"
    return tuple(_name_filter(key, entry) for entry in _entries(key, text, field))


def _name_filter(key: str, entry: dict[str, Any]) -> NameFilter:
    name = entry.get("name")
    pattern = str(entry.get("patternType", "LITERAL")).upper()
    kind = str(entry.get("filterType", "INCLUDE")).upper()
    types = entry.get("topicTypes", [REMOTE])
    valid_types = isinstance(types, list) and types and set(types) <= {LOCAL, REMOTE}
    if not isinstance(name, str) or not name or pattern not in PATTERN_TYPES or not valid_types:
        raise _bad(key, "each entry needs name, patternType LITERAL or PREFIXED, and known topicTypes")
    if kind not in ("INCLUDE", "EXCLUDE"):
        raise _bad(key, "filterType is INCLUDE or EXCLUDE")
    return NameFilter(name, pattern == "PREFIXED", kind == "INCLUDE", frozenset(types))


def parse_acls(key: str, text: str) -> tuple[AclFilter, ...]:
    """Return the entries of `acl.filters`.

    Raises:
        KafkaError: 400/40002 when the text is not the documented JSON.
    """
    return tuple(_acl_filter(key, entry) for entry in _entries(key, text, "aclFilters"))


_ACL_FIELDS: Final = (
    ("resourceFilter", "resourceType", "resource_type", RESOURCE_TYPES),
    ("resourceFilter", "patternType", "pattern_type", PATTERN_TYPES),
    ("resourceFilter", "name", "resource_name", ()),
    ("accessFilter", "principal", "principal", ()),
    ("accessFilter", "host", "host", ()),
    ("accessFilter", "operation", "operation", OPERATIONS),
    ("accessFilter", "permissionType", "permission", PERMISSIONS),
)


def _acl_filter(key: str, entry: dict[str, Any]) -> AclFilter:
    wanted: list[tuple[str, str]] = []
    for part, wire, attribute, words in _ACL_FIELDS:
        group = entry.get(part, {})
        if not isinstance(group, dict):
            raise _bad(key, f"{part} is an object")
        value = group.get(wire)
        if value is None or value == "" or str(value).upper() == "ANY":
            continue
        text = str(value).upper() if words else str(value)
        if words and text not in words:
            raise _bad(key, f"{wire} cannot be {value}")
        wanted.append((attribute, text))
    return AclFilter(tuple(wanted))


def _entries(key: str, text: str, field: str) -> list[dict[str, Any]]:
    if not text:
        return []
    try:
        entries = json.loads(text)[field]
    except (ValueError, KeyError, TypeError):
        raise _bad(key, f'expected {{"{field}": [...]}}') from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _bad(key, f"{field} is a list of objects")
    return entries


def _bad(key: str, why: str) -> KafkaError:
    return KafkaError(400, 40002, f"Invalid value for configuration {key}: {why}.")
