"""Where things stand when an edit is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kafkadr.model.edit import Planned, Recorded
from kafkadr.model.record import Record
from kafkadr.model.topology import Topology
from kafkadr.model.view import SiteView


@dataclass(frozen=True)
class Facts:
    """Where things stand.

    Args:
        record: None when there is none; one that cannot be read never gets here.
        recorded: What the guard recorded; None when it is new, or its state is lost.
        published: The topology of today.
        newest_ledger: Epoch and target cluster of the newest ledger; `(0, "")` without one, and when its store is dead.
        views: By name, the sites that were asked and answered; see `kafkadr.model.table.asks`.
        plan: The plan that `approved` names; None without one.
    """

    record: Record | None
    recorded: Recorded | None
    published: Topology
    newest_ledger: tuple[int, str] = (0, "")
    views: Mapping[str, SiteView] = field(default_factory=dict)
    plan: Planned | None = None


def highest_epoch(facts: Facts) -> int:
    """The highest epoch that state, record and ledger store know; an epoch is used once."""
    known = [0, facts.newest_ledger[0]]
    if facts.recorded:
        known.append(facts.recorded.edit.epoch)
    if facts.record:
        known += [facts.record.epoch, facts.record.target_epoch]
    return max(known)


def under_way(facts: Facts) -> tuple[str, int]:
    """Cluster and epoch of a move that is not ended: from the record, else from a ledger newer than the record."""
    rec = facts.record
    if rec and rec.target_cluster_id:
        return rec.target_cluster_id, rec.target_epoch
    epoch, cluster = facts.newest_ledger
    return (cluster, epoch) if rec and epoch > rec.epoch else ("", 0)
