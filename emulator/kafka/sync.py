"""The periodic tasks of a link: consumer offsets, ACLs, new mirrors, topic configurations."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from emulator.errors import KafkaError
from emulator.kafka.filters import LOCAL, REMOTE, selects
from emulator.kafka.lifecycle import FOLLOWING_LINK, Status
from emulator.kafka.links import TASKS, Link, peer_of
from emulator.kafka.mirrors import create_mirror, link_may, source_visible

if TYPE_CHECKING:
    from emulator.world import World

_SYNCED: Final = frozenset({*FOLLOWING_LINK, Status.PAUSED, Status.PENDING_STOPPED, Status.PENDING_SYNCHRONIZE})
_CLUSTER: Final = ("CLUSTER", "kafka-cluster")
Task = Callable[["World", Link], None]


def sync_offsets(world: "World", link: Link) -> None:
    """Copy committed offsets of the groups the filters select.

    Data and offsets run independently, so an offset may be ahead of the mirrored log. Groups with a member on the
    destination are left alone: sync and commits would overwrite each other.
    """
    link.task_errors.pop("ConsumerOffsetSync", None)
    filters = link.name_filters("consumer.offset.group.filters")
    if not filters or not link.enabled("consumer.offset.sync.enable") or not source_visible(world, link):
        return
    places = {kind: dict(_mirrored(world, link, kind)) for kind in (REMOTE, LOCAL)}
    prefix = link.prefix if link.enabled("consumer.group.prefix.enable") else ""
    for group in list(world.kafka[link.remote_id].groups.values()):
        wanted = {
            (topics[topic], partition): offset
            for kind, topics in places.items()
            if selects(filters, group.name, kind)
            for (topic, partition), offset in group.offsets.items()
            if topic in topics
        }
        if not wanted or not link_may(world, link, "DESCRIBE", ("GROUP", group.name)):
            continue
        target = link.cluster.groups.get(prefix + group.name)
        if target is not None and target.active:
            message = f"Group {target.name} is in use on this cluster; its offsets are not synced."
            link.task_errors["ConsumerOffsetSync"] = ("CONSUMER_GROUP_IN_USE_ERROR", message)
            continue
        link.cluster.group_made(prefix + group.name).offsets.update(wanted)


def _mirrored(world: "World", link: Link, kind: str) -> Iterator[tuple[str, str]]:
    """Yield (topic on the remote cluster, topic here) pairs for which offsets are synced."""
    if kind == REMOTE:
        for mirror in link.mirrors.values():
            if mirror.status in _SYNCED:
                yield mirror.source_name, mirror.name
        return
    peer = peer_of(world, link) if link.bidirectional else None
    for mirror in peer.mirrors.values() if peer else ():
        if mirror.status in _SYNCED:
            yield mirror.name, mirror.source_name


def sync_acls(world: "World", link: Link) -> None:
    """Bring the source's ACLs that the filters select, and take away those the source dropped."""
    link.task_errors.pop("AclSync", None)
    filters = link.acl_filters()
    if not filters or not link.enabled("acl.sync.enable") or not source_visible(world, link):
        return
    if not link_may(world, link, "DESCRIBE", _CLUSTER):
        link.task_errors["AclSync"] = ("AUTHORIZATION_ERROR", "The link's key may not describe the source's ACLs.")
        return
    selected = {acl for acl in world.kafka[link.remote_id].acls if any(entry.matches(acl) for entry in filters)}
    for acl in link.synced_acls - selected:
        link.cluster.drop_acl(acl)
    for acl in selected:
        link.cluster.add_acl(acl)
    link.synced_acls = selected


def create_mirrors(world: "World", link: Link) -> None:
    """Mirror each source topic the filters select and that has no mirror yet."""
    link.task_errors.pop("AutoCreateMirror", None)
    filters = link.name_filters("auto.create.mirror.topics.filters")
    enabled = link.enabled("auto.create.mirror.topics.enable")
    if not filters or not enabled or not source_visible(world, link):
        return
    for topic in list(world.kafka[link.remote_id].topics.values()):
        name = link.prefix + topic.name
        # a mirror is not mirrored on: a bidirectional pair with prefixes would never end
        if topic.read_only or name in link.mirrors or not selects(filters, topic.name):
            continue
        try:
            create_mirror(world, link, topic.name, None, {})
        except KafkaError as error:
            code = "TOPIC_EXISTS_ERROR" if name in link.cluster.topics else "AUTHORIZATION_ERROR"
            link.task_errors["AutoCreateMirror"] = (code, error.message)


