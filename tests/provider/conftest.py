"""The services of vaults and pointers, as in tests/core."""

from tests.core.conftest import bench, running

__all__ = ["bench", "running"]
