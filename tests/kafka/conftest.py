"""Fixtures of the tests with real brokers: one pair for all that only need their own topics."""

from collections.abc import Iterator

import pytest

from tests import emulation
from tests.brokers import need_kafka
from tests.kafka.pair import Pair


@pytest.fixture(scope="package")
def pair() -> Iterator[Pair]:
    """Two clusters that stay up while tests of this folder run; these use topics and groups of their own."""
    need_kafka()
    with emulation.with_brokers() as emulator:
        yield Pair(emulator)