def sync_configs(world: "World", link: Link) -> None:
    """Make the synced configuration keys of each live mirror equal to its source's."""
    if not source_visible(world, link):
        return
    names = link.synced_configs()
    for mirror in link.mirrors.values():
        source = mirror.source
        if mirror.config_seen == source.config_version or mirror.status not in _SYNCED:
            continue
        mirror.config_seen = source.config_version
        for name in names:
            if mirror.topic.configs.get(name) != source.configs.get(name):
                mirror.topic.set_config(name, source.configs.get(name))


_INTERVALS: Final[dict[str, tuple[str, Task]]] = {
    "ConsumerOffsetSync": ("consumer.offset.sync.ms", sync_offsets),
    "AclSync": ("acl.sync.ms", sync_acls),
    "TopicConfigsSync": ("topic.config.sync.ms", sync_configs),
}


def schedule(world: "World", link: Link, check: Task) -> None:
    """(Re)schedule what the link's configuration asks for; jobs whose interval did not change keep their rhythm."""
    wanted: dict[str, tuple[float, Task]] = {"availability": (link.number("availability.check.ms") / 1000, check)}
    if not link.is_source_half:
        for task, (interval, run) in _INTERVALS.items():
            switch = TASKS[task]
            if switch is None or link.enabled(switch):
                wanted[task] = (link.number(interval) / 1000, run)
        if link.enabled("auto.create.mirror.topics.enable"):
            wanted["AutoCreateMirror"] = (world.settings.auto_create_interval_s, create_mirrors)
    for name, (period, job) in list(link.jobs.items()):
        if name not in wanted or wanted[name][0] != period:
            job.cancel()
            del link.jobs[name]
    for name, (period, run) in wanted.items():
        if name not in link.jobs:
            job = world.clock.every(period, partial(_run, world, link, name, run))
            link.jobs[name] = (period, job)


def _run(world: "World", link: Link, name: str, run: Task) -> None:
    if link.cluster.reachable and name not in link.broken_tasks:
        world.catch_up()
        run(world, link)


def tasks_of(world: "World", link: Link) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return (task name, state, errors) of every task, as `include_tasks` shows them."""
    return [(task, *_task_state(world, link, task)) for task in TASKS]


def _task_state(world: "World", link: Link, task: str) -> tuple[str, list[tuple[str, str]]]:
    switch = TASKS[task]
    if link.is_source_half or (switch is not None and not link.enabled(switch)):
        return "NOT_CONFIGURED", []
    if link.state in ("FAILED", "UNAVAILABLE", "PAUSED"):
        return f"LINK_{link.state}", []
    if error := link.broken_tasks.get(task) or _misconfigured(link, task) or link.task_errors.get(task):
        return "IN_ERROR", [error]
    if link.bidirectional and peer_of(world, link) is None:
        return "IN_ERROR", [("REMOTE_LINK_NOT_FOUND_ERROR", "The other half of the bidirectional link is missing.")]
    return "ACTIVE", []


def _misconfigured(link: Link, task: str) -> tuple[str, str] | None:
    """A sync that is on without filters does nothing, and only the task says so (confluentinc/cli#3072)."""
    missing = {
        "ConsumerOffsetSync": ("consumer.offset.group.filters", link.get("consumer.offset.group.filters")),
        "AclSync": ("acl.filters", link.get("acl.filters")),
        "AutoCreateMirror": ("auto.create.mirror.topics.filters", link.get("auto.create.mirror.topics.filters")),
    }.get(task)
    if missing is None or missing[1]:
        return None
    return "MISCONFIGURATION_ERROR", f"{missing[0]} is empty: nothing is synced."
