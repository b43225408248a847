"""Credentials of one client application, on every site, before they are needed.

Keys are made on every site ahead of time, so that a failover waits for none. With a vault the order is: place in the
vault proven writable, key, key in the vault, proof that it works; so no key is ever lost. ACLs are declared on every
site. An ACL sync brings the same ones and takes away only what its source lacks, so it and this program agree, in
whichever direction it runs.
"""

from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_confluentcloud as confluent

from ..base import Component
from ..client_acls import Acl, ClientAcls
from ..errors import refuse
from .keys import (
    FIRST,
    GenerationKeys,
    KeyGenerations,
    check_generations,
    cluster_keys,
    key_ids,
    principal_of,
    service_account,
)
from .link_end import LinkEnd
from .vault_resources import KeyRing, VaultSecret, VaultSlot


class RoleGrant(TypedDict):
    """A role of a client, on every site."""

    role: str
    """Role, for example `DeveloperRead`."""
    resource: NotRequired[str]
    """Resource inside the cluster, for example `topic=orders` or `group=billing*`; default: the whole cluster."""


class ClientVault(TypedDict):
    """Where the credentials of a client are stored."""

    url: str
    """`aws-sm://region/prefix`, `vault+https://host/mount/prefix` or `file:///folder`."""
    owner: str
    """Whose entries they are: unique among all that write into this vault."""
    record: NotRequired[str]
    """Record that the client follows: no key is revoked that it leads to."""
    proof_seconds: NotRequired[int]
    """Most seconds for the proof that a new key works; default 300."""


class ClientCredentialsArgs(TypedDict):
    """One client application."""

    sites: dict[str, pulumi.Input[LinkEnd]]
    """Every site of the environment by name, as `KafkaSite.end` gives it."""
    produce: NotRequired[list[str]]
    """Topics that it writes; `orders.*` is a prefix, `*` is all."""
    consume: NotRequired[list[str]]
    """Topics that it reads."""
    groups: NotRequired[list[str]]
    """Its consumer groups."""
    roles: NotRequired[list[RoleGrant]]
    """Role bindings, made on every site: no link copies them."""
    keys: NotRequired[KeyGenerations]
    """Generations of its keys, the same on every site."""
    vault: NotRequired[ClientVault]
    """Store the credentials there; default nowhere but in Pulumi's state."""
    display_name: NotRequired[str]
    """Display name of the account; unique in the organization. Default: the component's name."""
    wait_for_ready: NotRequired[bool]
    """Probe new keys and role bindings; default true."""
    protect: NotRequired[bool]
    """Refuse to delete account and keys; default true."""


