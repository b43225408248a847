"""Addresses of vaults and pointers, and names of entries: what is taken and what is refused before anything happens."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from kafkadr.errors import ExitCode
from kafkadr.pointer import open_pointer
from kafkadr.vault import AddressError, open_entry, open_vault

NAME = "orders/west"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("aws-sm://eu-central-1/kafka-dr/prod", "aws-sm://eu-central-1/kafka-dr/prod/orders/west"),
        ("aws-sm://eu-central-1/kafka-dr/prod/", "aws-sm://eu-central-1/kafka-dr/prod/orders/west"),
        ("aws-sm://eu-central-1", "aws-sm://eu-central-1/orders/west"),
        (
            "vault+https://vault.example:8200/secret/kafka-dr",
            "vault+https://vault.example:8200/secret/kafka-dr/orders/west",
        ),
        ("vault+https://vault.example/secret", "vault+https://vault.example/secret/orders/west"),
        ("vault+http://[::1]:8200/secret", "vault+http://[::1]:8200/secret/orders/west"),
        ("file:///srv/my%20keys", "file:///srv/my%20keys/orders/west"),
    ],
)
def test_a_vault_and_its_entries_have_addresses_that_lead_back(url: str, address: str) -> None:
    vault = open_vault(url)
    assert vault.address(NAME) == address
    again, name = open_entry(address)
    assert (again.address(name), name) == (address, NAME)
    assert type(again) is type(vault)


@pytest.mark.parametrize(
    "url",
    [
        "aws-sm://eu-central-1/kafka-dr/pointers/prod",
        "vault+https://vault.example:8200/secret/kafka-dr/pointers/prod",
        "vault+http://127.0.0.1:8200/secret/pointer",
        "consul+https://consul.example/kafka-dr/pointers/prod",
        "consul+http://localhost:8500/pointer",
        "file:///srv/active.json",
    ],
)
def test_a_pointers_address_leads_back(url: str) -> None:
    assert open_pointer(url).address() == url
    assert open_pointer(url + "/").address() == url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "unknown scheme"),
        ("s3://bucket/prefix", "unknown scheme"),
        ("aws-sm:///kafka-dr", "incomplete"),
        ("file://host/folder", "incomplete"),
        ("file:///", "incomplete"),
        ("vault+https:///secret", "incomplete"),
        ("vault+https://vault.example:port/secret", "no address"),
        ("vault+http://vault.example/secret/x", "in clear to another machine"),
        ("vault+https://vault.example/secret?x=y", "a query or a fragment"),
    ],
)
@pytest.mark.parametrize("opened", [open_vault, open_pointer])
def test_other_addresses_are_refused_with_the_forms(url: str, why: str, opened: type) -> None:
    with pytest.raises(AddressError, match=why) as caught:
        opened(url)
    assert "Use " in caught.value.remedy
    assert caught.value.exit_code == ExitCode.USAGE


@pytest.mark.parametrize(
    "url", ["aws-sm://eu-central-1", "vault+https://vault.example/secret", "consul+https://consul.example"]
)
def test_a_pointer_needs_a_path(url: str) -> None:
    with pytest.raises(AddressError, match="path"):
        open_pointer(url)


def test_a_vault_needs_a_mount() -> None:
    with pytest.raises(AddressError, match="without a mount"):
        open_vault("vault+https://vault.example")


def test_plain_http_goes_to_no_other_machine() -> None:
    with pytest.raises(AddressError, match=r"Use consul\+https; http is for loopback"):
        open_pointer("consul+http://consul.example/pointer")


@pytest.mark.parametrize("url", ["vault+https://user:canary@vault.example/secret/x", "aws-sm://canary@eu-central-1/x"])
def test_credentials_in_an_address_are_refused_and_not_repeated(url: str) -> None:
    for opened in (open_vault, open_pointer):
        with pytest.raises(AddressError, match="credentials") as caught:
            opened(url)
        assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "orders",
        "orders/west/more",
        "/west",
        "orders/",
        "../west",
        "orders/..",
        ".lock/west",
        "a b/c",
        "x" * 101 + "/y",
    ],
)
def test_a_name_that_some_service_would_not_take_is_refused(name: str, tmp_path: Path) -> None:
    vault = open_vault(tmp_path.as_uri())
    for attempt in (
        lambda: vault.reserve(name, "me"),
        lambda: vault.write(name, {}, "me"),
        lambda: vault.read(name),
        lambda: vault.delete(name, "me"),
        lambda: vault.address(name),
    ):
        with pytest.raises(AddressError, match="cannot name a vault entry"):
            attempt()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", ["", "_owner", "a b", "1st"])
def test_a_value_needs_a_name_that_is_one(value: str, tmp_path: Path) -> None:
    with pytest.raises(AddressError, match="cannot name a value"):
        open_vault(tmp_path.as_uri()).write(NAME, {value: SecretStr("x")}, "me")


def test_an_entry_needs_a_client_and_a_site() -> None:
    with pytest.raises(AddressError):
        open_entry("file:///west")
