"""The switch's `up` and `drctl failover` as steps; a run may stop between any two."""

from tests.model import ledger
from tests.model.guard import decide, remember
from tests.model.rules import rule
from tests.model.world import (
    CLUSTERS,
    LEDGERS,
    RECORD,
    Copy,
    Record,
    Run,
    State,
    World,
    both_ways,
    caught_up,
    comes_from,
    copies,
    copy,
    follows,
    holds,
    ident,
    link_between,
    named,
    put,
    whole,
)


def start(w: World) -> tuple[World, Run | None, str]:
    """The guard reads the record and decides. -> (world, run, refusal)."""
    d = decide(w, w.edit)
    if d.refused:
        return w, None, "refused: " + d.refused
    return w, Run("switch", d.state, d.kind, w.record), ""


def save(w: World, run: Run) -> World:
    """Write the run's state; drctl has none."""
    if run.tool != "switch" or w.state == run.state:
        return w
    caught = frozenset(s for s in CLUSTERS if caught_up(w, s, run.state.primary))
    return w._replace(older=w.state, state=run.state, caught=w.caught | caught)


# ------------------------------------------------------------------ a move
def move_step(w: World, run: Run) -> tuple:
    """The next step of a move, from the wire."""
    m, rec = run.state, w.record
    site, epoch = m.primary, m.edit.epoch
    if (
        rule("intent")
        and RECORD in w.alive
        and (rec.target, rec.target_epoch) != (site, epoch)
        and (rec.site, rec.epoch) != (site, epoch)
    ):
        return ("intent",)
    if (rec.site, rec.epoch) == (site, epoch):  # the engine keeps the guard's state once its update has ended
        return ("save",) if run.tool == "switch" and w.state != m else ()
    for t in w.topics:
        c = copy(w, site, t)
        if c and c.kind == "mirror":
            if m.edit.change == "promote":
                return ("promote", t)
            if rule("every mirror stops") or comes_from(c, site) == m.previous:
                return ("stop", t)
    if rule("syncs suspended") and any(s == site for _, s in w.syncs):
        return ("suspend",)
    if ledger.find(w, epoch) != ledger.of_move(w, m) and (
        LEDGERS in w.alive or not rule("ledger is optional") or m.edit.change == "promote"
    ):
        return ("ledger",)
    return ("record",)


def stale_plan(w: World, m: State) -> bool:
    """The old primary has more records than the plan says, or does not answer."""
    if m.previous not in w.alive:
        return True
    return any(c and c.kind != "mirror" and len(c.log) != n for c, n in zip(copies(w, m.previous), m.edit.approved[1]))


def do_move(w: World, run: Run, step: tuple) -> tuple[World, Run, str]:
    m, rec = run.state, w.record
    site, epoch = m.primary, m.edit.epoch
    if site not in w.alive:
        return w, run, f"{site} does not answer"
    match step[0]:
        case "intent":
            if rec != run.seen and rule("compare and set"):
                return w, run, "the record changed meanwhile"
            rec = rec._replace(target=site, target_epoch=epoch)
            return w._replace(record=rec, used=w.used | {(epoch, site)}), run._replace(seen=rec), ""
        case "save":
            return save(w, run), run, ""
        case "stop":
            c = copy(w, site, step[1])
            return put(w, site, step[1], c._replace(kind="stopped", fetched=len(c.log), moment=len(rec.moves))), run, ""
        case "promote":
            t, link = step[1], link_between(m.links, m.previous, site)
            a, b = copy(w, m.previous, t), copy(w, site, t)
            if m.previous not in w.alive or b.link != link or not whole(w, link):
                return w, run, "the source does not answer, or the link is gone"
            if a is None or a.log != b.log:
                return w, run, f"lag on {t}"
            w = put(w, site, t, b._replace(kind="stopped", fetched=len(b.log), moment=len(rec.moves)))
            if both_ways(link):
                w = put(w, m.previous, t, Copy("mirror", link, a.log))
                w = w._replace(caught=w.caught | {m.previous}) if caught_up(w, m.previous, site) else w
            return w, run, ""
        case "suspend":
            return w._replace(syncs=frozenset(x for x in w.syncs if x[1] != site)), run, ""
        case "ledger":
            if LEDGERS not in w.alive:
                return w, run, "the ledger store does not answer"
            return ledger.put(w, ledger.of_move(w, m)), run, ""
        case "record":
            if RECORD not in w.alive:
                return w, run, "the record store does not answer"
            if any(c is None for c in copies(w, site)) and not rule("row from 0"):
                return w, run, "a topic has no mirror"
            if m.edit.change == "promote" and rule("ends compared") and stale_plan(w, m):
                return w, run, "the old primary has other ends than the plan"
            if rec != run.seen and rule("compare and set"):
                return w, run, "the record changed meanwhile"
            moved = Record(site, epoch, moves=rec.moves + ((epoch, site),), standings=m.standings)
            w = w._replace(record=moved, used=w.used | {(epoch, site)})
            return w, run._replace(seen=w.record), ""
    raise AssertionError(step)


