"""Configurations of topics and of the cluster."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.errors import KafkaError
from emulator.kafka.rest.wire import (
    Json,
    body_of,
    changes_in,
    empty,
    listing,
    may,
    metadata,
    text_in,
    url_of,
    visible,
)
from emulator.kafka.topic_configs import DEFAULTS, EDITABLE
from emulator.kafka.topics import Topic, check_config_change

_BROKER_KEYS = {
    "auto.create.topics.enable": "false",
    "log.cleaner.max.compaction.lag.ms": "9223372036854775807",
    "log.retention.ms": "604800000",
    "num.partitions": "6",
    "ssl.cipher.suites": "",
    "ssl.enabled.protocols": "TLSv1.2,TLSv1.3",
}
"""Cluster settings the service lets users change (confluent-api 5.3)."""


def _config_json(request: Request, topic_name: str, name: str, set_to: str | None) -> Json:
    lkc = request.path_params["lkc"]
    crn = f"crn:///kafka={lkc}/topic={topic_name}/config={name}"
    default = {"name": name, "value": DEFAULTS[name], "source": "DEFAULT_CONFIG"}
    own = {"name": name, "value": set_to, "source": "DYNAMIC_TOPIC_CONFIG"}
    return {
        "kind": "KafkaTopicConfig",
        "metadata": metadata(url_of(request, "topics", topic_name, "configs", name), crn),
        "cluster_id": lkc,
        "topic_name": topic_name,
        "name": name,
        "value": DEFAULTS[name] if set_to is None else set_to,
        "is_default": set_to is None,
        "is_read_only": name not in EDITABLE,
        "is_sensitive": False,
        "source": "DEFAULT_CONFIG" if set_to is None else "DYNAMIC_TOPIC_CONFIG",
        "synonyms": [default] if set_to is None else [own, default],
    }


def _answer(request: Request, topics: Sequence[Topic]) -> Response:
    places = [(topic, name) for topic in topics for name in DEFAULTS]
    return listing(
        request,
        "KafkaTopicConfigList",
        places,
        lambda place: _config_json(request, place[0].name, place[1], place[0].configs.get(place[1])),
    )


def _topic(request: Request, operation: str) -> Topic:
    name = request.path_params["topic_name"]
    return may(request, operation, "TOPIC", name).topic(name)


def _known(request: Request, keys: Sequence[str]) -> str:
    name: str = request.path_params["name"]
    if name not in keys:
        raise KafkaError(404, 404, f"Config {name} cannot be found.")
    return name


async def _list_configs(request: Request) -> Response:
    return _answer(request, [_topic(request, "DESCRIBE_CONFIGS")])


async def _list_all_configs(request: Request) -> Response:
    cluster = may(request, "DESCRIBE_CONFIGS")
    return _answer(request, [topic for topic in cluster.topics.values() if visible(request, "TOPIC", topic.name)])


async def _list_default_configs(request: Request) -> Response:
    """What a new topic of this name would start with; it need not exist."""
    name = request.path_params["topic_name"]
    may(request, "DESCRIBE_CONFIGS", "TOPIC", name)
    return listing(request, "KafkaTopicConfigList", list(DEFAULTS), lambda key: _config_json(request, name, key, None))


async def _get_config(request: Request) -> Response:
    topic = _topic(request, "DESCRIBE_CONFIGS")
    name = _known(request, list(DEFAULTS))
    return JSONResponse(_config_json(request, topic.name, name, topic.configs.get(name)))


def _alter(topic: Topic, changes: list[tuple[str, str | None]], *, validate_only: bool = False) -> Response:
    for name, value in changes:
        check_config_change(topic, name, value, delete=value is None)
    if not validate_only:
        for name, value in changes:
            topic.set_config(name, value)
    return empty()


async def _put_config(request: Request) -> Response:
    topic = _topic(request, "ALTER_CONFIGS")
    value = text_in(await body_of(request), "value", required=True)
    return _alter(topic, [(_known(request, list(DEFAULTS)), value)])


async def _reset_config(request: Request) -> Response:
    return _alter(_topic(request, "ALTER_CONFIGS"), [(_known(request, list(DEFAULTS)), None)])


async def _alter_configs(request: Request) -> Response:
    topic = _topic(request, "ALTER_CONFIGS")
    body = await body_of(request)
    return _alter(topic, changes_in(body), validate_only=body.get("validate_only") is True)


def _broker_json(request: Request, name: str, value: str, *, explicit: bool) -> Json:
    lkc = request.path_params["lkc"]
    return {
        "kind": "KafkaClusterConfig",
        "metadata": metadata(url_of(request, "broker-configs", name), f"crn:///kafka={lkc}/broker-config={name}"),
        "cluster_id": lkc,
        "config_type": "BROKER",
        "name": name,
        "value": value,
        "is_default": not explicit,
        "is_read_only": False,
        "is_sensitive": False,
        "source": "DYNAMIC_DEFAULT_BROKER_CONFIG" if explicit else "DEFAULT_CONFIG",
        "synonyms": [],
    }


async def _list_broker_configs(request: Request) -> Response:
    """Only what was set: the provider stores whatever it is shown (confluent-api 5.3)."""
    configs = may(request, "DESCRIBE_CONFIGS").broker_configs
    return listing(
        request,
        "KafkaClusterConfigList",
        sorted(configs.items()),
        lambda item: _broker_json(request, *item, explicit=True),
    )


async def _get_broker_config(request: Request) -> Response:
    configs = may(request, "DESCRIBE_CONFIGS").broker_configs
    name = _known(request, list(_BROKER_KEYS))
    return JSONResponse(_broker_json(request, name, configs.get(name, _BROKER_KEYS[name]), explicit=name in configs))


def _set_broker(request: Request, changes: list[tuple[str, str | None]]) -> Response:
    cluster = may(request, "ALTER_CONFIGS")
    if cluster.kind != "Dedicated":
        raise KafkaError(400, 40002, "Cluster settings can be changed on Dedicated clusters only.")
    if unknown := [name for name, _ in changes if name not in _BROKER_KEYS]:
        raise KafkaError(400, 40002, f"Config property {unknown[0]} cannot be changed.")
    for name, value in changes:
        if value is None:
            cluster.broker_configs.pop(name, None)
        else:
            cluster.broker_configs[name] = value
    return empty()


async def _put_broker_config(request: Request) -> Response:
    value = text_in(await body_of(request), "value", required=True)
    return _set_broker(request, [(request.path_params["name"], value)])


async def _reset_broker_config(request: Request) -> Response:
    return _set_broker(request, [(request.path_params["name"], None)])


async def _alter_broker_configs(request: Request) -> Response:
    return _set_broker(request, changes_in(await body_of(request)))


routes = [
    Route("/topics/-/configs", _list_all_configs, methods=["GET"]),
    Route("/topics/{topic_name}/configs", _list_configs, methods=["GET"]),
    Route("/topics/{topic_name}/configs:alter", _alter_configs, methods=["POST"]),
    Route("/topics/{topic_name}/configs/{name}", _get_config, methods=["GET"]),
    Route("/topics/{topic_name}/configs/{name}", _put_config, methods=["PUT"]),
    Route("/topics/{topic_name}/configs/{name}", _reset_config, methods=["DELETE"]),
    Route("/topics/{topic_name}/default-configs", _list_default_configs, methods=["GET"]),
    Route("/broker-configs", _list_broker_configs, methods=["GET"]),
    Route("/broker-configs:alter", _alter_broker_configs, methods=["POST"]),
    Route("/broker-configs/{name}", _get_broker_config, methods=["GET"]),
    Route("/broker-configs/{name}", _put_broker_config, methods=["PUT"]),
    Route("/broker-configs/{name}", _reset_broker_config, methods=["DELETE"]),
]
