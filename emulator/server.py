"""The emulator in a thread: on loopback only, ready when ``start`` returns, gone when ``stop`` returns."""

import ipaddress
import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette

from emulator.faults.sockets import TransportProtocol

_KEEP_ALIVE_S = 120  # longer than the 90 s for which the provider keeps idle connections
_START_S = 180  # with brokers to start for a seeded world; without, it takes milliseconds
_GRACE_S = 1  # calls in flight at stop get this long; hanging ones are cut


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.ready.set()


class EmulatorServer:
    """A threaded server of one application.

    Args:
        app: made by ``create_app``.
        host: an address of this machine's loopback; anything else is refused.
        port: 0 takes a free one.

    Raises:
        ValueError: the host is not loopback: the emulator accepts orders from everyone who reaches it.
    """

    def __init__(self, app: Starlette, host: str = "127.0.0.1", port: int = 0) -> None:
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"the emulator binds loopback addresses only, not {host}")
        self.app = app
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=2048)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
        config = uvicorn.Config(
            app,
            http=TransportProtocol,
            ws="none",
            loop="asyncio",
            lifespan="on",
            log_config=None,
            log_level="critical",
            access_log=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_GRACE_S,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._run, name="emulator", daemon=True)

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    @property
    def alive(self) -> bool:
        """Whether the server's thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Serve; returns when calls are answered.

        Raises:
            RuntimeError: the server did not come up.
        """
        self._thread.start()
        if not self._server.ready.wait(_START_S):
            raise RuntimeError(f"the emulator did not start within {_START_S} s")

    def stop(self) -> None:
        """End serving; connections are closed, hanging calls cut."""
        self._server.should_exit = True
        self._thread.join(60)
        self._socket.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
