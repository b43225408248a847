"""Fixtures of the emulator's own tests."""

from collections.abc import Iterator

import pytest

from tests import emulation
from tests.emulation import RunningEmulator


@pytest.fixture(scope="session")
def shared_emulator() -> Iterator[RunningEmulator]:
    with emulation.in_thread() as running:
        yield running


@pytest.fixture
def emulator(shared_emulator: RunningEmulator) -> RunningEmulator:
    """An emulator with a fresh world on wall time."""
    shared_emulator.control("POST", "/clock", {"mode": "real"})
    shared_emulator.reset()
    return shared_emulator
