"""Where records, groups and ACLs really are: in this process's memory, or in real Kafka brokers.

The rules of the service (links, lifecycle, verbs, filters) are the same on both: they read and change the world. A data
plane brings the world up to date with what clients did before a call is served, and carries out what the call changed
before it is answered.
"""

from typing import TYPE_CHECKING, Literal, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.errors import CloudError
from emulator.kafka import replication
from emulator.kafka.log import Batch, Record

if TYPE_CHECKING:
    from emulator.kafka.cluster import KafkaCluster
    from emulator.kafka.mirrors import Mirror
    from emulator.kafka.topics import Topic
    from emulator.world import World

Power = Literal["kill", "stop", "start"]


class DataPlane(Protocol):
    """What the shell and the Kafka side ask of the place where the data are.

    Attributes:
        real: Data are in real brokers: links copy in the background, clients come and go between calls, and members of
            groups are clients.
    """

    real: bool

    def bootstrap(self, lkc: str) -> str | None:
        """Return `SECURITY_PROTOCOL://host:port` for Kafka clients, None when there is nobody to talk to."""

    async def serve(self, world: "World", app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call: the world catches up first, and what the call changed is carried out before its answer."""

    async def tick(self, world: "World") -> None:
        """Let time pass in the background."""

    def fetch(self, world: "World") -> None:
        """Let mirrors have what was written on their sources."""

    def copy(self, world: "World", mirror: "Mirror") -> None:
        """Let one mirror have what its source has, as the last step of a promote."""

    async def write(
        self,
        world: "World",
        cluster: "KafkaCluster",
        place: tuple["Topic", int],
        record: Record,
        timestamp_ms: int,
    ) -> int:
        """Append one record to a partition, a pair of topic and number, and return its offset."""

    async def payloads(self, cluster: "KafkaCluster", topic: "Topic") -> list[list[Batch]]:
        """Return, by partition, the batches that carry a payload."""

    def broker(self, lkc: str) -> dict[str, object]:
        """Return process id, endpoint and health of the broker of a cluster.

        Raises:
            CloudError: 501 where there are no brokers.
        """

    async def power(self, world: "World", lkc: str, how: Power) -> None:
        """Kill the broker of a cluster, shut it down in order, or start it again.

        Raises:
            CloudError: 501 where there are no brokers.
        """

    async def close(self) -> None:
        """End everything that was started."""


class MemoryPlane:
    """Everything in memory, at once."""

    real = False

    def bootstrap(self, _lkc: str) -> str | None:
        """Return None: there is no broker."""
        return None

    async def serve(self, world: "World", app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Tick, then serve."""
        world.tick()
        await app(scope, receive, send)

    async def tick(self, world: "World") -> None:
        """Tick."""
        world.tick()

    def fetch(self, world: "World") -> None:
        """Copy for the mirrors whose source was written to."""
        replication.fetch_dirty(world)

    def copy(self, world: "World", mirror: "Mirror") -> None:
        """Copy at once."""
        replication.copy_records(world, mirror)

    async def write(
        self,
        world: "World",
        _cluster: "KafkaCluster",
        place: tuple["Topic", int],
        record: Record,
        timestamp_ms: int,
    ) -> int:
        """Append."""
        topic, partition = place
        return replication.write(world, topic, partition, [record], timestamp_ms)

    async def payloads(self, _cluster: "KafkaCluster", topic: "Topic") -> list[list[Batch]]:
        """Return what the logs hold."""
        return [list(partition.payloads()) for partition in topic.partitions]

    def broker(self, _lkc: str) -> dict[str, object]:
        """Refuse: there is none."""
        raise _no_broker()

    async def power(self, _world: "World", _lkc: str, _how: Power) -> None:
        """Refuse: there is none."""
        raise _no_broker()

    async def close(self) -> None:
        """Do nothing."""


def _no_broker() -> CloudError:
    return CloudError(501, "no_broker", "the memory data plane has no brokers; start with --data-plane kafka")
