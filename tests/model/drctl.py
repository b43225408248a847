"""Break glass: a failover without Pulumi, its state or the estate."""

from tests.model import ledger, switch
from tests.model.guard import after_failover, highest_epoch, need_of
from tests.model.world import RECORD, Edit, Run, State, World, comes_from, copies


def target_ok(w: World, site: str) -> bool:
    """All topics are mirrors of the site in the record, complete as far as a state can be read, or a move to this site is under way."""
    mine = copies(w, site)
    if site not in w.alive or not any(mine):
        return False
    if RECORD not in w.alive:
        return all(c and c.kind == "mirror" for c in mine)
    return need_of(w, site) == 0


def epoch_for(w: World, site: str) -> int:
    """The epoch of the move that is under way to this site, else one above what record, ledger store and the switch's file know."""
    w = w._replace(state=None, record=w.record if RECORD in w.alive else None)
    target, epoch = ledger.under_way(w)
    return epoch if target == site else max(highest_epoch(w), w.edit.epoch) + 1


def failover(w: World, site: str, limit: int = 99) -> tuple[World, Run | None, str]:
    """`drctl failover --to <site>`. Without the record store it stops the mirrors; run again later it moves the record."""
    if not target_ok(w, site):
        return w, None, "refused: no standby on the wire"
    seen = w.record if RECORD in w.alive else None
    source = seen.site if seen else next(comes_from(c, site) for c in copies(w, site) if c)
    epoch = epoch_for(w, site)
    after = after_failover(w, site, epoch) if seen else ()
    move = State(Edit(site[0], epoch, "failover"), site, source, w.published.sites, w.published.links, after)
    return switch.go(w, Run("drctl", move, "move", seen), limit)
