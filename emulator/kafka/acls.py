"""ACL entries: a set, found by exact match over REST and by filter for a link's ACL sync."""

from dataclasses import dataclass, fields
from typing import Final

from emulator.errors import KafkaError

RESOURCE_TYPES: Final = ("TOPIC", "GROUP", "CLUSTER", "TRANSACTIONAL_ID", "DELEGATION_TOKEN")
PATTERN_TYPES: Final = ("LITERAL", "PREFIXED")
OPERATIONS: Final = (
    "ALL",
    "READ",
    "WRITE",
    "CREATE",
    "DELETE",
    "ALTER",
    "DESCRIBE",
    "CLUSTER_ACTION",
    "DESCRIBE_CONFIGS",
    "ALTER_CONFIGS",
    "IDEMPOTENT_WRITE",
)
PERMISSIONS: Final = ("ALLOW", "DENY")
CLUSTER_NAME: Final = "kafka-cluster"
"""Name Kafka gives the one resource of type CLUSTER."""

_ANY: Final = ("ANY", "UNKNOWN")
_VOCABULARY: Final = {
    "resource_type": RESOURCE_TYPES,
    "pattern_type": PATTERN_TYPES,
    "operation": OPERATIONS,
    "permission": PERMISSIONS,
}


@dataclass(frozen=True, slots=True)
class Acl:
    """One grant or refusal, with the field names of the wire."""

    resource_type: str
    resource_name: str
    pattern_type: str
    principal: str
    host: str
    operation: str
    permission: str

    def covers(self, resource_type: str, resource_name: str) -> bool:
        """Whether the entry is about this resource."""
        if self.resource_type != resource_type:
            return False
        if self.pattern_type == "PREFIXED":
            return resource_name.startswith(self.resource_name)
        return self.resource_name in ("*", resource_name)


FIELDS: Final = tuple(field.name for field in fields(Acl))


def parse_acl(body: object) -> Acl:
    """Return the entry a create request describes.

    Raises:
        KafkaError: 400 for a missing field, an unknown word, or ANY, which only filters may say.
    """
    if not isinstance(body, dict):
        raise KafkaError(400, 400, "An ACL is a JSON object.")
    values: dict[str, str] = {}
    for name in FIELDS:
        value = body.get(name)
        if not isinstance(value, str) or not value:
            raise KafkaError(400, 400, f"ACL field {name} is missing or not a string.")
        values[name] = value.upper() if name in _VOCABULARY else value
        if name in _VOCABULARY and values[name] not in _VOCABULARY[name]:
            raise KafkaError(400, 40002, f"ACL field {name} cannot be {value}.")
    return Acl(**values)


def parse_filter(query: dict[str, str]) -> dict[str, str]:
    """Return the fields a search must match exactly; ANY and absent fields match everything.

    Raises:
        KafkaError: 400 for an unknown word.
    """
    wanted: dict[str, str] = {}
    for name in FIELDS:
        value = query.get(name, "")
        if name in _VOCABULARY:
            value = value.upper()
            if value and value not in (*_VOCABULARY[name], *_ANY, "MATCH"):
                raise KafkaError(400, 400, f"Unknown {name}: {value}.")
        if value and not (name in _VOCABULARY and value in _ANY):
            wanted[name] = value
    return wanted


def search(entries: "dict[Acl, None]", wanted: dict[str, str]) -> list[Acl]:
    """Return the entries that match every field of `wanted`, oldest first."""
    return [acl for acl in entries if _matches(acl, wanted)]


def _matches(acl: Acl, wanted: dict[str, str]) -> bool:
    for name, value in wanted.items():
        if name == "pattern_type" and value == "MATCH":
            continue
        if name == "resource_name" and wanted.get("pattern_type") == "MATCH":
            if not acl.covers(acl.resource_type, value):
                return False
        elif getattr(acl, name) != value:
            return False
    return True
