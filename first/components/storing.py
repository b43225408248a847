"""A client's keys in a vault: the place before the key, the key, the proof, and the guard of their rotation."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_confluentcloud as confluent

from .discovery import KeyRing, VaultSecret, VaultSlot
from .keys import GenerationKeys, KeyGenerations, key_ids
from .refs import ClusterRef


class ClientVault(TypedDict):
    """Where the credentials of a client are stored."""

    url: str
    """`aws-sm://region/prefix`, `vault+https://host/mount/prefix` or `file:///folder`."""
    owner: str
    """Whose entries they are: unique among all that write into this vault."""
    client: NotRequired[str]
    """Name of the client in the vault. Default: the component's name."""
    pointer_url: NotRequired[str]
    """Pointer that the client follows: no key is revoked that it leads to."""
    proof_seconds: NotRequired[int]
    """Most seconds for the proof that a new key works; default 300."""


class _Place(TypedDict):
    vault_url: str
    entry: str
    owner: str


def _place(name: str, site: str, vault: ClientVault) -> _Place:
    return {"vault_url": vault["url"], "entry": f"{vault.get('client', name)}/{site}", "owner": vault["owner"]}


def slot(name: str, site: str, vault: ClientVault, opts: pulumi.ResourceOptions) -> VaultSlot:
    """The entry, before there is a key for it."""
    return VaultSlot(f"{name}-{site}-slot", **_place(name, site, vault), opts=opts)


def secret(
    name: str,
    site: str,
    vault: ClientVault,
    cluster: ClusterRef,
    key: confluent.ApiKey,
    *,
    proof: bool,
    opts: pulumi.ResourceOptions,
) -> VaultSecret:
    """The key in its entry, with all that a client needs to connect."""
    return VaultSecret(
        f"{name}-{site}-secret",
        **_place(name, site, vault),
        values={
            "key": key.id,
            "secret": key.secret,
            "clusterId": cluster["id"],
            "bootstrapEndpoint": cluster["bootstrap_endpoint"],
        },
        rest_endpoint=cluster["rest_endpoint"] if proof else "",
        proof_seconds=vault.get("proof_seconds", 300),
        opts=opts,
    )


def ring(
    name: str,
    generations: KeyGenerations,
    keys: dict[str, GenerationKeys],
    vault: ClientVault | None,
    opts: pulumi.ResourceOptions,
) -> KeyRing:
    """The guard of the client's keys on all sites."""
    return KeyRing(
        f"{name}-ring",
        holder=f"client {vault.get('client', name) if vault else name}",
        live=sorted(generations["live"]),
        current=generations["current"],
        keys={site: key_ids(found) for site, found in keys.items()},
        entries={site: _place(name, site, vault)["entry"] for site in keys} if vault else {},
        vault_url=vault["url"] if vault else "",
        pointer_url=vault.get("pointer_url", "") if vault else "",
        opts=opts,
    )
