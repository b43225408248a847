"""Python classes of the `kafkadr` provider's resources that clients depend on: the pointer and the vault's entries."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

ACTIVE_POINTER = "kafkadr:index:ActivePointer"
VAULT_SLOT = "kafkadr:index:VaultSlot"
VAULT_SECRET = "kafkadr:index:VaultSecret"  # noqa: S105 - a type token
KEY_RING = "kafkadr:index:KeyRing"


class ActivePointer(pulumi.CustomResource):
    """The service-discovery entry of a pair: which cluster clients are to use. Compare-and-set on the epoch.

    Never moves back, never takes over another pair's document, and is never deleted: clients read it.
    """

    address: pulumi.Output[str]
    """Where the document is; what `drctl run` and `kafkadr.clients` take."""
    by: pulumi.Output[str]
    """Who moved it last."""
    why: pulumi.Output[str]
    """Why it was moved."""
    when: pulumi.Output[str]
    """When it was moved, RFC 3339 in UTC."""

    def __init__(
        self,
        name: str,
        *,
        url: str,
        epoch: int,
        site: str,
        cluster_id: pulumi.Input[str],
        bootstrap_endpoint: pulumi.Input[str],
        clusters: Sequence[pulumi.Input[str]],
        rest_endpoint: pulumi.Input[str] = "",
        secrets: str = "",
        change: str = "none",
        reason: str = "",
        who: str = "",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare where clients belong.

        Args:
            name: Pulumi name.
            url: The document: `aws-sm://region/name`, `vault+https://host/mount/path`, `consul+https://host/key` or
                `file:///path`. Another url is another document, so a replacement.
            epoch: Term number.
            site: The site that clients are to use.
            cluster_id: Its cluster, `lkc-...`.
            bootstrap_endpoint: Its bootstrap servers.
            clusters: Both clusters of the pair; a document that names any other belongs to someone else.
            rest_endpoint: Its Kafka REST endpoint.
            secrets: The vault with the credentials of clients; empty without one.
            change: `none`, `failover` or `promote`, for the audit.
            reason: More about why, for the audit.
            who: Who moves it; by default what the environment tells (`KAFKADR_WHO`, the CI's user, the login).
            opts: Resource options.
        """
        inputs: dict[str, Any] = {
            "url": url,
            "epoch": epoch,
            "site": site,
            "clusterId": cluster_id,
            "bootstrapEndpoint": bootstrap_endpoint,
            "restEndpoint": rest_endpoint,
            "clusters": list(clusters),
            "secrets": secrets,
            "change": change,
            "reason": reason,
            "who": who,
        }
        computed = ("address", "by", "why", "when", "drift")
        super().__init__(ACTIVE_POINTER, name, inputs | dict.fromkeys(computed), opts)


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
