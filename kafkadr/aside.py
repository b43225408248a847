"""Blocking calls that nobody has to wait for: in daemon threads, which a process may leave behind when it ends.

`asyncio.to_thread` would not do: its threads are joined at the end, so a store that hangs would hold the process up.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


async def aside(call: Callable[[], Result], seconds: float | None = None) -> Result:
    """The call's result; when nobody waits any more, the call goes on unheard until its own timeouts end it.

    Args:
        call: What blocks.
        seconds: How long to wait at most; without end when None.

    Raises:
        TimeoutError: The call has not come back in time.
    """
    async with asyncio.timeout(seconds):
        return await asyncio.wrap_future(_started(call))


def bounded(call: Callable[[], Result], seconds: float) -> Result:
    """The same where there is no event loop to wait in.

    Raises:
        TimeoutError: The call has not come back in time.
    """
    return _started(call).result(seconds)


def _started(call: Callable[[], Result]) -> Future[Result]:
    future: Future[Result] = Future()
    # A running future cannot be cancelled, so whoever stops waiting leaves it whole for the thread to settle.
    future.set_running_or_notify_cancel()

    def work() -> None:
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to the caller
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=work, daemon=True, name="kafkadr-aside").start()
    return future
