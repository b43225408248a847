"""A cluster link between two sites: its account on the site that it reads, and its link objects.

The objects declare what is fixed at birth and nothing else: what a link copies beside the data belongs to the switch,
and `ignore_changes: config` keeps two owners from fighting. A link is protected and stays in the cloud when it leaves
the program: with it would go the offsets at which its mirrors were failed over.
"""

from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_confluentcloud as confluent

from ..base import Component
from ..switch.sites import Link, LinkMode
from .keys import FIRST, KeyGenerations, check_generations, cluster_keys, principal_of, service_account
from .link_end import LinkEnd


class ClusterLinkArgs(TypedDict):
    """A link `from` one site `to` another; both are fixed when it is made."""

    from_: pulumi.Input[LinkEnd]
    """Site that has the data when the link is made."""
    to: pulumi.Input[LinkEnd]
    """Site that gets the mirrors when the link is made."""
    link_name: NotRequired[str]
    """Name of the link on each cluster; default the component's. Cannot be changed later."""
    mode: NotRequired[LinkMode]
    """How the link is built; default destination-initiated. Cannot be changed later."""
    prefix: NotRequired[str]
    """Put before the name of every mirror topic; cannot be changed later."""
    reads: NotRequired[list[str]]
    """Topics that its account may read, names or `orders.*` for a prefix; default all."""
    keys: NotRequired[KeyGenerations]
    """Generations of its key."""
    display_prefix: NotRequired[str]
    """Before the display name of its account; default the component's name."""
    wait_for_ready: NotRequired[bool]
    """Probe the new key; default true."""
    protect: NotRequired[bool]
    """Refuse to delete or replace the link; default true."""


@dataclass(frozen=True)
class _Half:
    """One link object: on which end it is made, and how."""

    role: str
    link_mode: str
    connection_mode: str
    blocks: dict[str, Any]


