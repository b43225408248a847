"""The child: one process group, ended as a whole, so that nothing of it goes on writing to the site left behind."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

_LOOK = 0.05
_KILLED = 2.0
"""Seconds that a killed group has to vanish before it is given up, as a process stuck in the kernel must be."""


class Child:
    """A started command, leader of its own session; see `start`.

    Args:
        process: The leader.
        grace: Seconds from a polite request to the end of patience.
    """

    def __init__(self, process: asyncio.subprocess.Process, grace: float) -> None:
        self._process = process
        self._grace = grace
        self.asked = False

    @classmethod
    async def start(cls, command: Sequence[str], environment: Mapping[str, str], grace: float) -> Child:
        """Start the command. Its session is its own: a Ctrl-C reaches it through the wrapper alone, once.

        Raises:
            OSError: It cannot be started.
        """
        process = await asyncio.create_subprocess_exec(*command, env=dict(environment), start_new_session=True)
        return cls(process, grace)

    @property
    def pid(self) -> int:
        """Process id of the leader, which is the group's id."""
        return self._process.pid

    def send(self, number: int) -> bool:
        """Send a signal to the whole group; False when nobody is left."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)
            return True
        return False

    async def ended(self) -> int:
        """Wait until leader and group are gone; the leader's exit code, 128 + number for a signal."""
        code = await self._process.wait()
        if self._others() and not self.asked:
            self.send(signal.SIGTERM)
        if not await self._gone(self._grace):
            self.send(signal.SIGKILL)
            await self._gone(_KILLED)
        return 128 - code if code < 0 else code

    async def _gone(self, seconds: float) -> bool:
        deadline = asyncio.get_running_loop().time() + seconds
        while self._others():
            if asyncio.get_running_loop().time() >= deadline:
                return False
            await asyncio.sleep(_LOOK)
        return True

    def _others(self) -> bool:
        # As process 1 of a container the wrapper inherits what the leader leaves behind, and must bury it.
        with suppress(ChildProcessError):
            while os.waitpid(-self.pid, os.WNOHANG)[0]:
                pass
        return self.send(0)
