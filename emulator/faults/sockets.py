"""Failures below HTTP: connections that are closed, reset or never answered."""

import socket
import struct
from asyncio import Transport
from typing import Any, Literal

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_EXTENSION = "emulator.transport"


class TransportProtocol(H11Protocol):
    """uvicorn's HTTP protocol, without Nagle's delay, telling the application its transport as an ASGI extension."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn itself narrows it
        """Wrap the application so that each scope of this connection carries the transport."""
        super().connection_made(transport)
        # asyncio does so itself only for sockets made with an explicit protocol number, which create_server's are not;
        # head and body go out in two writes, and the second would wait 40 ms for the caller's delayed ACK
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        app = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[_EXTENSION] = transport
            await app(scope, receive, send)

        self.app = with_transport


async def hang(receive: Receive) -> None:
    """Stay silent until the caller hangs up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def drop(scope: Scope, receive: Receive, how: Literal["close", "rst"]) -> None:
    """End the connection without (further) answer: orderly (FIN), or by a reset.

    Raises:
        ConnectionResetError: the application does not run on a real socket.
    """
    transport: Transport | None = scope.get("extensions", {}).get(_EXTENSION)
    if transport is None:
        raise ConnectionResetError("dropped by a fault")
    if how == "rst":
        # linger for 0 s makes the kernel send RST instead of FIN
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    await hang(receive)  # until uvicorn has seen the end: it would answer 500 for a handler that just returns