class ClusterLink(Component):
    """A cluster link with its account and key on the site that it reads."""

    link_name: pulumi.Output[str]
    """Its name; known only once every link object exists, so that what uses it comes after all of them."""
    link: pulumi.Output[Link]
    """The link as the switch takes it."""

    def __init__(self, name: str, args: ClusterLinkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the account, then the link object or objects, the INBOUND one first."""
        super().__init__(name, opts)
        mode, link_name = args.get("mode", LinkMode.DESTINATION_INITIATED), args.get("link_name", name)
        start, to = pulumi.Output.from_input(args["from_"]), pulumi.Output.from_input(args["to"])
        key = self._account(name, args, start)
        made: list[confluent.ClusterLink] = []
        for half in _HALVES[mode](start, to, key):
            made.append(self._object(name, link_name, half, args, made[-1:]))
        self.link_name = pulumi.Output.all(*[each.link for each in made]).apply(lambda names: str(names[-1]))
        whole: Any = {
            "from_": pulumi.Output.unsecret(start["name"]),
            "to": pulumi.Output.unsecret(to["name"]),
            "mode": self.link_name.apply(lambda _: mode.value),
            "prefix": args.get("prefix", ""),
        }
        self.link = pulumi.Output.from_input(whole)
        self.register_outputs({"linkName": self.link_name})

    def _account(self, name: str, args: ClusterLinkArgs, start: pulumi.Output[Any]) -> dict[str, Any]:
        protect, no_wait = args.get("protect", True), not args.get("wait_for_ready", True)
        display = args.get("display_prefix", name)
        account = service_account(
            f"{name}-account", display, "kafka-dr: reads the source of a cluster link", self._child(protect=protect)
        )
        cluster = pulumi.Output.concat(start["rbac_crn"], "/kafka=", start["cluster_id"])
        parts = [("DeveloperManage", ""), ("DeveloperRead", "/group=*")]
        for topic in args.get("reads", ["*"]):
            parts += [("DeveloperRead", f"/topic={topic}"), ("DeveloperManage", f"/topic={topic}")]
        rights = [
            confluent.RoleBinding(
                f"{name}-{role}{part.replace('/', '-').replace('=', '-').replace('*', 'all')}",
                principal=principal_of(account),
                role_name=role,
                crn_pattern=pulumi.Output.concat(cluster, part),
                disable_wait_for_ready=no_wait,
                opts=self._child(protect=protect),
            )
            for role, part in parts
        ]
        generations = args.get("keys", FIRST)
        check_generations(f"Link {name}", generations)
        keys = cluster_keys(
            f"{name}-key",
            display,
            account,
            start["cluster_id"],
            start["environment_id"],
            generations,
            no_wait=no_wait,
            protect=protect,
            child=self._child,
            depends_on=list(rights),
        )
        current = keys[generations["current"]]
        return {"key": current.id, "secret": current.secret}

    def _object(
        self, name: str, link_name: str, half: _Half, args: ClusterLinkArgs, after: list[confluent.ClusterLink]
    ) -> confluent.ClusterLink:
        fixed = {"cluster.link.prefix": args["prefix"]} if args.get("prefix") and half.link_mode != "SOURCE" else None
        return confluent.ClusterLink(
            f"{name}-{half.role}",
            link=link_name,
            link_mode=half.link_mode,
            connection_mode=half.connection_mode,
            config=fixed,
            **half.blocks,
            opts=self._child(
                depends_on=after,
                ignore_changes=["config"],
                protect=args.get("protect", True),
                retain_on_delete=True,
                additional_secret_outputs=sorted(half.blocks),
            ),
        )


def _rest(end: pulumi.Output[Any]) -> dict[str, Any]:
    """The end on which the link object is made."""
    return {
        "id": end["cluster_id"],
        "rest_endpoint": end["rest_endpoint"],
        "credentials": pulumi.Output.secret(end["credentials"]),
    }


def _boot(end: pulumi.Output[Any], key: Any = None) -> dict[str, Any]:
    """The other end; an INBOUND half knows no key of it."""
    block: dict[str, Any] = {"id": end["cluster_id"], "bootstrap_endpoint": end["bootstrap_endpoint"]}
    return block | ({"credentials": pulumi.Output.secret(key)} if key else {})


def _destination_initiated(start: pulumi.Output[Any], to: pulumi.Output[Any], key: Any) -> list[_Half]:
    blocks = {"source_kafka_cluster": _boot(start, key), "destination_kafka_cluster": _rest(to)}
    return [_Half("destination", "DESTINATION", "OUTBOUND", blocks)]


def _source_initiated(start: pulumi.Output[Any], to: pulumi.Output[Any], key: Any) -> list[_Half]:
    del key  # the source half reads with the key that makes it
    inbound = {"source_kafka_cluster": _boot(start), "destination_kafka_cluster": _rest(to)}
    outbound = {"source_kafka_cluster": _rest(start), "destination_kafka_cluster": _boot(to, to["credentials"])}
    return [
        _Half("destination", "DESTINATION", "INBOUND", inbound),
        _Half("source", "SOURCE", "OUTBOUND", outbound),
    ]


def _bidirectional(start: pulumi.Output[Any], to: pulumi.Output[Any], key: Any) -> list[_Half]:
    # `to` opens the connection, as in a destination-initiated link: it is the side that survives.
    inbound = {"local_kafka_cluster": _rest(start), "remote_kafka_cluster": _boot(to)}
    outbound = {"local_kafka_cluster": _rest(to), "remote_kafka_cluster": _boot(start, key)}
    return [
        _Half("source", "BIDIRECTIONAL", "INBOUND", inbound),
        _Half("destination", "BIDIRECTIONAL", "OUTBOUND", outbound),
    ]


_HALVES = {
    LinkMode.DESTINATION_INITIATED: _destination_initiated,
    LinkMode.SOURCE_INITIATED: _source_initiated,
    LinkMode.BIDIRECTIONAL: _bidirectional,
}
