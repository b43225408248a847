"""What every vault does when its service fails once, always, in the middle, or is not what it should be."""

from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.config import Config
from pydantic import SecretStr

from kafkadr.errors import DrError, UnreachableError
from kafkadr.remote import aws, hashicorp
from kafkadr.vault import DamagedError, Vault, open_vault
from tests.core.conftest import here
from tests.core.vault.test_contract import KEY, NAME, OWNER, remote
from tests.services.benches import Bench, VaultBench


@pytest.fixture
def vault(bench: Bench) -> Vault:
    return open_vault(bench.vault())


@pytest.mark.parametrize("bench", here("vault", "vault-real"), indirect=True)
def test_a_mount_that_is_none_is_told(bench: Bench) -> None:
    vault = open_vault(bench.vault().replace("/secret/", "/nowhere/"))
    attempts: list[Callable[[], object]] = [lambda: vault.read(NAME), lambda: vault.write(NAME, KEY, OWNER)]
    for attempt in attempts:
        with pytest.raises(DrError, match=r"nowhere/.* cannot be read: .* Mount a KV engine of version 2 there"):
            attempt()


@pytest.mark.parametrize("bench", here("vault-real"), indirect=True)
def test_an_engine_of_version_1_is_told(bench: Bench) -> None:
    assert isinstance(bench, VaultBench)
    bench.mount("first", "1")
    with pytest.raises(DamagedError, match="does not answer as KV version 2 does"):
        open_vault(bench.vault().replace("/secret/", "/first/")).reserve(NAME, OWNER)


@remote
@pytest.mark.parametrize("fault", ["drop", "busy", "lose"])
def test_one_failure_goes_unnoticed(bench: Bench, vault: Vault, fault: str) -> None:
    assert bench.proxy is not None
    for step in (
        lambda: vault.reserve(NAME, OWNER),
        lambda: vault.write(NAME, KEY, OWNER),
        lambda: vault.write(NAME, KEY | {"secret": SecretStr("rotated")}, OWNER),
    ):
        bench.proxy.fail(fault, times=1)  # type: ignore[arg-type]
        step()
    bench.proxy.fail(fault, times=1)  # type: ignore[arg-type]
    entry = vault.read(NAME)
    assert entry is not None
    assert entry.values["secret"] == SecretStr("rotated")


@remote
@pytest.mark.parametrize("fault", ["drop", "busy"])
def test_failing_always_is_unreachable_and_leaves_the_entry(bench: Bench, vault: Vault, fault: str) -> None:
    assert bench.proxy is not None
    vault.write(NAME, KEY, OWNER)
    before = vault.read(NAME)
    bench.proxy.fail(fault)  # type: ignore[arg-type]
    for attempt in (
        lambda: vault.read(NAME),
        lambda: vault.reserve(NAME, OWNER),
        lambda: vault.write(NAME, {}, OWNER),
        lambda: vault.delete(NAME, OWNER),
    ):
        with pytest.raises(UnreachableError):
            attempt()
    bench.proxy.heal()
    assert vault.read(NAME) == before


@remote
def test_a_service_that_hangs_is_left_in_bounded_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bench.proxy is not None
    monkeypatch.setattr(aws, "_BOUNDS", aws._BOUNDS.merge(Config(read_timeout=0.2)))  # noqa: SLF001
    monkeypatch.setattr(hashicorp, "TIMEOUTS", (3.0, 0.2))
    bench.proxy.requests.clear()
    bench.proxy.fail("hang")
    with pytest.raises(UnreachableError):
        open_vault(bench.vault()).read(NAME)
    assert len(bench.proxy.requests) == 3


def test_a_folder_that_is_none_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "vault").write_text("a file", encoding="utf-8")
    vault = open_vault((tmp_path / "vault").as_uri())
    attempts: list[Callable[[], object]] = [lambda: vault.read(NAME), lambda: vault.reserve(NAME, OWNER)]
    for attempt in attempts:
        with pytest.raises(UnreachableError, match=r"Not a directory|File exists"):
            attempt()
