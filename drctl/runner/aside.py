"""Blocking calls that nobody has to wait for: in daemon threads, which a process may leave behind when it ends.

`asyncio.to_thread` would not do: its threads are joined at the end, so a vault that hangs would hold the wrapper up.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


async def aside(call: Callable[[], Result]) -> Result:
    """The call's result; when the caller is cancelled, the call goes on unheard until its own timeouts end it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def deliver(settle: Callable[[], None]) -> None:
        try:
            loop.call_soon_threadsafe(lambda: None if future.done() else settle())
        except RuntimeError:  # The loop is closed: the wrapper has ended.
            return

    def work() -> None:
        try:
            result = call()
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the caller
            told = error
            deliver(lambda: future.set_exception(told))
        else:
            deliver(lambda: future.set_result(result))

    threading.Thread(target=work, daemon=True, name="kafkadr-aside").start()
    return await future
