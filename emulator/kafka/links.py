"""Cluster links: one object per half. A source-initiated or bidirectional pair is two of them under one name."""

import base64
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from emulator.clock import Job
from emulator.kafka import topic_configs
from emulator.kafka.filters import AclFilter, NameFilter, parse_acls, parse_names
from emulator.kafka.link_configs import KEYS, credentials

if TYPE_CHECKING:
    from emulator.kafka.acls import Acl
    from emulator.kafka.cluster import KafkaCluster
    from emulator.kafka.mirrors import Mirror
    from emulator.world import World

TASKS: Final = {
    "ConsumerOffsetSync": "consumer.offset.sync.enable",
    "AclSync": "acl.sync.enable",
    "AutoCreateMirror": "auto.create.mirror.topics.enable",
    "TopicConfigsSync": None,
}
"""Tasks of a link and the switch of each; topic configs are always synced."""


def new_link_id() -> str:
    """Return a fresh `cluster_link_id`: 22 characters of URL-safe base64."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


@dataclass(eq=False)
class Link:
    """One half of a cluster link (or the whole of a destination-initiated one).

    Attributes:
        name: Link name.
        cluster: Cluster it lives on.
        remote_id: The cluster at the other end.
        configs: Values that were set, verbatim.
        cluster_link_id: Shared by the two halves of a pair.
        mirrors: Mirrors that copy over this link, by mirror topic name.
        state: `link_state`.
        error: `link_error`.
        error_message: Why, in words.
        failed_checks: Availability checks that failed in a row.
        task_errors: What went wrong in the last run of a task: (error code, message).
        broken_tasks: Tasks that fail until the control surface lets go: (error code, message).
        synced_acls: ACLs that ACL sync brought here, so it can take them away again.
        jobs: Scheduled runs by task name, with their period in seconds.
    """

    name: str
    cluster: "KafkaCluster"
    remote_id: str
    configs: dict[str, str]
    cluster_link_id: str
    mirrors: "dict[str, Mirror]" = field(default_factory=dict)
    state: str = "ACTIVE"
    error: str = "NO_ERROR"
    error_message: str | None = None
    failed_checks: int = 0
    task_errors: dict[str, tuple[str, str]] = field(default_factory=dict)
    broken_tasks: dict[str, tuple[str, str]] = field(default_factory=dict)
    synced_acls: "set[Acl]" = field(default_factory=set)
    jobs: dict[str, tuple[float, Job]] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """Return the value in force, "" when there is none."""
        return self.configs.get(name) or KEYS[name].default or ""

    def number(self, name: str) -> int:
        """Return the value in force of a numeric key."""
        return int(self.get(name))

    def enabled(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.get(name) == "true"

    @property
    def mode(self) -> str:
        """DESTINATION, SOURCE or BIDIRECTIONAL."""
        return self.get("link.mode")

    @property
    def inbound(self) -> bool:
        """Whether this half waits for the other one to connect."""
        return self.get("connection.mode") == "INBOUND"

    @property
    def is_source_half(self) -> bool:
        """Whether data only leaves through this half, so it carries no mirrors and no tasks."""
        return self.mode == "SOURCE"

    @property
    def bidirectional(self) -> bool:
        """Whether both halves can carry mirrors."""
        return self.mode == "BIDIRECTIONAL"

    @property
    def prefix(self) -> str:
        """Prefix of mirror topic names."""
        return self.get("cluster.link.prefix")

    def synced_configs(self) -> frozenset[str]:
        """Topic configuration keys the link copies to its mirrors."""
        return topic_configs.synced_names(self.configs.get("topic.config.sync.include"))

    def name_filters(self, key: str) -> tuple[NameFilter, ...]:
        """Return a group or topic filter list, parsed."""
        return parse_names(key, self.get(key))

    def acl_filters(self) -> tuple[AclFilter, ...]:
        """Return `acl.filters`, parsed."""
        return parse_acls("acl.filters", self.get("acl.filters"))


def peer_of(world: "World", link: Link) -> Link | None:
    """Return the other half of a pair; None for destination-initiated links and for halves that are alone."""
    if link.mode == "DESTINATION" and not link.inbound:
        return None
    return find_peer(world, link.name, link.cluster.id, link.remote_id, link.mode)


_OPPOSITE: Final = {"DESTINATION": "SOURCE", "SOURCE": "DESTINATION", "BIDIRECTIONAL": "BIDIRECTIONAL"}


def find_peer(world: "World", name: str, here: str, remote_id: str, mode: str) -> Link | None:
    """Return the half on `remote_id` that fits a half of `mode` on `here`."""
    remote = world.kafka.get(remote_id)
    other = remote.links.get(name) if remote else None
    if other is None or other.remote_id != here or other.mode != _OPPOSITE[mode]:
        return None
    return None if other.mode == "DESTINATION" and not other.inbound else other


def serves_an_inbound_half(world: "World", link: Link) -> bool:
    """Whether the other half reads through the connection of this one, which then needs a key of its own cluster.

    Of a bidirectional pair both halves may connect, each with its own key of the other cluster.
    """
    if link.inbound or link.mode == "DESTINATION":
        return False
    peer = peer_of(world, link)
    return link.is_source_half or (peer.inbound if peer else link.get("remote.link.connection.mode") == "INBOUND")


def reading_key(world: "World", link: Link) -> tuple[str, str] | None:
    """Return (key, secret) with which this half reads from its remote cluster, None when it has none.

    An OUTBOUND half brings its own; an INBOUND half reads through the connection of the other one, which acts on
    its cluster with its `local.` credentials.
    """
    if not link.inbound:
        return credentials(link.configs.get("sasl.jaas.config"))
    peer = peer_of(world, link)
    return credentials(peer.configs.get("local.sasl.jaas.config")) if peer else None


def valid_key(world: "World", pair: tuple[str, str] | None, lkc: str) -> str | None:
    """Return the owner of a key and secret that are good on cluster `lkc`, else None."""
    record = world.cloud.find_key(pair[0]) if pair else None
    if pair is None or record is None or record.secret != pair[1]:
        return None
    # a Global key is valid on every cluster
    if record.resource_id not in (lkc, "global") or not record.usable(world.clock.now_ms()):
        return None
    return record.owner_id
