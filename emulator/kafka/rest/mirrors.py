"""/links/{link_name}/mirrors and the `mirrors:` verbs."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.errors import KafkaError
from emulator.kafka import lifecycle, reversal, stops, verbs
from emulator.kafka.lifecycle import Status
from emulator.kafka.links import Link
from emulator.kafka.mirrors import LagRow, Mirror, create_mirror
from emulator.kafka.rest.wire import (
    Json,
    body_of,
    configs_in,
    empty,
    flag,
    listing,
    may,
    number_in,
    root_of,
    text_in,
    world_of,
)
from emulator.kafka.topics import REPLICATION_FACTOR


def _lags_json(rows: list[LagRow]) -> list[Json]:
    return [{"partition": number, "lag": lag, "last_source_fetch_offset": last} for number, lag, last in rows]


def _render(request: Request) -> Callable[[Mirror], Json]:
    """Return the function that makes a mirror's JSON; settings and URL are looked up once for a whole list."""
    head, shown = f"{root_of(request)}/links", _shown(request)

    def render(mirror: Mirror) -> Json:
        # mirror and link names are of a-z A-Z 0-9 . _ - only, so URLs need no quoting
        return {
            "kind": "KafkaMirrorData",
            "metadata": {"self": f"{head}/{mirror.link.name}/mirrors/{mirror.name}", "resource_name": None},
            "link_name": mirror.link.name,
            "mirror_topic_name": mirror.name,
            "source_topic_name": mirror.source_name,
            "num_partitions": len(mirror.topic.partitions),
            "mirror_lags": _lags_json(mirror.told_rows()),
            "mirror_status": shown(mirror),
            "mirror_topic_error": mirror.error,
            "state_time_ms": mirror.state_time_ms,
        }

    return render


def _shown(request: Request) -> Callable[[Mirror], Status]:
    """Return the function that says which status the wire shows for a mirror."""
    settings = world_of(request).settings
    shown = {
        status: lifecycle.shown(status, new_states=settings.new_states, paused_link=settings.paused_link_status)
        for status in Status
    }
    return lambda mirror: shown[mirror.status]


def _answer(request: Request, mirrors: list[Mirror]) -> Response:
    wanted = request.query_params.get("mirror_status")
    if wanted is not None and wanted not in Status.__members__:
        raise KafkaError(400, 400, "Bad Request: unknown mirror_status.")
    stops.seen(world_of(request), mirrors)
    if wanted is not None:
        shown = _shown(request)
        mirrors = [mirror for mirror in mirrors if shown(mirror) == wanted]
    return listing(request, "KafkaMirrorDataList", mirrors, _render(request))


async def _list_all(request: Request) -> Response:
    cluster = may(request, "DESCRIBE")
    return _answer(request, [mirror for link in cluster.links.values() for mirror in link.mirrors.values()])


async def _list(request: Request) -> Response:
    return _answer(request, list(_link(request, "DESCRIBE").mirrors.values()))


def _link(request: Request, operation: str) -> Link:
    return may(request, operation).link(request.path_params["link_name"])


async def _get(request: Request) -> Response:
    name = request.path_params["mirror_topic_name"]
    mirror = _link(request, "DESCRIBE").mirrors.get(name)
    if mirror is None:
        raise KafkaError(404, 40403, f"Topic '{name}' is not a mirror topic of this cluster link.")
    stops.seen(world_of(request), [mirror])
    answer = _render(request)(mirror)
    if flag(request, "include_state_transition_errors"):
        answer["mirror_state_transition_errors"] = [
            {"error_code": code, "error_message": message} for code, message in mirror.transition_errors
        ]
    return JSONResponse(answer)


async def _create(request: Request) -> Response:
    link = _link(request, "ALTER")
    body = await body_of(request)
    if number_in(body, "replication_factor") not in (None, REPLICATION_FACTOR):
        raise KafkaError(400, 40002, f"Topic replication factor must be {REPLICATION_FACTOR}.")
    source = text_in(body, "source_topic_name", required=True) or ""
    create_mirror(world_of(request), link, source, text_in(body, "mirror_topic_name"), configs_in(body))
    return empty()


async def _selection(request: Request) -> verbs.Selection:
    body = await body_of(request)
    names = body.get("mirror_topic_names")
    if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise KafkaError(400, 400, "Bad Request: mirror_topic_names must be a list of strings.")
    pattern = text_in(body, "mirror_topic_name_pattern")
    return verbs.Selection(None if names is None else tuple(names), pattern)


def _verb(verb: str) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        link = _link(request, "ALTER")
        selection = await _selection(request)
        world, validate_only = world_of(request), flag(request, "validate_only")
        if verb == reversal.RESTORE:
            rows = reversal.restore(world, link, selection, validate_only=validate_only)
        elif verb in reversal.REVERSALS:
            rows = reversal.reverse(world, link, verb, selection, validate_only=validate_only)
        else:
            rows = verbs.run(world, link, verb, selection, validate_only=validate_only)
        return _rows_answer(request, rows, partitions=flag(request, "include_partition_level_truncation_data"))

    return endpoint


def _rows_answer(request: Request, rows: list[verbs.Row], *, partitions: bool) -> Response:
    url = str(request.url.replace(query=""))
    head = f"{root_of(request)}/links/{quote(request.path_params['link_name'])}/mirrors"
    data = [_row_json(row, f"{head}/{quote(row.name)}", partitions=partitions) for row in rows]
    # every verb answers with this kind in the vendor's specification
    answer = {"kind": "KafkaPromoteMirror", "metadata": {"self": url, "resource_name": None}, "data": data}
    return JSONResponse(answer)


def _row_json(row: verbs.Row, url: str, *, partitions: bool) -> Json:
    cuts = row.truncation
    return {
        "kind": "AlterMirrorsData",
        "metadata": {"self": url, "resource_name": None},
        "mirror_topic_name": row.name,
        "error_code": row.code,
        "error_message": row.message,
        "mirror_lags": _lags_json(row.lags),
        "messages_truncated": None if cuts is None else sum(cut[2] for cut in cuts),
        "partition_level_truncation_data": [
            {"partition_id": number, "offset_truncated_to": offset, "messages_truncated": lost}
            for number, offset, lost in (cuts or [] if partitions else [])
        ],
    }


_MIRRORS = "/links/{link_name}/mirrors"
routes = [
    Route("/links/-/mirrors", _list_all, methods=["GET"]),
    Route(_MIRRORS, _list, methods=["GET"]),
    Route(_MIRRORS, _create, methods=["POST"]),
    Route(f"{_MIRRORS}/{{mirror_topic_name}}", _get, methods=["GET"]),
    *(
        Route(f"{_MIRRORS}:{verb}", _verb(verb), methods=["POST"])
        for verb in (*verbs.VERBS, *reversal.REVERSALS, reversal.RESTORE)
    ),
]
