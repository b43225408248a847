"""The guard's word: may this term follow that one, why not, and what may. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kafkadr.phase.fixed import fixed_refusals
from kafkadr.phase.flips import NO_EVIDENCE, Evidence, flip_refusals
from kafkadr.phase.joining import built_refusals, kept_refusals, released_refusals
from kafkadr.phase.moves import MOVES, Move
from kafkadr.phase.refusals import Refusal
from kafkadr.phase.stays import stay_refusals
from kafkadr.phase.term import Change, Standby, Term
from kafkadr.phase.two_ways import link_refusals
from kafkadr.phase.ways import Way, ways_on


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
    forward = (*built_refusals(old, new), *released_refusals(old, new), *kept_refusals(old, new))
    refusals = (*fixed_refusals(old, new), *link_refusals(old, new), *found, *forward)
    return Verdict(refusals=refusals, ways=ways_on(old)) if refusals else Verdict(move)


def _move(old: Term, new: Term) -> Move | None:
    """The row of the table that leads from one term to the other."""
    flips = new.primary != old.primary
    for move in MOVES:
        fits = move.possible(old) and move.target is new.phase and move.flips == flips
        if fits and move.standby is new.standby and move.change in {None, new.change} and _marked(move, old, new):
            return move
    return None


def _marked(move: Move, old: Term, new: Term) -> bool:
    """Moves that leave the phase, or share it with another one, are told by what else they change."""
    unlocked = [sum(k.unlocked for k in term.kept) for term in (old, new)]
    marks = {
        "release": bool(new.released),
        "reclaim": not new.released,
        "unlock": len(new.kept) == len(old.kept) and unlocked[1] > unlocked[0],
        "retire": len(new.kept) < len(old.kept),
        "retry": new.handover != old.handover,
    }
    return marks.get(move.name, True)


def _first(new: Term) -> Iterator[Refusal]:
    if new.built or new.released:
        key = "settings.link.built" if new.built else f"settings.sites.{new.released[0]}.released"
        yield Refusal(key, "is set, but this pair has no recorded term", "Remove it; it belongs to a flip's aftermath")
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
