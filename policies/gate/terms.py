"""Which move a preview makes: told from the guard's terms before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from policies.gate.preview import Preview, State, Step

GUARD = "Transition"

ONBOARD, EDIT = "onboard", "edit"
"""The first update of a pair, and any update that leaves its term as it is."""


@dataclass(frozen=True)
class Term:
    """Who is primary, since when, and what the other site does."""

    primary: str
    epoch: int
    change: str
    standby: str
    sites: tuple[str, ...]
    kept: int
    """Number of links kept from earlier losses."""
    unlocked: int = 0
    """Number of those whose locks are lifted."""
    released: tuple[str, ...] = ()
    """The lost site, once it may leave."""
    link: str = ""
    """Name of the link that runs."""
    parked: tuple[str, ...] = ()
    """Names of links that do not: kept of lost sites, or waiting for their direction."""

    @property
    def phase(self) -> str:
        """The phase in the guard's own words."""
        if self.standby == "mirroring":
            return "fail-forward" if self.kept else "steady"
        if self.standby == "retained":
            return "promoted" if self.change == "promote" else "failed-over"
        return self.standby

    @property
    def other(self) -> str:
        """The site that is not primary."""
        return next((site for site in self.sites if site != self.primary), "")


@dataclass(frozen=True)
class Move:
    """A step of the pair's life; `old` is None for a new pair, both are None where there is no guard."""

    name: str
    old: Term | None
    new: Term | None


_STANDBY_MOVES = {
    ("retained", "clear-armed"): "arm",
    ("clear-armed", "retained"): "disarm",
    ("clear-armed", "clear-fired"): "fire",
    ("clear-fired", "mirroring"): "rebuilt",
    ("retained", "restoring"): "restore",
    ("restoring", "mirroring"): "restored",
    ("retained", "mirroring"): "join",
}


def moves_of(preview: Preview) -> list[Move]:
    """One move per guard; a program without a guard makes one `edit`."""
    guards = preview.of_kind(GUARD)
    return [_move(step) for step in guards] or [Move(EDIT, None, None)]


def _move(step: Step) -> Move:
    old, new = _term(step.old), _term(step.new)
    return Move(_name(old, new, again="handover" in step.keys), old, new)


def _name(old: Term | None, new: Term | None, *, again: bool) -> str:
    if old is None or new is None:
        return ONBOARD if old is None else EDIT
    if new.primary != old.primary:
        return _flip(old, new)
    if new.standby != old.standby:
        return _STANDBY_MOVES.get((old.standby, new.standby), EDIT)
    if old.phase == "promoted" and (new.change == "failover" or again):
        return "force" if new.change == "failover" else "retry"
    if again and old.standby == "mirroring" and old.change == new.change == "promote":
        return "retry"
    return _forward(old, new)


def _forward(old: Term, new: Term) -> str:
    """A new site in place of a lost one, in edits that leave the flip keys."""
    if new.released != old.released:
        return "release" if new.released else "reclaim"
    if new.kept < old.kept:
        return "retire"
    return "unlock" if new.unlocked > old.unlocked else EDIT


def _flip(old: Term, new: Term) -> str:
    if new.change == "promote":
        return "reverse" if new.standby == "mirroring" else "promote"
    return "withdraw" if old.change == "promote" and new.change == "none" else "failover"


def _term(state: State | None) -> Term | None:
    if state is None:
        return None
    found = state.inputs
    kept: Any = found.get("kept") or ()
    return Term(
        primary=str(found.get("primary", "")),
        epoch=int(found.get("epoch") or 0),
        change=str(found.get("change") or "none"),
        standby=str(found.get("standby") or "mirroring"),
        sites=tuple(found.get("sites") or ()),
        kept=len(kept),
        unlocked=sum(bool(each.get("unlocked")) for each in kept),
        released=tuple(found.get("released") or ()),
        link=str(found.get("link") or ""),
        parked=tuple(str(name) for name in (*(k.get("link") for k in kept), found.get("idle")) if name),
    )
