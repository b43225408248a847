"""What every vault does, whichever service keeps it."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from kafkadr.vault import (
    DamagedError,
    DeletedError,
    DeniedError,
    NameTakenError,
    ReadOnlyError,
    TooLargeError,
    Vault,
    open_entry,
    open_vault,
)
from tests.core.conftest import HERE
from tests.services.benches import Bench

VAULTS = [name for name in HERE if not name.startswith("consul")]
REMOTE = [name for name in VAULTS if name != "file"]
every = pytest.mark.parametrize("bench", VAULTS, indirect=True)
remote = pytest.mark.parametrize("bench", REMOTE, indirect=True)
OWNER = "organization/kafka-dr/prod"
KEY = {"key": SecretStr("ABCDEF"), "secret": SecretStr("canary"), "clusterId": SecretStr("lkc-r68yp")}
NAME = "orders/west"


@pytest.fixture
def vault(bench: Bench) -> Vault:
    return open_vault(bench.vault())


@every
def test_a_reserved_entry_is_empty_and_owned(vault: Vault) -> None:
    assert vault.read(NAME) is None
    vault.reserve(NAME, OWNER)
    entry = vault.read(NAME)
    assert entry is not None
    assert (entry.values, entry.owner) == ({}, OWNER)


@every
def test_what_was_written_is_read_and_found_by_its_address(vault: Vault) -> None:
    vault.reserve(NAME, OWNER)
    version = vault.write(NAME, KEY, OWNER)
    entry = vault.read(NAME)
    assert entry is not None
    assert (entry.values, entry.version, entry.owner) == (KEY, version, OWNER)
    again, name = open_entry(vault.address(NAME))
    assert name == NAME
    assert again.read(name) == entry


@every
def test_each_client_and_site_has_an_entry_of_its_own(vault: Vault) -> None:
    vault.write("orders/east", KEY | {"key": SecretStr("EAST")}, OWNER)
    vault.write(NAME, KEY, OWNER)
    east = vault.read("orders/east")
    assert east is not None
    assert east.values["key"] == SecretStr("EAST")
    assert vault.read("billing/west") is None


@every
def test_the_same_values_again_are_the_same_version(vault: Vault) -> None:
    first = vault.write(NAME, KEY, OWNER)
    assert vault.write(NAME, dict(reversed(KEY.items())), OWNER) == first
    second = vault.write(NAME, KEY | {"secret": SecretStr("rotated")}, OWNER)
    assert second != first
    assert vault.write(NAME, KEY, OWNER) not in {first, second}


@every
def test_reserving_again_keeps_values_and_version(vault: Vault) -> None:
    vault.write(NAME, KEY, OWNER)
    before = vault.read(NAME)
    vault.reserve(NAME, OWNER)
    assert vault.read(NAME) == before


@every
def test_a_name_of_another_owner_is_refused_and_kept(vault: Vault) -> None:
    vault.write(NAME, KEY, OWNER)
    before = vault.read(NAME)
    for attempt in (
        lambda: vault.reserve(NAME, "someone/else"),
        lambda: vault.write(NAME, {}, "someone/else"),
        lambda: vault.delete(NAME, "someone/else"),
    ):
        with pytest.raises(NameTakenError, match=f"{NAME} belongs to {OWNER}") as caught:
            attempt()
        assert caught.value.owner == OWNER
    assert vault.read(NAME) == before


@every
@pytest.mark.parametrize("text", ['{"password": "canary"}', '{"_owner": 5}', '{"_owner": "x", "nested": {"a": "b"}}'])
def test_what_others_stored_there_is_not_touched(bench: Bench, vault: Vault, text: str) -> None:
    bench.plant(vault.address(NAME), text)
    for attempt in (
        lambda: vault.read(NAME),
        lambda: vault.reserve(NAME, OWNER),
        lambda: vault.write(NAME, KEY, OWNER),
        lambda: vault.delete(NAME, OWNER),
    ):
        with pytest.raises(DamagedError, match="not written by this program") as caught:
            attempt()
        assert "canary" not in str(caught.value)


@every
def test_a_deleted_entry_is_gone_and_its_name_free(vault: Vault) -> None:
    vault.write(NAME, KEY, OWNER)
    vault.delete(NAME, OWNER)
    assert vault.read(NAME) is None
    vault.delete(NAME, OWNER)
    vault.reserve(NAME, "someone/else")


@every
def test_deleted_by_hand_reads_as_absent(bench: Bench, vault: Vault) -> None:
    vault.write(NAME, KEY, OWNER)
    bench.remove(vault.address(NAME))
    assert vault.read(NAME) is None
    vault.delete(NAME, OWNER)


@pytest.mark.parametrize("bench", [name for name in VAULTS if name != "aws"], indirect=True)
def test_deleted_by_hand_is_made_anew(bench: Bench, vault: Vault) -> None:
    vault.write(NAME, KEY, OWNER)
    bench.remove(vault.address(NAME))
    vault.reserve(NAME, OWNER)
    vault.write(NAME, KEY, OWNER)
    entry = vault.read(NAME)
    assert entry is not None
    assert entry.values == KEY


@pytest.mark.parametrize("bench", ["aws"], indirect=True)
def test_aws_blocks_a_name_deleted_by_hand_and_the_refusal_tells_both_ways_out(bench: Bench, vault: Vault) -> None:
    vault.write(NAME, KEY, OWNER)
    bench.remove(vault.address(NAME))
    for attempt in (lambda: vault.reserve(NAME, OWNER), lambda: vault.write(NAME, KEY, OWNER)):
        with pytest.raises(DeletedError, match=r"restore-secret.*--force-delete-without-recovery"):
            attempt()


@pytest.mark.parametrize("bench", ["aws"], indirect=True)
def test_a_secret_that_others_made_empty_is_used(bench: Bench, vault: Vault) -> None:
    bench.plant(vault.address(NAME), "")
    assert vault.read(NAME) is None
    vault.reserve(NAME, OWNER)
    vault.write(NAME, KEY, OWNER)
    with pytest.raises(NameTakenError):
        vault.reserve(NAME, "someone/else")
    entry = vault.read(NAME)
    assert entry is not None
    assert entry.values == KEY


@every
def test_who_may_not_write_is_told_before_there_is_a_key(bench: Bench) -> None:
    address = bench.vault()
    with bench.acting("client", address):
        vault = open_vault(address)
        with pytest.raises(ReadOnlyError):
            vault.reserve(NAME, OWNER)
        with pytest.raises(ReadOnlyError):
            vault.write(NAME, KEY, OWNER)
    assert open_vault(address).read(NAME) is None


@remote
def test_who_may_only_read_reads_and_cannot_reserve_what_is_there(bench: Bench) -> None:
    address = bench.vault()
    open_vault(address).write(NAME, KEY, OWNER)
    with bench.acting("client", address):
        vault = open_vault(address)
        entry = vault.read(NAME)
        assert entry is not None
        assert entry.values == KEY
        with pytest.raises(ReadOnlyError):
            vault.reserve(NAME, OWNER)
        with pytest.raises(ReadOnlyError):
            vault.delete(NAME, OWNER)


@remote
def test_the_documented_rights_of_the_deployer_suffice(bench: Bench) -> None:
    address = bench.vault()
    with bench.acting("deployer", address):
        vault = open_vault(address)
        vault.reserve(NAME, OWNER)
        vault.reserve(NAME, OWNER)
        vault.write(NAME, KEY, OWNER)
        vault.write(NAME, KEY | {"secret": SecretStr("rotated")}, OWNER)
        assert vault.read(NAME) is not None
        vault.delete(NAME, OWNER)
        assert vault.read(NAME) is None


@every
def test_a_stranger_is_denied(bench: Bench) -> None:
    address = bench.vault()
    with bench.acting("stranger", address):
        with pytest.raises(DeniedError):
            open_vault(address).read(NAME)
        with pytest.raises(DeniedError):
            open_vault(address).reserve(NAME, OWNER)


@every
def test_a_secret_too_large_is_refused_before_anything_is_sent(bench: Bench, vault: Vault) -> None:
    if bench.proxy:
        bench.proxy.requests.clear()
    with pytest.raises(TooLargeError, match=r"would have \d+ bytes and the service takes"):
        vault.write(NAME, {"secret": SecretStr("x" * 600_000)}, OWNER)
    assert bench.proxy is None or not bench.proxy.requests


@remote
def test_reading_is_one_call(bench: Bench, vault: Vault) -> None:
    assert bench.proxy is not None
    vault.write(NAME, KEY, OWNER)
    bench.proxy.requests.clear()
    vault.read(NAME)
    assert len(bench.proxy.requests) == 1


def test_files_are_private(tmp_path: Path) -> None:
    vault = open_vault((tmp_path / "vault").as_uri())
    vault.write(NAME, KEY, OWNER)
    path = tmp_path / "vault" / "orders" / "west"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.parent.parent.stat().st_mode & 0o777 == 0o700
