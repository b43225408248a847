"""From PENDING_STOPPED to STOPPED: at once, after a time, by hand, or after a number of reads."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from emulator.kafka import groups
from emulator.kafka.lifecycle import Event, Status
from emulator.kafka.mirrors import Mirror, move, source_visible
from emulator.kafka.sync import sync_configs, sync_offsets

if TYPE_CHECKING:
    from emulator.world import World

_RETRY_S = 1.0


def begin(world: "World", mirrors: list[Mirror], event: Event) -> None:
    """Accept a promote or failover of mirrors that allow it, all of one link."""
    settings = world.settings
    for mirror in mirrors:
        mirror.final_sync = event is Event.PROMOTE
        mirror.reads_left = settings.stop_after_reads
        move(world, mirror, event)
    if settings.stop_mode == "immediate":
        finish(world, mirrors)
    elif settings.stop_mode == "timed":
        world.clock.after(settings.stop_after_s, lambda: finish(world, mirrors))


def finish(world: "World", mirrors: Iterable[Mirror]) -> int:
    """Stop those of `mirrors` that are still pending and may stop; return how many did.

    A promote stops only when everything was copied: until then it stays pending, says why, and is tried again. A
    failover takes the log as it is. Committed offsets behind the log's end are clamped in both cases, which the
    service cannot do to a group with a member here: until that has left, the mirror stays pending and says so.
    """
    pending = [mirror for mirror in mirrors if mirror.status is Status.PENDING_STOPPED]
    for link in {mirror.link for mirror in pending if mirror.final_sync}:
        if source_visible(world, link):
            sync_configs(world, link)
            sync_offsets(world, link)
    ready = [mirror for mirror in pending if (not mirror.final_sync or _caught_up(world, mirror)) and _free(mirror)]
    for mirror in ready:
        move(world, mirror, Event.STOP_DONE)
    for cluster in {mirror.link.cluster for mirror in ready}:
        ends = {mirror.name: mirror.topic.ends() for mirror in ready if mirror.link.cluster is cluster}
        groups.clamp(cluster.groups.values(), ends)
    late = [mirror for mirror in pending if mirror.status is Status.PENDING_STOPPED]
    if late:
        world.clock.after(_RETRY_S, lambda: finish(world, late))
    return len(ready)


def seen(world: "World", mirrors: Iterable[Mirror]) -> None:
    """Count an answer that is about to show `mirrors`; those that were shown often enough stop first."""
    if world.settings.stop_mode != "reads":
        return
    due: list[Mirror] = []
    for mirror in mirrors:
        if mirror.status is Status.PENDING_STOPPED:
            if mirror.reads_left <= 0:
                due.append(mirror)
            mirror.reads_left -= 1
    finish(world, due)


def _caught_up(world: "World", mirror: Mirror) -> bool:
    if not source_visible(world, mirror.link):
        mirror.transition_errors = [("INTERNAL_ERROR", "The source cluster cannot be reached for the final sync.")]
        return False
    world.plane.copy(world, mirror)
    if lag := mirror.lag():
        mirror.transition_errors = [("INTERNAL_ERROR", f"The mirror still lags {lag} records behind its source.")]
        return False
    mirror.transition_errors = []
    return True


def _free(mirror: Mirror) -> bool:
    """Whether no group that is at work here would have to be clamped."""
    ends = {mirror.name: mirror.topic.ends()}
    busy = [g.name for g in mirror.link.cluster.groups.values() if g.active and groups.beyond(g, ends)]
    mirror.transition_errors = [
        ("CONSUMER_GROUP_IN_USE_ERROR", f"Group {name} is in use on this cluster; its offsets cannot be clamped.")
        for name in busy
    ]
    return not busy
