"""Serves the package: its resources and, late, its components.

The SDK's own `main` shows an error as `Unexpected <class ...>`; an operator needs the text.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from kafkadr.errors import DrError
from provider.engine.construction import Components, Offer
from provider.engine.offered import offered
from provider.engine_log import EngineLog
from provider.plugin import OLD_INPUTS, RESOURCES, VERSION, KafkaDrProvider
from provider.schema import package_schema

PARENT_SECONDS = 0.5
# The SDK's own limit for large property bags (10,000 topics are more than gRPC's default of 4 MB).
_OPTIONS = [(f"grpc.max_{way}_message_length", 400 * 1024 * 1024) for way in ("receive", "send")]


class Servicer(ProviderServicer):
    """The SDK's servicer, with our errors told as they are and our log delivered before the answer."""

    def __init__(self, engine_address: str, offer: Offer) -> None:
        self._log = EngineLog(engine_address)
        self.provider = KafkaDrProvider(self._log)
        self.components = Components(VERSION, engine_address, offer)
        super().__init__([], VERSION, self.provider, engine_address)

    async def Handshake(self, request: Any, context: Any) -> Any:  # noqa: D102, N802 - gRPC's name
        # The SDK leaves this out, which the engine forgives but logs with a traceback into its diagnostics.
        del request, context
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True, accept_outputs=True)

    async def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        del request, context
        door = self.components.door
        ours = package_schema(RESOURCES, VERSION, json.loads(door.schema or "{}") if door else {})
        return provider_pb2.GetSchemaResponse(schema=json.dumps(ours))

    async def Construct(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return await self.components.construct(request, context)

    async def Call(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return await self.components.call(request, context)

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return await self._told(super().Check, request, context)

    async def Diff(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        OLD_INPUTS.set(PropertyValue.unmarshal_map(request.old_inputs))
        return await self._told(super().Diff, request, context)

    async def Create(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return await self._told(super().Create, request, context)

    async def Update(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return await self._told(super().Update, request, context)

    async def Read(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return await self._told(super().Read, request, context)

    async def Delete(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return await self._told(super().Delete, request, context)

    async def _told(self, call: Callable[[Any, Any], Awaitable[Any]], request: Any, context: Any) -> Any:
        try:
            answer = await call(request, context)
        except DrError as error:
            await self._log.flush()
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        await self._log.flush()
        return answer


async def _orphaned(stop: asyncio.Event, parent: int) -> None:
    # An engine that is killed signals nobody. A flip going on without it would meet the next run's flip.
    while os.getppid() == parent:  # noqa: ASYNC110 - the kernel offers no event for it
        await asyncio.sleep(PARENT_SECONDS)
    stop.set()


async def _serve(engine_address: str, offer: Offer) -> None:
    parent = os.getppid()
    server = grpc.aio.server(options=_OPTIONS)
    servicer = Servicer(engine_address, offer)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # The engine ends a plugin with SIGINT; whatever the process prints then is shown to the operator as a crash.
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    watch = asyncio.create_task(_orphaned(stop, parent))
    await stop.wait()
    watch.cancel()
    await servicer.provider.cancel()
    await server.stop(grace=0.5)
    # All plugins of a run share 5 s for their ends, and the engine reports the next one in line as crashed when one has
    # used them up (pkg/host ReleaseContext). A normal exit would wait for the thread of a store that does not answer.
    os._exit(0)


def main(arguments: list[str], offer: Offer = offered) -> None:
    """Entry point of the plugin.

    Args:
        arguments: The first one that is no flag is the engine's address.
        offer: Gives the component classes when they are first asked for.
    """
    # httpx2 logs every URL at INFO and the engine turns stderr into diagnostics: only warnings leave this process.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    address = next((a for a in arguments if not a.startswith("-")), "")
    asyncio.run(_serve(address, offer))
