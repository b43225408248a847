"""What may happen next in a world: people, runs, deaths."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.model import drctl, estate, ledger, switch
from tests.model.guard import decide, highest_epoch
from tests.model.world import (
    CLUSTERS,
    LEDGERS,
    RECORD,
    Edit,
    Estate,
    World,
    ends,
    fetch,
    link_between,
    named,
    sizes,
    write,
)


class Budget(NamedTuple):
    """How often each kind of event may still happen."""

    edits: int = 0
    deaths: int = 0
    returns: int = 0
    writes: int = 0
    strays: int = 0  # writes past the record
    pauses: int = 0  # a run stops between two steps; it may go on later
    breaks: int = 0  # drctl failover, lost or restored state, git revert
    stores: int = 0  # the record store or the ledger store dies, and comes back


class Event(NamedTuple):
    name: str
    world: World
    budget: Budget
    status: str = ""
    accepted: Edit | None = None  # an edit of the switch that the guard took as a move


def keys_changed(a: Edit, b: Edit) -> int:
    return sum(x != y for x, y in zip(a, b))


def switch_edits(w: World) -> Iterator[tuple[str, Edit]]:
    """All edits that the table of moves might mean; the guard decides."""
    rec, base = w.record, w.state.edit if w.state else w.edit
    if w.edit != base:
        yield "take it back", base
    if (base.primary, base.epoch) != (rec.site[0], rec.epoch) or w.state is None:
        yield (
            "adopt",
            base._replace(primary=rec.site[0], epoch=rec.epoch, change=base.change or "failover", accept_loss=0),
        )
    if w.state is None:
        return
    top = highest_epoch(w)
    sites, under_way = sorted(w.state.sites | w.published.sites), ledger.under_way(w)
    for s in sites:
        for epoch in sorted({top + 1} | ({under_way[1]} if under_way[0] == s else set())):
            for accept in range(rec.epoch + 1):
                loss = f" acceptLoss {accept}" if accept else ""
                yield (
                    f"failover {s} epoch {epoch}{loss}",
                    base._replace(primary=s[0], epoch=epoch, change="failover", accept_loss=accept),
                )
        if s != rec.site and rec.site in w.alive and LEDGERS in w.alive:
            yield (
                f"promote {s}",
                base._replace(
                    primary=s[0], epoch=top + 1, change="promote", accept_loss=0, approved=(top + 1, sizes(w, rec.site))
                ),
            )
        if s != rec.site and s in w.alive:
            yield f"rejoin {s}", base._replace(rejoin=s[0], approved=(base.epoch, sizes(w, s)))


def estate_edits(w: World) -> Iterator[tuple[str, Estate]]:
    d, p = w.published, w.record.site
    two_way = any("=" in n for n in d.links | {n for n, _ in w.objects})
    join = (lambda s: f"{p}={s}") if two_way else (lambda s: f"{p}>{s}")
    if w.declared != d:
        yield "take it back", d
    for s in CLUSTERS:
        if s not in d.sites and not named(s[0], d.sites):
            yield f"add {s}", Estate(d.sites | {s}, d.links | {join(s)})
        if s in d.sites and s != p and not link_between(d.links, p, s):
            yield f"add link {join(s)}", d._replace(links=d.links | {join(s)})
        if s in d.sites:
            left = Estate(d.sites - {s}, frozenset(n for n in d.links if s not in ends(n)))
            yield f"remove {s}", left
            if s == "W" and p != "W":
                yield "replace W by W2", Estate(left.sites | {"W2"}, left.links | {join("W2")})


def events(w: World, b: Budget, steps: int = 8) -> Iterator[Event]:
    """Everything that may happen next. A run may stop after each of its first `steps` steps."""
    stops = range(1, steps) if b.pauses and w.paused is None else ()
    paused = b._replace(pauses=b.pauses - 1)
    for s in sorted(w.published.sites):
        if s in w.alive and b.deaths:
            yield Event(f"{s} dies", w._replace(alive=w.alive - {s}), b._replace(deaths=b.deaths - 1))
        if s not in w.alive and b.returns:
            yield Event(f"{s} returns", w._replace(alive=w.alive | {s}), b._replace(returns=b.returns - 1))
    for s in (RECORD, LEDGERS):
        if s in w.alive and b.stores:
            yield Event(f"{s} dies", w._replace(alive=w.alive - {s}), b._replace(stores=b.stores - 1))
        if s not in w.alive:
            yield Event(f"{s} returns", w._replace(alive=w.alive | {s}), b)
    if b.writes:
        for t in w.topics:
            x = write(w, w.record.site, t)
            if x:
                yield Event(f"write to {t}", x, b._replace(writes=b.writes - 1))
    if b.strays:
        for s in sorted(w.published.sites - {w.record.site}):
            x = write(w, s, w.topics[0], True)
            if x:
                yield Event(f"stray write on {s}", x, b._replace(strays=b.strays - 1))
    for s in CLUSTERS:
        x = fetch(w, s)
        if x != w:
            yield Event(f"{s} catches up", x, b)
    if LEDGERS in w.alive:
        for n in ledger.to_acknowledge(w):
            yield Event(f"ledger {n} acknowledged", ledger.acknowledge(w, n), b)
        for n in ledger.missing(w):
            yield Event(f"ledger {n} written late", ledger.write_late(w, n), b)
        if not w.record.target:
            for s in sorted(w.published.sites - {w.record.site}):
                if s in w.alive and w.record.site in w.alive and ledger.unnamed(w, s):
                    yield Event(f"{s} recovered", ledger.recover(w, s), b)

    x, _, status = switch.up(w)
    if x != w:
        yield Event("switch up", x, b, status)
    x, _, status = estate.up(w)
    if x != w:
        yield Event("estate up", x, b, status)
    for k in stops:
        for name, tool in (("switch up", switch), ("estate up", estate)):
            x, run, _ = tool.up(w, k)
            if run:
                yield Event(f"{name} stops after {k}", x._replace(paused=run), paused)
    if w.paused:
        rest, run = w._replace(paused=None), w.paused
        if run.tool == "estate":
            x, _, status = estate.go(rest, run)
            yield Event("the stopped estate up goes on", x, b, status)
            x, _, status = estate.go(rest, run, blind=True)
            yield Event("the stopped estate up goes on, blind for one step", x, b, status)
        else:
            x, _, status = switch.go(rest, run)
            yield Event(f"the stopped {run.tool} run goes on", x, b, status)
            x, _, status = switch.go(rest, run, blind=True)
            yield Event(f"the stopped {run.tool} run goes on, blind for one step", x, b, status)
    if b.edits:
        less = b._replace(edits=b.edits - 1)
        for name, edit in switch_edits(w):
            if edit == w.edit or decide(w, edit).refused:
                continue
            accepted = edit if decide(w, edit).kind == "move" else None
            y = w._replace(edit=edit)
            x, _, status = switch.up(y)
            yield Event(f"EDIT {name}, up", x, less, status, accepted)
            for k in stops:
                x, run, _ = switch.up(y, k)
                if run:
                    yield Event(
                        f"EDIT {name}, up stops after {k}",
                        x._replace(paused=run),
                        less._replace(pauses=b.pauses - 1),
                        "",
                        accepted,
                    )
        for name, declared in estate_edits(w):
            y = w._replace(declared=declared)
            x, _, status = estate.up(y)
            if status.startswith("refused"):
                continue
            yield Event(f"EDIT estate {name}, up", x, less, status)
            for k in stops:
                x, run, _ = estate.up(y, k)
                if run:
                    yield Event(
                        f"EDIT estate {name}, up stops after {k}",
                        x._replace(paused=run),
                        less._replace(pauses=b.pauses - 1),
                    )
    if b.breaks:
        less = b._replace(breaks=b.breaks - 1)
        if w.state:
            yield Event("state lost", w._replace(state=None), less)
        if w.older and w.state and w.older != w.state:
            yield Event("older state restored", w._replace(state=w.older), less)
            old = w.older.edit
            d = decide(w, old)
            if old != w.state.edit and not d.refused:
                x, _, status = switch.up(w._replace(edit=old))
                yield Event("git revert, up", x, less, status, old if d.kind == "move" else None)
        if w.older_estate and w.older_estate != w.published:
            yield Event("older estate restored", w._replace(published=w.older_estate), less)
        for s in sorted(w.published.sites - {w.record.site}):
            x, _, status = drctl.failover(w, s)
            if x != w:
                yield Event(f"drctl failover {s}", x, less, status)
            for k in stops:
                x, run, _ = drctl.failover(w, s, k)
                if run:
                    yield Event(
                        f"drctl failover {s} stops after {k}",
                        x._replace(paused=run),
                        less._replace(pauses=b.pauses - 1),
                    )
