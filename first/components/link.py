"""A cluster link for disaster recovery: one or two link objects, with typed switches.

Every link is protected and retained from birth: deleting it would lose the offsets at which mirrors were failed over
(S94). Most edits of a link's identity (name, mode, cluster ids, endpoints) would replace it and are so refused.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_confluentcloud as confluent

from ._base import Component
from .refs import ClusterRef, Credentials, secret_credentials
from .settings import LinkSettings, check_settings, link_config


class LinkMode(Enum):
    """Which cluster opens the connection, and which way data may flow."""

    DESTINATION_INITIATED = "destination-initiated"
    """One link object, on the destination; the source may be of any kind."""
    SOURCE_INITIATED = "source-initiated"
    """Two link objects; for a source that cannot be reached from outside."""
    BIDIRECTIONAL = "bidirectional"
    """Two link objects; both clusters Dedicated or Enterprise."""


class DrClusterLinkArgs(TypedDict):
    """A link from `source` to `destination`."""

    link_name: str
    """Name of the link on each cluster; cannot be changed later."""
    mode: LinkMode
    """How the link is built; cannot be changed later."""
    source: ClusterRef
    """Cluster that has the data. Its credentials are the link's own in a destination-initiated link, and the manager's
    in the other modes, where the provider takes one key for both."""
    destination: ClusterRef
    """Cluster that gets the mirrors, with its manager's credentials."""
    source_link_credentials: NotRequired[Credentials]
    """Key of the link on the source, with least rights, in place of the source's own credentials. Not used by a
    source-initiated link, whose source half reads with the key that created it."""
    settings: NotRequired[LinkSettings]
    """Sync switches, prefix and start; all off by default."""
    quarantined: NotRequired[bool]
    """Leave the switches as `MirrorState` set them after a flip: off, whatever is declared here; default false."""
    acl_only: NotRequired[bool]
    """The link syncs ACLs and nothing else (S68); default false."""
    released: NotRequired[list[str]]
    """Roles of halves that may leave the program and stay in the cloud: they are on a lost cluster."""
    kept: NotRequired[str]
    """Role of the one half that is left when the other cluster is lost: it stays as it was made, whatever is said of
    clusters and switches here."""
    protect: NotRequired[bool]
    """Refuse to delete or replace the link; default true."""
    retain_on_delete: NotRequired[bool]
    """Leave the link in Confluent Cloud when it is removed from the program; default true."""


@dataclass(frozen=True)
class _Half:
    """One link object: on which cluster it is made, and how."""

    role: str
    link_mode: str
    connection_mode: str
    blocks: dict[str, Any]
    config: dict[str, pulumi.Input[str]] | None


