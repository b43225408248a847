"""The switch of an active-passive environment: the guard first, then the mirrors of each link."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, NotRequired, TypedDict

import pulumi

from ..base import Component
from .door import plain
from .mirrored import AclSync, NameFilter, OffsetSync
from .resources import ActiveCluster, MirrorTopics
from .sites import Link, Site


class Change(Enum):
    """How primary changed."""

    FAILOVER = "failover"
    """Unplanned: the old primary is lost or given up."""
    PROMOTE = "promote"
    """Planned: nothing is lost."""


class ActivePassiveArgs(TypedDict):
    """Who is active, and what is mirrored to every other site."""

    primary: pulumi.Input[str]
    """Site that is active. Changing it is the move."""
    epoch: pulumi.Input[int]
    """One more with each move."""
    record: pulumi.Input[str]
    """Address of the record of the active cluster."""
    ledger: pulumi.Input[str]
    """Address of ledgers and plans."""
    sites: dict[str, pulumi.Input[Site]]
    """Sites by name."""
    links: dict[str, pulumi.Input[Link]]
    """Links by name."""
    acl_links: NotRequired[dict[str, pulumi.Input[Link]]]
    """Links that copy ACLs alone, by name; beside links with a prefix, which cannot."""
    environment: NotRequired[str]
    """Name of the environment, fixed at birth; default: the component's name."""
    change: NotRequired[pulumi.Input[Change]]
    """How primary changed; left out at birth."""
    approved: NotRequired[pulumi.Input[str]]
    """Plan of a promotion, `<epoch>:<digest>`."""
    accept_loss: NotRequired[pulumi.Input[int]]
    """Epoch since which the target may lack what was written."""
    topics: NotRequired[list[pulumi.Input[str]]]
    """Topics that every standby mirrors."""
    auto_create: NotRequired[list[NameFilter]]
    """Topics that the links mirror by themselves."""
    offsets: NotRequired[OffsetSync]
    """Copy consumer group offsets."""
    acls: NotRequired[AclSync]
    """Copy ACLs."""
    topic_config_ms: NotRequired[pulumi.Input[int]]
    """Milliseconds between two copies of topic configs."""
    vault: NotRequired[pulumi.Input[str]]
    """Address of the vault with the clients' keys."""
    budget_seconds: NotRequired[pulumi.Input[int]]
    """Bound of a move; default 300."""
    chunk_size: NotRequired[pulumi.Input[int]]
    """Most topics in one batch call; default 500."""


class ActivePassive(Component):
    """One active site, every other site a standby of it; changing `primary` and `epoch` moves."""

    active: pulumi.Output[str]
    """Name of the active site."""
    epoch: pulumi.Output[int]
    """Epoch since which it is active."""

    def __init__(self, name: str, args: ActivePassiveArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the switch."""
        super().__init__(name, opts)
        guard = ActiveCluster(
            f"{name}-active",
            environment=args.get("environment", name),
            primary=args["primary"],
            epoch=args["epoch"],
            change=args.get("change"),
            approved=args.get("approved"),
            accept_loss=args.get("accept_loss"),
            record_url=args["record"],
            ledger_url=args["ledger"],
            vault_url=args.get("vault"),
            sites=args["sites"],
            links=args["links"],
            topics=args.get("topics", []),
            budget_seconds=args.get("budget_seconds"),
            chunk_size=args.get("chunk_size"),
            opts=self._child(),
        )
        for link_name, link in sorted(args["links"].items()):
            self._mirrors(name, link_name, link, args, guard)
        for link_name, link in sorted(args.get("acl_links", {}).items()):
            MirrorTopics(
                f"{name}-{link_name}-acls",
                record_url=args["record"],
                link_name=link_name,
                link=link,
                sites=_ends(link, args["sites"]),
                acls=args.get("acls"),
                budget_seconds=args.get("budget_seconds"),
                opts=self._child(depends_on=[guard]),
            )
        self.active = guard.site
        self.epoch = guard.epoch
        self.guard = guard
        self.register_outputs({"active": self.active, "epoch": self.epoch})

    def _mirrors(self, name: str, link_name: str, link: Any, args: ActivePassiveArgs, guard: ActiveCluster) -> None:
        MirrorTopics(
            f"{name}-{link_name}-mirrors",
            record_url=args["record"],
            link_name=link_name,
            link=link,
            sites=_ends(link, args["sites"]),
            topics=args.get("topics", []),
            offsets=args.get("offsets"),
            acls=_unless_prefixed(link, args.get("acls")),
            auto_create=args.get("auto_create", []),
            topic_config_ms=args.get("topic_config_ms"),
            budget_seconds=args.get("budget_seconds"),
            opts=self._child(depends_on=[guard]),
        )


def _ends(link: Any, sites: Mapping[str, pulumi.Input[Site]]) -> Any:
    """The sites of a link, which may be one that the same program makes."""
    if isinstance(link, pulumi.Output):
        return link.apply(lambda known: pulumi.Output.from_input(_ends(known, sites)))
    return {end: sites[end] for end in (link["from_"], link["to"])}


def _unless_prefixed(link: Any, acls: AclSync | None) -> Any:
    """No link with a prefix copies ACLs."""
    if isinstance(link, pulumi.Output):
        return link.apply(lambda known: plain(_unless_prefixed(known, acls)))
    return None if link.get("prefix") else acls
