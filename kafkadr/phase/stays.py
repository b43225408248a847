"""Rules of an edit that leaves primary: what the standby may become, what must stay. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kafkadr.phase.fixed import away_from_home
from kafkadr.phase.flips import Evidence, token_again
from kafkadr.phase.joining import join_refusals, joins, still_kept
from kafkadr.phase.moves import MOVES, Move, Need
from kafkadr.phase.refusals import Refusal, same_sites, same_topics, unacknowledged
from kafkadr.phase.term import Change, Term


def stay_refusals(old: Term, new: Term, move: Move | None, evidence: Evidence) -> list[Refusal]:
    """Every reason against an edit that leaves primary; `move` is the row of the table that it fits, if any."""
    found: list[Refusal] = []
    if new.epoch != old.epoch:
        found.append(
            Refusal(
                "epoch",
                f"epoch changes from {old.epoch} to {new.epoch} though {old.primary} stays primary",
                f"Set epoch: {old.epoch}; it counts changes of primary only",
            )
        )
    if joins(old, new):
        found += join_refusals(old, new)
    elif new.standby is not old.standby:
        found += _other_standby(old, new, move)
    elif new.change is not old.change and move is None and not _settled(old, new):
        found.append(
            Refusal(
                "change",
                f"change goes from {old.change} to {new.change} though {old.primary} stays primary",
                f"Leave change: {old.change}; it says how this term began",
            )
        )
    found += _same_token(old, new, move, evidence)
    if not joins(old, new):
        found += same_sites(old, new, f"while the pair is {old.phase}")
    if not old.protected:
        found += same_topics(old, new, f"while the pair is {old.phase}")
    found += away_from_home(old, new)
    return found


def _settled(old: Term, new: Term) -> bool:
    """After a reversal the pair is steady again: `promote` may be tidied to `none`."""
    return old.protected and old.change is Change.PROMOTE and new.change is Change.NONE


def _other_standby(old: Term, new: Term, move: Move | None) -> Iterator[Refusal]:
    if move is None:
        yield Refusal("standby", *_no_move(old, new))
        return
    if move.change is None and new.change is not old.change:
        yield Refusal(
            "change",
            f"change goes from {old.change} to {new.change} though {old.primary} stays primary",
            f"Leave change: {old.change} until the pair is steady",
        )
    if Need.RECEIPT in move.needs and not new.acknowledges(old.epoch):
        yield unacknowledged(old.epoch, old.other)


def _no_move(old: Term, new: Term) -> tuple[str, str]:
    """Problem and remedy for a standby that cannot become what is asked."""
    steps = [m for m in MOVES if m.source is old.phase and m.standby is new.standby and not m.flips]
    if any(Need.NOTHING_KEPT in m.needs for m in steps) and old.kept:
        kept = still_kept(old)
        return kept.problem, kept.remedy
    for move in steps:
        for need in {Need.ONE_WAY, Need.BIDIRECTIONAL} & set(move.needs):
            if (need is Need.ONE_WAY) == old.bidirectional:
                return f"standby: {new.standby} is for {need}, which this pair does not have", f"Set {_instead(old)}"
    change = f" with change: {new.change}" if new.change is not old.change else ""
    return (
        f"standby cannot go from {old.standby} to {new.standby}{change} while {old.primary} stays primary",
        f"Set standby: {old.standby}" + (", change: none" if steps and steps[0].change is Change.NONE else ""),
    )


def _instead(old: Term) -> str:
    return "standby: restoring" if old.bidirectional else "standby: clear-armed"


def _same_token(old: Term, new: Term, move: Move | None, evidence: Evidence) -> Iterator[Refusal]:
    if new.handover == old.handover or (not new.handover and new.change is not Change.PROMOTE):
        return
    if move is not None and move.name == "retry" and new.handover:
        yield from token_again(old, new, evidence)
        return
    yield Refusal(
        "handover",
        f"the handover token changes though {old.primary} stays primary",
        "Leave it as it is while change is promote; it is for the edit that changes primary",
    )
