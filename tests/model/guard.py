"""The real table of moves (`kafkadr.model`), asked about a world: nothing is decided here but rejoin, which it has not yet."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from kafkadr.model import edit as real
from kafkadr.model import standing, table
from kafkadr.model import facts as facts_module
from kafkadr.model.record import Record as RealRecord
from kafkadr.model.record import Standing
from kafkadr.model.refusal import Refusal
from kafkadr.model.topology import Link, LinkMode, Topology
from kafkadr.model.view import Copy, CopyState, SiteView
from tests.model import ledger
from tests.model.world import (
    LEDGERS,
    RECORD,
    Edit,
    State,
    World,
    both_ways,
    comes_from,
    copies,
    ends,
    follows,
    ident,
    link_between,
    named,
)


class Decision(NamedTuple):
    refused: str = ""
    kind: str = ""  # birth, adopt, rest, move
    state: State | None = None


def topology_of(sites: frozenset[str], links: frozenset[str]) -> Topology:
    made = []
    for name in sorted(links):
        start, to = ends(name)
        mode = LinkMode.BIDIRECTIONAL if both_ways(name) else LinkMode.DESTINATION_INITIATED
        made.append(Link(name, start[0], to[0], mode))
    return Topology(tuple(sorted((s[0], s) for s in sites)), tuple(made))


def view_of(w: World, site: str) -> SiteView | None:
    if site not in w.alive:
        return None
    kinds = {"mirror": CopyState.MIRROR, "stopped": CopyState.STOPPED, "plain": CopyState.PLAIN}
    found = [Copy(t, kinds[c.kind], comes_from(c, site)) for t, c in zip(w.topics, copies(w, site)) if c]
    return SiteView(site, tuple(found))


def record_of(w: World) -> RealRecord | None:
    rec = w.record
    if rec is None:
        return None
    known = tuple(Standing(cluster, complete, since) for cluster, complete, since in rec.standings)
    return RealRecord(
        rec.site[0], rec.site, rec.epoch, rec.target[:1], rec.target, rec.target_epoch, rec.moves, tuple(sorted(known))
    )


def edit_of(edit: Edit) -> real.Edit:
    approved = real.Approval(edit.approved[0], "plan") if edit.approved else None
    change = real.Change(edit.change) if edit.change else None
    return real.Edit(edit.primary, edit.epoch, change, approved, edit.accept_loss)


def facts_of(w: World) -> facts_module.Facts:
    old = w.state
    recorded = None
    if old:
        recorded = real.Recorded(edit_of(old.edit), old.primary, old.previous, topology_of(old.sites, old.links))
    newest = max(((x.epoch, x.site) for x in w.ledgers), default=(0, "")) if LEDGERS in w.alive else (0, "")
    published = topology_of(w.published.sites, w.published.links)
    return facts_module.Facts(record_of(w), recorded, published, newest)


def decide(w: World, edit: Edit) -> Decision:
    """Accept or refuse `edit`."""
    if RECORD not in w.alive:
        return Decision("the record cannot be read")
    asked, facts = edit_of(edit), facts_of(w)
    views = {}
    for name in table.asks(asked, facts):
        site = named(name, w.state.sites) if w.state else ""
        view = view_of(w, site) if site else None
        if view is not None:
            views[name] = view
    plan = None
    if edit.approved and LEDGERS in w.alive and w.record and w.state:
        plan = real.Planned(edit.approved[0], w.record.site, named(edit.primary, w.state.sites))
    facts = replace(facts, views=views, plan=plan)
    found = table.decide(asked, facts)
    if isinstance(found, Refusal):
        return Decision(str(found))
    state = State(
        edit,
        found.state.cluster_id,
        found.state.leaves,
        frozenset(c for _, c in found.state.topology.sites),
        frozenset(k.name for k in found.state.topology.links),
        tuple((s.cluster_id, s.complete, s.stale_since) for s in found.standings),
    )
    kind = found.kind.value
    old = w.state.edit if w.state else edit
    if kind == "rest" and edit.rejoin and (edit.rejoin, edit.approved) != (old.rejoin, old.approved):
        why = cannot_rejoin(w, edit, state)
        if why:
            return Decision(why)
    return Decision("", kind, state)


def highest_epoch(w: World) -> int:
    return facts_module.highest_epoch(facts_of(w))


def is_standby(w: World, site: str) -> bool:
    """Whether the real table would take the site for a standby."""
    view, record = view_of(w, site), record_of(w)
    return view is not None and record is not None and standing.is_standby(record, view, ledger.under_way(w)[0])


def need_of(w: World, site: str) -> int:
    """The `acceptLoss` that a failover to the site needs."""
    record = record_of(w)
    assert record is not None
    return 0 if site == w.record.site or is_standby(w, site) else standing.loss_epoch(record, site)


def after_failover(w: World, site: str, epoch: int) -> tuple[tuple[str, bool, int], ...]:
    record = record_of(w)
    assert record is not None
    topology = topology_of(w.published.sites, w.published.links)
    found = standing.after_move(record, topology, site, epoch, planned=False)
    return tuple((s.cluster_id, s.complete, s.stale_since) for s in found)


def cannot_rejoin(w: World, edit: Edit, state: State) -> str:
    site, p = named(edit.rejoin, state.sites), state.primary
    if not site or site == p:
        return "no such stale site"
    if follows(w, site, p) and site in w.alive:
        return "the site is a standby"
    if not link_between(state.links, p, site):
        return "no link from the primary"
    if not {site, p, LEDGERS} <= w.alive:
        return "a site or the ledger store does not answer"
    if edit.approved[:1] != (edit.epoch,):
        return "the plan is of another epoch"
    if ledger.is_open(w, site):
        return "a ledger of this site is open"
    if ledger.unnamed(w, site):
        return "the site has records that no ledger names"
    return ""


def remember(w: World, site: str, *, complete: bool, since: int | None = None) -> World:
    """The record with another memory of a site; written by compare-and-set."""
    others = [x for x in w.record.standings if x[0] != ident(site)]
    old = next((x for x in w.record.standings if x[0] == ident(site)), (ident(site), False, 0))
    new = (ident(site), complete, old[2] if since is None else since)
    return w._replace(record=w.record._replace(standings=tuple(sorted([*others, new]))))