class ClientCredentials(Component):
    """Service account of a client, with a key, ACLs and role bindings on each site."""

    principal: pulumi.Output[str]
    """The account as ACLs name it, `User:sa-...`."""
    keys: pulumi.Output[dict[str, dict[str, str]]]
    """Per site `{key, secret}` of the current generation, as a Pulumi secret."""

    def __init__(self, name: str, args: ClientCredentialsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the account, then per site rights, key and vault entry.

        Raises:
            ComponentError: There is no site, or generations that cannot be.
        """
        super().__init__(name, opts)
        refuse(not args["sites"], f"Client {name} has no site", "Give every site of the environment")
        check_generations(f"Client {name}", args.get("keys", FIRST))
        account = service_account(
            f"{name}-account",
            args.get("display_name", name),
            "kafka-dr: client application with credentials on every site",
            self._child(protect=args.get("protect", True)),
        )
        self.principal = principal_of(account)
        keys: dict[str, GenerationKeys] = {}
        current: dict[str, Any] = {}
        stored: list[pulumi.Resource] = []
        for site, given in sorted(args["sites"].items()):
            end = pulumi.Output.from_input(given)
            self._rights(f"{name}-{site}", end, args)
            keys[site] = self._keys(name, site, end, args, account)
            key = keys[site][args.get("keys", FIRST)["current"]]
            current[site] = {"key": key.id, "secret": key.secret}
            stored += [self._stored(name, site, end, args, key)] if "vault" in args else []
        self._ring(name, args, keys, stored)
        self.keys = pulumi.Output.secret(current)
        self.register_outputs({"principal": self.principal})

    def _rights(self, name: str, end: pulumi.Output[Any], args: ClientCredentialsArgs) -> None:
        acls = acls_of(args, self.principal)
        if acls:
            ClientAcls(f"{name}-acls", site=end, acls=acls, opts=self._child())
        for grant in args.get("roles", []):
            resource = grant.get("resource", "")
            part = pulumi.Output.concat(end["rbac_crn"], "/kafka=", end["cluster_id"], "/", resource)
            confluent.RoleBinding(
                "-".join(filter(None, (name, grant["role"], resource.replace("=", "-").replace("*", "all")))),
                principal=self.principal,
                role_name=grant["role"],
                crn_pattern=part if resource else end["rbac_crn"],
                disable_wait_for_ready=not args.get("wait_for_ready", True),
                opts=self._child(),
            )

    def _keys(
        self,
        name: str,
        site: str,
        end: pulumi.Output[Any],
        args: ClientCredentialsArgs,
        account: confluent.ServiceAccount,
    ) -> GenerationKeys:
        protect = args.get("protect", True)
        slots: list[Any] = []
        if "vault" in args:
            place = self._place(name, site, args["vault"])
            slots = [VaultSlot(f"{name}-{site}-slot", **place, opts=self._child(protect=protect))]
        return cluster_keys(
            f"{name}-{site}-key",
            f"{args.get('display_name', name)}-{site}",
            account,
            end["cluster_id"],
            end["environment_id"],
            args.get("keys", FIRST),
            # The provider's own wait can lose the secret of a live key; ours comes after the key was stored.
            no_wait="vault" in args or not args.get("wait_for_ready", True),
            protect=protect,
            child=self._child,
            depends_on=slots,
        )

    def _stored(
        self, name: str, site: str, end: pulumi.Output[Any], args: ClientCredentialsArgs, key: confluent.ApiKey
    ) -> VaultSecret:
        proof = args.get("wait_for_ready", True)
        return VaultSecret(
            f"{name}-{site}-secret",
            **self._place(name, site, args["vault"]),
            values={
                "key": key.id,
                "secret": key.secret,
                "clusterId": end["cluster_id"],
                "bootstrapEndpoint": end["bootstrap_endpoint"],
            },
            rest_endpoint=end["rest_endpoint"] if proof else "",
            proof_seconds=args["vault"].get("proof_seconds", 300),
            opts=self._child(protect=args.get("protect", True)),
        )

    def _ring(
        self, name: str, args: ClientCredentialsArgs, keys: dict[str, GenerationKeys], stored: list[pulumi.Resource]
    ) -> None:
        generations, vault = args.get("keys", FIRST), args.get("vault")
        KeyRing(
            f"{name}-ring",
            holder=f"client {name}",
            live=sorted(generations["live"]),
            current=generations["current"],
            keys={site: key_ids(found) for site, found in keys.items()},
            entries={site: f"{name}/{site}" for site in keys} if vault else {},
            vault_url=vault["url"] if vault else "",
            pointer_url=vault.get("record", "") if vault else "",
            opts=self._child(depends_on=stored),
        )

    @staticmethod
    def _place(name: str, site: str, vault: ClientVault) -> Any:
        return {"vault_url": vault["url"], "entry": f"{name}/{site}", "owner": vault["owner"]}


def acls_of(args: ClientCredentialsArgs, principal: pulumi.Input[str]) -> list[Acl]:
    """What a client may do, as ACLs; each once, in a fixed order."""
    wanted = {("TOPIC", name, operation) for name in args.get("produce", []) for operation in ("WRITE", "DESCRIBE")}
    wanted |= {("TOPIC", name, operation) for name in args.get("consume", []) for operation in ("READ", "DESCRIBE")}
    wanted |= {("GROUP", name, operation) for name in args.get("groups", []) for operation in ("READ", "DESCRIBE")}
    return [_acl(kind, name, operation, principal) for kind, name, operation in sorted(wanted)]


def _acl(kind: str, name: str, operation: str, principal: pulumi.Input[str]) -> Acl:
    prefixed = name.endswith("*") and name != "*"
    return {
        "resource_type": kind,
        "resource_name": name[:-1] if prefixed else name,
        "pattern_type": "PREFIXED" if prefixed else "LITERAL",
        "principal": principal,
        "operation": operation,
    }
