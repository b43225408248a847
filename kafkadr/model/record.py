"""The record of the active cluster: the arbiter of every move, and the memory of who is a standby."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Standing:
    """What the record knows of a site that is not primary. History knows a site by its cluster id.

    Args:
        cluster_id: `lkc-...`.
        complete: Its mirrors of the primary were all ACTIVE and caught up once, and were not rebuilt since.
        stale_since: Epoch since which it lacks what was written; 0 when it lacks nothing.
    """

    cluster_id: str
    complete: bool = False
    stale_since: int = 0


@dataclass(frozen=True)
class Record:
    """Where clients are, and the move under way.

    Args:
        site: Name of the active site.
        cluster_id: Its cluster.
        epoch: Rises by one with each move.
        target: Site of the move under way; empty without one.
        target_cluster_id: Its cluster.
        target_epoch: Epoch of that move; 0 without one.
        moves: Every `(epoch, cluster id)` that the record had, oldest first.
        standings: One for each site that is known by history, sorted by cluster id.
    """

    site: str
    cluster_id: str
    epoch: int
    target: str = ""
    target_cluster_id: str = ""
    target_epoch: int = 0
    moves: tuple[tuple[int, str], ...] = ()
    standings: tuple[Standing, ...] = ()

    def standing(self, cluster_id: str) -> Standing:
        """What is known of a cluster; a new one is neither complete nor stale."""
        return next((s for s in self.standings if s.cluster_id == cluster_id), Standing(cluster_id))
