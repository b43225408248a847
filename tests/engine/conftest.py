"""What tests on the real engine share."""

from collections.abc import Iterator

import pytest

from tests.emulation import RunningEmulator, in_process


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    """A fresh one for each test."""
    with in_process("--port", "0") as running:
        yield running
