"""pytest plugin of `scripts/test`: fast rings run before those on the real engine, so plain mistakes show early."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move the engine ring to the end; within a ring the (random) order stays."""
    items.sort(key=lambda item: item.get_closest_marker("engine") is not None)
