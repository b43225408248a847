"""The services of vaults and pointers: each started once for all tests that need it, when the first one does."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from tests.services import benches as b
from tests.services.real import binary, real_consul, real_vault

Start = Callable[[Path], AbstractContextManager[b.Bench]]

STARTS: dict[str, Start] = {
    "file": b.file_bench,
    "aws": lambda _: b.aws_bench(),
    "vault": lambda _: b.recorded_vault(),
    "vault-real": lambda _: real_vault(),
    "consul": lambda _: b.recorded_consul(),
    "consul-real": real_consul,
}

HERE = [name for name in STARTS if not name.endswith("-real") or binary(name.removesuffix("-real"))]
"""Those that can be started on this machine; `test_services.py` tells which cannot."""


def here(*names: str) -> list[str]:
    """Those of the names that can be started here."""
    return [name for name in names if name in HERE]


@pytest.fixture(scope="session")
def running() -> Iterator[tuple[ExitStack, dict[str, b.Bench]]]:
    """The benches that run so far."""
    with ExitStack() as stack:
        yield stack, {}


@pytest.fixture
def bench(
    request: pytest.FixtureRequest,
    running: tuple[ExitStack, dict[str, b.Bench]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[b.Bench]:
    """The bench that a test's module is parametrised with, by its name in `STARTS`."""
    stack, started = running
    name = request.param
    if name not in started:
        started[name] = stack.enter_context(STARTS[name](tmp_path_factory.mktemp(name)))
    found = started[name]
    with found.in_charge():
        yield found
    if found.proxy is not None:
        found.proxy.heal()
