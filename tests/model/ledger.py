"""The ledger: what a move may have lost, and what people do about it."""

from tests.model.rules import rule
from tests.model.world import LEDGERS, Ledger, State, World, comes_from, copy, holds


def find(w: World, epoch: int) -> Ledger | None:
    return next((x for x in w.ledgers if x.epoch == epoch), None)


def put(w: World, entry: Ledger) -> World:
    return w._replace(ledgers=tuple(sorted([x for x in w.ledgers if x.epoch != entry.epoch] + [entry])))


def of_move(w: World, move: State) -> Ledger:
    """The ledger of a move, from what the new primary shows, added to the one that an earlier run wrote."""
    site, rows = move.primary, set()
    for t in w.topics:
        c = copy(w, site, t)
        if c and c.kind == "stopped":
            rows.add((comes_from(c, site), t, c.fetched))
        if move.previous != site and (
            c is None or (rule("row on the left site") and comes_from(c, site) != move.previous)
        ):
            rows.add((move.previous, t, max(c.fetched, 0) if c else 0))
    since = move.edit.accept_loss if rule("loss epochs") else 0
    old = find(w, move.edit.epoch)
    if old and not rule("ledger grows"):
        return old
    if old:
        rows |= set(old.rows)
        since = min(since or old.since, old.since or since)
    entry = Ledger(move.edit.epoch, site, tuple(sorted(rows)), since, not rows and not since)
    return old if old and (old.rows, old.since) == (entry.rows, entry.since) else entry


def under_way(w: World) -> tuple[str, int]:
    """The target and epoch of a move that is not ended: from the record, else from a ledger newer than the record."""
    rec = w.record
    if rec and rec.target:
        return rec.target, rec.target_epoch
    if LEDGERS in w.alive and rule("ledger names site"):
        newest = max(((x.epoch, x.site) for x in w.ledgers if not rec or x.epoch > rec.epoch), default=(0, ""))
        return newest[1], newest[0]
    return "", 0


def names(w: World, entry: Ledger) -> set[int]:
    """The records that a ledger names."""
    out = {r for site, t, n in entry.rows if copy(w, site, t) for r in copy(w, site, t).log[n:]}
    return out | {r for r, (_, epoch) in enumerate(w.writes) if entry.since and epoch >= entry.since}


def covered(w: World) -> set[int]:
    return set(w.told).union(*[names(w, x) for x in w.ledgers if not x.acknowledged])


def unnamed(w: World, site: str) -> set[int]:
    """Records that this site has, the active one lacks and no ledger names."""
    return holds(w, site) - holds(w, w.record.site) - covered(w)


def missing(w: World) -> list[int]:
    """Epochs of the record without a ledger."""
    return [e for e, _ in w.record.moves if e > 1 and not find(w, e)]


def is_open(w: World, site: str) -> bool:
    """Some ledger with a row on the site is not acknowledged, or is missing."""
    if LEDGERS not in w.alive:
        return True
    if rule("missing is open") and missing(w):
        return True
    return rule("acknowledged") and any(not x.acknowledged and any(r[0] == site for r in x.rows) for x in w.ledgers)


def to_acknowledge(w: World) -> list[int]:
    return [x.epoch for x in w.ledgers if not x.acknowledged and (x.epoch <= w.record.epoch or not rule("ended first"))]


def acknowledge(w: World, epoch: int) -> World:
    """`drctl ledger acknowledge`: people recovered or wrote off what it names."""
    entry = find(w, epoch)
    return put(w._replace(told=w.told | names(w, entry)), entry._replace(acknowledged=True))


def recover(w: World, site: str) -> World:
    """`drctl recover`: what a site alone has is copied or entered."""
    return w._replace(told=w.told | unnamed(w, site))


def write_late(w: World, epoch: int) -> World:
    """`drctl ledger write`: a missing ledger from what the site of that epoch still shows; else everything before it is named."""
    moves = list(w.record.moves)
    i = [e for e, _ in moves].index(epoch)
    site, before = moves[i][1], moves[i - 1][1]
    rows = {
        (comes_from(copy(w, site, t), site), t, copy(w, site, t).fetched)
        for t in w.topics
        if site in w.alive and copy(w, site, t) and copy(w, site, t).kind == "stopped"
    }
    rows |= {(before, t, 0) for t in w.topics if before != site and not any(r[0] == before and r[1] == t for r in rows)}
    return put(w, Ledger(epoch, site, tuple(sorted(rows)), 0, not rows))
