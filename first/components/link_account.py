"""The identity with which a cluster link reads its source: an account, its rights and its key, all on the source.

The rights are the least the service documents: READ and DESCRIBE_CONFIGS on topics to mirror them, DESCRIBE on topics
(implied by READ) and groups to sync offsets, DESCRIBE on the cluster to sync ACLs.
"""

from typing import NotRequired, TypedDict

import pulumi

from ._base import Component
from .acls import CLUSTER_DESCRIBE, create_acls, grants
from .keys import FIRST, KeyGenerations, check_generations, cluster_keys, key_ids, principal_of, service_account
from .refs import ClusterRef, ResourcePattern


class LinkAccountArgs(TypedDict):
    """What the link may read."""

    cluster: ClusterRef
    """The source cluster, with its manager's credentials."""
    environment_id: pulumi.Input[str]
    """Environment of the source cluster, `env-...`."""
    topics: NotRequired[list[ResourcePattern]]
    """Topics to mirror; two ACLs per entry, so prefer a prefix or `*` over hundreds of names."""
    groups: NotRequired[list[ResourcePattern]]
    """Consumer groups whose offsets are synced."""
    cluster_describe: NotRequired[bool]
    """May describe the cluster, which ACL sync and bidirectional links need; default false."""
    keys: NotRequired[KeyGenerations]
    """Generations of the key; default the first one. Rotate through a `KeyRing` that depends on the link."""
    display_name: NotRequired[str]
    """Display name of the account; unique in the organization. Default: the component's name."""
    disable_wait_for_ready: NotRequired[bool]
    """Do not probe the new key; default false."""
    protect: NotRequired[bool]
    """Refuse to delete account and key; default true."""
    released: NotRequired[bool]
    """The source is lost and may leave the program: no lock, and all of it stays in the cloud; default false."""


class LinkAccount(Component):
    """Service account, ACLs and API key of a cluster link on its source."""

    principal: pulumi.Output[str]
    """The account as ACLs name it, `User:sa-...`."""
    key: pulumi.Output[str]
    """Id of the current API key."""
    secret: pulumi.Output[str]
    """Secret of the current API key, as a Pulumi secret."""
    key_ids: pulumi.Output[dict[str, str]]
    """Ids of the live keys by generation."""

    def __init__(self, name: str, args: LinkAccountArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create account and rights, then the key."""
        super().__init__(name, opts, released=args.get("released", False))
        protect, display_name = args.get("protect", True), args.get("display_name", name)
        account = service_account(
            f"{name}-account", display_name, "Reads the source of a cluster link", self._child(protect=protect)
        )
        rights = grants("TOPIC", args.get("topics", []), ["READ", "DESCRIBE_CONFIGS"])
        rights += grants("GROUP", args.get("groups", []), ["DESCRIBE"])
        rights += [CLUSTER_DESCRIBE] if args.get("cluster_describe", False) else []
        self.principal = principal_of(account)
        acls = create_acls(name, rights, self.principal, args["cluster"], self._child)
        generations = args.get("keys", FIRST)
        check_generations(f"Link account {name}", generations)
        keys = cluster_keys(
            f"{name}-key",
            display_name,
            account,
            args["cluster"]["id"],
            args["environment_id"],
            generations,
            no_wait=args.get("disable_wait_for_ready", False),
            protect=protect,
            child=self._child,
            # After the rights: whatever uses the key, so link and mirrors, also waits for them.
            depends_on=acls,
        )
        self.key = keys[generations["current"]].id
        self.secret = pulumi.Output.secret(keys[generations["current"]].secret)
        self.key_ids = key_ids(keys)
        self.register_outputs({"principal": self.principal, "key": self.key, "keyIds": self.key_ids})
