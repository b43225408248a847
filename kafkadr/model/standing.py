"""Who is a standby, who is stale and since when: from the record's history and from what a site says of its mirrors."""

from __future__ import annotations

from dataclasses import replace

from kafkadr.model.record import Record, Standing
from kafkadr.model.topology import Topology
from kafkadr.model.view import SiteView


def is_standby(rec: Record, view: SiteView, under_way: str) -> bool:
    """Whether a site may take over and lose nothing but what the ledger names per partition.

    Complete once, not stale since, and a mirror of the active site: whole, or half stopped by the move under way.

    Args:
        rec: The record.
        view: The site.
        under_way: Cluster id of the target of the move under way; empty without one.
    """
    known = rec.standing(view.cluster_id)
    if not known.complete or known.stale_since:
        return False
    return view.follows(rec.cluster_id) or (under_way == view.cluster_id and view.half_stopped(rec.cluster_id))


def why_not(rec: Record, view: SiteView) -> str:
    """Why a site is no standby, in words."""
    known = rec.standing(view.cluster_id)
    if not known.complete:
        return "its mirrors were never all caught up"
    if known.stale_since:
        return f"it lacks what was written since epoch {known.stale_since}"
    return "its mirrors do not all follow the active site"


def loss_epoch(rec: Record, cluster_id: str) -> int:
    """The epoch since which a site that is no standby lacks what was written."""
    known = rec.standing(cluster_id)
    return known.stale_since or rec.epoch if known.complete else 1


def after_move(rec: Record, topology: Topology, target: str, epoch: int, *, planned: bool) -> tuple[Standing, ...]:
    """What the record knows of the other sites once it has moved.

    Args:
        rec: The record before.
        topology: Sites and links.
        target: Cluster that becomes active.
        epoch: Epoch of the move.
        planned: It is a promotion: a link that can turn round has made a mirror of the site that it left.
    """
    # Nobody else is asked in a move. The next update finds a site that follows the active one; until then it counts as
    # stale, also after a move that was taken back: a break-glass run may have stopped its mirrors meanwhile.
    left = {cluster for _, cluster in topology.sites} - {target}
    link = topology.between(topology.site_of(rec.cluster_id), topology.site_of(target))
    known = {s.cluster_id: s for s in rec.standings} | {c: rec.standing(c) for c in left}
    for cluster in left:
        before = known[cluster]
        if planned and cluster == rec.cluster_id and link is not None and link.both_ways:
            known[cluster] = Standing(cluster, complete=True)
        elif not before.stale_since:
            # The site that was active had everything up to now.
            complete = before.complete or cluster == rec.cluster_id
            known[cluster] = replace(before, complete=complete, stale_since=epoch if complete else 1)
    return tuple(sorted(s for c, s in known.items() if c != target))


def keeping(published: Topology, recorded: Topology, site: str, cluster_id: str) -> Topology:
    """Today's topology with a site in it, whatever the estate says: the active site does not leave the switch."""
    if published.site_of(cluster_id):
        return published
    name = recorded.site_of(cluster_id) or site
    others = tuple((n, c) for n, c in published.sites if n != name)
    return Topology(tuple(sorted((*others, (name, cluster_id)))), published.links)
