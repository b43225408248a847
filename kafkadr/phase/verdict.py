"""The guard's word: may this term follow that one, why not, and what may. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kafkadr.phase.fixed import fixed_refusals
from kafkadr.phase.flips import NO_EVIDENCE, Evidence, flip_refusals
from kafkadr.phase.moves import MOVES, Move, Way, ways_on
from kafkadr.phase.refusals import Refusal
from kafkadr.phase.stays import stay_refusals
from kafkadr.phase.term import Change, Standby, Term
from kafkadr.phase.two_ways import link_refusals


@dataclass(frozen=True)
class Verdict:
    """Outcome for one edit: the move it makes, or every reason against it and the moves that are legal instead."""

    move: Move | None = None
    refusals: tuple[Refusal, ...] = ()
    ways: tuple[Way, ...] = field(default=(), repr=False)

    @property
    def ok(self) -> bool:
        """Whether the edit is legal; one that moves nothing is."""
        return not self.refusals


def judge(old: Term | None, new: Term, evidence: Evidence = NO_EVIDENCE) -> Verdict:
    """Decide about one edit.

    Args:
        old: The term recorded in state, None when the pair is new.
        new: The term the stack config asks for.
        evidence: About the handover token, for a promotion.
    """
    if old is None:
        return Verdict(refusals=tuple(_first(new)))
    if new == old:
        return Verdict()
    move = _move(old, new)
    flips = new.primary != old.primary
    found = flip_refusals(old, new, evidence) if flips else stay_refusals(old, new, move, evidence)
    refusals = (*fixed_refusals(old, new), *link_refusals(old, new), *found)
    return Verdict(refusals=refusals, ways=ways_on(old)) if refusals else Verdict(move)


def _move(old: Term, new: Term) -> Move | None:
    """The row of the table that leads from one term to the other."""
    flips = new.primary != old.primary
    stays = {"retire": new.kept == old.kept, "retry": new.handover == old.handover}
    for move in MOVES:
        fits = move.possible(old) and move.target is new.phase and move.flips == flips
        if fits and move.standby is new.standby and move.change in {None, new.change} and not stays.get(move.name):
            return move
    return None


def _first(new: Term) -> Iterator[Refusal]:
    if new.standby is Standby.MIRRORING and new.change is Change.NONE and not new.kept:
        if new.home and new.home != new.primary:
            yield Refusal(
                "settings.link.home",
                f"home is {new.home}, but {new.primary} is primary when the link is built",
                f"Set home: {new.primary}",
            )
        return
    key = "change" if new.change is not Change.NONE else "standby" if new.standby is not Standby.MIRRORING else "kept"
    yield Refusal(
        key if key != "kept" else "settings.kept",
        f"this pair has no recorded term, yet the config says change: {new.change}, standby: {new.standby}"
        + (", and a kept site" if new.kept else ""),
        "Start a new pair with change: none and standby: mirroring",
    )
