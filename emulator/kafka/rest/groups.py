"""/consumer-groups: read only; the service has no REST call that changes offsets (confluent-api 8.5)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.errors import KafkaError
from emulator.kafka.cluster import KafkaCluster
from emulator.kafka.groups import Group
from emulator.kafka.rest.wire import Json, cluster_of, listing, may, metadata, url_of, visible


def _group_json(request: Request, group: Group) -> Json:
    lkc = request.path_params["lkc"]
    url = url_of(request, "consumer-groups", group.name)
    return {
        "kind": "KafkaConsumerGroup",
        "metadata": metadata(url, f"crn:///kafka={lkc}/consumer-group={group.name}"),
        "cluster_id": lkc,
        "consumer_group_id": group.name,
        "is_simple": False,
        "partition_assignor": group.assignor if group.active else "",
        "state": group.state,
        "type": "CLASSIC",
        "is_mixed_consumer_group": False,
        "coordinator": {"related": url_of(request, "brokers", 0)},
        "consumers": {"related": f"{url}/consumers"},
        "lag_summary": {"related": f"{url}/lag-summary"},
    }


def _group(request: Request) -> tuple[KafkaCluster, Group]:
    name = request.path_params["consumer_group_id"]
    cluster = may(request, "DESCRIBE", "GROUP", name)
    return cluster, cluster.group(name)


async def _list(request: Request) -> Response:
    groups = [group for group in cluster_of(request).groups.values() if visible(request, "GROUP", group.name)]
    return listing(request, "KafkaConsumerGroupList", groups, lambda group: _group_json(request, group))


async def _get(request: Request) -> Response:
    return JSONResponse(_group_json(request, _group(request)[1]))


def _consumer_json(request: Request, group: Group, member: tuple[str, str]) -> Json:
    lkc = request.path_params["lkc"]
    consumer_id, client_id = member
    url = url_of(request, "consumer-groups", group.name, "consumers", consumer_id)
    return {
        "kind": "KafkaConsumer",
        "metadata": metadata(url, f"crn:///kafka={lkc}/consumer-group={group.name}/consumer={consumer_id}"),
        "cluster_id": lkc,
        "consumer_group_id": group.name,
        "consumer_id": consumer_id,
        "instance_id": None,
        "client_id": client_id,
        "assignments": {"related": f"{url}/assignments"},
    }


async def _consumers(request: Request) -> Response:
    _, group = _group(request)
    return listing(
        request, "KafkaConsumerList", group.consumers(), lambda member: _consumer_json(request, group, member)
    )


async def _consumer(request: Request) -> Response:
    _, group = _group(request)
    member = {member[0]: member for member in group.consumers()}.get(request.path_params["consumer_id"])
    if member is None:
        raise KafkaError(404, 40403, "This consumer is not a member of the group.")
    return JSONResponse(_consumer_json(request, group, member))


def _lag_json(request: Request, cluster: KafkaCluster, group: Group, place: tuple[str, int]) -> Json:
    topic, partition = place
    offset, end = group.offsets[place], cluster.partition(topic, partition).end
    lag_url = url_of(request, "consumer-groups", group.name, "lags", topic, "partitions", partition)
    crn = f"crn:///kafka={cluster.id}/consumer-group={group.name}/lag={topic}/partition={partition}"
    return {
        "kind": "KafkaConsumerLag",
        "metadata": metadata(lag_url, crn),
        "cluster_id": cluster.id,
        "consumer_group_id": group.name,
        "topic_name": topic,
        "partition_id": partition,
        "current_offset": offset,
        "log_end_offset": end,
        "lag": end - offset,  # negative when a synced offset is ahead of the mirrored log
        "consumer_id": group.consumer_id,
        "instance_id": None,
        "client_id": group.consumer_id,
    }


def _places(cluster: KafkaCluster, group: Group) -> list[tuple[str, int]]:
    """Return the committed places that exist on the cluster, in order."""
    known = {name: len(topic.partitions) for name, topic in cluster.topics.items() if name in group.topics()}
    return sorted(place for place in group.offsets if place[1] < known.get(place[0], 0))


async def _lags(request: Request) -> Response:
    cluster, group = _group(request)
    places = _places(cluster, group)
    return listing(request, "KafkaConsumerLagList", places, lambda place: _lag_json(request, cluster, group, place))


async def _lag(request: Request) -> Response:
    cluster, group = _group(request)
    place = (request.path_params["topic_name"], request.path_params["partition_id"])
    if place not in _places(cluster, group):
        raise KafkaError(404, 40403, "The group has no committed offset for this topic-partition.")
    return JSONResponse(_lag_json(request, cluster, group, place))


async def _lag_summary(request: Request) -> Response:
    cluster, group = _group(request)
    lags = [_lag_json(request, cluster, group, place) for place in _places(cluster, group)]
    if not lags:
        raise KafkaError(404, 40403, f"Consumer group {group.name} has no committed offsets.")
    worst = max(lags, key=lambda lag: int(lag["lag"]))
    url = url_of(request, "consumer-groups", group.name)
    topic, partition = worst["topic_name"], worst["partition_id"]
    return JSONResponse(
        {
            "kind": "KafkaConsumerGroupLagSummary",
            "metadata": metadata(f"{url}/lag-summary", f"crn:///kafka={cluster.id}/consumer-group={group.name}"),
            "cluster_id": cluster.id,
            "consumer_group_id": group.name,
            "max_lag_consumer_id": group.consumer_id,
            "max_lag_instance_id": None,
            "max_lag_client_id": group.consumer_id,
            "max_lag_topic_name": topic,
            "max_lag_partition_id": partition,
            "max_lag": worst["lag"],
            "total_lag": sum(lag["lag"] for lag in lags),
            "max_lag_consumer": {"related": f"{url}/consumers/{group.consumer_id}"},
            "max_lag_partition": {"related": url_of(request, "topics", topic, "partitions", partition)},
        }
    )


_ONE = "/consumer-groups/{consumer_group_id}"
routes = [
    Route("/consumer-groups", _list, methods=["GET"]),
    Route(_ONE, _get, methods=["GET"]),
    Route(f"{_ONE}/consumers", _consumers, methods=["GET"]),
    Route(f"{_ONE}/consumers/{{consumer_id}}", _consumer, methods=["GET"]),
    Route(f"{_ONE}/lag-summary", _lag_summary, methods=["GET"]),
    Route(f"{_ONE}/lags", _lags, methods=["GET"]),
    Route(f"{_ONE}/lags/{{topic_name}}/partitions/{{partition_id:int}}", _lag, methods=["GET"]),
]
