"""What happens to clusters, links and mirrors by hand: outages, lag, statuses, deletions, re-creations."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.call import CONTROL_PREFIX
from emulator.cloud.bodies import read_body
from emulator.kafka import levers
from emulator.kafka.mirrors import Veil
from emulator.kafka.plane import Power
from emulator.world import World


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DownOrder(_Order):
    """POST down: how the endpoint behaves (None: as the settings say), and whether links notice at once."""

    how: Literal["close", "hang", "503"] | None = None
    now: bool = False


class MirrorOrder(_Order):
    """PUT mirrors/{m}; ``hold_lag`` maps partitions to records that stay unmirrored, ``{}`` lets go.

    ``veil_lag`` maps partitions to how answers leave their lag out: as -1 or without a row; ``{}`` tells all again.
    """

    status: str | None = None
    hold_lag: dict[int, Annotated[int, Field(ge=0)]] | None = None
    veil_lag: dict[int, Veil] | None = None
    topic_error: str | None = None


class RecreateOrder(_Order):
    """POST topics/{t}:recreate; the same number of partitions unless told otherwise."""

    partitions: Annotated[int, Field(ge=1)] | None = None


def _world(request: Request) -> World:
    world: World = request.app.state.world
    return world


async def _down(request: Request) -> Response:
    order = await read_body(request, DownOrder) if await request.body() else DownOrder()
    levers.take_down(_world(request), request.path_params["lkc"], order.how, now=order.now)
    return Response(status_code=204)


async def _up(request: Request) -> Response:
    levers.bring_up(_world(request), request.path_params["lkc"])
    return Response(status_code=204)


async def _put_mirror(request: Request) -> Response:
    order, path = await read_body(request, MirrorOrder), request.path_params
    world = _world(request)
    levers.set_mirror(world, path["lkc"], path["link"], path["mirror"], **order.model_dump())
    world.tick()
    return Response(status_code=204)


async def _release(request: Request) -> Response:
    path = request.path_params
    return JSONResponse({"stopped": levers.release_stops(_world(request), path["lkc"], path["link"])})


async def _delete_topic(request: Request) -> Response:
    levers.delete_topic(_world(request), request.path_params["lkc"], request.path_params["topic"])
    return Response(status_code=204)


async def _recreate_topic(request: Request) -> Response:
    order = await read_body(request, RecreateOrder) if await request.body() else RecreateOrder()
    levers.recreate_topic(_world(request), request.path_params["lkc"], request.path_params["topic"], order.partitions)
    return Response(status_code=204)


async def _delete_link(request: Request) -> Response:
    levers.delete_link(_world(request), request.path_params["lkc"], request.path_params["link"])
    return Response(status_code=204)


async def _broker(request: Request) -> Response:
    world = _world(request)
    return JSONResponse(world.plane.broker(world.cluster(request.path_params["lkc"]).id))


def _power(how: Power) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        world = _world(request)
        await world.plane.power(world, world.cluster(request.path_params["lkc"]).id, how)
        return Response(status_code=204)

    return endpoint


_CLUSTER = f"{CONTROL_PREFIX}/clusters/{{lkc}}"
routes = [
    Route(f"{_CLUSTER}/down", _down, methods=["POST"]),
    Route(f"{_CLUSTER}/up", _up, methods=["POST"]),
    Route(f"{_CLUSTER}/broker", _broker, methods=["GET"]),
    *(Route(f"{_CLUSTER}/broker:{how}", _power(how), methods=["POST"]) for how in get_args(Power)),
    Route(f"{_CLUSTER}/topics/{{topic}}:recreate", _recreate_topic, methods=["POST"]),
    Route(f"{_CLUSTER}/topics/{{topic}}", _delete_topic, methods=["DELETE"]),
    Route(f"{_CLUSTER}/links/{{link}}/mirrors:release", _release, methods=["POST"]),
    Route(f"{_CLUSTER}/links/{{link}}/mirrors/{{mirror}}", _put_mirror, methods=["PUT"]),
    Route(f"{_CLUSTER}/links/{{link}}", _delete_link, methods=["DELETE"]),
]
