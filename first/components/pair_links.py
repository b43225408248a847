"""The links of an active/passive pair, as its arguments name them."""

from typing import NotRequired, TypedDict

from .keys import KeyGenerations
from .link import LinkMode
from .refs import ResourcePattern
from .settings import AclSync, LinkSettings


class PairBack(TypedDict):
    """The link of a one-way pair's other direction, once the pair has gone there."""

    name: str
    """Name in Confluent Cloud; cannot be changed later."""
    keys: NotRequired[KeyGenerations]
    """Generations of its key on the site that is no home; default the first one."""


class PairLink(TypedDict):
    """The link that carries the data."""

    name: str
    """Name in Confluent Cloud; cannot be changed later."""
    mode: LinkMode
    """How the link is built; cannot be changed later."""
    settings: NotRequired[LinkSettings]
    """Sync switches, prefix and start; all off by default."""
    reads: NotRequired[list[ResourcePattern]]
    """Topics that the link may read on the source. Default: the declared topics and the auto-create filters, one by
    one; with hundreds of topics give prefixes or `*`, as each entry is two ACLs."""
    keys: NotRequired[KeyGenerations]
    """Generations of the link's own key on the source; default the first one."""
    built: NotRequired[int]
    """Term in which the link to a new site was built; its parts have names of their own. Default 0: the first link."""
    back: NotRequired[PairBack]
    """The other link of a one-way pair that has gone there and back; one of the two runs, the other one waits."""


class PairKept(TypedDict):
    """A lost site whose link is kept, for its failover offsets, after a new site took its place (S98)."""

    site: str
    """Name of the lost site."""
    epoch: int
    """Term in which it was failed over."""
    link: str
    """Name of its link."""
    home: NotRequired[str]
    """The link's home, for a bidirectional one."""
    built: NotRequired[int]
    """Term in which its link was built; default 0, the pair's first link."""
    unlocked: NotRequired[bool]
    """Lift the link's locks, so that the next update can delete it; default false."""


class PairAclLink(TypedDict):
    """A second link whose only job is to sync ACLs, for data links with a prefix (S68)."""

    name: str
    """Name in Confluent Cloud; not the data link's."""
    acl_sync: AclSync
    """What to sync."""
