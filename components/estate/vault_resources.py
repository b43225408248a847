"""Python classes of the vault's resources: a place, a key in it, the guard of its rotation."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

VAULT_SLOT = "kafkadr:index:VaultSlot"
VAULT_SECRET = "kafkadr:index:VaultSecret"  # noqa: S105 - a type token
KEY_RING = "kafkadr:index:KeyRing"


class VaultSlot(pulumi.CustomResource):
    """A vault entry that is proven writable and ours before the secret for it exists: keys depend on it."""

    address: pulumi.Output[str]
    """Where the entry is."""

    def __init__(
        self, name: str, *, vault_url: str, entry: str, owner: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Reserve an entry.

        Args:
            name: Pulumi name.
            vault_url: `aws-sm://region/prefix`, `vault+https://host/mount/prefix` or `file:///folder`.
            entry: Name in the vault, `<client>/<site>`.
            owner: Whose entry it is; an entry of another owner is refused.
            opts: Resource options.
        """
        inputs = {"vaultUrl": vault_url, "entry": entry, "owner": owner}
        super().__init__(VAULT_SLOT, name, inputs | {"address": None}, opts)


class VaultSecret(pulumi.CustomResource):
    """A client's key in the vault, proven to work (S84). State keeps address and version; nothing is revealed."""

    address: pulumi.Output[str]
    """Where the entry is; `kafkadr.vault.open_entry` takes it."""
    version: pulumi.Output[str]
    """The vault's version of it."""
    proven: pulumi.Output[str]
    """Id of the key that was seen to work; empty without a proof."""

    def __init__(
        self,
        name: str,
        *,
        vault_url: str,
        entry: str,
        owner: str,
        values: Mapping[str, pulumi.Input[str]],
        rest_endpoint: pulumi.Input[str] = "",
        proof_seconds: int = 300,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Store a key.

        Args:
            name: Pulumi name.
            vault_url: See `VaultSlot`.
            entry: See `VaultSlot`.
            owner: See `VaultSlot`.
            values: `key`, `secret`, `clusterId` and whatever else the client has to know; kept as a Pulumi secret.
            rest_endpoint: Kafka REST endpoint at which the key is proven; empty for no proof.
            proof_seconds: Most seconds for the proof: new keys and clusters need a minute or two.
            opts: Resource options.
        """
        inputs: dict[str, Any] = {
            "vaultUrl": vault_url,
            "entry": entry,
            "owner": owner,
            "values": pulumi.Output.secret(dict(values)),
            "restEndpoint": rest_endpoint,
            "proofSeconds": proof_seconds,
        }
        super().__init__(VAULT_SECRET, name, inputs | dict.fromkeys(("address", "version", "proven")), opts)


class KeyRing(pulumi.CustomResource):
    """Guard of a key's rotation: depends on all that uses the key, and refuses to revoke one that is in use."""

    def __init__(
        self,
        name: str,
        *,
        holder: str,
        live: Sequence[int],
        current: int,
        keys: Mapping[str, pulumi.Input[dict[str, str]]],
        entries: Mapping[str, str] | None = None,
        vault_url: str = "",
        pointer_url: str = "",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the generations of a key.

        Args:
            name: Pulumi name.
            holder: Whose keys, in words.
            live: Generations that exist, one or two.
            current: The one in use.
            keys: Key ids, by site and generation.
            entries: Vault entries by site.
            vault_url: The vault of these entries; empty without one.
            pointer_url: The pointer that the client follows; empty without one.
            opts: Resource options; `depends_on` names what uses the keys.
        """
        inputs: dict[str, Any] = {
            "holder": holder,
            "live": list(live),
            "current": current,
            "keys": dict(keys),
            "entries": dict(entries or {}),
            "vaultUrl": vault_url,
            "pointerUrl": pointer_url,
        }
        super().__init__(KEY_RING, name, inputs, opts)
