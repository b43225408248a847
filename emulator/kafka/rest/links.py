"""/links and their configurations."""

import base64
import uuid
from collections import Counter

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.errors import KafkaError
from emulator.kafka.lifecycle import Status
from emulator.kafka.link_changes import LinkRequest, alter_link, create_link, delete_link
from emulator.kafka.link_configs import KEYS
from emulator.kafka.links import Link
from emulator.kafka.rest.wire import (
    Json,
    body_of,
    changes_in,
    configs_in,
    empty,
    flag,
    listing,
    may,
    metadata,
    text_in,
    url_of,
    world_of,
)
from emulator.kafka.sync import tasks_of

_ID_FIELDS = ("source_cluster_id", "destination_cluster_id", "remote_cluster_id")
_REMOTE_FIELD = {"DESTINATION": 0, "SOURCE": 1, "BIDIRECTIONAL": 2}
_CATEGORIES = {
    Status.ACTIVE: "ACTIVE",
    Status.PAUSED: "PAUSED",
    Status.LINK_PAUSED: "PAUSED",
    Status.FAILED: "IN_ERROR",
    Status.LINK_FAILED: "IN_ERROR",
    Status.SOURCE_UNAVAILABLE: "IN_ERROR",
    Status.STOPPED: "NOT_APPLICABLE",
}


def _link_json(request: Request, link: Link, *, tasks: bool = False) -> Json:
    ids = dict.fromkeys(_ID_FIELDS)
    answer: Json = {
        "kind": "KafkaLinkData",
        "metadata": metadata(url_of(request, "links", link.name)),
        **ids,
        _ID_FIELDS[_REMOTE_FIELD[link.mode]]: link.remote_id,
        "link_name": link.name,
        "link_id": str(uuid.UUID(bytes=base64.urlsafe_b64decode(link.cluster_link_id + "=="))),
        "cluster_link_id": link.cluster_link_id,
        "topic_names": list(link.mirrors),
        "link_state": link.state,
        "link_error": link.error,
        "link_error_message": link.error_message,
        "category_counts": _category_counts(link),
    }
    if tasks:
        answer["tasks"] = [
            {
                "task_name": name,
                "state": state,
                "errors": [{"error_code": code, "error_message": message} for code, message in errors],
            }
            for name, state, errors in tasks_of(world_of(request), link)
        ]
    return answer


def _category_counts(link: Link) -> list[Json]:
    counts = Counter(_CATEGORIES.get(mirror.status, "PENDING") for mirror in link.mirrors.values())
    return [{"state_category": name, "count": count} for name, count in sorted(counts.items())]


def _link(request: Request, operation: str) -> Link:
    return may(request, operation).link(request.path_params["link_name"])


async def _list(request: Request) -> Response:
    links = list(may(request, "DESCRIBE").links.values())
    return listing(request, "KafkaLinkDataList", links, lambda link: _link_json(request, link))


async def _get(request: Request) -> Response:
    return JSONResponse(_link_json(request, _link(request, "DESCRIBE"), tasks=flag(request, "include_tasks")))


async def _create(request: Request) -> Response:
    cluster = may(request, "ALTER")
    body = await body_of(request)
    link_id = text_in(body, "cluster_link_id") or None
    if link_id is not None and not _is_link_id(link_id):
        raise KafkaError(400, 400, "Bad Request: cluster_link_id must be 22 characters of URL-safe base64.")
    wanted = LinkRequest(
        name=request.query_params.get("link_name", ""),
        ids={name: value for name in _ID_FIELDS if (value := text_in(body, name))},
        configs=configs_in(body),
        cluster_link_id=link_id,
        validate_link=flag(request, "validate_link", default=True),
    )
    create_link(world_of(request), cluster, wanted, validate_only=flag(request, "validate_only"))
    return empty()


def _is_link_id(text: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(text + "==")) == len(uuid.uuid4().bytes)
    except ValueError:
        return False


async def _delete(request: Request) -> Response:
    link = _link(request, "ALTER")
    delete_link(world_of(request), link, force=flag(request, "force"), validate_only=flag(request, "validate_only"))
    return empty(200)


def _config_json(request: Request, link: Link, name: str) -> Json:
    key = KEYS[name]
    explicit = name in link.configs
    return {
        "kind": "KafkaLinkConfigData",
        "metadata": metadata(url_of(request, "links", link.name, "configs", name)),
        "cluster_id": link.cluster.id,
        "link_name": link.name,
        "name": name,
        "value": None if key.sensitive else link.configs.get(name, key.default),
        "is_read_only": key.read_only,
        "is_sensitive": key.sensitive,
        "is_default": not explicit,
        "source": "DYNAMIC_CLUSTER_LINK_CONFIG" if explicit else "DEFAULT_CONFIG",
        "synonyms": [],  # strings, not objects, on links: the pinned SDK decodes nothing else (confluent-api 5.5)
    }


async def _list_configs(request: Request) -> Response:
    link = _link(request, "DESCRIBE_CONFIGS")
    return listing(request, "KafkaLinkConfigDataList", sorted(KEYS), lambda name: _config_json(request, link, name))


def _config_name(request: Request) -> str:
    name: str = request.path_params["config_name"]
    if name not in KEYS:
        raise KafkaError(404, 404, f"Cluster link config {name} cannot be found.")
    return name


async def _get_config(request: Request) -> Response:
    return JSONResponse(_config_json(request, _link(request, "DESCRIBE_CONFIGS"), _config_name(request)))


async def _put_config(request: Request) -> Response:
    link = _link(request, "ALTER")
    value = text_in(await body_of(request), "value")
    if value is None:
        raise KafkaError(400, 400, "Bad Request: value must be a string.")
    alter_link(world_of(request), link, [(_config_name(request), value)])
    return empty()


async def _reset_config(request: Request) -> Response:
    alter_link(world_of(request), _link(request, "ALTER"), [(_config_name(request), None)])
    return empty()


async def _alter_configs(request: Request) -> Response:
    link = _link(request, "ALTER")
    body = await body_of(request)
    validate_only = flag(request, "validate_only") or body.get("validate_only") is True
    alter_link(world_of(request), link, changes_in(body), validate_only=validate_only)
    return empty()


routes = [
    Route("/links", _list, methods=["GET"]),
    Route("/links", _create, methods=["POST"]),
    Route("/links/{link_name}", _get, methods=["GET"]),
    Route("/links/{link_name}", _delete, methods=["DELETE"]),
    Route("/links/{link_name}/configs", _list_configs, methods=["GET"]),
    Route("/links/{link_name}/configs:alter", _alter_configs, methods=["PUT"]),
    Route("/links/{link_name}/configs/{config_name}", _get_config, methods=["GET"]),
    Route("/links/{link_name}/configs/{config_name}", _put_config, methods=["PUT"]),
    Route("/links/{link_name}/configs/{config_name}", _reset_config, methods=["DELETE"]),
]
