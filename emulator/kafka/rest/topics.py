"""/topics, /topics/{topic_name}, its partitions; and the cluster itself."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.errors import KafkaError
from emulator.kafka import levers, replication
from emulator.kafka.acls import CLUSTER_NAME
from emulator.kafka.rest.wire import (
    Json,
    body_of,
    cluster_of,
    configs_in,
    empty,
    flag,
    listing,
    may,
    metadata,
    number_in,
    text_in,
    url_of,
    visible,
    world_of,
)
from emulator.kafka.topics import MAX_PARTITIONS, REPLICATION_FACTOR, Topic, new_topic

_TOPIC_OPERATIONS = ("READ", "WRITE", "CREATE", "DELETE", "ALTER", "DESCRIBE", "DESCRIBE_CONFIGS", "ALTER_CONFIGS")


def topic_json(request: Request, topic: Topic) -> Json:
    """Return a topic as the wire shows it."""
    lkc = request.path_params["lkc"]
    url = url_of(request, "topics", topic.name)
    return {
        "kind": "KafkaTopic",
        "metadata": metadata(url, f"crn:///kafka={lkc}/topic={topic.name}"),
        "cluster_id": lkc,
        "topic_name": topic.name,
        "is_internal": False,
        "replication_factor": REPLICATION_FACTOR,
        "partitions_count": len(topic.partitions),
        "partitions": {"related": f"{url}/partitions"},
        "configs": {"related": f"{url}/configs"},
        "partition_reassignments": {"related": f"{url}/partitions/-/reassignment"},
        "authorized_operations": [],
    }


async def _describe_cluster(request: Request) -> Response:
    cluster = cluster_of(request)
    parts = ("acls", "brokers", "broker-configs", "consumer-groups", "topics")
    related: Json = {part.replace("-", "_"): {"related": url_of(request, part)} for part in parts}
    related["partition_reassignments"] = {"related": url_of(request, "topics", "-", "partitions", "-", "reassignment")}
    head = {"kind": "KafkaCluster", "metadata": metadata(url_of(request), f"crn:///kafka={cluster.id}")}
    return JSONResponse(head | {"cluster_id": cluster.id} | related)


async def _list_topics(request: Request) -> Response:
    topics = [topic for topic in cluster_of(request).topics.values() if visible(request, "TOPIC", topic.name)]
    return listing(request, "KafkaTopicList", topics, lambda topic: topic_json(request, topic))


async def _create_topic(request: Request) -> Response:
    body = await body_of(request)
    name = text_in(body, "topic_name", required=True) or ""
    cluster, world = cluster_of(request), world_of(request)
    try:
        world.authorize(request.state.principal, cluster, "CREATE", "TOPIC", name)
    except KafkaError:
        may(request, "CREATE", "CLUSTER", CLUSTER_NAME)
    if number_in(body, "replication_factor") not in (None, REPLICATION_FACTOR):
        raise KafkaError(400, 40002, f"Topic replication factor must be {REPLICATION_FACTOR}.")
    topic = new_topic(name, number_in(body, "partitions_count"), configs_in(body))
    if name in cluster.topics:
        raise KafkaError(400, 40002, f"Topic '{name}' already exists.")
    if body.get("validate_only") is True:
        return JSONResponse(topic_json(request, topic), 200)
    cluster.topics[name] = topic
    return JSONResponse(topic_json(request, topic), 201)


async def _get_topic(request: Request) -> Response:
    name = request.path_params["topic_name"]
    cluster = may(request, "DESCRIBE", "TOPIC", name)
    answer = topic_json(request, cluster.topic(name))
    if flag(request, "include_authorized_operations"):
        principal, world = request.state.principal, world_of(request)
        answer["authorized_operations"] = [
            operation
            for operation in _TOPIC_OPERATIONS
            if principal.admin or world.allowed(principal.id, cluster, operation, ("TOPIC", name))
        ]
    return JSONResponse(answer)


async def _grow_topic(request: Request) -> Response:
    name = request.path_params["topic_name"]
    topic = may(request, "ALTER", "TOPIC", name).topic(name)
    count = number_in(await body_of(request), "partitions_count")
    present = len(topic.partitions)
    if count is None or count > MAX_PARTITIONS:
        raise KafkaError(400, 400, f"Bad Request: partitions_count must be a number up to {MAX_PARTITIONS}.")
    if topic.read_only:
        raise KafkaError(400, 40002, f"Topic '{name}' is a mirror topic: its partitions follow the source topic.")
    if count <= present:
        raise KafkaError(400, 40002, f"Topic already has {present} partitions.")
    topic.grow(count)
    replication.notify(world_of(request), topic)
    return JSONResponse(topic_json(request, topic))


async def _delete_topic(request: Request) -> Response:
    name = request.path_params["topic_name"]
    cluster = may(request, "DELETE", "TOPIC", name)
    levers.remove_topic(world_of(request), cluster, name)
    return empty()


def _partition_json(request: Request, topic: Topic, number: int) -> Json:
    lkc = request.path_params["lkc"]
    url = url_of(request, "topics", topic.name, "partitions", number)
    return {
        "kind": "KafkaPartition",
        "metadata": metadata(url, f"crn:///kafka={lkc}/topic={topic.name}/partition={number}"),
        "cluster_id": lkc,
        "topic_name": topic.name,
        "partition_id": number,
        "leader": {"related": f"{url}/replicas/{number % REPLICATION_FACTOR}"},
        "replicas": {"related": f"{url}/replicas"},
        "reassignment": {"related": f"{url}/reassignment"},
    }


async def _list_partitions(request: Request) -> Response:
    name = request.path_params["topic_name"]
    topic = may(request, "DESCRIBE", "TOPIC", name).topic(name)
    numbers = range(len(topic.partitions))
    return listing(request, "KafkaPartitionList", numbers, lambda number: _partition_json(request, topic, number))


async def _get_partition(request: Request) -> Response:
    name, number = request.path_params["topic_name"], request.path_params["partition_id"]
    cluster = may(request, "DESCRIBE", "TOPIC", name)
    cluster.partition(name, number)
    return JSONResponse(_partition_json(request, cluster.topic(name), number))


routes = [
    Route("/", _describe_cluster, methods=["GET"]),
    Route("/topics", _list_topics, methods=["GET"]),
    Route("/topics", _create_topic, methods=["POST"]),
    Route("/topics/{topic_name}", _get_topic, methods=["GET"]),
    Route("/topics/{topic_name}", _grow_topic, methods=["PATCH"]),
    Route("/topics/{topic_name}", _delete_topic, methods=["DELETE"]),
    Route("/topics/{topic_name}/partitions", _list_partitions, methods=["GET"]),
    Route("/topics/{topic_name}/partitions/{partition_id:int}", _get_partition, methods=["GET"]),
]
