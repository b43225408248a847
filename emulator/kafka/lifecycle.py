"""The states of a mirror topic and every move between them, in one table.

Twelve states as in the vendor's REST specification; the moves as in confluent-api section 9. The table says what
is possible; preconditions that need the rest of the world (lag 0, source reachable) are checked by the verbs.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Status(StrEnum):
    """`mirror_status` on the wire."""

    ACTIVE = "ACTIVE"
    FAILED = "FAILED"
    LINK_FAILED = "LINK_FAILED"
    LINK_PAUSED = "LINK_PAUSED"
    PAUSED = "PAUSED"
    PENDING_STOPPED = "PENDING_STOPPED"
    SOURCE_UNAVAILABLE = "SOURCE_UNAVAILABLE"
    STOPPED = "STOPPED"
    PENDING_MIRROR = "PENDING_MIRROR"
    PENDING_SYNCHRONIZE = "PENDING_SYNCHRONIZE"
    PENDING_SETUP_FOR_RESTORE = "PENDING_SETUP_FOR_RESTORE"
    PENDING_RESTORE = "PENDING_RESTORE"


class Event(StrEnum):
    """What can happen to a mirror."""

    PAUSE = "pause"
    RESUME = "resume"
    PROMOTE = "promote"
    FAILOVER = "failover"
    STOP_DONE = "stop done"
    LINK_ACTIVE = "link active"
    LINK_UNAVAILABLE = "link unavailable"
    LINK_FAILED = "link failed"
    LINK_PAUSED = "link paused"
    TOPIC_FAILED = "topic failed"
    REVERSE = "reverse"
    REVERSE_DONE = "reverse done"
    BECOME_MIRROR = "become mirror"
    MIRROR_STARTED = "mirror started"
    MIRROR_STARTED_PAUSED = "mirror started paused"
    RESTORE = "restore"
    RESTORE_SET_UP = "restore set up"
    RESTORE_DONE = "restore done"


FOLLOWING_LINK: Final = (Status.ACTIVE, Status.SOURCE_UNAVAILABLE, Status.LINK_FAILED, Status.LINK_PAUSED)
"""States that only mirror the state of the link: when it heals, so do they."""

_FAILOVER_FROM: Final = (
    *FOLLOWING_LINK,
    Status.PAUSED,
    Status.FAILED,  # the service allows it, the provider refuses it (terraform-provider-confluent#780)
    Status.PENDING_MIRROR,
    Status.PENDING_SYNCHRONIZE,
)

_BY_LINK: Final = {
    Event.LINK_ACTIVE: Status.ACTIVE,
    Event.LINK_UNAVAILABLE: Status.SOURCE_UNAVAILABLE,
    Event.LINK_FAILED: Status.LINK_FAILED,
    Event.LINK_PAUSED: Status.LINK_PAUSED,
}

TRANSITIONS: Final = MappingProxyType(
    {
        (Status.ACTIVE, Event.PAUSE): Status.PAUSED,
        (Status.PAUSED, Event.RESUME): Status.ACTIVE,
        (Status.ACTIVE, Event.PROMOTE): Status.PENDING_STOPPED,
        (Status.PAUSED, Event.PROMOTE): Status.PENDING_STOPPED,
        **{(state, Event.FAILOVER): Status.PENDING_STOPPED for state in _FAILOVER_FROM},
        (Status.PENDING_STOPPED, Event.STOP_DONE): Status.STOPPED,
        **{(state, event): goal for state in FOLLOWING_LINK for event, goal in _BY_LINK.items()},
        **{(state, Event.TOPIC_FAILED): Status.FAILED for state in (*FOLLOWING_LINK, Status.PAUSED)},
        # bidirectional links only
        (Status.ACTIVE, Event.REVERSE): Status.PENDING_SYNCHRONIZE,
        (Status.PENDING_SYNCHRONIZE, Event.REVERSE_DONE): Status.STOPPED,
        (Status.STOPPED, Event.BECOME_MIRROR): Status.PENDING_MIRROR,
        (Status.PENDING_MIRROR, Event.MIRROR_STARTED): Status.ACTIVE,
        (Status.PENDING_MIRROR, Event.MIRROR_STARTED_PAUSED): Status.PAUSED,
        (Status.STOPPED, Event.RESTORE): Status.PENDING_SETUP_FOR_RESTORE,
        (Status.PENDING_SETUP_FOR_RESTORE, Event.RESTORE_SET_UP): Status.PENDING_RESTORE,
        (Status.PENDING_RESTORE, Event.RESTORE_DONE): Status.ACTIVE,
    }
)

_SHOWN_TO_OLD_CLIENTS: Final = {
    Status.SOURCE_UNAVAILABLE: Status.ACTIVE,
    Status.LINK_FAILED: Status.FAILED,
    Status.LINK_PAUSED: Status.PAUSED,
    Status.PENDING_MIRROR: Status.PAUSED,
    Status.PENDING_SYNCHRONIZE: Status.PENDING_STOPPED,
    Status.PENDING_SETUP_FOR_RESTORE: Status.STOPPED,
    Status.PENDING_RESTORE: Status.PAUSED,
}


def after(status: Status, event: Event) -> Status | None:
    """Return the state after `event`, or None when the event is impossible in `status`."""
    return TRANSITIONS.get((status, event))


def shown(status: Status, *, new_states: bool, paused_link: str) -> Status:
    """Return what the wire says for `status` (confluent-api 13.9, 14.2)."""
    if status is Status.LINK_PAUSED:
        status = Status(paused_link)
    return status if new_states else _SHOWN_TO_OLD_CLIENTS.get(status, status)
