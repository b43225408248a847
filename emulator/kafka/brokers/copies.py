"""Which mirrors a broker's links copy right now, as whom, from where."""

from typing import TYPE_CHECKING, Any, Final

from emulator.kafka.lifecycle import Status
from emulator.kafka.links import Link, reading_key
from emulator.kafka.mirrors import Mirror, link_may, source_visible
from emulator.kafka.replication import topic_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.kafka.brokers.hosted import Hosted
    from emulator.kafka.cluster import KafkaCluster
    from emulator.world import World

_FINISHING: Final = (Status.PENDING_STOPPED, Status.PENDING_SYNCHRONIZE)


def copies(world: "World", mirror: Mirror) -> bool:
    """Whether records flow into a mirror: it is ACTIVE, or a promote or reversal waits for the last of them."""
    finishing = mirror.status in _FINISHING and (mirror.final_sync or mirror.status is Status.PENDING_SYNCHRONIZE)
    return (
        (mirror.status is Status.ACTIVE or finishing)
        and source_visible(world, mirror.link)
        and topic_error(world, mirror) is None
        and link_may(world, mirror.link, "READ", ("TOPIC", mirror.source_name))
    )


def grow_mirrors(world: "World") -> None:
    """Give mirrors the partitions their source has got."""
    for cluster in world.kafka.values():
        for link in cluster.links.values():
            for mirror in link.mirrors.values():
                count = len(mirror.source.partitions)
                if len(mirror.topic.partitions) < count and copies(world, mirror):
                    mirror.topic.grow(count)
                    mirror.fetched.extend([-1] * (count - len(mirror.fetched)))


def wanted(world: "World", cluster: "KafkaCluster", brokers: "Mapping[str, Hosted]") -> list[dict[str, Any]]:
    """Return the links of `cluster` that copy something, as the order `copy` takes them."""
    rows = (_link(world, link, brokers) for link in cluster.links.values())
    return [row for row in rows if row is not None]


def _link(world: "World", link: Link, brokers: "Mapping[str, Hosted]") -> dict[str, Any] | None:
    key, source = reading_key(world, link), brokers.get(link.remote_id)
    mirrors = [mirror for mirror in link.mirrors.values() if copies(world, mirror)]
    if key is None or source is None or not mirrors:
        return None
    return {
        "name": link.name,
        "bootstrap": source.broker.bootstrap,
        "user": key[0],
        "secret": key[1],
        "delay_ms": round(world.settings.fetch_delay_s * 1000),
        "mirrors": [
            {
                "source": mirror.source_name,
                "topic": mirror.name,
                "partitions": len(mirror.topic.partitions),
                "hold": {str(number): records for number, records in mirror.hold.items() if records},
            }
            for mirror in mirrors
        ],
    }
