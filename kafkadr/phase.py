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
