"""What lives on a cluster, by hand: topics, ACLs, records, consumer groups."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.call import CONTROL_PREFIX
from emulator.cloud.bodies import read_body
from emulator.errors import CloudError
from emulator.kafka.acls import parse_acl
from emulator.kafka.cluster import KafkaCluster
from emulator.kafka.log import Batch, Record
from emulator.kafka.replication import write
from emulator.kafka.topics import Topic, new_topic
from emulator.world import World

Offset = Annotated[int, Field(ge=0)]


class _Doc(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TopicDoc(_Doc):
    """A topic."""

    cluster: str
    name: str
    partitions: Annotated[int, Field(ge=1)] = 6
    configs: dict[str, str | None] = {}


class AclDoc(_Doc):
    """An ACL, with the field names of Kafka REST."""

    cluster: str
    resource_type: str
    resource_name: str
    pattern_type: str = "LITERAL"
    principal: str
    host: str = "*"
    operation: str
    permission: str = "ALLOW"


class Records(_Doc):
    """Records to append: that many without payload, or the given values (with one key for all)."""

    partition: Annotated[int, Field(ge=0)] = 0
    count: Annotated[int, Field(ge=0)] | None = None
    values: list[str] = []
    key: str | None = None


class RecordsDoc(Records):
    """Records of a topic."""

    cluster: str
    topic: str


class GroupDoc(_Doc):
    """A committed offset (the next one to read) of a consumer group."""

    cluster: str
    group: str
    topic: str
    partition: Annotated[int, Field(ge=0)] = 0
    offset: Offset
    active: bool | None = None


class GroupOrder(_Doc):
    """PUT groups/{g}: committed offsets by topic and partition, and whether a member is consuming."""

    offsets: dict[str, dict[int, Offset]] = {}
    active: bool | None = None


def seed_data(
    world: World, topics: list[TopicDoc], acls: list[AclDoc], records: list[RecordsDoc], groups: list[GroupDoc]
) -> None:
    """Add what is not there yet; records are appended."""
    for topic in topics:
        cluster = world.cluster(topic.cluster)
        if topic.name not in cluster.topics:
            cluster.topics[topic.name] = new_topic(topic.name, topic.partitions, topic.configs)
    for acl in acls:
        world.cluster(acl.cluster).add_acl(parse_acl(acl.model_dump(exclude={"cluster"})))
    for batch in records:
        append(world, world.cluster(batch.cluster).topic(batch.topic), batch)
    for doc in groups:
        order = GroupOrder(offsets={doc.topic: {doc.partition: doc.offset}}, active=doc.active)
        set_group(world, world.cluster(doc.cluster), doc.group, order)


def append(world: World, topic: Topic, batch: Records) -> None:
    """Write records by hand, past authorisation and past the read-only guard of mirrors.

    Raises:
        CloudError: 404 for a partition the topic does not have.
    """
    if batch.partition >= len(topic.partitions):
        raise CloudError(404, "no_such_partition", f"topic {topic.name} has no partition {batch.partition}")
    key = None if batch.key is None else batch.key.encode()
    if batch.count:
        write(world, topic, batch.partition, batch.count)
    write(world, topic, batch.partition, [Record(value.encode(), key) for value in batch.values])


def set_group(world: World, cluster: KafkaCluster, name: str, order: GroupOrder) -> None:
    """Set committed offsets and activity of a group; offsets may lie beyond the log, as synced ones can.

    Raises:
        CloudError: 501 for activity by hand where members are real clients.
    """
    if order.active is not None and world.plane.real:
        raise CloudError(501, "real_members", "on this data plane a group is active when a client is its member")
    group = cluster.group_made(name)
    for topic, offsets in order.offsets.items():
        for partition, offset in offsets.items():
            group.offsets[topic, partition] = offset
    if order.active is not None:
        group.active = order.active


def _world(request: Request) -> World:
    world: World = request.app.state.world
    return world


def _topic(request: Request) -> Topic:
    return _world(request).cluster(request.path_params["lkc"]).topic(request.path_params["topic"])


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode(errors="replace")


async def _get_records(request: Request) -> Response:
    """Records that carry a payload, by partition; ``ends`` counts the others too."""
    world, topic = _world(request), _topic(request)
    found = await world.plane.payloads(world.cluster(request.path_params["lkc"]), topic)
    rows = [_payload(number, batch) for number, batches in enumerate(found) for batch in batches]
    return JSONResponse({"records": [row for row in rows if row is not None], "ends": topic.ends()})


def _payload(partition: int, batch: Batch) -> dict[str, Any] | None:
    if batch.record is None:
        return None
    return {
        "partition": partition,
        "offset": batch.base,
        "timestamp_ms": batch.timestamp_ms,
        "key": _text(batch.record.key),
        "value": _text(batch.record.value),
    }


async def _post_records(request: Request) -> Response:
    world = _world(request)
    append(world, _topic(request), await read_body(request, Records))
    world.tick()
    return Response(status_code=204)


async def _put_group(request: Request) -> Response:
    world = _world(request)
    cluster = world.cluster(request.path_params["lkc"])
    set_group(world, cluster, request.path_params["group"], await read_body(request, GroupOrder))
    return Response(status_code=204)


_CLUSTER = f"{CONTROL_PREFIX}/clusters/{{lkc}}"
routes = [
    Route(f"{_CLUSTER}/topics/{{topic}}/records", _get_records, methods=["GET"]),
    Route(f"{_CLUSTER}/topics/{{topic}}/records", _post_records, methods=["POST"]),
    Route(f"{_CLUSTER}/groups/{{group}}", _put_group, methods=["PUT"]),
]
