"""Mirror topics: what one knows, how it is made, and how an event moves it through the lifecycle."""

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from emulator.errors import KafkaError
from emulator.kafka import lifecycle
from emulator.kafka.lifecycle import Event, Status
from emulator.kafka.links import Link, reading_key, valid_key
from emulator.kafka.log import Partition
from emulator.kafka.topic_configs import check_value
from emulator.kafka.topics import Topic, check_topic_name

if TYPE_CHECKING:
    from emulator.world import World

LagRow = tuple[int, int, int]
"""(partition, lag in records, last source offset fetched or -1)."""
Veil = Literal["unknown", "absent"]


class Mirror:
    """A mirror topic on its link.

    Attributes:
        link: The half it copies over.
        topic: The local topic.
        source: The remote topic it follows; the object stays even when that topic is deleted.
        status: Where it is in the lifecycle.
        state_time_ms: Since when.
        error: `mirror_topic_error`.
        fetched: Last source offset fetched per partition, -1 when none was.
        known_ends: Source end offsets as last seen, while the source cannot be seen.
        frozen: Lag rows at the moment the mirror stopped.
        stop_ends: Log end per partition at that moment: where a restore truncates the other side.
        hold: Records per partition that stay unmirrored (lag lever).
        veiled: Partitions whose lag answers do not tell: "unknown" (-1) or "absent" (no row).
        final_sync: A promote: stopping waits until source and mirror are equal.
        transition_errors: Why a transition does not finish: (error code, message).
        reads_left: Answers that still show PENDING_STOPPED (stop_mode reads).
        config_seen: Version of the source's configuration that was last copied.
    """

    __slots__ = (
        "config_seen",
        "error",
        "fetched",
        "final_sync",
        "frozen",
        "hold",
        "known_ends",
        "link",
        "reads_left",
        "source",
        "source_name",
        "state_time_ms",
        "status",
        "stop_ends",
        "topic",
        "transition_errors",
        "veiled",
    )

    def __init__(self, link: Link, topic: Topic, source: Topic, now_ms: int, status: Status = Status.ACTIVE) -> None:
        self.link = link
        self.topic = topic
        self.source = source
        self.source_name = source.name
        self.status = status
        self.state_time_ms = now_ms
        self.error = "NO_ERROR"
        self.fetched = [-1] * len(topic.partitions)
        self.known_ends: list[int] | None = None
        self.frozen: list[LagRow] | None = None
        self.stop_ends: list[int] | None = None
        self.hold: dict[int, int] = {}
        self.veiled: dict[int, Veil] = {}
        self.final_sync = False
        self.transition_errors: list[tuple[str, str]] = []
        self.reads_left = 0
        self.config_seen = source.config_version

    @property
    def name(self) -> str:
        """Mirror topic name."""
        return self.topic.name

    def lag_rows(self) -> list[LagRow]:
        """Return lag and last fetched offset per partition, as the destination knows them."""
        if self.frozen is not None:
            return self.frozen
        ends = self.known_ends if self.known_ends is not None else self.source.ends()
        mirrored = self.topic.partitions
        return [(p, max(0, ends[p] - mirrored[p].end), self.fetched[p]) for p in range(min(len(ends), len(mirrored)))]

    def told_rows(self) -> list[LagRow]:
        """Return the lag rows of an answer: -1 where a lag is unknown, no row where one is absent."""
        return [
            (partition, -1 if self.veiled.get(partition) == "unknown" else lag, last)
            for partition, lag, last in self.lag_rows()
            if self.veiled.get(partition) != "absent"
        ]

    def lag(self) -> int:
        """Return the sum over the partitions."""
        return sum(row[1] for row in self.lag_rows())


def move(world: "World", mirror: Mirror, event: Event) -> bool:
    """Let `event` happen to `mirror`; return False when its state does not allow it."""
    goal = lifecycle.after(mirror.status, event)
    if goal is None:
        return False
    enter(world, mirror, goal)
    return True


