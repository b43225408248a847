"""The layer that makes calls fail: outages of the world first, then the faults in force, each around the next."""

import asyncio
import math
import os
from dataclasses import replace
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.answers import family_error, too_many_requests
from emulator.call import Call, read_all, replay
from emulator.faults.answer import Answer
from emulator.faults.box import Fault, FaultBox, Outage
from emulator.faults.model import FaultAction
from emulator.faults.mutate import mutate
from emulator.faults.rows import names_in, refuse_rows
from emulator.faults.sockets import drop, hang


class FaultMiddleware:
    """Applies outages and faults.

    Args:
        app: the next layer.
        box: the faults in force.
        world: for the clusters that are down.
    """

    def __init__(self, app: ASGIApp, box: FaultBox, world: Any) -> None:
        self.app = app
        self.box = box
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call, or fail to."""
        call: Call | None = scope.get("state", {}).get("call")
        if call is None:
            await self.app(scope, receive, send)
            return
        outage = self._outage(call)
        if outage == "503":
            await family_error(call.family, 503, "Service Unavailable", 50003)(scope, receive, send)
        elif outage == "hang":
            await hang(receive)
        elif outage == "close":
            await drop(scope, receive, "close")
        else:
            fired = self.box.firing(call)
            scope["state"]["entry"].faults = tuple(fault.id for fault in fired)
            await self._chain(fired, call)(scope, receive, send)

    def _outage(self, call: Call) -> Outage | None:
        if call.family == "cloud":
            return self.box.cloud_outage
        cluster = self.world.kafka.get(call.cluster)
        return None if cluster is None or cluster.reachable else cluster.down_how

    def _chain(self, faults: list[Fault], call: Call) -> ASGIApp:
        app = _noting(self.app)
        for fault in reversed(faults):
            app = _Faulty(app, fault, call, self.box)
        return app


def _noting(app: ASGIApp) -> ASGIApp:
    """Note in the log what the handler answered, even if a fault keeps it from the caller."""

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope["state"]["entry"].applied_status = message["status"]
            await send(message)

        await app(scope, receive, send_noted)

    return noting


class _Faulty:
    """An application under one fault."""

    def __init__(self, app: ASGIApp, fault: Fault, call: Call, box: FaultBox) -> None:
        self.app = app
        self.fault = fault
        self.call = call
        self.box = box

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # an outer fault may have taken names out of the body
        self.call = replace(self.call, body=await read_all(receive))
        action, apply = self.fault.spec.action, self.fault.spec.apply
        answer = Answer()
        if apply == "after":
            await self._inner(scope, receive, answer)
        await asyncio.sleep(action.latency)
        if action.signal:
            os.kill(action.signal.pid, action.signal.sig)
        if await self._answered(scope, receive, send, answer):
            return
        if apply == "never":
            await drop(scope, receive, "close")
            return
        if apply == "before":
            await self._inner(scope, receive, answer)
        answer.headers += [(name.lower().encode(), value.encode()) for name, value in action.headers.items()]
        if action.mutate_json is not None:
            mutate(answer, action.mutate_json, self.fault.fired)
        await answer.send_to(send)

    async def _inner(self, scope: Scope, receive: Receive, answer: Answer) -> None:
        rule = self.fault.spec.action.row_error
        if rule:
            await refuse_rows(self.app, rule, self.call, scope, receive, answer.take)
        else:
            await self.app(scope, replay(self.call.body, receive), answer.take)

    async def _answered(self, scope: Scope, receive: Receive, send: Send, answer: Answer) -> bool:
        """Let the action answer in the service's stead, if it does so at all."""
        action = self.fault.spec.action
        refusal = self._refusal(action)
        if refusal is not None:
            await refusal(scope, receive, send)
        elif action.hang:
            await hang(receive)
        elif action.reset == "after_headers":
            await (answer if answer.status else _plain_answer()).send_half_to(send)
            await drop(scope, receive, "close")
        elif action.reset:
            await drop(scope, receive, "rst" if action.reset is True else action.reset)
        else:
            return False
        return True

    def _refusal(self, action: FaultAction) -> Response | None:
        call, throttle = self.call, action.throttle
        if throttle and not self.fault.admits(throttle, call.cluster, self.box.clock.now_ms()):
            return too_many_requests(call.family, math.ceil(1 / throttle.rate))
        if action.max_names is not None and len(names_in(call) or []) > action.max_names:
            return family_error(call.family, 413, "Request Entity Too Large")
        return _injected(call, action) if action.status else None


def _plain_answer() -> Answer:
    answer = Answer(200)
    answer.replace(b'{"kind": "cut off here", "data": []}', "application/json")
    return answer


def _injected(call: Call, action: FaultAction) -> Response:
    status = action.status or 200
    if action.body is None:
        response = too_many_requests(call.family, 1) if status == 429 else _family_body(call, status)  # noqa: PLR2004
    elif not isinstance(action.body, str):
        response = JSONResponse(action.body, status)
    elif action.body.lstrip().startswith("<"):
        response = HTMLResponse(action.body, status)
    else:
        response = PlainTextResponse(action.body, status)
    for name, value in action.headers.items():
        response.headers[name] = value
    return response


def _family_body(call: Call, status: int) -> Response:
    if status == 204:  # noqa: PLR2004
        return Response(status_code=204)
    return family_error(call.family, status, "injected fault", 50003 if status >= 500 else None)  # noqa: PLR2004
