"""The keys of the switch, and what its guard recorded of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kafkadr.model.topology import Topology


class Change(StrEnum):
    """How primary changed; absent at birth."""

    FAILOVER = "failover"
    PROMOTE = "promote"


@dataclass(frozen=True)
class Approval:
    """`approved: <epoch>:<digest>`, the plan that a promotion is held to."""

    epoch: int
    digest: str


@dataclass(frozen=True)
class Edit:
    """The keys as they stand in the stack file.

    Args:
        primary: Name of the site that is to be primary.
        epoch: One above the highest that state, record and ledger store know, in an edit that moves.
        change: How primary changed.
        approved: Of a promotion.
        accept_loss: Epoch since which the target lacks what was written; 0 accepts none.
    """

    primary: str
    epoch: int
    change: Change | None = None
    approved: Approval | None = None
    accept_loss: int = 0


@dataclass(frozen=True)
class Planned:
    """What the plan that `approved` names is about: clusters."""

    epoch: int
    leaves: str
    target: str


@dataclass(frozen=True)
class Recorded:
    """What the guard recorded in the switch's own state.

    Args:
        edit: The keys of the last update.
        cluster_id: Cluster of its primary.
        leaves: Cluster that the last move left; the primary's own where there was none.
        topology: Sites and links that a move goes by.
    """

    edit: Edit
    cluster_id: str
    leaves: str
    topology: Topology
