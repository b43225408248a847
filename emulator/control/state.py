"""Health, reset, switches, clock, request log and truth."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.call import CONTROL_PREFIX
from emulator.cloud.bodies import read_body, readable
from emulator.errors import CloudError
from emulator.requestlog import RequestLog
from emulator.settings import Settings
from emulator.world import World


class ClockOrder(BaseModel):
    """POST /clock: first the mode, then the jump (seconds)."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["real", "manual"] | None = None
    advance: Annotated[float, Field(ge=0)] = 0


class SettingsOrder(RootModel[dict[str, Any]]):
    """PATCH /settings: switches by name."""


async def _health(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _reset(request: Request) -> Response:
    """Empty world, default switches, no faults, empty log."""
    request.app.state.world.reset()
    request.app.state.faults.clear()
    request.app.state.log.clear()
    return Response(status_code=204)


async def _get_settings(request: Request) -> Response:
    return JSONResponse(request.app.state.world.settings.model_dump())


def apply_settings(settings: Settings, changes: dict[str, object]) -> None:
    """Change switches, all or none.

    Raises:
        CloudError: 400 naming what is wrong.
    """
    try:
        wanted = Settings.model_validate(settings.model_dump() | changes)
    except ValidationError as error:
        raise CloudError(400, "invalid_settings", readable(error)) from None
    for name in changes:
        setattr(settings, name, getattr(wanted, name))


async def _patch_settings(request: Request) -> Response:
    changes = await read_body(request, SettingsOrder)
    apply_settings(request.app.state.world.settings, changes.root)
    return await _get_settings(request)


async def _get_clock(request: Request) -> Response:
    clock = request.app.state.world.clock
    return JSONResponse({"mode": clock.mode, "now_ms": clock.now_ms()})


async def _set_clock(request: Request) -> Response:
    world: World = request.app.state.world
    order = await read_body(request, ClockOrder)
    if order.mode:
        world.clock.set_mode(order.mode)
    world.clock.advance(order.advance)
    world.tick()
    return await _get_clock(request)


async def _get_log(request: Request) -> Response:
    log: RequestLog = request.app.state.log
    return JSONResponse(log.dump(dict(request.query_params)))


async def _clear_log(request: Request) -> Response:
    request.app.state.log.clear()
    return Response(status_code=204)


async def _truth(request: Request) -> Response:
    return JSONResponse(request.app.state.world.truth())


routes = [
    Route(f"{CONTROL_PREFIX}/health", _health, methods=["GET"]),
    Route(f"{CONTROL_PREFIX}/reset", _reset, methods=["POST"]),
    Route(f"{CONTROL_PREFIX}/settings", _get_settings, methods=["GET"]),
    Route(f"{CONTROL_PREFIX}/settings", _patch_settings, methods=["PATCH"]),
    Route(f"{CONTROL_PREFIX}/clock", _get_clock, methods=["GET"]),
    Route(f"{CONTROL_PREFIX}/clock", _set_clock, methods=["POST"]),
    Route(f"{CONTROL_PREFIX}/log", _get_log, methods=["GET"]),
    Route(f"{CONTROL_PREFIX}/log", _clear_log, methods=["DELETE"]),
    Route(f"{CONTROL_PREFIX}/truth", _truth, methods=["GET"]),
]
