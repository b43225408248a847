"""KafkaAcl."""

from __future__ import annotations

from emulator.standin.fields import Field, Resource, one_of
from emulator.standin.operation import Operation, ProviderError
from emulator.standin.resources.common import SETTLE_S, adopt_kafka, import_parts, kafka_fields
from emulator.standin.transport import ApiError

MEMBERS = {
    "resourceType": "resource_type",
    "resourceName": "resource_name",
    "patternType": "pattern_type",
    "principal": "principal",
    "host": "host",
    "operation": "operation",
    "permission": "permission",
}
"""The seven members, in the order of the id; all of them are the ACL's identity."""

_TYPES = ("UNKNOWN", "ANY", "TOPIC", "GROUP", "CLUSTER", "TRANSACTIONAL_ID", "DELEGATION_TOKEN")
_PATTERNS = ("UNKNOWN", "ANY", "MATCH", "LITERAL", "PREFIXED")
_OPERATIONS = (
    *("UNKNOWN", "ANY", "ALL", "READ", "WRITE", "CREATE", "DELETE", "ALTER", "DESCRIBE", "CLUSTER_ACTION"),
    *("DESCRIBE_CONFIGS", "ALTER_CONFIGS", "IDEMPOTENT_WRITE"),
)
_PERMISSIONS = ("UNKNOWN", "ANY", "DENY", "ALLOW")


def _wire(op: Operation) -> dict[str, str]:
    return {wire: op.text(name) for name, wire in MEMBERS.items()}


async def create(op: Operation) -> None:
    """POST, 10 s, then read."""
    rest = await op.kafka_of_resource()
    await rest.call("POST", "/acls", body=_wire(op))
    cluster = op.config.values.get("kafkaId") or op.text("kafkaCluster", "id")
    op.id = f"{cluster}/{'#'.join(_wire(op).values())}"
    await op.pace.settle(SETTLE_S)
    await read(op)


async def read(op: Operation) -> None:
    """Search by all seven members: none found means deleted, more than one is an error."""
    rest = await op.kafka_of_resource()
    try:
        found = (await rest.call("GET", "/acls", query=_wire(op)))["data"]
    except ApiError as error:
        return op.missing(error, gone=error.gone_from_kafka)
    if not found:
        return op.missing(ApiError(f"error reading Kafka ACLs {op.id!r}: no ACL found"), gone=True)
    if len(found) > 1:
        raise ProviderError(f"error reading Kafka ACLs: multiple Kafka ACLs with id={op.id!r} were found")
    op.state.update({name: found[0][wire] for name, wire in MEMBERS.items()})
    return None


async def update(op: Operation) -> None:
    """Only credentials change in place, and they are not on the server: read only."""
    await read(op)


async def delete(op: Operation) -> None:
    """DELETE by all seven members; nothing is polled."""
    rest = await op.kafka_of_resource()
    await rest.call("DELETE", "/acls", query=_wire(op))


def adopt(op: Operation) -> None:
    """Import ``<cluster>/<type>#<name>#<pattern>#<principal>#<host>#<operation>#<permission>``."""
    cluster, members = import_parts(op, "<Kafka cluster ID>/<the seven members of the ACL separated by #>")
    values = members.split("#")
    if len(values) != len(MEMBERS):
        raise ProviderError(f"error importing Kafka ACLs: expected {len(MEMBERS)} members separated by '#'")
    op.state.update(zip(MEMBERS, values, strict=True))
    adopt_kafka(op, cluster)


RESOURCE = Resource(
    token="confluentcloud:index/kafkaAcl:KafkaAcl",  # noqa: S106
    fields={
        **kafka_fields(endpoint_replaces=True),
        "resourceType": Field(required=True, replace=True, rule=one_of(*_TYPES)),
        "resourceName": Field(required=True, replace=True),
        "patternType": Field(required=True, replace=True, rule=one_of(*_PATTERNS)),
        "principal": Field(required=True, replace=True),
        "host": Field(required=True, replace=True),
        "operation": Field(required=True, replace=True, rule=one_of(*_OPERATIONS)),
        "permission": Field(required=True, replace=True, rule=one_of(*_PERMISSIONS)),
    },
    create=create,
    read=read,
    update=update,
    delete=delete,
    adopt=adopt,
)
