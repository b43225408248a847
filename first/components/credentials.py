"""Credentials of one client application, on every site, before they are needed (S34, S82, S83).

Keys are created on both clusters ahead of time, so that a failover waits for none. With a vault the order is: place in
the vault proven writable, key, key in the vault, proof that it works; so no key is ever lost. ACLs are created only
where the caller says so: an ACL that a link syncs must not be declared on the destination as well, or the sync would
delete what Pulumi then creates again. Role bindings are never synced by links, so they are created on every site (S65).
"""

from enum import Enum
from functools import partial
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_confluentcloud as confluent

from . import storing
from ._base import Component, slug
from .acls import Acl, create_acls, grants
from .discovery import VaultSecret
from .errors import refuse
from .keys import FIRST, GenerationKeys, KeyGenerations, check_generations, cluster_keys, principal_of, service_account
from .refs import ClusterRef, PatternType, ResourcePattern, pattern_of
from .storing import ClientVault


class TopicAccess(Enum):
    """What a client does with a topic."""

    READ = "read"
    WRITE = "write"
    READ_WRITE = "read-write"


_OPERATIONS = {
    TopicAccess.READ: ["READ", "DESCRIBE"],
    TopicAccess.WRITE: ["WRITE", "DESCRIBE"],
    TopicAccess.READ_WRITE: ["READ", "WRITE", "DESCRIBE"],
}


class TopicGrant(TypedDict):
    """Topics a client may use."""

    name: str
    """Topic name, prefix, or `*`."""
    pattern_type: NotRequired[PatternType]
    """Default `LITERAL`."""
    access: NotRequired[TopicAccess]
    """Default `read-write`; describing is always included."""


class RoleGrant(TypedDict):
    """A role of a client, on every site."""

    role_name: str
    """Role, for example `DeveloperRead`."""
    resource: NotRequired[str]
    """Resource inside the cluster, for example `topic=orders` or `group=billing*`; default: the whole cluster."""


class ClientSite(TypedDict):
    """A site on which a client gets credentials."""

    cluster: ClusterRef
    """The cluster, with its manager's credentials."""
    environment_id: pulumi.Input[str]
    """Environment of the cluster, `env-...`."""
    rbac_crn: NotRequired[pulumi.Input[str]]
    """Resource name of the cluster, `crn://...`; needed when there are roles."""
    acls: NotRequired[bool]
    """Create the client's ACLs on this site; default true. False where a link's ACL sync brings them."""
    keep_acls: NotRequired[bool]
    """Leave ACLs in Confluent Cloud when they are removed from the program; default false."""
    released: NotRequired[bool]
    """The site is lost and may leave the program: no lock, and what is there stays in the cloud; default false."""


class ClientCredentialsArgs(TypedDict):
    """One client application."""

    sites: dict[str, ClientSite]
    """Sites by name."""
    topics: NotRequired[list[TopicGrant]]
    """Topics the client reads or writes."""
    groups: NotRequired[list[ResourcePattern]]
    """Consumer groups of the client: read and describe."""
    roles: NotRequired[list[RoleGrant]]
    """Role bindings, created on every site."""
    keys: NotRequired[KeyGenerations]
    """Generations of the client's keys, the same on every site; default the first one."""
    vault: NotRequired[ClientVault]
    """Store the credentials there; default nowhere but in Pulumi's state."""
    display_name: NotRequired[str]
    """Display name of the account; unique in the organization. Default: the component's name."""
    disable_wait_for_ready: NotRequired[bool]
    """Do not probe new keys and role bindings; default false."""
    protect: NotRequired[bool]
    """Refuse to delete account and keys; default true."""


