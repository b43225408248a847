"""Whether the tests of vaults and pointers met the servers themselves here, or recorded contracts alone."""

import pytest

from tests.services.real import binary


@pytest.mark.parametrize("server", ["vault", "consul"])
def test_the_contract_was_held_against_the_server_itself(server: str) -> None:
    if binary(server) is None:
        pytest.skip(f"only against a recorded contract: no real {server} here, see scripts/servers")
