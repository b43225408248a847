"""Creating, altering and deleting cluster links, with the refusals of the service (confluent-api 15.11)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from emulator.errors import KafkaError
from emulator.kafka import health, link_configs, sync
from emulator.kafka.lifecycle import Status
from emulator.kafka.links import Link, find_peer, new_link_id, serves_an_inbound_half
from emulator.kafka.mirrors import Mirror, unfollow
from emulator.kafka.topics import NAME

if TYPE_CHECKING:
    from emulator.kafka.cluster import KafkaCluster
    from emulator.world import World

_LINKING_KINDS: Final = ("Dedicated", "Enterprise")
_REMOTE_FIELDS: Final = {
    "DESTINATION": "source_cluster_id",
    "SOURCE": "destination_cluster_id",
    "BIDIRECTIONAL": "remote_cluster_id",
}
_REMOTE_IS_DESTINATION: Final = ("SOURCE", "BIDIRECTIONAL")


@dataclass
class LinkRequest:
    """What a create request says.

    Attributes:
        name: `link_name` of the query.
        ids: Cluster ids of the body by field name.
        configs: Configuration of the body.
        cluster_link_id: Id the link is expected to share with its other half.
        validate_link: Whether the connection is tried before anything is stored.
    """

    name: str
    ids: dict[str, str]
    configs: dict[str, str | None]
    cluster_link_id: str | None = None
    validate_link: bool = True


def create_link(world: "World", cluster: "KafkaCluster", request: LinkRequest, *, validate_only: bool = False) -> None:
    """Make one half of a link, or only say whether it could be made.

    Raises:
        KafkaError: 400 for a request the service refuses, 409 for a name that is taken, 403 on a tier without
            cluster linking.
    """
    if not NAME.fullmatch(request.name):
        raise KafkaError(400, 400, "link_name is missing or has characters other than a-z A-Z 0-9 . _ -.")
    if request.name in cluster.links:
        status = world.settings.link_exists_status
        raise KafkaError(status, 40002, f"Cluster link '{request.name}' already exists.")
    configs = {name: link_configs.check_value(name, value) for name, value in request.configs.items()}
    link_configs.check_together(configs)
    link = Link(request.name, cluster, "", configs, request.cluster_link_id or new_link_id())
    link.remote_id = _remote_id(link, request.ids)
    _check_tiers(world, link)
    _check_connection_settings(world, link)
    _join_peer(world, link, request)
    if request.validate_link and not link.inbound:
        _try_connection(world, link)
    if not validate_only:
        cluster.links[link.name] = link
        sync.schedule(world, link, health.check_availability)
        health.assess_all(world)


def _remote_id(link: Link, ids: dict[str, str]) -> str:
    wanted = _REMOTE_FIELDS[link.mode]
    if link.is_source_half and link.inbound:
        raise KafkaError(400, 40002, "A link with link.mode SOURCE connects OUTBOUND.")
    remote = ids.get(wanted)
    if not remote:
        raise KafkaError(400, 40002, f"A link with link.mode {link.mode} needs {wanted}.")
    if foreign := sorted(set(ids) - {wanted}):
        raise KafkaError(400, 40002, f"A link with link.mode {link.mode} must not carry {', '.join(foreign)}.")
    if remote == link.cluster.id:
        message = f"InvalidRequest: source cluster ID {remote} matches local cluster ID, a link to self is not allowed."
        raise KafkaError(400, 40002, message)
    return remote


def _check_tiers(world: "World", link: Link) -> None:
    if not world.settings.refuse_small_destinations:
        return
    remote = world.kafka.get(link.remote_id)
    needed = [link.cluster]  # a destination, or a source half: both sides of a pair need the feature
    if remote is not None and link.mode in _REMOTE_IS_DESTINATION:
        needed.append(remote)
    for cluster in needed:
        if cluster.kind not in _LINKING_KINDS:
            raise world.denied(f"Cluster Linking is not enabled in cluster {cluster.id} ({cluster.kind}).")


def _check_connection_settings(world: "World", link: Link) -> None:
    has_credentials = any(name.endswith("sasl.jaas.config") for name in link.configs)
    if link.inbound:
        if has_credentials:
            raise KafkaError(400, 40002, "An INBOUND link half carries no credentials: the OUTBOUND half connects.")
        return
    needed = ["bootstrap.servers", "sasl.jaas.config"]
    if serves_an_inbound_half(world, link):
        needed.append("local.sasl.jaas.config")
    if missing := [name for name in needed if not link.configs.get(name)]:
        raise KafkaError(400, 40002, f"An OUTBOUND link half needs {', '.join(missing)}.")


def _join_peer(world: "World", link: Link, request: LinkRequest) -> None:
    peer = None
    if link.mode != "DESTINATION" or link.inbound:
        peer = find_peer(world, link.name, link.cluster.id, link.remote_id, link.mode)
    if peer is not None:
        if request.cluster_link_id not in (None, peer.cluster_link_id):
            raise KafkaError(400, 40002, f"cluster_link_id is not that of the other half of '{link.name}'.")
        link.cluster_link_id = peer.cluster_link_id
        return
    # The INBOUND half of a source-initiated pair comes first: the connecting half looks it up. A bidirectional half may
    # come before the other one though the provider sends remote.link.connection.mode=INBOUND with each OUTBOUND half:
    # the vendor's example of a regular bidirectional link makes two OUTBOUND halves, one after the other.
    if request.validate_link and link.is_source_half:
        raise KafkaError(400, 40002, f"Cluster {link.remote_id} has no INBOUND half of link '{link.name}'.")


def _try_connection(world: "World", link: Link) -> None:
    remote = world.kafka.get(link.remote_id)
    if remote is None:
        raise KafkaError(400, 40002, f"Unable to validate cluster link: cluster {link.remote_id} cannot be resolved.")
    if not remote.reachable:
        raise KafkaError(400, 40002, f"Unable to validate cluster link: cluster {remote.id} timed out.")
    if problem := health.credential_problem(world, link):
        raise KafkaError(400, 40002, f"Unable to validate cluster link: {problem}")


def alter_link(
    world: "World", link: Link, changes: list[tuple[str, str | None]], *, validate_only: bool = False
) -> None:
    """Change configuration values; None resets one to its default.

    Raises:
        KafkaError: 400/40002; nothing is changed then.
    """
    configs = link_configs.changed(link.configs, changes)
    if validate_only:
        return
    if configs.get("topic.config.sync.include") != link.configs.get("topic.config.sync.include"):
        for mirror in link.mirrors.values():
            mirror.config_seen = -1
    link.configs = configs
    sync.schedule(world, link, health.check_availability)
    health.assess_all(world)


def delete_link(world: "World", link: Link, *, force: bool, validate_only: bool = False) -> None:
    """Remove one half. With `force` live mirrors become ordinary topics.

    Raises:
        KafkaError: 400/40002 when mirrors that are not STOPPED exist and `force` is not set.
    """
    live = [mirror for mirror in link.mirrors.values() if mirror.status is not Status.STOPPED]
    if live and not force:
        message = f"Cluster link '{link.name}' still has {len(live)} mirror topics that are not stopped."
        raise KafkaError(400, 40002, message)
    if validate_only:
        return
    for mirror in link.mirrors.values():
        detach(mirror)
    drop_jobs(link)
    del link.cluster.links[link.name]
    health.assess_all(world)


def detach(mirror: Mirror) -> None:
    """Make the topic of `mirror` an ordinary one."""
    unfollow(mirror)
    mirror.topic.mirror = None


def drop_jobs(link: Link) -> None:
    """Cancel everything scheduled for a link that goes away."""
    for _, job in link.jobs.values():
        job.cancel()
    link.jobs.clear()
