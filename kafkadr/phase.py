"""Phases of a pair and the legal moves between them: pure, shared by the guard, the plan and the CLI.

A phase is computed from what the stack config says, never stored on its own (design 4, requirements 5.3):

    steady --failover--> failed-over --(rebuild)--> rebuilding --(rebuilt)--> steady, the other way round
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """How the primary changed in this edit."""

    NONE = "none"
    FAILOVER = "failover"
    PROMOTE = "promote"


class Standby(StrEnum):
    """What the site that is not primary does."""

    MIRRORING = "mirroring"
    RETAINED = "retained"
    REBUILDING = "rebuilding"


class Phase(StrEnum):
    """What the pair is, in a word a human may read aloud."""

    STEADY = "steady"
    FAILED_OVER = "failed-over"
    REBUILDING = "rebuilding"


_PHASE_OF = {
    Standby.MIRRORING: Phase.STEADY,
    Standby.RETAINED: Phase.FAILED_OVER,
    Standby.REBUILDING: Phase.REBUILDING,
}


@dataclass(frozen=True)
class Term:
    """One edit of the flip keys: who is primary, since which epoch, and how it came to be."""

    primary: str
    epoch: int
    change: Change = Change.NONE
    standby: Standby = Standby.MIRRORING
    topics: tuple[str, ...] = ()
    handover: str = ""

    @property
    def phase(self) -> Phase:
        """The phase this term puts the pair in."""
        return _PHASE_OF[self.standby]


@dataclass(frozen=True)
class Refusal:
    """Why an edit is not a legal move: the config key, what was found and what to do about it."""

    key: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """One line: problem, then remedy."""
        return f"{self.problem}. {self.remedy}"


def legal(old: Term | None, new: Term) -> list[Refusal]:
    """Every reason why `new` may not follow `old`; empty when it may.

    Args:
        old: The term recorded in state, None when the pair is new.
        new: The term the stack config asks for.
    """
    if old is None:
        return _first(new)
    if new == old:
        return []
    if new.primary != old.primary:
        return _flip(old, new)
    return _same_primary(old, new)


def _first(new: Term) -> list[Refusal]:
    if new.standby is Standby.MIRRORING and new.change is Change.NONE:
        return []
    return [
        Refusal(
            "change" if new.change is not Change.NONE else "standby",
            f"this pair has no recorded term, yet the config says change: {new.change}, standby: {new.standby}",
            "Start a new pair with change: none and standby: mirroring",
        )
    ]


def _epoch_of_flip(old: Term, new: Term) -> list[Refusal]:
    if new.epoch == old.epoch + 1:
        return []
    if new.epoch <= old.epoch:
        return [
            Refusal(
                "epoch",
                f"epoch {new.epoch} is not above {old.epoch}, in which {old.primary} is primary:"
                " this config is older than the state",
                f"Take the newest config; if the flip to {new.primary} is meant, set epoch: {old.epoch + 1}",
            )
        ]
    return [Refusal("epoch", f"epoch jumps from {old.epoch} to {new.epoch}", f"Set epoch: {old.epoch + 1}")]


def _flip(old: Term, new: Term) -> list[Refusal]:
    found = _epoch_of_flip(old, new)
    if found and new.epoch <= old.epoch:
        return found  # A stale config: any further complaint would only hide that.
    if new.change is Change.NONE:
        found.append(
            Refusal(
                "change",
                f"primary moves from {old.primary} to {new.primary} without saying how",
                "Set change: failover (unplanned, records may be lost) or change: promote (planned)",
            )
        )
    if new.change is Change.PROMOTE:
        found.append(
            Refusal(
                "change",
                "a planned promotion needs the handover token of a demotion step, which this version cannot verify yet",
                "Use change: failover when the primary is lost; otherwise leave the pair steady",
            )
        )
    if old.standby is not Standby.MIRRORING:
        found.append(
            Refusal(
                "primary",
                f"{new.primary} is not a standby that mirrors {old.primary}: the pair is {old.phase}",
                f"Rebuild {new.primary} as standby first; failing back at once would lose what {old.primary} took in",
            )
        )
    elif new.standby is not Standby.RETAINED:
        found.append(
            Refusal(
                "standby",
                f"after a change of primary the old one cannot be {new.standby} at once",
                "Set standby: retained, which keeps the link and its failover offsets",
            )
        )
    return found + _same_topics(old, new, "in the edit that changes primary")


def _same_primary(old: Term, new: Term) -> list[Refusal]:
    found: list[Refusal] = []
    if new.epoch != old.epoch:
        found.append(
            Refusal(
                "epoch",
                f"epoch changes from {old.epoch} to {new.epoch} though {old.primary} stays primary",
                f"Set epoch: {old.epoch}; it counts changes of primary only",
            )
        )
    if new.standby is not old.standby:
        found.append(
            Refusal(
                "standby",
                f"standby cannot go from {old.standby} to {new.standby} while {old.primary} stays primary",
                f"Set standby: {old.standby}",
            )
        )
    elif new.change is not old.change:
        found.append(
            Refusal(
                "change",
                f"change goes from {old.change} to {new.change} though {old.primary} stays primary",
                f"Leave change: {old.change}; it says how this term began",
            )
        )
    if old.standby is not Standby.MIRRORING:
        found += _same_topics(old, new, f"while the pair is {old.phase}")
    return found


def _same_topics(old: Term, new: Term, when: str) -> list[Refusal]:
    added = sorted(set(new.topics) - set(old.topics))
    removed = sorted(set(old.topics) - set(new.topics))
    if not added and not removed:
        return []
    what = "; ".join(
        f"{word} {', '.join(names)}" for word, names in (("added:", added), ("removed:", removed)) if names
    )
    return [
        Refusal(
            "settings.onboarding.topics",
            f"the declared topics change {when} ({what})",
            "A mirror declared now would start as a fresh ACTIVE mirror: change topics in an edit of their own,"
            " while the pair is steady",
        )
    ]
