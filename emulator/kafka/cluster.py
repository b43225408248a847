"""One emulated Kafka cluster: everything its REST endpoint knows."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from emulator.errors import KafkaError
from emulator.kafka.acls import Acl
from emulator.kafka.groups import Group
from emulator.kafka.topics import Topic

if TYPE_CHECKING:
    from emulator.kafka.links import Link
    from emulator.kafka.log import Partition

DownHow = Literal["close", "hang", "503"]


@dataclass(eq=False)
class KafkaCluster:
    """State of one cluster.

    Attributes:
        id: `lkc-...`.
        kind: Tier, in the words of the cloud API.
        reachable: False while the lever holds the cluster down.
        down_how: How its endpoint misbehaves then.
        acls: Entries in the order of their creation; a set, so the values mean nothing.
        broker_configs: Cluster settings that were set.
    """

    id: str
    kind: str
    reachable: bool = True
    down_how: DownHow = "close"
    topics: dict[str, Topic] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    acls: dict[Acl, None] = field(default_factory=dict)
    links: "dict[str, Link]" = field(default_factory=dict)
    broker_configs: dict[str, str] = field(default_factory=dict)
    _acls_by_principal: dict[str, dict[Acl, None]] = field(default_factory=dict)

    def topic(self, name: str) -> Topic:
        """Return a topic.

        Raises:
            KafkaError: 404/40403 when there is none of that name.
        """
        found = self.topics.get(name)
        if found is None:
            raise KafkaError(404, 40403, "This server does not host this topic-partition.")
        return found

    def partition(self, topic: str, number: int) -> "Partition":
        """Return one partition of a topic.

        Raises:
            KafkaError: 404/40403 when topic or partition do not exist.
        """
        partitions = self.topic(topic).partitions
        if not 0 <= number < len(partitions):
            raise KafkaError(404, 40403, "This server does not host this topic-partition.")
        return partitions[number]

    def link(self, name: str) -> "Link":
        """Return a cluster link.

        Raises:
            KafkaError: 404/40403 when there is none of that name.
        """
        found = self.links.get(name)
        if found is None:
            raise KafkaError(404, 40403, f"Cluster link {name} does not exist on this cluster.")
        return found

    def group(self, name: str) -> Group:
        """Return a consumer group.

        Raises:
            KafkaError: 404/40403 when the group is unknown.
        """
        found = self.groups.get(name)
        if found is None:
            raise KafkaError(404, 40403, f"Consumer group {name} does not exist.")
        return found

    def group_made(self, name: str) -> Group:
        """Return a consumer group, made empty if it does not exist."""
        return self.groups.setdefault(name, Group(name))

    def add_acl(self, acl: Acl) -> None:
        """Add an entry; one that is there already stays a single one."""
        self.acls[acl] = None
        self._acls_by_principal.setdefault(acl.principal, {})[acl] = None

    def drop_acl(self, acl: Acl) -> None:
        """Remove an entry; absent ones are no error."""
        self.acls.pop(acl, None)
        self._acls_by_principal.get(acl.principal, {}).pop(acl, None)

    def acls_of(self, principal: str) -> list[Acl]:
        """Return the entries of a principal (`User:...`)."""
        return list(self._acls_by_principal.get(principal, ()))