class DrClusterLink(Component):
    """A cluster link with offset sync, ACL sync and auto-create as typed switches.

    Rotating a key of an INBOUND half (source-initiated: the destination's manager key; bidirectional: the source's) is
    not possible through the provider.
    """

    link_name: pulumi.Output[str]
    """Name of the link; known only when every half exists, so that what uses it comes after both."""
    cluster_link_id: pulumi.Output[str]
    """Id that the halves of the link share."""

    def __init__(self, name: str, args: DrClusterLinkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the link object or objects, the INBOUND half first.

        Raises:
            ComponentError: A switch that the service would accept and not perform, or refuse.
        """
        super().__init__(name, opts)
        mode, settings = args["mode"], args.get("settings", {})
        check_settings(settings, acl_only=args.get("acl_only", False), bidirectional=mode is LinkMode.BIDIRECTIONAL)
        links: list[confluent.ClusterLink] = []
        halves = _HALVES[mode](args, link_config(settings))
        for half in [half for half in halves if half.role == args.get("kept", half.role)]:
            links.append(self._link(name, half, args, after=links[-1:]))
        self.link_name = pulumi.Output.all(*[link.link for link in links]).apply(lambda names: str(names[-1]))
        self.cluster_link_id = links[-1].cluster_link_id
        self.register_outputs({"linkName": self.link_name, "clusterLinkId": self.cluster_link_id})

    def _link(
        self, name: str, half: _Half, args: DrClusterLinkArgs, after: list[confluent.ClusterLink]
    ) -> confluent.ClusterLink:
        return confluent.ClusterLink(
            f"{name}-{half.role}",
            link=args["link_name"],
            link_mode=half.link_mode,
            connection_mode=half.connection_mode,
            config=half.config,
            **half.blocks,
            opts=self._child(
                depends_on=after,
                ignore_changes=_left_alone(half, args),
                released=half.role in args.get("released", []),
                protect=args.get("protect", True),
                retain_on_delete=args.get("retain_on_delete", True),
                additional_secret_outputs=sorted(half.blocks),
            ),
        )


def _left_alone(half: _Half, args: DrClusterLinkArgs) -> list[str]:
    """Inputs that stay as they are recorded.

    A kept half is asked for nothing of the lost cluster; the key of the cluster that it is on goes on being rotated.

    After a flip the server has the switches off. This resource must neither turn them on again, after a refresh for
    instance, nor be updated in the flip: it comes before the mirrors have stopped.
    """
    if "kept" in args:
        return ["config", *sorted({"source_kafka_cluster", "remote_kafka_cluster"} & set(half.blocks))]
    return ["config"] if args.get("quarantined", False) or _turns(half, args) else []


def _turns(half: _Half, args: DrClusterLinkArgs) -> bool:
    """Whether `MirrorState` alone switches this half: it syncs while the link runs the other way."""
    return args["mode"] is LinkMode.BIDIRECTIONAL and half.role == "source"


def _rest(cluster: ClusterRef) -> dict[str, Any]:
    """The cluster on which the link object is made."""
    return {
        "id": cluster["id"],
        "rest_endpoint": cluster["rest_endpoint"],
        "credentials": secret_credentials(cluster["credentials"]),
    }


def _bootstrap(cluster: ClusterRef, credentials: Credentials | None) -> dict[str, Any]:
    """The cluster at the other end; an INBOUND half knows no key of it."""
    block: dict[str, Any] = {"id": cluster["id"], "bootstrap_endpoint": cluster["bootstrap_endpoint"]}
    return block | ({"credentials": secret_credentials(credentials)} if credentials else {})


def _link_key(args: DrClusterLinkArgs) -> Credentials:
    return args.get("source_link_credentials", args["source"]["credentials"])


def _destination_initiated(args: DrClusterLinkArgs, config: dict[str, pulumi.Input[str]]) -> list[_Half]:
    blocks = {
        "source_kafka_cluster": _bootstrap(args["source"], _link_key(args)),
        "destination_kafka_cluster": _rest(args["destination"]),
    }
    return [_Half("destination", "DESTINATION", "OUTBOUND", blocks, config)]


def _source_initiated(args: DrClusterLinkArgs, config: dict[str, pulumi.Input[str]]) -> list[_Half]:
    source, destination = args["source"], args["destination"]
    inbound = {
        "source_kafka_cluster": _bootstrap(source, None),
        "destination_kafka_cluster": _rest(destination),
    }
    outbound = {
        "source_kafka_cluster": _rest(source),
        "destination_kafka_cluster": _bootstrap(destination, destination["credentials"]),
    }
    return [
        _Half("destination", "DESTINATION", "INBOUND", inbound, config),
        _Half("source", "SOURCE", "OUTBOUND", outbound, None),  # sync settings are refused on a source half
    ]


def _bidirectional(args: DrClusterLinkArgs, config: dict[str, pulumi.Input[str]]) -> list[_Half]:
    # The destination opens the connection, as in a destination-initiated link: it is the side that survives.
    source, destination = args["source"], args["destination"]
    inbound = {"local_kafka_cluster": _rest(source), "remote_kafka_cluster": _bootstrap(destination, None)}
    outbound = {
        "local_kafka_cluster": _rest(destination),
        "remote_kafka_cluster": _bootstrap(source, _link_key(args)),
    }
    return [
        _Half("source", "BIDIRECTIONAL", "INBOUND", inbound, link_config({})),
        _Half("destination", "BIDIRECTIONAL", "OUTBOUND", outbound, config),
    ]


_HALVES = {
    LinkMode.DESTINATION_INITIATED: _destination_initiated,
    LinkMode.SOURCE_INITIATED: _source_initiated,
    LinkMode.BIDIRECTIONAL: _bidirectional,
}
