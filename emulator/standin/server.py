"""Starts the plugin as the engine expects it: listen on loopback, print the port, serve until told to stop."""

from __future__ import annotations

import asyncio
import signal
import sys

import grpc.aio
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

from emulator.standin.servicer import Servicer


async def serve() -> None:
    """Serve until the engine ends the process. SIGINT ends running operations, as the engine's Cancel does."""
    server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
    servicer = Servicer()
    add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, servicer.cancel_all)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await server.wait_for_termination()


def main() -> None:
    """Run the plugin."""
    asyncio.run(serve())
