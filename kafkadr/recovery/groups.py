"""Consumer groups on the original cluster: to the first record that was not mirrored, or a look at how far they are."""

from __future__ import annotations

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
        RefusedError: The group has members; nothing was changed.
    """
    members = _members(client, group)
    if members:
        raise RefusedError(
            f"group {group} has {len(members)} active members on {client.cluster.role}: {', '.join(members[:5])}",
            "Nothing was changed: stop them, or name another group with --group",
        )
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


def _members(client: Client, group: str) -> list[str]:
    what = f"describe group {group}"
    with client.told(what):
        futures = client.admin().describe_consumer_groups([group], request_timeout=REQUEST_SECONDS)
    try:
        found: Any = futures[group].result(REQUEST_SECONDS + 5)
    except library().KafkaException as error:
        if error.args[0].name() == "GROUP_ID_NOT_FOUND":
            return []
        raise client.problem(error.args[0], what) from None
    if found.state.name in _IDLE:
        return []
    return [f"{m.client_id}@{m.host}" for m in found.members] or [f"a group in state {found.state.name}"]
