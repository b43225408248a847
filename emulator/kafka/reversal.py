"""Role changes on bidirectional links: reverse a mirror, or restore the old primary as the mirror."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from emulator.kafka import groups, health
from emulator.kafka.lifecycle import Event, Status
from emulator.kafka.links import Link, peer_of
from emulator.kafka.mirrors import Mirror, attach, move, source_visible
from emulator.kafka.sync import sync_offsets
from emulator.kafka.verbs import Row, Selection, not_a_mirror

if TYPE_CHECKING:
    from emulator.kafka.topics import Topic
    from emulator.world import World

REVERSALS: Final = {
    "reverse-and-start-mirror": Event.MIRROR_STARTED,
    "reverse-and-pause-mirror": Event.MIRROR_STARTED_PAUSED,
}
RESTORE: Final = "truncate-and-restore"
_RETRY_S: Final = 0.25


def _step(world: "World", run: Callable[[], None]) -> None:
    """Do the next step of a role change after the time one takes; at once when that is none.

    A broker keeps writers out only after this call; what they wrote until then is seen at the next look.
    """
    if world.settings.role_change_s or world.plane.real:
        world.clock.after(world.settings.role_change_s, run)
    else:
        run()


def reverse(world: "World", link: Link, verb: str, selection: Selection, *, validate_only: bool) -> list[Row]:
    """Make local mirrors writable and the remote topics mirrors of them.

    Raises:
        KafkaError: 400 or 413 for a selection the service cannot read.
    """
    peer = peer_of(world, link)
    rows: list[Row] = []
    for name in selection.resolve(list(link.mirrors), world.settings.max_names):
        mirror = link.mirrors.get(name)
        if mirror is None:
            rows.append(not_a_mirror(link, name))
            continue
        message = _cannot_reverse(world, mirror, peer)
        rows.append(Row(name, 400 if message else None, message, mirror.told_rows()))
        if peer is not None and message is None and not validate_only:
            _start_reversal(world, mirror, peer, REVERSALS[verb])
    return rows


def _cannot_reverse(world: "World", mirror: Mirror, peer: Link | None) -> str | None:
    if not mirror.link.bidirectional or peer is None:
        return f"Topic '{mirror.name}' cannot be reversed: '{mirror.link.name}' is not a complete bidirectional link."
    if mirror.status is Status.STOPPED:
        return f"Topic '{mirror.name}' has already stopped its mirror from '{mirror.link.name}'."
    if mirror.status is not Status.ACTIVE:
        return f"Topic '{mirror.name}' cannot be reversed in state {mirror.status}."
    if not source_visible(world, mirror.link) or not source_visible(world, peer):
        return f"Topic '{mirror.name}' cannot be reversed: both clusters must be reachable."
    if lag := mirror.lag():
        return f"Topic '{mirror.name}' cannot be reversed: it lags {lag} records behind its source."
    return None


def _start_reversal(world: "World", mirror: Mirror, peer: Link, outcome: Event) -> None:
    move(world, mirror, Event.REVERSE)
    follower = _turn_into_mirror(world, peer, mirror, Event.BECOME_MIRROR)
    _step(world, lambda: _finish_reversal(world, mirror, follower, outcome))


def _turn_into_mirror(world: "World", link: Link, counterpart: Mirror, event: Event) -> Mirror:
    """Make the remote topic of `counterpart` a mirror of it. It is read-only from here on."""
    topic = counterpart.source
    former = link.mirrors.get(topic.name)
    mirror = Mirror(link, topic, counterpart.topic, world.clock.now_ms(), Status.STOPPED)
    if former is not None:
        mirror.fetched = [*former.fetched, *[-1] * (len(topic.partitions) - len(former.fetched))]
    move(world, mirror, event)
    return attach(world, mirror)


def _finish_reversal(world: "World", mirror: Mirror, follower: Mirror, outcome: Event) -> None:
    waiting = mirror.status is Status.PENDING_SYNCHRONIZE and world.plane.real
    if waiting and mirror.lag():  # written just before the source became read-only
        world.clock.after(_RETRY_S, lambda: _finish_reversal(world, mirror, follower, outcome))
        return
    if mirror.status is Status.PENDING_SYNCHRONIZE:  # else it was failed over meanwhile
        if source_visible(world, mirror.link):
            sync_offsets(world, mirror.link)
        move(world, mirror, Event.REVERSE_DONE)
    _step(world, lambda: _start_mirror(world, follower, outcome))


def _start_mirror(world: "World", follower: Mirror, outcome: Event) -> None:
    if move(world, follower, outcome) and outcome is Event.MIRROR_STARTED:
        health.follow_link(world, follower)


def restore(world: "World", link: Link, selection: Selection, *, validate_only: bool) -> list[Row]:
    """Truncate topics of the old primary to where the other side's mirrors stopped, and mirror again from there.

    Raises:
        KafkaError: 400 or 413 for a selection the service cannot read.
    """
    peer = peer_of(world, link) if link.bidirectional else None
    stopped = {mirror.source_name: mirror for mirror in peer.mirrors.values()} if peer else {}
    rows: list[Row] = []
    for name in selection.resolve(list(stopped), world.settings.max_names):
        topic = link.cluster.topics.get(name)
        if topic is None:
            rows.append(not_a_mirror(link, name))
            continue
        counterpart = stopped.get(name)
        message = _cannot_restore(world, link, topic, counterpart)
        if message is not None or counterpart is None:
            rows.append(Row(name, 400, message))
            continue
        rows.append(Row(name, truncation=_cuts(topic, counterpart)))
        if not validate_only:
            _start_restore(world, link, counterpart)
    return rows


def _cannot_restore(world: "World", link: Link, topic: "Topic", counterpart: Mirror | None) -> str | None:
    if not link.bidirectional or peer_of(world, link) is None:
        return f"Topic '{topic.name}' cannot be restored: '{link.name}' is not a complete bidirectional link."
    if topic.read_only:
        return f"Topic '{topic.name}' cannot be restored: it is a mirror topic already."
    if counterpart is None or counterpart.status is not Status.STOPPED or counterpart.stop_ends is None:
        return f"Topic '{topic.name}' cannot be restored: its mirror on the other cluster is not STOPPED."
    if not source_visible(world, link):
        return f"Topic '{topic.name}' cannot be restored: the other cluster cannot be reached."
    for group in link.cluster.groups.values():
        if group.active and topic.name in group.topics():
            return f"Topic '{topic.name}' cannot be restored: group {group.name} is consuming it."
    return None


def _cuts(topic: "Topic", counterpart: Mirror) -> list[tuple[int, int, int]]:
    """Return (partition, offset truncated to, records lost) per partition."""
    ends = counterpart.stop_ends or []
    cuts = zip(range(len(ends)), ends, topic.ends(), strict=False)
    return [(number, min(stop, end), max(0, end - stop)) for number, stop, end in cuts]


def _start_restore(world: "World", link: Link, counterpart: Mirror) -> None:
    mirror = _turn_into_mirror(world, link, counterpart, Event.RESTORE)
    _step(world, lambda: _truncate(world, mirror, counterpart))


def _truncate(world: "World", mirror: Mirror, counterpart: Mirror) -> None:
    if not move(world, mirror, Event.RESTORE_SET_UP):
        return
    for number, offset, _ in _cuts(mirror.topic, counterpart):
        mirror.topic.partitions[number].truncate(offset)
    groups.clamp(mirror.link.cluster.groups.values(), {mirror.name: mirror.topic.ends()})
    mirror.fetched = [partition.end - 1 if partition.end else -1 for partition in mirror.topic.partitions]
    _step(world, lambda: _resume(world, mirror))


def _resume(world: "World", mirror: Mirror) -> None:
    if move(world, mirror, Event.RESTORE_DONE):
        health.follow_link(world, mirror)
