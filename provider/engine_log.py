"""Lines from the provider to the engine's display. Everything passes through the redaction of control characters."""

from __future__ import annotations

import asyncio
from functools import partial

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from provider.resource import Log


class EngineLog:
    """The engine's log service.

    Args:
        address: `host:port` of the engine, as given to the plugin.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._stub: engine_pb2_grpc.EngineStub | None = None
        self._sent: set[asyncio.Task[None]] = set()

    def of(self, urn: str) -> Log:
        """A log whose lines the engine shows beside one resource."""
        return Log(
            info=partial(self._send, urn, engine_pb2.INFO, ephemeral=False),
            warning=partial(self._send, urn, engine_pb2.WARNING, ephemeral=False),
            progress=partial(self._send, urn, engine_pb2.INFO, ephemeral=True),
        )

    def _send(self, urn: str, severity: engine_pb2.LogSeverity.ValueType, text: str, *, ephemeral: bool) -> None:
        request = engine_pb2.LogRequest(severity=severity, message=text, urn=urn, ephemeral=ephemeral)
        task = asyncio.get_running_loop().create_task(self._deliver(request))
        self._sent.add(task)
        task.add_done_callback(self._sent.discard)

    async def _deliver(self, request: engine_pb2.LogRequest) -> None:
        if self._stub is None:
            self._stub = engine_pb2_grpc.EngineStub(grpc.aio.insecure_channel(self._address))
        try:
            await self._stub.Log(request)
        except grpc.aio.AioRpcError:
            return  # A line that the engine does not take must not end a failover.

    async def flush(self) -> None:
        """Wait until every line was delivered: the display ends with the call that wrote them."""
        await asyncio.gather(*tuple(self._sent))
