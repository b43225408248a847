"""A second link whose only job is to copy ACLs: the way to ACL sync when the data link has a prefix."""

from typing import NotRequired, TypedDict

import pulumi

from ..base import Component
from ..switch.sites import Link, LinkMode
from .cluster_link import ClusterLink, ClusterLinkArgs
from .keys import KeyGenerations
from .link_end import LinkEnd


class AclLinkArgs(TypedDict):
    """A link for ACLs, `from` one site `to` another."""

    from_: pulumi.Input[LinkEnd]
    """Site whose ACLs are copied when the link is made."""
    to: pulumi.Input[LinkEnd]
    """Site that gets them when the link is made."""
    link_name: NotRequired[str]
    """Name of the link on each cluster; default the component's."""
    mode: NotRequired[LinkMode]
    """How the link is built; default destination-initiated."""
    keys: NotRequired[KeyGenerations]
    """Generations of its key."""
    display_prefix: NotRequired[str]
    """Display name of its account, unique in the organization; default the component's name."""
    wait_for_ready: NotRequired[bool]
    """Probe the new key; default true."""
    protect: NotRequired[bool]
    """Refuse to delete or replace the link; default true."""


class AclLink(Component):
    """A link that mirrors no topic. Its account reads none."""

    link_name: pulumi.Output[str]
    """Its name."""
    link: pulumi.Output[Link]
    """The link as the switch takes it."""

    def __init__(self, name: str, args: AclLinkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the link."""
        super().__init__(name, opts)
        given: ClusterLinkArgs = {"from_": args["from_"], "to": args["to"], "reads": []}
        given["link_name"] = args.get("link_name", name)
        given["mode"] = args.get("mode", LinkMode.DESTINATION_INITIATED)
        given["display_prefix"] = args.get("display_prefix", name)
        given["wait_for_ready"] = args.get("wait_for_ready", True)
        given["protect"] = args.get("protect", True)
        if "keys" in args:
            given["keys"] = args["keys"]
        made = ClusterLink(f"{name}-link", given, self._child())
        self.link_name, self.link = made.link_name, made.link
        self.register_outputs({"linkName": self.link_name})