# ------------------------------------------------------------------ an up that moves nothing
def rest_step(w: World, run: Run, skip: frozenset) -> tuple:
    """The next thing to do for a standby, from the wire."""
    r = run.state
    p = r.primary
    if run.tool == "switch" and w.state != r:
        return ("save",)
    if w.record is None:
        return ("first record",)
    if run.kind == "adopt":
        return ()
    for s in CLUSTERS:
        link = link_between(r.links, p, s)
        if s == p or s not in r.sites or not link or s in skip:
            continue
        asked = (
            r.edit.rejoin
            and named(r.edit.rejoin, r.sites) == s
            and (r.edit.approved[:1] == (r.edit.epoch,) or not rule("old keys inert"))
        )
        for t in w.topics:
            c, source = copy(w, s, t), copy(w, p, t)
            if source is None or (c and c.kind == "mirror" and c.link == link):
                continue
            if c is None:
                return ("create", s, t, link)
            if asked:
                return ("cut", s, t, link)
        if s in w.alive and follows(w, s, p):
            if p in w.alive and caught_up(w, s, p) and (ident(s), True, 0) not in w.record.standings:
                return ("complete", s)
            if (link, s) not in w.syncs:
                return ("sync", s, link)
    return ()


def do_rest(w: World, run: Run, step: tuple) -> tuple[World, Run, str]:
    r = run.state
    p = r.primary
    if step[0] == "save":
        return save(w, run), run, ""
    if step[0] == "first record":
        return w._replace(record=Record(p, r.edit.epoch, moves=((r.edit.epoch, p),))), run, ""
    s = step[1]
    if not {s, p} <= w.alive:
        return w, run, f"{s} or {p} does not answer"
    match step[0]:
        case "create":
            if (step[3], s) not in w.objects:
                return w, run, f"link {step[3]} is gone"
            return put(w, s, step[2], Copy("mirror", step[3]))._replace(caught=w.caught - {s}), run, ""
        case "cut":
            t, link = step[2:]
            c, source = copy(w, s, t), copy(w, p, t)
            ends = dict(zip(w.topics, r.edit.approved[1]))
            if rule("ends again") and (len(c.log) != ends[t] or (rule("ends named") and ledger.unnamed(w, s))):
                return w, run, "the ends are not those of the plan"
            restore = both_ways(link) and source.kind == "stopped" and source.link == link and c.kind != "mirror"
            if not rule("method from the wire") and both_ways(link):
                if not restore:
                    return w, run, "the server has nothing to restore from"
            w = w._replace(told=w.told | (ledger.covered(w) & holds(w, s)))
            w = put(w, s, t, Copy("mirror", link, c.log[: source.fetched]) if restore else None)._replace(
                caught=w.caught - {s}
            )
            w = remember(w, s, complete=False)
            return w, run._replace(seen=w.record), ""
        case "complete":
            w = remember(w, s, complete=True, since=0)._replace(caught=w.caught | {s})
            return w, run._replace(seen=w.record), ""
        case "sync":
            return w._replace(syncs=w.syncs | {(step[2], s)}), run, ""
    raise AssertionError(step)


# ------------------------------------------------------------------ a run
def go(w: World, run: Run, limit: int = 99, blind: bool = False) -> tuple[World, Run | None, str]:
    """Take up to `limit` steps. -> (world, the run if it is not ended, status). `blind`: the first step was decided on before."""
    skip, bad = frozenset(), []
    kind = run.kind
    if run.tool == "switch" and rule("lost primary is red") and run.state.primary not in w.published.sites:
        bad.append(f"the estate has lost {run.state.primary}: put it back")
    while True:
        moving = kind == "move"
        step = move_step(w, run) if moving else rest_step(w, run, skip)
        if not step and moving and not rule("one thing"):
            kind = "rest"
            continue
        if not step:
            return w, None, "red: " + "; ".join(bad) if bad else "green"
        if limit == 0:
            return w, run, "stopped"
        if rule("record again") and not blind and RECORD in w.alive and w.record is not None and w.record != run.seen:
            return w, None, "red: the record changed meanwhile"
        w, run, why = do_move(w, run, step) if moving else do_rest(w, run, step)
        if run.kind == "birth" and step == ("first record",):
            run = run._replace(seen=w.record)
        blind, limit = False, limit - 1
        if why and moving:
            return w, None, "red: " + why
        if why:
            bad.append(why)
            skip |= {step[1]}


def up(w: World, limit: int = 99) -> tuple[World, Run | None, str]:
    """One `up` of the switch, stopped after `limit` steps."""
    w, run, why = start(w)
    return go(w, run, limit) if run else (w, None, why)
