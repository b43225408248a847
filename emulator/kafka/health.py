"""State of a link: paused, its credentials, whether its source answers; and what that does to its mirrors."""

from typing import TYPE_CHECKING, Final

from emulator.kafka.lifecycle import Event
from emulator.kafka.link_configs import credentials
from emulator.kafka.links import Link, peer_of, reading_key, serves_an_inbound_half, valid_key
from emulator.kafka.mirrors import Mirror, move

if TYPE_CHECKING:
    from emulator.world import World

_EVENTS: Final = {
    "ACTIVE": Event.LINK_ACTIVE,
    "UNAVAILABLE": Event.LINK_UNAVAILABLE,
    "FAILED": Event.LINK_FAILED,
    "PAUSED": Event.LINK_PAUSED,
}
Verdict = tuple[str, str, str | None]
"""(link_state, link_error, message)."""


def assess_all(world: "World") -> None:
    """Bring every link of every running cluster to the state the world implies."""
    for cluster in world.kafka.values():
        if cluster.reachable:  # a cluster that is down runs no links
            for link in cluster.links.values():
                assess(world, link)


def assess(world: "World", link: Link) -> None:
    """Bring one link, and the mirrors that follow its state, up to date."""
    state, link.error, link.error_message = _verdict(world, link)
    if state == link.state:
        return
    link.state = state
    for mirror in link.mirrors.values():
        if state in ("UNAVAILABLE", "FAILED") and mirror.known_ends is None:
            mirror.known_ends = mirror.source.ends()
        elif state == "ACTIVE":
            mirror.known_ends = None
        move(world, mirror, _EVENTS[state])


def follow_link(world: "World", mirror: Mirror) -> None:
    """Bring a mirror that has just become ACTIVE to what the state of its link makes of it."""
    move(world, mirror, _EVENTS[mirror.link.state])


def _verdict(world: "World", link: Link) -> Verdict:
    if link.enabled("cluster.link.paused"):
        return "PAUSED", "NO_ERROR", None
    if outage := _outage(world, link):
        return outage
    link.failed_checks = 0
    if link.inbound and peer_of(world, link) is None:
        return "UNAVAILABLE", "NO_ERROR", "The OUTBOUND half of this link has not connected yet."
    if problem := credential_problem(world, link):
        return "FAILED", "AUTHENTICATION_ERROR", problem
    return "ACTIVE", "NO_ERROR", None


def _outage(world: "World", link: Link) -> Verdict | None:
    """Return the verdict while the remote cluster does not answer: for the first checks, what it was before."""
    remote = world.kafka.get(link.remote_id)
    if remote is None:
        return "UNAVAILABLE", "UNRESOLVABLE_BOOTSTRAP_ERROR", f"Cluster {link.remote_id} cannot be resolved."
    if remote.reachable:
        return None
    if link.failed_checks >= _threshold(world, link):
        return "UNAVAILABLE", "BOOTSTRAP_TCP_CONNECTION_FAILED_ERROR", f"Cluster {remote.id} does not answer."
    if link.state == "PAUSED":
        return "ACTIVE", "NO_ERROR", None
    return link.state, link.error, link.error_message


def _threshold(world: "World", link: Link) -> int:
    return world.settings.availability_threshold or link.number("availability.check.consecutive.failure.threshold")


def check_availability(world: "World", link: Link) -> None:
    """Run one availability check; the threshold-th failure in a row makes the link UNAVAILABLE."""
    remote = world.kafka.get(link.remote_id)
    link.failed_checks = 0 if remote is not None and remote.reachable else link.failed_checks + 1
    assess(world, link)


def force_unavailable(world: "World", link: Link) -> None:
    """Skip the wait: as if the checks had failed often enough."""
    link.failed_checks = _threshold(world, link)
    assess(world, link)


def credential_problem(world: "World", link: Link) -> str | None:
    """Return why the credentials of the link are no good, None when they are.

    A half that connects needs a key of its remote cluster; one through which the other half reads, also of its own.
    """
    if valid_key(world, reading_key(world, link), link.remote_id) is None:
        return f"The key for cluster {link.remote_id} is not valid."
    if not serves_an_inbound_half(world, link):
        return None
    local = credentials(link.configs.get("local.sasl.jaas.config"))
    if valid_key(world, local, link.cluster.id) is None:
        return f"The local key for cluster {link.cluster.id} is not valid."
    return None
