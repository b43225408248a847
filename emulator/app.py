"""The application: route table and layers (request log, faults, clock tick, authentication, handler)."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from emulator.answers import error_response
from emulator.auth import AuthMiddleware
from emulator.call import CLUSTER_PREFIX, named
from emulator.clock import Clock
from emulator.cloud.routes import routes as cloud_routes
from emulator.cloud.store import CloudStore
from emulator.control.routes import routes as control_routes
from emulator.errors import CloudError, KafkaError
from emulator.faults.box import FaultBox
from emulator.faults.middleware import FaultMiddleware
from emulator.kafka.plane import DataPlane
from emulator.kafka.routes import routes as kafka_routes
from emulator.requestlog import RequestLog, RequestLogMiddleware
from emulator.settings import Settings
from emulator.world import World

_LOGGER = logging.getLogger("emulator")
_TICK_S = 0.25


def new_world(plane: DataPlane | None = None) -> World:
    """An empty world on wall time with default switches; data in memory unless another data plane is given."""
    world = World(Clock(), Settings(), plane)
    world.cloud = CloudStore(world)
    return world


def create_app(world: World, public_url: str | None = None) -> Starlette:
    """The emulator as an ASGI application.

    Args:
        world: made by ``new_world``.
        public_url: base URL put into answers; None takes what the caller used.
    """
    store = world.cloud
    if not isinstance(store, CloudStore):
        raise TypeError("the world has no cloud store; make it with new_world()")
    routes = [named(route) for route in (*cloud_routes, *_absolute(kafka_routes), *control_routes)]
    log, box = RequestLog(), FaultBox(world.clock)
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(RequestLogMiddleware, log=log, clock=world.clock, routes=routes),
            Middleware(FaultMiddleware, box=box, world=world),
            Middleware(_TurnMiddleware, world=world),
            Middleware(AuthMiddleware, world=world, store=store),
        ],
        exception_handlers={KafkaError: _answer_error, CloudError: _answer_error},
        lifespan=_ticking(world),
    )
    app.state.world, app.state.public_url = world, public_url
    app.state.log, app.state.faults = log, box
    return app


def _absolute(routes: Sequence[BaseRoute]) -> list[Route]:
    """Kafka routes with their full path; one flat table, so that each request has one path template."""
    found = [route for route in routes if isinstance(route, Route)]
    return [
        Route(CLUSTER_PREFIX + route.path.rstrip("/"), route.endpoint, methods=sorted(route.methods or {"GET"}))
        for route in found
    ]


async def _answer_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, KafkaError | CloudError):
        raise error
    return error_response(error)


class _TurnMiddleware:
    """Lets the world catch up before each call, and the data plane carry out what the call changed."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self.app = app
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.world.plane.serve(self.world, self.app, scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _ticking(world: World) -> Lifespan[Starlette]:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async def tick_for_ever() -> None:
            try:
                while True:
                    await world.plane.tick(world)
                    ready.set()
                    await asyncio.sleep(_TICK_S)
            except Exception:  # each call ticks too, and shows the error to its caller
                _LOGGER.exception("the world cannot go on")
            finally:
                ready.set()

        ready = asyncio.Event()
        task = asyncio.create_task(tick_for_ever())
        await ready.wait()  # what was seeded is there when the first call is answered
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await world.plane.close()

    return lifespan
