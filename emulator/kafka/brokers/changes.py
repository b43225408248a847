"""From the world to a broker: the orders that make the broker what the rules of the service have decided."""

import base64
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from emulator.kafka.broker import OrderRefusedError
from emulator.kafka.brokers.hosted import Hosted, Seen, agreed
from emulator.kafka.brokers.snapshot import EMULATED_CONFIGS
from emulator.kafka.log import Record

if TYPE_CHECKING:
    from emulator.kafka.acls import Acl
    from emulator.kafka.cluster import KafkaCluster
    from emulator.kafka.topics import Topic

Call = Callable[..., Any]
_CHUNK = 500


def carry_out(hosted: Hosted) -> list[OrderRefusedError]:
    """Give every order that is due; return what the broker refused. Blocks, so it runs in a thread.

    Raises:
        BrokerDownError: the broker went away meanwhile.
    """
    cluster, seen = hosted.cluster, hosted.seen
    refused: list[OrderRefusedError] = []
    if cluster is None:
        return refused
    give_tables(hosted)  # the guard of mirrors first: what is truncated or handed over must not be written to any more
    for order in (_drop_topics, _make_topics, _change_topics, _truncate, _acls, _offsets, _append):
        for step in order(cluster, seen, hosted.broker.call):
            try:
                step()
            except OrderRefusedError as error:
                refused.append(error)
    hosted.seen = agreed(cluster)
    return refused


def give_tables(hosted: Hosted) -> None:
    """Give the broker those tables that have changed; one that does not run gets them when it starts."""
    for op, table in hosted.tables.items():
        if hosted.told.get(op) != table:
            hosted.broker.stand(op, **table)
            hosted.told[op] = table


Steps = Iterator[Callable[[], object]]


def _drop_topics(cluster: "KafkaCluster", seen: Seen, call: Call) -> Steps:
    for name, topic_id in seen.ids.items():
        topic = cluster.topics.get(name)
        if topic is None or topic.id != topic_id:
            yield partial(call, "delete", topic=name)


def _make_topics(cluster: "KafkaCluster", seen: Seen, call: Call) -> Steps:
    for topic in list(cluster.topics.values()):
        if seen.ids.get(topic.name) != topic.id:
            yield partial(_make, topic, call)


def _make(topic: "Topic", call: Call) -> None:
    topic.id = call("create", topic=topic.name, partitions=len(topic.partitions), configs=_real(topic.configs))
    for number, partition in enumerate(topic.partitions):
        if partition.start:
            call("start_at", topic=topic.name, partition=number, offset=partition.start)


def _change_topics(cluster: "KafkaCluster", seen: Seen, call: Call) -> Steps:
    for topic in cluster.topics.values():
        if seen.ids.get(topic.name) != topic.id:
            continue
        count = len(topic.partitions)
        if count > len(seen.ends[topic.name]):
            yield partial(call, "grow", topic=topic.name, partitions=count)
        before, after = _real(seen.configs[topic.name]), _real(topic.configs)
        changes = {key: after.get(key) for key in {*before, *after} if before.get(key) != after.get(key)}
        if changes:
            yield partial(call, "configure", topic=topic.name, configs=changes)


def _real(configs: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in configs.items() if key not in EMULATED_CONFIGS}


def _truncate(cluster: "KafkaCluster", seen: Seen, call: Call) -> Steps:
    for topic in cluster.topics.values():
        if seen.ids.get(topic.name) != topic.id:
            continue
        for number, (partition, end) in enumerate(zip(topic.partitions, seen.ends[topic.name], strict=False)):
            if partition.end < end:
                yield partial(call, "truncate", topic=topic.name, partition=number, offset=partition.end)


def _acls(cluster: "KafkaCluster", seen: Seen, call: Call) -> Steps:
    added = [_row(acl) for acl in cluster.acls if acl not in seen.acls]
    dropped = [_row(acl) for acl in seen.acls if acl not in cluster.acls]
    if added or dropped:
        yield partial(call, "acls", add=added, drop=dropped)


def _row(acl: "Acl") -> list[str]:
    entry = [acl.resource_type, acl.resource_name, acl.pattern_type]
    return [*entry, acl.principal, acl.host, acl.operation, acl.permission]


def _offsets(cluster: "KafkaCluster", seen: Seen, call: Call) -> Steps:
    for group in cluster.groups.values():
        before = seen.offsets.get(group.name, {})
        changed = [[*place, offset] for place, offset in group.offsets.items() if before.get(place) != offset]
        # those of a deleted topic the broker forgets by itself
        dropped = [list(place) for place in before if place not in group.offsets and place[0] in cluster.topics]
        if changed or dropped:
            yield partial(call, "offsets", group=group.name, set=changed, drop=dropped)


def _append(cluster: "KafkaCluster", _seen: Seen, call: Call) -> Steps:
    """Records written by the levers; the world has counted them already."""
    for topic in cluster.topics.values():
        for number, partition in enumerate(topic.partitions):
            if partition.batches:
                rows = [record_row(batch.timestamp_ms, batch.record, batch.count) for batch in partition.batches]
                partition.batches = []
                for first in range(0, len(rows), _CHUNK):
                    chunk = rows[first : first + _CHUNK]
                    yield partial(call, "append", topic=topic.name, partition=number, records=chunk)


def record_row(timestamp_ms: int, record: Record | None, count: int = 1) -> list[Any]:
    """Return a record as the agent takes it: (timestamp, count, key, value, headers), bytes in base64."""
    if record is None:
        return [timestamp_ms, count, None, None, []]
    headers = [[name, _text(value)] for name, value in record.headers]
    return [timestamp_ms, count, _text(record.key), _text(record.value), headers]


def _text(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()
