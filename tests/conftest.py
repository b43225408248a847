"""Fixtures of every ring."""

import asyncio
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def session_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for the whole session: Pulumi's mocks keep what they find and never close it."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(autouse=True)
def loop_of_the_thread(session_loop: asyncio.AbstractEventLoop) -> None:
    """Give the thread its loop back, which any earlier `asyncio.run` of another test has taken away."""
    asyncio.set_event_loop(session_loop)
