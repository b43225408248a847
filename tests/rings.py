"""pytest plugin of `scripts/test`: fast rings run before real brokers and these before the real engine.

Plain mistakes show early, and the brokers that tests share are gone before the engine's tests begin: their links never
rest, and would take a third of a core from these.
"""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the rings; within a ring the (random) order stays."""
    items.sort(key=_ring)


def _ring(item: pytest.Item) -> int:
    if item.get_closest_marker("engine") is not None:
        return 2
    return 1 if item.get_closest_marker("kafka") is not None else 0
