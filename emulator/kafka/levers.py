"""What the control surface can do to the Kafka side by hand: outages, lag, statuses, deletions."""

from typing import TYPE_CHECKING

from emulator.errors import KafkaError
from emulator.kafka import health, replication, stops
from emulator.kafka.groups import forget_topic
from emulator.kafka.lifecycle import Status
from emulator.kafka.link_changes import delete_link as remove_link
from emulator.kafka.link_changes import detach
from emulator.kafka.mirrors import enter, follow
from emulator.kafka.topics import Topic, new_topic

if TYPE_CHECKING:
    from emulator.kafka.cluster import DownHow, KafkaCluster
    from emulator.kafka.mirrors import Veil
    from emulator.world import World


def take_down(world: "World", lkc: str, how: "DownHow | None" = None, *, now: bool = False) -> None:
    """Make a cluster unreachable. Its links notice after their availability threshold, or at once with `now`.

    Raises:
        KafkaError: 404 for an unknown cluster.
    """
    cluster = world.cluster(lkc)
    world.catch_up()
    cluster.down_how = how or world.settings.down_how
    if cluster.reachable:
        cluster.reachable = False
        replication.lose_sight(cluster, world)
    if now:
        for other in world.kafka.values():
            for link in other.links.values():
                if link.remote_id == lkc and other.reachable:
                    health.force_unavailable(world, link)


def bring_up(world: "World", lkc: str) -> None:
    """Make a cluster answer again; links reconnect and mirrors go on by themselves.

    Raises:
        KafkaError: 404 for an unknown cluster.
    """
    cluster = world.cluster(lkc)
    cluster.reachable = True
    replication.regain_sight(cluster, world)
    for link in cluster.links.values():
        world.dirty.update(link.mirrors.values())
    world.catch_up()


def set_mirror(
    world: "World",
    lkc: str,
    link: str,
    mirror: str,
    *,
    status: str | None = None,
    hold_lag: dict[int, int] | None = None,
    veil_lag: "dict[int, Veil] | None" = None,
    topic_error: str | None = None,
) -> None:
    """Put a mirror in any status, hold records back per partition ({} lets go), or set its `mirror_topic_error`.

    `veil_lag` takes the lag of partitions out of every answer ({} tells all again); the truth and the verbs know it.

    A status set by hand lasts until something moves the mirror: its link, a verb, or the next call.

    Raises:
        KafkaError: 404 for an unknown cluster, link or mirror, 400 for an unknown status.
    """
    found = world.cluster(lkc).link(link).mirrors.get(mirror)
    if found is None:
        raise KafkaError(404, 40403, f"Topic '{mirror}' is not a mirror topic of '{link}'.")
    if hold_lag is not None:
        found.hold = dict(hold_lag)
        world.dirty.add(found)
    if veil_lag is not None:
        found.veiled = dict(veil_lag)
    if topic_error is not None:
        found.error = topic_error
    if status is not None:
        if status not in Status.__members__:
            raise KafkaError(400, 400, f"Unknown mirror status {status}.")
        if found.status is Status.STOPPED and status != Status.STOPPED:
            found.frozen = found.stop_ends = None
            follow(world, found)
        enter(world, found, Status(status))


def release_stops(world: "World", lkc: str, link: str) -> int:
    """Finish the pending stops of a link; return how many mirrors stopped.

    Raises:
        KafkaError: 404 for an unknown cluster or link.
    """
    return stops.finish(world, list(world.cluster(lkc).link(link).mirrors.values()))


def delete_topic(world: "World", lkc: str, topic: str) -> None:
    """Delete a topic, mirror or not; mirrors that follow it fail after their link's retry time.

    Raises:
        KafkaError: 404 for an unknown cluster or topic.
    """
    remove_topic(world, world.cluster(lkc), topic)


def remove_topic(world: "World", cluster: "KafkaCluster", name: str) -> None:
    """Delete a topic of `cluster` with its mirror and its committed offsets."""
    topic = cluster.topic(name)
    if topic.mirror is not None:
        topic.mirror.link.mirrors.pop(name, None)
        world.dirty.discard(topic.mirror)
        detach(topic.mirror)
    del cluster.topics[name]
    forget_topic(cluster.groups.values(), name)
    replication.source_topic_lost(world, topic)


def recreate_topic(world: "World", lkc: str, topic: str, partitions: int | None = None) -> Topic:
    """Delete a topic and make an empty one of the same name: another topic id, so its mirrors fail.

    Raises:
        KafkaError: 404 for an unknown cluster or topic.
    """
    cluster = world.cluster(lkc)
    count = partitions or len(cluster.topic(topic).partitions)
    remove_topic(world, cluster, topic)
    made = cluster.topics[topic] = new_topic(topic, count, {})
    return made


def delete_link(world: "World", lkc: str, link: str) -> None:
    """Delete a link as if forced.

    Raises:
        KafkaError: 404 for an unknown cluster or link.
    """
    remove_link(world, world.cluster(lkc).link(link), force=True)
