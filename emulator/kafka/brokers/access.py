"""Who may come into a cluster's broker and what they may do there, beside the ACLs the broker has itself."""

from typing import TYPE_CHECKING, Any

from emulator.kafka import authorizer

if TYPE_CHECKING:
    from emulator.kafka.cluster import KafkaCluster
    from emulator.world import World


def tables(world: "World", cluster: "KafkaCluster") -> dict[str, dict[str, Any]]:
    """Return API keys, roles and read-only topics of a cluster, as arguments by order for `Broker.stand`."""
    now = world.clock.now_ms()
    keys = {name: key for name, key in world.cloud.keys_on(cluster.id) if key.usable(now)}
    owners = sorted({key.owner_id for key in keys.values()})
    return {
        "keys": {"keys": {name: (key.secret, key.owner_id) for name, key in keys.items()}},
        "roles": {"roles": [row for owner in owners for row in _roles(world, cluster, owner)]},
        "read_only": {"topics": sorted(name for name, topic in cluster.topics.items() if topic.read_only)},
    }


def _roles(world: "World", cluster: "KafkaCluster", owner: str) -> list[list[Any]]:
    """Return rows of (principal, resource type or None for everything, prefixed, name, operations)."""
    if authorizer.is_admin(world.cloud, cluster, owner):
        return [[f"User:{owner}", None, False, "", []]]
    return [
        [f"User:{owner}", kind, prefixed, name, sorted(operations)]
        for kind, prefixed, name, operations in authorizer.granted_by_roles(world.cloud, cluster.id, owner)
    ]
