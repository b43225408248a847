"""Fixtures of the emulator's own tests."""

from collections.abc import Iterator

import pytest

from tests import emulation
from tests.brokers import need_kafka
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


@pytest.fixture(scope="session")
def emulator_with_brokers() -> Iterator[RunningEmulator]:
    need_kafka()
    with emulation.with_brokers() as running:
        yield running


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def either_emulator(request: pytest.FixtureRequest) -> Iterator[RunningEmulator]:
    """As `emulator`, once on each data plane."""
    if request.param == "memory":
        yield request.getfixturevalue("emulator")
        return
    running: RunningEmulator = request.getfixturevalue("emulator_with_brokers")
    yield running
    running.control("POST", "/clock", {"mode": "real"})
    running.reset()  # at the end, so that brokers nobody needs take no memory
