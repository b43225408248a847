"""Where a client connects now, and with what: the pointer says where, the vault holds the key (S10, S11)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from pydantic import SecretStr

from kafkadr.errors import DrError, ExitCode, UnreachableError
from kafkadr.pointer import Active, PointerStore, open_pointer
from kafkadr.vault import Entry, Vault, open_vault

CLIENT_PATTERN = r"^[a-z][a-z0-9-]{0,39}$"
_SERVER = re.compile(r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}")


class Protocol(StrEnum):
    """Kafka's `security.protocol` values that carry SASL."""

    SASL_SSL = "SASL_SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"


class NotReadyError(UnreachableError):
    """The pointer or the credentials are not there yet, or do not fit together: wait and ask again (S84)."""


class SettingsError(DrError):
    """What the caller asks for can never work."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True, slots=True)
class Connection:
    """What one client needs to reach the active site. Two are equal when a client need not restart between them.

    Attributes:
        client: Name of the client in the stack's settings.
        site: The active site.
        epoch: Term number of the pointer.
        cluster_id: Cluster of that site, `lkc-...`.
        bootstrap_servers: `host:port`, several with commas, without a scheme.
        username: The API key.
        password: Its secret.
        protocol: How the client speaks to the brokers.
    """

    client: str
    site: str
    epoch: int
    cluster_id: str
    bootstrap_servers: str
    username: SecretStr
    password: SecretStr
    protocol: Protocol = Protocol.SASL_SSL


def connect(
    pointer_url: str, client: str, vault_url: str | None = None, protocol: Protocol = Protocol.SASL_SSL
) -> Connection:
    """Read the pointer, then the client's credentials for the site it names. Blocks for as long as the two stores do.

    Args:
        pointer_url: See `kafkadr.pointer.open_pointer`.
        client: Name of the client in the stack's settings.
        vault_url: See `kafkadr.vault.open_vault`; without one, the vault that the pointer names.
        protocol: Leave it, except for brokers on this machine without TLS.

    Raises:
        NotReadyError: Nothing there yet; waiting may help.
        UnreachableError: A store does not answer.
        SettingsError: The request can never work.
    """
    active = read_active(open_pointer(pointer_url))
    return read_connection(vault_of(active, vault_url), active, client, protocol)


def read_active(store: PointerStore) -> Active:
    """The active site; `NotReadyError` when nobody has named one."""
    active = store.read()
    if active is None:
        raise NotReadyError(f"there is no pointer at {store.address()}", "Check the address; `pulumi up` writes it")
    return active


def vault_of(active: Active, vault_url: str | None = None) -> Vault:
    """The vault that the caller names, else the one that the pointer names."""
    url = vault_url or active.secrets
    if not url:
        raise NotReadyError(f"the pointer of epoch {active.epoch} names no vault", "Name it: --vault, or vault_url")
    return open_vault(url)


def entry_name(client: str, site: str) -> str:
    """Name of a client's entry for one site.

    Raises:
        SettingsError: No such client can exist.
    """
    if not re.fullmatch(CLIENT_PATTERN, client):
        raise SettingsError(f"{client!r} is no name of a client", "Use its name under clients[] of the settings")
    return f"{client}/{site}"


def read_connection(vault: Vault, active: Active, client: str, protocol: Protocol) -> Connection:
    """The connection to the active site; `NotReadyError` when the entry is not there or not of that cluster."""
    name = entry_name(client, active.site)
    entry = vault.read(name)
    return connection_of(active, entry, client, protocol, vault.address(name))


def connection_of(active: Active, entry: Entry | None, client: str, protocol: Protocol, address: str) -> Connection:
    """Put pointer and vault entry together. Pure.

    The pointer alone says where to connect: it moves with compare-and-set, the vault does not. The entry's own cluster
    id is only compared, since a key of a rebuilt site's former cluster would be refused by the brokers of the new one.
    """
    values = entry.values if entry else {}
    if not values:
        raise NotReadyError(f"there are no credentials at {address}", "`pulumi up` writes them; check the name")
    cluster = values.get("clusterId")
    if cluster is not None and cluster.get_secret_value() != active.cluster_id:
        raise NotReadyError(
            f"the credentials at {address} are for {cluster.get_secret_value()}, the pointer names {active.cluster_id}",
            "Run `pulumi up`: a site was rebuilt and the vault still has the key of its former cluster",
        )
    servers = _servers(active.bootstrap_endpoint)
    if protocol is Protocol.SASL_PLAINTEXT and not all(_on_this_machine(server) for server in servers):
        raise SettingsError(
            f"SASL_PLAINTEXT to {active.bootstrap_endpoint} would send the secret in clear over the network",
            "Use SASL_SSL; without TLS only brokers on loopback are allowed",
        )
    return Connection(
        client=client,
        site=active.site,
        epoch=active.epoch,
        cluster_id=active.cluster_id,
        bootstrap_servers=",".join(servers),
        username=_credential(values, "key", address),
        password=_credential(values, "secret", address),
        protocol=protocol,
    )


def _servers(endpoint: str) -> list[str]:
    # Confluent's provider writes SASL_SSL://host:port, which no client takes.
    servers = [part.strip().rpartition("://")[2] for part in endpoint.split(",")]
    if not all(_SERVER.fullmatch(server) for server in servers):
        raise NotReadyError(f"the pointer's bootstrap {endpoint!r} is not host:port", "Correct it: `pulumi up`")
    return servers


def _on_this_machine(server: str) -> bool:
    host = server.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _credential(values: Mapping[str, SecretStr], field: str, address: str) -> SecretStr:
    value = values.get(field)
    if value is None or not value.get_secret_value():
        raise NotReadyError(f"the entry at {address} has no `{field}`", "`pulumi up` writes it")
    # A trailing newline is the usual damage of an entry edited by hand; brokers only say "authentication failed".
    if not value.get_secret_value().isprintable() or value.get_secret_value().strip() != value.get_secret_value():
        raise NotReadyError(
            f"`{field}` of the entry at {address} has a space at an end or a control character", "Write the entry anew"
        )
    return value
