"""What a new site's coming leaves behind: things of the lost one, whose locks an update before took off. Pure."""

from __future__ import annotations

from policies.gate.allowed import FORGET, LINK, RING, STATE
from policies.gate.preview import Step
from policies.gate.sites import made_on
from policies.gate.terms import Move


def left_over(step: Step, op: str, move: Move) -> bool:
    """Whether an unfinished `join` or `rebuilt` was to let this go, so that whatever comes next finishes it.

    No provider of Confluent is called for it: it was retained by an update before, or is one of our own records, which
    guard themselves. What belongs to the link that runs is never left over.
    """
    if move.new is None or step.old is None or step.old.protect:
        return False
    if op != FORGET and not (op == "delete" and step.kind in {STATE, RING}):
        return False
    link = link_of(step)
    if link and link == move.new.link:
        return False
    return link in move.new.parked if link and not move.new.kept else move.new.kept > 0


def keeps_its_lock(step: Step, move: Move, survivors: set[str]) -> bool:
    """Whether a link has no business being unlocked in this move: the one that runs, or the survivor's half."""
    if step.kind != LINK or move.old is None or move.new is None:
        return False
    if move.name == "unlock":
        return link_of(step) == move.new.link
    return (
        move.name == "release"
        and link_of(step) == move.old.link
        and bool(step.old and made_on(step.old.inputs) & survivors)
    )


def link_of(step: Step) -> str:
    """Name of the link that it is or belongs to; empty for none."""
    inputs = step.old.inputs if step.old else {}
    nested = inputs.get("clusterLink")
    name = inputs.get("link") or inputs.get("linkName") or (nested.get("linkName") if isinstance(nested, dict) else "")
    return str(name or "")
