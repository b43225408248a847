"""One cluster's broker as the data plane keeps it: what was last seen in it, and what it was last told."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.kafka.broker import Broker
from emulator.kafka.log import Partition

if TYPE_CHECKING:
    from emulator.kafka.acls import Acl
    from emulator.kafka.cluster import KafkaCluster

Place = tuple[str, int]


class BrokerPartition(Partition):
    """A partition whose records are in a broker: `batches` holds only what is still to be written there.

    Attributes:
        moments: First offset not older than a time in ms, for the times links start their mirrors at.
    """

    __slots__ = ("moments",)

    def __init__(self, start: int, end: int) -> None:
        super().__init__(start)
        self.end = end
        self.moments: dict[int, int] = {}

    def offset_at(self, timestamp_ms: int) -> int:
        """Return the offset of the first record not older than `timestamp_ms`; the end when there is none."""
        return self.moments.get(timestamp_ms, self.end)


@dataclass
class Seen:
    """The world as it was when the broker and the world last agreed: what differs later is to be carried out."""

    ids: dict[str, str] = field(default_factory=dict)
    ends: dict[str, list[int]] = field(default_factory=dict)
    configs: dict[str, dict[str, str]] = field(default_factory=dict)
    offsets: dict[str, dict[Place, int]] = field(default_factory=dict)
    acls: "frozenset[Acl]" = frozenset()


@dataclass(eq=False)
class Hosted:
    """A broker and the cluster it stands for. Its `repr` shows no API keys.

    Attributes:
        broker: The process.
        cluster: None while the cluster is being provisioned, when only its endpoint is known.
        seen: See there.
        tables: Who may do what there: arguments by order, for `Broker.stand`.
        told: What of that the broker has.
        copying: What its links are told to copy.
        held: Whether links are held still, between `begin` and `end`.
        ran: Whether it ran at the last look.
    """

    broker: Broker
    cluster: "KafkaCluster | None" = None
    seen: Seen = field(default_factory=Seen)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    told: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    copying: list[dict[str, Any]] = field(default_factory=list, repr=False)
    held: bool = False
    ran: bool = False


def agreed(cluster: "KafkaCluster") -> Seen:
    """Return the world's view of a cluster as the base for what changes next."""
    topics = cluster.topics.values()
    return Seen(
        {topic.name: topic.id for topic in topics},
        {topic.name: topic.ends() for topic in topics},
        {topic.name: dict(topic.configs) for topic in topics},
        {group.name: dict(group.offsets) for group in cluster.groups.values()},
        frozenset(cluster.acls),
    )
