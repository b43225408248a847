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


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a failover keeps on this machine is kept in the session's folder, and not in the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("kept")))
        yield


@pytest.fixture(autouse=True)
def loop_of_the_thread(session_loop: asyncio.AbstractEventLoop) -> None:
    """Give the thread its loop back, which any earlier `asyncio.run` of another test has taken away."""
    asyncio.set_event_loop(session_loop)
