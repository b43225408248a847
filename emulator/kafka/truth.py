"""Everything an oracle needs to know of the Kafka side, as plain JSON values and without secrets."""

from typing import TYPE_CHECKING, Any

from emulator.kafka.acls import FIELDS
from emulator.kafka.link_configs import KEYS
from emulator.kafka.sync import tasks_of

if TYPE_CHECKING:
    from emulator.kafka.cluster import KafkaCluster
    from emulator.kafka.groups import Group
    from emulator.kafka.links import Link
    from emulator.kafka.mirrors import Mirror
    from emulator.kafka.topics import Topic
    from emulator.world import World


def cluster_truth(world: "World", cluster: "KafkaCluster") -> dict[str, Any]:
    """Return one cluster: tier, reachability, topics, groups, ACLs, links."""
    return {
        "kind": cluster.kind,
        "reachable": cluster.reachable,
        "topics": {name: _topic(topic) for name, topic in cluster.topics.items()},
        "groups": {name: _group(group) for name, group in cluster.groups.items()},
        "acls": [{field: getattr(acl, field) for field in FIELDS} for acl in cluster.acls],
        "links": {name: _link(world, link) for name, link in cluster.links.items()},
        "broker_configs": dict(cluster.broker_configs),
    }


def _topic(topic: "Topic") -> dict[str, Any]:
    return {
        "id": topic.id,
        "read_only": topic.read_only,
        "partitions": [{"start": partition.start, "end": partition.end} for partition in topic.partitions],
        "configs": dict(topic.configs),
        "mirror": _mirror(topic.mirror) if topic.mirror else None,
    }


def _mirror(mirror: "Mirror") -> dict[str, Any]:
    return {
        "link": mirror.link.name,
        "source_cluster": mirror.link.remote_id,
        "source_topic": mirror.source_name,
        "status": mirror.status.value,
        "state_time_ms": mirror.state_time_ms,
        "error": mirror.error,
        "stop_ends": mirror.stop_ends,
        "lags": [
            {"partition": partition, "lag": lag, "last_source_fetch_offset": last}
            for partition, lag, last in mirror.lag_rows()
        ],
    }


def _group(group: "Group") -> dict[str, Any]:
    offsets: dict[str, dict[str, int]] = {}
    for (topic, partition), offset in group.offsets.items():
        offsets.setdefault(topic, {})[str(partition)] = offset
    return {"active": group.active, "offsets": offsets}


def _link(world: "World", link: "Link") -> dict[str, Any]:
    return {
        "cluster_link_id": link.cluster_link_id,
        "remote": link.remote_id,
        "mode": link.mode,
        "connection": "INBOUND" if link.inbound else "OUTBOUND",
        "state": link.state,
        "error": link.error,
        "configs": {name: None if KEYS[name].sensitive else value for name, value in link.configs.items()},
        "mirrors": {name: mirror.status.value for name, mirror in link.mirrors.items()},
        "tasks": {
            name: {"state": state, "errors": [code for code, _ in errors]}
            for name, state, errors in tasks_of(world, link)
        },
    }
