"""Faults, and outages of the cloud API."""

from typing import Literal

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.call import CONTROL_PREFIX
from emulator.cloud.bodies import read_body
from emulator.errors import CloudError
from emulator.faults.box import FaultBox
from emulator.faults.model import FaultSpec


class CloudOutage(BaseModel):
    """POST /cloud/down."""

    model_config = ConfigDict(extra="forbid")

    how: Literal["close", "hang", "503"] = "close"


def _box(request: Request) -> FaultBox:
    box: FaultBox = request.app.state.faults
    return box


async def _list_faults(request: Request) -> Response:
    return JSONResponse({"faults": _box(request).dump()})


async def _add_fault(request: Request) -> Response:
    return JSONResponse(_box(request).add(await read_body(request, FaultSpec)).dump(), 201)


async def _clear_faults(request: Request) -> Response:
    _box(request).clear()
    return Response(status_code=204)


async def _remove_fault(request: Request) -> Response:
    if not _box(request).remove(request.path_params["id"]):
        raise CloudError(404, "no_such_fault", "no fault has this id")
    return Response(status_code=204)


async def _cloud_down(request: Request) -> Response:
    order = await read_body(request, CloudOutage) if await request.body() else CloudOutage()
    _box(request).cloud_outage = order.how
    return Response(status_code=204)


async def _cloud_up(request: Request) -> Response:
    _box(request).cloud_outage = None
    return Response(status_code=204)


routes = [
    Route(f"{CONTROL_PREFIX}/faults", _list_faults, methods=["GET"]),
    Route(f"{CONTROL_PREFIX}/faults", _add_fault, methods=["POST"]),
    Route(f"{CONTROL_PREFIX}/faults", _clear_faults, methods=["DELETE"]),
    Route(f"{CONTROL_PREFIX}/faults/{{id:int}}", _remove_fault, methods=["DELETE"]),
    Route(f"{CONTROL_PREFIX}/cloud/down", _cloud_down, methods=["POST"]),
    Route(f"{CONTROL_PREFIX}/cloud/up", _cloud_up, methods=["POST"]),
]
