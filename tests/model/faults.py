"""What must never be true, and what must always have a way out."""

from collections import deque
from collections.abc import Callable, Iterator

from tests.model import drctl, estate, ledger, switch
from tests.model.events import Event, estate_edits, switch_edits
from tests.model.guard import decide, is_standby
from tests.model.world import (
    CLUSTERS,
    LEDGERS,
    RECORD,
    World,
    comes_from,
    copies,
    fetch,
    follows,
    holds,
    named,
    writable,
)


def really_standby(w: World, site: str) -> bool:
    """The truth about a target: caught up once, mirrors of the record's site, stopped since the record moved last if at all."""
    return site in w.caught and all(
        c is not None
        and comes_from(c, site) == w.record.site
        and (c.kind == "mirror" or c.moment == len(w.record.moves))
        for c, p in zip(copies(w, site), copies(w, w.record.site))
        if p
    )


def under_way(w: World) -> bool:
    """A move is not ended, by the record, by the state or by a run that may still go on."""
    return bool(
        w.record.target or (w.state and w.state.edit.epoch > w.record.epoch) or (w.paused and w.paused.kind == "move")
    )


def faults(before: World, event: Event) -> Iterator[str]:
    w, e = event.world, event.accepted
    active = copies(w, w.record.site)
    held = set().union(*[holds(w, s) for s in CLUSTERS])
    gone = set(range(len(w.writes))) - ledger.covered(w)
    if gone - held:
        yield "records lost that no ledger names"
    if not under_way(w):
        if any(c and c.kind == "mirror" for c in active) or not any(active):
            yield "clients follow the record to a site that takes no writes"
        if any(s == w.record.site for _, s in w.syncs):
            yield "a sync writes into the active site"
        kept = set().union(*[holds(w, s) for s in w.published.sites | {w.record.site}])
        if {r for r in gone - kept if w.writes[r][1]}:
            yield "the site with the only copy of records left, and no ledger names them"
    if "estate" in event.name and "blind" not in event.name and "restored" not in event.name:
        gone_sites = before.published.sites - w.published.sites
        if w.record.site in gone_sites:
            yield "the active site left the estate"
        if w.record.target in gone_sites:
            yield "the target of a move left the estate"
        named_only = set().union(*[ledger.names(w, x) for x in w.ledgers if not x.acknowledged]) - w.told
        named_only = named_only.difference(*[holds(w, s) for s in w.published.sites])
        if any(named_only & holds(w, s) for s in gone_sites):
            yield "a site left with the only copy of records that an open ledger names"
    if len({n for n, _ in w.used}) < len(w.used):
        yield "an epoch was used twice"
    if w.record.epoch < before.record.epoch:
        yield "the record went back"
    if e and not w.paused and w.record.site != before.record.site and w.record.site not in before.published.sites:
        yield "clients were moved to a site that is not in the estate"
    if e and e.change == "failover" and not e.accept_loss:
        site = decide(before, e).state.primary
        if site != before.record.site and not really_standby(before, site):
            yield "a stale or half-built site was taken for a standby"
    if (
        event.name.startswith("drctl failover")
        and before.state
        and RECORD in before.alive
        and ledger.under_way(before)[0] != event.name.split()[2]
    ):
        if not really_standby(before, event.name.split()[2]):
            yield "drctl took a stale or half-built site for a standby"
    if event.name.startswith("git revert") and e:
        yield "a git revert moves"
    if any(x and x.site != s for x, s in ((ledger.find(w, n), s) for n, s in w.record.moves)):
        yield "the ledger of an epoch is that of another move"
    if (
        event.status == "green"
        and event.name == "switch up"
        and w.state
        and (w.state.primary, w.state.edit.epoch) != (w.record.site, w.record.epoch)
    ):
        yield "green, and state and record differ"
    if event.status == "green" and event.name == "switch up" and w.state and w.state.primary == w.record.site:
        if w.record.site not in w.published.sites:
            yield "green, and the estate has lost the active site"
    if (
        any(a and not b for a, b in zip(copies(before, w.record.site), active))
        and not under_way(w)
        and before.record.site == w.record.site
    ):
        yield "a topic of the active site was deleted"


# ------------------------------------------------------------------ ways out, by edits alone
def calm(w: World) -> World:
    """Stores answer, both stacks are run, mirrors catch up, people look after the ledgers."""
    w = w._replace(alive=w.alive | {RECORD, LEDGERS}, paused=None)
    for _ in range(3):
        w = estate.up(w)[0]
        w = switch.up(w)[0]
        for s in CLUSTERS:
            w = fetch(w, s)
        for n in ledger.missing(w):
            w = ledger.write_late(w, n)
        for n in ledger.to_acknowledge(w):
            w = ledger.acknowledge(w, n)
        if not w.record.target:
            for s in sorted(w.published.sites & w.alive):
                if w.record.site in w.alive and ledger.unnamed(w, s):
                    w = ledger.recover(w, s)
    return w


Goal = Callable[[World], bool]


def solve(
    w: World, goal: Goal, depth: int, allowed: Callable[[str], bool] = lambda name: True
) -> list[tuple[str, World]] | None:
    """The fewest edits that lead to `goal`: (name, world after); None if there are none within `depth`."""
    first = calm(w)
    if goal(first):
        return []
    seen, queue = {first}, deque([(first, [])])
    while queue:
        x, path = queue.popleft()
        if len(path) == depth:
            continue
        after = [
            (n, calm(x._replace(edit=e)))
            for n, e in switch_edits(x)
            if e != x.edit and allowed(n) and not decide(x, e).refused
        ]
        after += [("estate " + n, calm(x._replace(declared=d))) for n, d in estate_edits(x) if not estate.refused(x, d)]
        for name, y in after:
            if goal(y):
                return path + [(name, y)]
            if y not in seen:
                seen.add(y)
                queue.append((y, path + [(name, y)]))
    return None


def active(w: World) -> bool:
    """The record names a living site whose topics can be written, and no move is under way."""
    at = copies(w, w.record.site)
    return w.record.site in w.alive and w.record.target == "" and any(at) and all(writable(c) for c in at if c)


def standby(w: World, site: str) -> bool:
    return bool(
        active(w)
        and w.state
        and w.state.primary == w.record.site
        and site in w.published.sites
        and site in w.state.sites
        and is_standby(w, site)
        and follows(w, site, w.record.site)
    )


def protected(w: World) -> bool:
    return any(standby(w, s) for s in CLUSTERS if s != w.record.site)


def dead_ends(w: World, depth: int = 3) -> Iterator[str]:
    living = [s for s in w.alive & w.published.sites if all(copies(w, s))]
    if living and solve(w, active, depth) is None:
        yield "no way to a living active site"
        return
    spare = [
        s
        for s in CLUSTERS
        if s in w.alive and s != w.record.site and (s in w.published.sites or not named(s[0], w.published.sites))
    ]
    if w.record.site in w.alive and spare and solve(w, protected, depth) is None:
        yield "no way to be protected again"
    c = calm(w)
    if active(c):
        for s in sorted(c.published.sites - {c.record.site}):
            if solve(c, lambda x: s not in x.published.sites, depth) is None:
                yield f"no way to remove a {'living' if s in c.alive else 'dead'} site"
    if (
        RECORD not in w.alive
        and w.record.site not in w.alive
        and living
        and not any(drctl.target_ok(w, s) or any(writable(x) for x in copies(w, s)) for s in living)
    ):
        yield "record store and active site dead, and drctl failover refuses"
