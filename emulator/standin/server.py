"""Starts the plugin as the engine expects it: listen on loopback, print the port, serve until told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import grpc.aio
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

from emulator.standin.servicer import Servicer

_GRACE_S = 2.0
_PARENT_S = 0.5


async def _orphaned(stop: asyncio.Event, parent: int) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110 - the kernel offers no event for it
        await asyncio.sleep(_PARENT_S)
    stop.set()


async def serve() -> None:
    """Serve until SIGINT, SIGTERM or the engine's death; then running operations end and are answered.

    The engine ends its plugins with SIGINT and waits a second for each that stays.
    """
    parent = os.getppid()
    server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
    servicer = Servicer()
    add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    watch = asyncio.create_task(_orphaned(stop, parent))
    await stop.wait()
    watch.cancel()
    servicer.cancel_all()
    await server.stop(_GRACE_S)


def main() -> None:
    """Run the plugin."""
    asyncio.run(serve())
