"""From a broker to the world: topics, offsets, groups and ACLs as clients have left them."""

from typing import TYPE_CHECKING, Any, Final

from emulator.kafka import levers
from emulator.kafka.acls import Acl
from emulator.kafka.brokers.hosted import BrokerPartition, Hosted, agreed
from emulator.kafka.groups import Group
from emulator.kafka.lifecycle import Event, Status
from emulator.kafka.mirrors import Mirror, move
from emulator.kafka.topic_configs import DEFAULTS
from emulator.kafka.topics import Topic

if TYPE_CHECKING:
    from emulator.kafka.cluster import KafkaCluster
    from emulator.world import World

EMULATED_CONFIGS: Final = frozenset(
    {name for name in DEFAULTS if name.startswith("confluent.")}
    | {
        "min.insync.replicas",  # one replica is all there is: 2, which the cloud has, would stop every writer
        "message.timestamp.difference.max.ms",  # gone since Kafka 4.0
    }
)
"""Topic settings the service has and a single Kafka broker cannot: kept in the world, not given to the broker."""


def show(world: "World", hosted: Hosted, state: dict[str, Any]) -> None:
    """Make the world's cluster what `state`, the answer to `begin`, says."""
    cluster = hosted.cluster
    if cluster is None:
        return
    for name, topic in list(cluster.topics.items()):
        found = state["topics"].get(name)
        if found is None or found["id"] != topic.id:
            levers.remove_topic(world, cluster, name)
    for name, found in state["topics"].items():
        if found["partitions"] is not None:
            _show_topic(cluster, name, found)
    _show_groups(cluster, state["groups"])
    _show_acls(cluster, [Acl(*row) for row in state["acls"]])
    for topic in cluster.topics.values():
        if topic.mirror is not None:
            _show_problem(world, topic.mirror, state["problems"].get(topic.name))
    hosted.seen = agreed(cluster)


def _show_topic(cluster: "KafkaCluster", name: str, found: dict[str, Any]) -> None:
    topic = cluster.topics.get(name)
    if topic is None:
        topic = cluster.topics[name] = Topic(name, [], id=found["id"])
    for number, (start, end) in enumerate(found["partitions"]):
        _show_partition(topic, number, start, end)
    kept = {key: value for key, value in topic.configs.items() if key in EMULATED_CONFIGS}
    configs = {key: value for key, value in found["configs"].items() if key in DEFAULTS} | kept
    if configs != topic.configs:
        topic.configs = configs
        topic.config_version += 1


def _show_partition(topic: Topic, number: int, start: int, end: int) -> None:
    if number == len(topic.partitions):
        topic.partitions.append(BrokerPartition(start, end))
    partition = topic.partitions[number]
    if not isinstance(partition, BrokerPartition):  # made by the service's own rules, in the broker by now
        topic.partitions[number] = BrokerPartition(start, end)
    mirror = topic.mirror
    if mirror is not None:
        mirror.fetched.extend([-1] * (number + 1 - len(mirror.fetched)))
        if end != partition.end:
            mirror.fetched[number] = end - 1
    topic.partitions[number].start, topic.partitions[number].end = start, end


def _show_groups(cluster: "KafkaCluster", groups: dict[str, Any]) -> None:
    for name in [name for name in cluster.groups if name not in groups]:
        del cluster.groups[name]
    for name, found in groups.items():
        if found["state"] == "DEAD":
            cluster.groups.pop(name, None)
            continue
        group = cluster.groups.setdefault(name, Group(name))
        group.members = [(consumer, client) for consumer, client in found["members"]]
        group.active = bool(group.members)
        group.assignor = found["assignor"]
        group.offsets = {
            (topic, partition): offset for topic, partition, offset in found["offsets"] if topic in cluster.topics
        }


def _show_acls(cluster: "KafkaCluster", entries: list[Acl]) -> None:
    for acl in [acl for acl in cluster.acls if acl not in set(entries)]:
        cluster.drop_acl(acl)
    for acl in entries:
        if acl not in cluster.acls:
            cluster.add_acl(acl)


def _show_problem(world: "World", mirror: Mirror, problem: str | None) -> None:
    """A mirror whose log has what its source does not have cannot go on: it would no longer be a copy."""
    if problem is not None and problem.startswith("diverged"):
        if move(world, mirror, Event.TOPIC_FAILED):
            mirror.error = "UNEXPECTED_TRUNCATION"
            mirror.transition_errors = [("UNEXPECTED_TRUNCATION", problem)]
    elif mirror.status is Status.ACTIVE:
        mirror.transition_errors = [] if problem is None else [("INTERNAL_ERROR", problem)]
