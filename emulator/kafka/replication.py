"""Records on their way from source to mirror, offset by offset.

Nothing is polled: a write marks the mirrors that follow the topic as dirty, and the next tick fetches those, so ten
thousand idle mirrors cost nothing.
"""

from functools import partial
from typing import TYPE_CHECKING

from emulator.kafka.lifecycle import Event, Status
from emulator.kafka.log import Record
from emulator.kafka.mirrors import Mirror, link_may, move, source_visible
from emulator.kafka.topics import Topic

if TYPE_CHECKING:
    from emulator.kafka.cluster import KafkaCluster
    from emulator.world import World


def write(
    world: "World", topic: Topic, partition: int, records: int | list[Record], timestamp_ms: int | None = None
) -> int:
    """Append records (or that many without payload) and return the offset of the first."""
    log = topic.partitions[partition]
    first = log.end
    now = world.clock.now_ms() if timestamp_ms is None else timestamp_ms
    if isinstance(records, int):
        log.append_count(records, now)
    else:
        for record in records:
            log.append(record, now)
    notify(world, topic)
    return first


def notify(world: "World", topic: Topic) -> None:
    """Tell the followers of `topic` that there is something to fetch."""
    if not topic.followers:
        return
    delay = world.settings.fetch_delay_s
    if delay:
        world.clock.after(delay, lambda: world.dirty.update(topic.followers))
    else:
        world.dirty.update(topic.followers)


def fetch_dirty(world: "World") -> None:
    """Fetch for every dirty mirror; mirrors of mirrors follow in the same go."""
    while world.dirty:
        for mirror in [world.dirty.pop() for _ in range(len(world.dirty))]:
            if mirror.status is Status.ACTIVE and source_visible(world, mirror.link):
                copy_records(world, mirror)


def copy_records(world: "World", mirror: Mirror) -> None:
    """Copy what the source has and the lag lever does not hold back."""
    source, topic = mirror.source, mirror.topic
    if topic_error(world, mirror) or not link_may(world, mirror.link, "READ", ("TOPIC", source.name)):
        return
    if len(topic.partitions) < len(source.partitions):
        topic.grow(len(source.partitions))
        mirror.fetched.extend([-1] * (len(topic.partitions) - len(mirror.fetched)))
    copied = 0
    for number, partition in enumerate(source.partitions):
        mine = topic.partitions[number]
        if mine.copy_from(partition, partition.end - mirror.hold.get(number, 0)):
            mirror.fetched[number] = mine.end - 1
            copied += 1
    if copied:
        notify(world, topic)


def topic_error(world: "World", mirror: Mirror) -> str | None:
    """Return the `mirror_topic_error` of a source topic that is not the one the mirror was made of."""
    remote = world.kafka.get(mirror.link.remote_id)
    current = remote.topics.get(mirror.source_name) if remote else None
    if current is mirror.source:
        return None
    return "SOURCE_TOPIC_MAY_BE_DELETED" if current is None else "SOURCE_TOPIC_ID_CHANGED"


def lose_sight(cluster: "KafkaCluster", world: "World") -> None:
    """Freeze what the mirrors of `cluster` know of their source's end offsets: it just went away."""
    for mirror in mirrors_from(world, cluster.id):
        if mirror.known_ends is None:
            mirror.known_ends = mirror.source.ends()


def regain_sight(cluster: "KafkaCluster", world: "World") -> None:
    """Let the mirrors of `cluster` see their source's end offsets again, and fetch."""
    for mirror in mirrors_from(world, cluster.id):
        mirror.known_ends = None
        world.dirty.add(mirror)


def mirrors_from(world: "World", lkc: str) -> list[Mirror]:
    """Return the mirrors, on any cluster, whose source cluster is `lkc`."""
    return [
        mirror
        for cluster in world.kafka.values()
        for link in cluster.links.values()
        if link.remote_id == lkc
        for mirror in link.mirrors.values()
    ]


def source_topic_lost(world: "World", topic: Topic) -> None:
    """A source topic was deleted: its mirrors retry for a while, then they are FAILED."""
    for mirror in list(topic.followers):
        mirror.known_ends = topic.ends()
        delay = world.settings.topic_failure_delay_s
        if delay is None:
            delay = mirror.link.number("cluster.link.retry.timeout.ms") / 1000
        world.clock.after(delay, partial(fail_topic, world, mirror))


def fail_topic(world: "World", mirror: Mirror) -> None:
    """Fail a mirror whose source topic is gone or another one."""
    error = topic_error(world, mirror)
    if error is not None and move(world, mirror, Event.TOPIC_FAILED):
        mirror.error = error
