"""Consumer groups on the original cluster: to the first record that was not mirrored, or a look at how far they are."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from kafkadr.errors import RefusedError
from kafkadr.recovery.cluster import REQUEST_SECONDS, Client, library, patiently
from kafkadr.recovery.ranges import Place, Range

_IDLE = {"EMPTY", "DEAD"}


def starts_of(ranges: list[Range]) -> dict[Place, int]:
    """Where a group has to start to read exactly what was not mirrored, by source partition.

    A partition that lacks nothing starts at its end: else the group would read again what the other side has.
    """
    return {
        (r.place.source, r.place.partition): min(max(r.place.first, r.log.start), r.log.end) for r in ranges if r.log
    }


@patiently
def reset(client: Client, group: str, starts: Mapping[Place, int]) -> None:
    """Commit these offsets for a group that nobody consumes with.

    Raises:
        RefusedError: The group has members, or nobody can tell; nothing was changed.
    """
    if unjudged(client, group):
        raise RefusedError(
            f"group {group} on {client.cluster.role} is a share group or a group of the streams protocol: nobody can"
            " tell whether it has members, and its offsets are not those of a consumer group",
            "Nothing was changed: name a consumer group with --group",
        )
    _refuse_members(client, group)
    kafka = library()
    where = [kafka.TopicPartition(topic, number, offset) for (topic, number), offset in sorted(starts.items())]
    what = f"set the offsets of group {group}"
    with client.told(what):
        asked = kafka.ConsumerGroupTopicPartitions(group, where)
        futures = client.admin().alter_consumer_group_offsets([asked], request_timeout=REQUEST_SECONDS)
    for found in client.result(futures[group], what).topic_partitions:
        if found.error is not None:
            raise client.problem(found.error, what)


@patiently
def committed(client: Client, group: str, places: list[Place]) -> dict[Place, int]:
    """Next offsets a group will read; partitions without a committed offset are left out."""
    kafka = library()
    where = [kafka.TopicPartition(topic, number) for topic, number in places]
    what = f"list the offsets of group {group}"
    with client.told(what):
        asked = kafka.ConsumerGroupTopicPartitions(group, where)
        futures = client.admin().list_consumer_group_offsets([asked], request_timeout=REQUEST_SECONDS)
    found = client.result(futures[group], what).topic_partitions
    return {(tp.topic, tp.partition): tp.offset for tp in found if tp.offset >= 0}


@patiently
def unjudged(client: Client, group: str | None = None) -> list[str]:
    """Groups of which nobody can tell whether they are at rest: share groups and groups of the streams protocol.

    librdkafka leaves them out of the list of consumer groups and describes them as dead, without an error. Their ids
    are in the older list alone, there without a protocol; other kinds, such as Connect's, have one and are described.

    Args:
        client: The cluster.
        group: Look for this one alone; all by default.
    """
    what, words = "list its groups", () if group is None else (group,)
    with client.told(what), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        listed = client.admin().list_groups(*words, timeout=REQUEST_SECONDS)
    dim = {str(found.id) for found in listed if not found.protocol_type}
    if not dim:
        return []
    with client.told(what):
        future = client.admin().list_consumer_groups(request_timeout=REQUEST_SECONDS)
    judged = client.result(future, what)
    if judged.errors:
        raise client.problem(judged.errors[0].args[0], what)
    return sorted(dim - {found.group_id for found in judged.valid})


def _refuse_members(client: Client, group: str) -> None:
    what = f"describe group {group}"
    with client.told(what):
        futures = client.admin().describe_consumer_groups([group], request_timeout=REQUEST_SECONDS)
    try:
        found: Any = futures[group].result(REQUEST_SECONDS + 5)
    except library().KafkaException as error:
        if error.args[0].name() == "GROUP_ID_NOT_FOUND":
            return
        raise client.problem(error.args[0], what) from None
    if found.state.name in _IDLE:
        return
    role, members = client.cluster.role, [_named(member) for member in found.members]
    if any(member.group_instance_id for member in found.members):
        raise RefusedError(
            f"group {group} has {len(members)} members on {role}, and a static one keeps its place for its session"
            f" (session.timeout.ms, 45 s by default) although it has closed in good order: {', '.join(members[:5])}",
            "Nothing was changed: stop them, wait until their sessions have ended, then run the same command again",
        )
    if members:
        raise RefusedError(
            f"group {group} has {len(members)} active members on {role}: {', '.join(members[:5])}",
            "Nothing was changed: stop them, or name another group with --group",
        )
    raise RefusedError(
        f"group {group} on {role} is in state {found.state.name}, so it may have members",
        "Nothing was changed: run the same command again when the group is EMPTY",
    )


def _named(member: Any) -> str:
    """A member, by the name that its configuration gives it where it has one."""
    place = f"{member.client_id}@{member.host.lstrip('/')}"
    return f"{member.group_instance_id} ({place})" if member.group_instance_id else place