def enter(world: "World", mirror: Mirror, status: Status) -> None:
    """Put `mirror` in `status` and do what entering it means."""
    if mirror.status is status:
        return
    mirror.status = status
    mirror.state_time_ms = world.clock.now_ms()
    if status is Status.STOPPED:
        mirror.frozen = mirror.lag_rows()
        mirror.stop_ends = mirror.topic.ends()
        unfollow(mirror)
    elif status is Status.ACTIVE:
        mirror.transition_errors = []
        world.dirty.add(mirror)


def source_visible(world: "World", link: Link) -> bool:
    """Whether the destination can talk to the source right now."""
    remote = world.kafka.get(link.remote_id)
    return link.state == "ACTIVE" and link.cluster.reachable and remote is not None and remote.reachable


def unfollow(mirror: Mirror) -> None:
    """Stop listening to the source topic."""
    if mirror in mirror.source.followers:
        mirror.source.followers.remove(mirror)


def follow(world: "World", mirror: Mirror) -> None:
    """Listen to the source topic, and fetch what is there."""
    if mirror not in mirror.source.followers:
        mirror.source.followers.append(mirror)
    world.dirty.add(mirror)


def create_mirror(
    world: "World", link: Link, source_name: str, mirror_name: str | None, configs: dict[str, str | None]
) -> Mirror:
    """Make a mirror of `source_name` and the topic that holds it.

    Raises:
        KafkaError: 400 for a source half, a link without connection, an existing topic (40002) or a name that is not
            prefix + source name (40035); 403 when the link's key may not read the source; 404 when the source topic
            is unknown.
    """
    expected = link.prefix + source_name
    name = mirror_name or expected
    if link.is_source_half:
        raise KafkaError(400, 40002, f"Cluster link {link.name} is the source half: mirrors live on the destination.")
    if name != expected:
        raise KafkaError(400, 40035, "Topic renaming for mirroring not yet supported.")
    check_topic_name(name)
    if name in link.cluster.topics:
        raise KafkaError(400, 40002, f"Topic '{name}' already exists.")
    source = _readable_source(world, link, source_name)
    given = {key: check_value(key, value) for key, value in configs.items()}
    synced = link.synced_configs()
    if clash := sorted(synced & set(given)):
        raise KafkaError(400, 40002, f"Mirror topic configs {', '.join(clash)} come from the source topic.")
    copied = {key: value for key, value in source.configs.items() if key in synced}
    topic = Topic(name, [Partition(start) for start in _starts(link, source)], copied | given)
    link.cluster.topics[name] = topic
    return attach(world, Mirror(link, topic, source, world.clock.now_ms()))


def attach(world: "World", mirror: Mirror) -> Mirror:
    """Make `mirror` the mirror of its topic and its link."""
    mirror.topic.mirror = mirror
    mirror.link.mirrors[mirror.name] = mirror
    if mirror.link.state == "PAUSED":
        move(world, mirror, Event.LINK_PAUSED)
    follow(world, mirror)
    return mirror


def _readable_source(world: "World", link: Link, source_name: str) -> Topic:
    remote = world.kafka.get(link.remote_id)
    if remote is None or not remote.reachable or link.state not in ("ACTIVE", "PAUSED"):
        raise KafkaError(400, 40002, f"Cluster link {link.name} has no connection to its source cluster.")
    source = remote.topics.get(source_name)
    if source is None:
        raise KafkaError(404, 40403, f"Source topic {source_name} does not exist on {remote.id}.")
    if not link_may(world, link, "READ", ("TOPIC", source_name)):
        raise world.denied(f"The key of cluster link {link.name} may not read topic {source_name}.")
    return source


def link_may(world: "World", link: Link, operation: str, resource: tuple[str, str]) -> bool:
    """Whether the owner of the link's key may do `operation` on the source cluster."""
    owner = valid_key(world, reading_key(world, link), link.remote_id)
    remote = world.kafka.get(link.remote_id)
    return owner is not None and remote is not None and world.allowed(owner, remote, operation, resource)


def _starts(link: Link, source: Topic) -> list[int]:
    spec = link.get("mirror.start.offset.spec")
    if spec == "earliest":
        return [partition.start for partition in source.partitions]
    if spec == "latest":
        return source.ends()
    moment = int(datetime.fromisoformat(spec).timestamp() * 1000)
    return [partition.offset_at(moment) for partition in source.partitions]
