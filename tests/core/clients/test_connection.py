"""From pointer and vault to a connection: which of the two says what, and what is refused or waited for."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from kafkadr.clients import Connection, NotReadyError, Protocol, SettingsError, confluent_kafka_settings, connect
from kafkadr.clients.connection import connection_of, entry_name
from kafkadr.errors import ExitCode
from kafkadr.pointer import Active, open_pointer
from kafkadr.vault import AddressError, Entry, open_vault

SECRET = "canary-client-secret"


def active(**changes: object) -> Active:
    values: dict[str, object] = {
        "epoch": 2,
        "site": "west",
        "cluster_id": "lkc-w",
        "bootstrap_endpoint": "SASL_SSL://pkc-w.example:9092",
        "rest_endpoint": "https://pkc-w.example:443",
        "who": "ann",
        "why": "drill",
        "when": "2026-11-24T10:00:00Z",
    }
    return Active.model_validate(values | changes)


def entry(**changes: str) -> Entry:
    values = {"key": "WESTKEY", "secret": SECRET, "clusterId": "lkc-w"} | changes
    return Entry({name: SecretStr(value) for name, value in values.items()}, "1", "stack")


def connection(pointer: Active, found: Entry | None, protocol: Protocol = Protocol.SASL_SSL) -> Connection:
    return connection_of(pointer, found, "orders-app", protocol, "file:///vault/orders-app/west")


def test_a_connection_is_the_pointers_place_and_the_vaults_key(tmp_path: Path) -> None:
    vault, pointer = tmp_path / "vault", tmp_path / "pointer"
    open_vault(vault.as_uri()).write("orders-app/west", entry().values, "stack")
    open_pointer(pointer.as_uri()).move(active(secrets=vault.as_uri()))
    found = connect(pointer.as_uri(), "orders-app")
    assert (found.site, found.epoch, found.cluster_id, found.bootstrap_servers) == (
        "west",
        2,
        "lkc-w",
        "pkc-w.example:9092",
    )
    assert SECRET not in repr(found)
    assert "WESTKEY" not in repr(found)
    assert confluent_kafka_settings(pointer.as_uri(), "orders-app") == {
        "bootstrap.servers": "pkc-w.example:9092",
        "security.protocol": "SASL_SSL",
        "sasl.mechanisms": "PLAIN",
        "sasl.username": "WESTKEY",
        "sasl.password": SECRET,
    }


def test_the_callers_vault_goes_before_the_pointers(tmp_path: Path) -> None:
    mine, pointer = tmp_path / "mine", tmp_path / "pointer"
    open_vault(mine.as_uri()).write("orders-app/west", entry(key="MINE").values, "stack")
    open_pointer(pointer.as_uri()).move(active(secrets=(tmp_path / "theirs").as_uri()))
    found = connect(pointer.as_uri(), "orders-app", mine.as_uri())
    assert found.username.get_secret_value() == "MINE"


def test_what_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    pointer = tmp_path / "pointer"
    with pytest.raises(NotReadyError, match="there is no pointer at"):
        connect(pointer.as_uri(), "orders-app")
    open_pointer(pointer.as_uri()).move(active())
    with pytest.raises(NotReadyError, match="names no vault"):
        connect(pointer.as_uri(), "orders-app")
    with pytest.raises(NotReadyError, match="no credentials at") as told:
        connect(pointer.as_uri(), "orders-app", (tmp_path / "vault").as_uri())
    assert told.value.exit_code is ExitCode.UNREACHABLE
    with pytest.raises(NotReadyError, match="no credentials at"):
        connection(active(), Entry({}, "1", "stack"))


def test_a_key_of_another_cluster_is_not_used() -> None:
    with pytest.raises(NotReadyError, match="for lkc-old, the pointer names lkc-w"):
        connection(active(), entry(clusterId="lkc-old"))


@pytest.mark.parametrize("field", ["key", "secret"])
@pytest.mark.parametrize("value", ["", f"{SECRET}\n", f" {SECRET}", f"{SECRET}\x00x"])
def test_a_damaged_credential_is_told_without_its_value(field: str, value: str) -> None:
    with pytest.raises(NotReadyError, match=f"`{field}`") as told:
        connection(active(), entry(**{field: value}))
    assert SECRET not in str(told.value)


@pytest.mark.parametrize(
    ("endpoint", "servers"),
    [
        ("SASL_SSL://a.example:9092", "a.example:9092"),
        ("a.example:9092", "a.example:9092"),
        ("SASL_SSL://a.example:9092, SASL_SSL://b.example:9093", "a.example:9092,b.example:9093"),
        ("SASL_PLAINTEXT://[::1]:9092", "[::1]:9092"),
    ],
)
def test_bootstrap_servers_are_without_scheme(endpoint: str, servers: str) -> None:
    assert connection(active(bootstrap_endpoint=endpoint), entry()).bootstrap_servers == servers


@pytest.mark.parametrize("endpoint", ["a.example", "https://a.example:9092/path", "a.example:9092,"])
def test_a_bootstrap_endpoint_that_is_none_is_told(endpoint: str) -> None:
    with pytest.raises(NotReadyError, match="is not host:port"):
        connection(active(bootstrap_endpoint=endpoint), entry())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_plain_text_stays_on_this_machine(host: str) -> None:
    local = active(bootstrap_endpoint=f"{host}:9092")
    assert connection(local, entry(), Protocol.SASL_PLAINTEXT).protocol == "SASL_PLAINTEXT"
    mixed = active(bootstrap_endpoint=f"{host}:9092,pkc-w.example:9092")
    with pytest.raises(SettingsError, match="in clear over the network"):
        connection(mixed, entry(), Protocol.SASL_PLAINTEXT)


@pytest.mark.parametrize("client", ["", "Orders", "../x", "a/b", "a" * 41])
def test_a_name_that_no_client_can_have_is_a_usage_error(client: str) -> None:
    with pytest.raises(SettingsError) as told:
        entry_name(client, "west")
    assert told.value.exit_code is ExitCode.USAGE


def test_an_address_of_no_store_is_refused_before_anything_is_read() -> None:
    with pytest.raises(AddressError):
        connect("ftp://x/y", "orders-app")
