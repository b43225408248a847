"""The estate's `up` as steps."""

from tests.model import ledger
from tests.model.rules import rule
from tests.model.world import RECORD, Copy, Estate, Run, World, comes_from, copies, ends, link_sites, put, whole


def refused(w: World, declared: Estate) -> str:
    """May these sites leave?"""
    for s in sorted(w.published.sites - declared.sites):
        if RECORD not in w.alive:
            return "the record cannot be read"
        if rule("keep active") and s == w.record.site:
            return f"{s} is the site that the record names"
        if rule("keep target") and s == w.record.target:
            return f"a move to {s} is under way"
        if ledger.is_open(w, s):
            return f"a ledger with a row on {s} is open"
        if rule("keep source"):
            for other in sorted(declared.sites - {s}):
                if other in w.alive and any(
                    c and c.kind == "mirror" and comes_from(c, other) == s for c in copies(w, other)
                ):
                    return f"{other} mirrors {s}"
    return ""


def next_step(w: World, declared: Estate, skip: frozenset) -> tuple:
    for link in sorted(declared.links):
        for s in link_sites(link):
            if (link, s) not in w.objects and (link, s) not in skip:
                return ("create", link, s)
    for link, s in sorted(w.objects):
        if link in w.published.links - declared.links and s in declared.sites and (link, s) not in skip:
            return ("delete", link, s)
    return ("publish",)


def up(w: World, limit: int = 99) -> tuple[World, Run | None, str]:
    """One `up` of the estate, stopped after `limit` steps."""
    why = refused(w, w.declared)
    if why:
        return w, None, "refused: " + why
    return go(w, Run("estate", None, "", w.record, w.declared), limit)


def go(w: World, run: Run, limit: int = 99, blind: bool = False) -> tuple[World, Run | None, str]:
    declared, skip, bad = run.estate, frozenset(), []
    while True:
        step = next_step(w, declared, skip)
        if limit == 0:
            return w, run, "stopped"
        limit -= 1
        if rule("record again") and not blind:
            why = refused(w, declared)
            if why:
                return w, None, "refused: " + why
        blind = False
        if step[0] == "publish":
            links = frozenset(n for n in declared.links if whole(w, n) or not rule("whole links"))
            new = Estate(declared.sites, links)
            if new != w.published:
                w = w._replace(published=new, older_estate=w.published)
            return w, None, "red: " + "; ".join(bad) if bad else "green"
        kind, link, s = step
        if not (set(ends(link)) if kind == "create" else {s}) <= w.alive:
            if not rule("dead stops nothing"):
                return w, None, f"red: {link} on {s}"
            bad.append(f"{link} on {s} waits")
            skip |= {(link, s)}
        elif kind == "create":
            w = w._replace(objects=w.objects | {(link, s)})
        elif any(c and c.kind == "mirror" and c.link == link for c in copies(w, s)):
            bad.append(f"the server keeps {link} while {s} mirrors with it")
            skip |= {(link, s)}
        else:
            for t, c in zip(w.topics, copies(w, s)):
                if c and c.link == link:
                    w = put(w, s, t, Copy("plain", "", c.log))
            w = w._replace(objects=w.objects - {(link, s)}, syncs=w.syncs - {(link, s)})
