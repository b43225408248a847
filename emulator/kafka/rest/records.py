"""POST /topics/{topic_name}/records: any number of JSON objects in one request, one answer for each."""

import base64
import binascii
import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.errors import KafkaError
from emulator.kafka.cluster import KafkaCluster
from emulator.kafka.log import Record
from emulator.kafka.rest.wire import Json, cluster_of, number_in, text_in, world_of
from emulator.kafka.topic_configs import DEFAULTS
from emulator.kafka.topics import Topic
from emulator.world import World


async def _produce(request: Request) -> Response:
    """Bad records get an `error_code` of their own; the answer as a whole stays 200."""
    cluster = cluster_of(request)
    answers = []
    for item in _objects(await request.body()):
        try:
            if isinstance(item, KafkaError):
                raise item
            answers.append(await _write(request, cluster, item))
        except KafkaError as error:
            answers.append(error.body())
    text = "\n".join(json.dumps(answer) for answer in answers)
    return Response(text, 200, media_type="application/json")


def _objects(body: bytes) -> Iterator[Json | KafkaError]:
    """Yield the objects of a stream; what cannot be read ends it."""
    text = body.decode(errors="replace").strip()
    if not text:
        yield KafkaError(400, 400, "Bad Request: no record.")
    decoder = json.JSONDecoder()
    while text:
        try:
            item, end = decoder.raw_decode(text)
        except ValueError:
            item, end = None, len(text)
        yield item if isinstance(item, dict) else KafkaError(400, 400, "Bad Request: a record is a JSON object.")
        text = text[end:].lstrip()


async def _write(request: Request, cluster: KafkaCluster, item: Json) -> Json:
    world = world_of(request)
    name = request.path_params["topic_name"]
    world.authorize(request.state.principal, cluster, "WRITE", "TOPIC", name)
    topic = cluster.topic(name)
    if topic.read_only:
        raise KafkaError(400, 40002, f"Topic '{name}' is a read-only mirror topic.")
    key, value = _data(item.get("key"), "key"), _data(item.get("value"), "value")
    headers = tuple(_header(entry) for entry in item.get("headers") or [])
    if len(key[1] or b"") + len(value[1] or b"") > int(topic.configs.get("max.message.bytes", _MAX_BYTES)):
        raise KafkaError(413, 413, "The record is larger than the topic's max.message.bytes.")
    partition = _partition(cluster, topic, number_in(item, "partition_id"), key[1])
    moment = _timestamp(world, item)
    record = Record(value[1], key[1], headers)
    offset = await world.plane.write(world, cluster, (topic, partition), record, moment)
    return {
        "error_code": 200,
        "cluster_id": cluster.id,
        "topic_name": name,
        "partition_id": partition,
        "offset": offset,
        "timestamp": datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds"),
        "key": _size(*key),
        "value": _size(*value),
    }


_MAX_BYTES = DEFAULTS["max.message.bytes"]


def _data(part: object, what: str) -> tuple[str, bytes | None]:
    """Return the type and the bytes of a key or value."""
    if part is None:
        return "BINARY", None
    if not isinstance(part, dict):
        raise KafkaError(400, 400, f"Bad Request: {what} must be an object.")
    kind, data = part.get("type", "BINARY"), part.get("data")
    if kind == "JSON":
        return kind, json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    if data is None:
        return str(kind), None
    if kind == "STRING" and isinstance(data, str):
        return kind, data.encode()
    if kind == "BINARY" and isinstance(data, str):
        return kind, _unbase64(data, what)
    # schema ids and subjects need a Schema Registry, which is not part of the emulator
    raise KafkaError(422, 422, f"Bad Request: {what} needs type BINARY, JSON or STRING and fitting data.")


def _unbase64(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise KafkaError(422, 422, f"Bad Request: {what} is not base64.") from None


def _header(entry: object) -> tuple[str, bytes | None]:
    if not isinstance(entry, dict):
        raise KafkaError(400, 400, "Bad Request: a header is an object.")
    value = text_in(entry, "value")
    return text_in(entry, "name", required=True) or "", None if value is None else _unbase64(value, "header")


def _partition(cluster: KafkaCluster, topic: Topic, wanted: int | None, key: bytes | None) -> int:
    if wanted is not None:
        cluster.partition(topic.name, wanted)
        return wanted
    spread = zlib.crc32(key) if key is not None else sum(topic.ends())
    return spread % len(topic.partitions)


def _timestamp(world: World, item: Json) -> int:
    text = text_in(item, "timestamp")
    if text is None:
        return world.clock.now_ms()
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    except ValueError:
        raise KafkaError(400, 400, "Bad Request: timestamp must be ISO 8601.") from None


def _size(kind: str, data: bytes | None) -> Json | None:
    return None if data is None else {"type": kind, "size": len(data)}


routes = [Route("/topics/{topic_name}/records", _produce, methods=["POST"])]
