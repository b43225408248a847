"""Phases of a pair and the legal moves between them: pure, shared by the guard, the plan and the CLI.

A phase is computed from what the stack config says, never stored on its own (design 4, requirements 5.3). Failback is
not a move of its own: make the old site a standby again, promote it as planned, and make the other one a standby.
"""

from kafkadr.phase.flips import Evidence
from kafkadr.phase.moves import MOVES, Move, Need
from kafkadr.phase.refusals import Refusal
from kafkadr.phase.term import MEANING, Change, Kept, Phase, Standby, Term
from kafkadr.phase.verdict import Verdict, judge
from kafkadr.phase.ways import Way, ways_on

__all__ = [
    "MEANING",
    "MOVES",
    "Change",
    "Evidence",
    "Kept",
    "Move",
    "Need",
    "Phase",
    "Refusal",
    "Standby",
    "Term",
    "Verdict",
    "Way",
    "judge",
    "ways_on",
]
