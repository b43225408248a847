"""Fixtures of every ring."""

import asyncio
import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def session_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for the whole session, and an end for those that Pulumi's mocks make and never close."""
    yield asyncio.new_event_loop()
    asyncio.set_event_loop(None)
    for thing in gc.get_objects():
        if isinstance(thing, asyncio.BaseEventLoop) and not thing.is_running():
            thing.close()


@pytest.fixture(autouse=True)
def loop_of_the_thread(session_loop: asyncio.AbstractEventLoop) -> None:
    """Give the thread its loop back, which any earlier `asyncio.run` of another test has taken away."""
    asyncio.set_event_loop(session_loop)