class ClientCredentials(Component):
    """Service account of a client, with a key on each site, its ACLs and its role bindings."""

    principal: pulumi.Output[str]
    """The account as ACLs name it, `User:sa-...`."""
    keys: pulumi.Output[dict[str, dict[str, str]]]
    """Per site `{key, secret}` of the current generation, as a Pulumi secret."""
    addresses: pulumi.Output[dict[str, str]]
    """Per site the vault entry; empty without a vault."""

    def __init__(self, name: str, args: ClientCredentialsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the account, then ACLs, role bindings, keys and their vault entries site by site.

        Raises:
            ComponentError: There are roles and a site without `rbac_crn`, or no site at all.
        """
        super().__init__(name, opts)
        check_client(name, args)
        account = service_account(
            f"{name}-account",
            args.get("display_name", name),
            "Client application with credentials on every site",
            self._child(protect=args.get("protect", True)),
        )
        self.principal = principal_of(account)
        self.acls: list[confluent.KafkaAcl] = []
        for site in sorted(args["sites"]):
            self._rights(f"{name}-{site}", args["sites"][site], args)
        keys = {site: self._keys(name, site, args, account) for site in sorted(args["sites"])}
        current = {site: found[args.get("keys", FIRST)["current"]] for site, found in keys.items()}
        # By site, for what makes a site active: it waits until the credentials for it are stored and proven.
        self.stored = {s: self._stored(name, s, args, key) for s, key in current.items() if "vault" in args}
        after = self._child(depends_on=list(self.stored.values()))
        storing.ring(name, args.get("keys", FIRST), keys, args.get("vault"), after)
        found: dict[str, Any] = {site: {"key": key.id, "secret": key.secret} for site, key in current.items()}
        self.keys = pulumi.Output.secret(found)
        places: dict[str, Any] = {site: secret.address for site, secret in self.stored.items()}
        self.addresses = pulumi.Output.from_input(places)
        self.register_outputs({"principal": self.principal, "addresses": self.addresses})

    def _keys(
        self, name: str, site: str, args: ClientCredentialsArgs, account: confluent.ServiceAccount
    ) -> GenerationKeys:
        where, protect = args["sites"][site], args.get("protect", True)
        child = partial(self._child, released=where.get("released", False))
        slots = [storing.slot(name, site, args["vault"], child(protect=protect))] if "vault" in args else []
        return cluster_keys(
            f"{name}-{site}-key",
            f"{args.get('display_name', self.pulumi_resource_name)}-{site}",
            account,
            where["cluster"]["id"],
            where["environment_id"],
            args.get("keys", FIRST),
            # The provider's own wait can lose the secret of a live key; ours comes after the key was stored.
            no_wait="vault" in args or args.get("disable_wait_for_ready", False),
            protect=protect,
            child=child,
            depends_on=slots,
        )

    def _stored(self, name: str, site: str, args: ClientCredentialsArgs, key: confluent.ApiKey) -> VaultSecret:
        return storing.secret(
            name,
            site,
            args["vault"],
            args["sites"][site]["cluster"],
            key,
            proof=not args.get("disable_wait_for_ready", False),
            opts=self._child(protect=args.get("protect", True), released=args["sites"][site].get("released", False)),
        )

    def _rights(self, name: str, site: ClientSite, args: ClientCredentialsArgs) -> None:
        acls = client_acls(args) if site.get("acls", True) else []
        released = site.get("released", False)
        options = partial(self._child, retain_on_delete=site.get("keep_acls", False), released=released)
        self.acls += create_acls(name, acls, self.principal, site["cluster"], options)
        for grant in args.get("roles", []):
            resource = grant.get("resource", "")
            confluent.RoleBinding(
                f"{name}-{slug(grant['role_name'])}" + (f"-{slug(resource)}" if resource else ""),
                principal=self.principal,
                role_name=grant["role_name"],
                crn_pattern=_crn(site, resource),
                disable_wait_for_ready=args.get("disable_wait_for_ready", False),
                opts=self._child(released=released),
            )


def client_acls(args: ClientCredentialsArgs) -> list[Acl]:
    """The client's ACL entries, the same on each site."""
    acls = [
        Acl("TOPIC", grant["name"], pattern_of({"name": "", "pattern_type": _pattern(grant)}), operation)
        for grant in args.get("topics", [])
        for operation in _OPERATIONS[grant.get("access", TopicAccess.READ_WRITE)]
    ]
    return acls + grants("GROUP", args.get("groups", []), ["READ", "DESCRIBE"])


def check_client(name: str, args: ClientCredentialsArgs) -> None:
    """Refuse a client that could not be served on one of its sites.

    Raises:
        ComponentError: The first rule that is broken.
    """
    refuse(not args["sites"], f"Client {name} has no site", "Give both sites of the pair")
    check_generations(f"Client {name}", args.get("keys", FIRST))
    for site, where in sorted(args["sites"].items()):
        refuse(
            bool(args.get("roles")) and "rbac_crn" not in where,
            f"Client {name} has roles, but site {site} has no rbac_crn",
            "Give the cluster's rbac_crn; role bindings are needed on every site",
        )


def _pattern(grant: TopicGrant) -> PatternType:
    return grant.get("pattern_type", PatternType.LITERAL)


def _crn(site: ClientSite, resource: str) -> pulumi.Input[str]:
    crn = site.get("rbac_crn", "")
    return pulumi.Output.concat(crn, "/kafka=", site["cluster"]["id"], "/", resource) if resource else crn
