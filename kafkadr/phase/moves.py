"""The table of legal moves between phases: the guard, `drctl phase` and docs/phases.md are all made from it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kafkadr.phase.term import Change, Phase, Standby, Term


class Need(StrEnum):
    """What a move asks for beside the edit itself."""

    TOKEN = "the handover token that `drctl demote` prints"  # noqa: S105 - a text
    RECEIPT = "the receipt that `drctl recover` prints once every partition is recovered or written off"
    KEPT_RECEIPT = "the receipt for the kept link's ledger"
    ONE_WAY = "a one-way link"
    BIDIRECTIONAL = "a bidirectional link"
    NOTHING_KEPT = "no link kept from an earlier loss"
    RELEASED = "that an update before released the lost site"
    UNLOCKED = "that an update before unlocked the kept link"


@dataclass(frozen=True)
class Move:
    """One legal step from a phase to a phase.

    Args:
        name: What people call it.
        source: Phase it starts from.
        target: Phase it leads to.
        change: Value of `change` afterwards; None leaves it as it is.
        standby: Value of `standby` afterwards.
        flips: Whether primary changes, and epoch with it.
        needs: Conditions beside the edit.
        what: What it does, one line.
    """

    name: str
    source: Phase
    target: Phase
    change: Change | None
    standby: Standby
    flips: bool = False
    needs: tuple[Need, ...] = ()
    what: str = ""

    def possible(self, term: Term) -> bool:
        """Whether a pair in this term could ever make the move: its phase and its link allow it."""
        if self.source is not term.phase:
            return False
        if self.source in {Phase.STEADY, Phase.FAIL_FORWARD} and self.name in {"retry", "withdraw"} and not term.turned:
            return False
        if self.name == "withdraw" and (self.target is Phase.FAIL_FORWARD) != bool(term.kept):
            return False
        if self.name == "disarm" and self.target is not term.ended:
            return False
        wrong = Need.ONE_WAY if term.bidirectional else Need.BIDIRECTIONAL
        return wrong not in self.needs and self._fits_sites(term)

    def _fits_sites(self, term: Term) -> bool:
        """Whether what is kept and what is released leaves room for the move."""
        if Need.NOTHING_KEPT in self.needs and term.kept:
            return False
        if self.name in {"unlock", "retire"}:
            return bool(term.kept) and all(k.unlocked == (self.name == "retire") for k in term.kept)
        if self.name == "release":
            # Two links would both have to be kept, and prefixed topics would come on under another name.
            return not (term.released or term.idle or term.prefix)
        return (self.name in {"join", "reclaim"}) == bool(term.released)


def _moves() -> tuple[Move, ...]:
    p, s, c, n = Phase, Standby, Change, Need
    moves: list[Move] = []
    for steady in (p.STEADY, p.FAIL_FORWARD):
        moves += [
            Move(
                "failover",
                steady,
                p.FAILED_OVER,
                c.FAILOVER,
                s.RETAINED,
                flips=True,
                what="the primary is lost: stop the mirrors, tell what stays behind, move the clients",
            ),
            Move(
                "promote",
                steady,
                p.PROMOTED,
                c.PROMOTE,
                s.RETAINED,
                flips=True,
                needs=(n.TOKEN,),
                what="planned: every record and offset has come over; stop the mirrors, move the clients",
            ),
            Move(
                "reverse",
                steady,
                steady,
                c.PROMOTE,
                s.MIRRORING,
                flips=True,
                needs=(n.BIDIRECTIONAL, n.TOKEN),
                what="planned, and the link turns round: the old primary mirrors the new one at once",
            ),
        ]
    for left, receipt in ((p.FAILED_OVER, (n.RECEIPT,)), (p.PROMOTED, ())):
        moves += [
            Move(
                "arm",
                left,
                p.CLEAR_ARMED,
                None,
                s.CLEAR_ARMED,
                needs=(n.ONE_WAY, n.NOTHING_KEPT, *receipt),
                what="name the old primary's stale topics and unlock them; nothing is deleted",
            ),
            Move(
                "restore",
                left,
                p.RESTORING,
                None,
                s.RESTORING,
                needs=(n.BIDIRECTIONAL, n.NOTHING_KEPT, *receipt),
                what="cut the old primary's topics to where the flip left them; they become mirrors",
            ),
            Move(
                "disarm",
                p.CLEAR_ARMED,
                left,
                None,
                s.RETAINED,
                what="lock the stale topics again",
            ),
        ]
    moves += _fail_forward()
    moves += _unfinished()
    moves += [
        Move(
            "fire",
            p.CLEAR_ARMED,
            p.CLEAR_FIRED,
            None,
            s.CLEAR_FIRED,
            what="delete the named stale topics of the old primary, and nothing else",
        ),
        Move(
            "rebuilt",
            p.CLEAR_FIRED,
            p.STEADY,
            c.NONE,
            s.MIRRORING,
            what="a link from the new primary mirrors its topics to the old one",
        ),
        Move(
            "restored",
            p.RESTORING,
            p.STEADY,
            c.NONE,
            s.MIRRORING,
            what="the old primary mirrors the new one",
        ),
    ]
    return tuple(moves)


def _fail_forward() -> list[Move]:
    """A new site takes the lost one's place (S98), and the lost one's link goes once it is answered for."""
    p, s, n = Phase, Standby, Need
    moves = []
    for left in (p.FAILED_OVER, p.PROMOTED):
        moves += [
            Move(
                "release",
                left,
                left,
                None,
                s.RETAINED,
                needs=(n.NOTHING_KEPT,),
                what="unlock what is declared of the lost site: it may leave the program, and stays in the cloud",
            ),
            Move("reclaim", left, left, None, s.RETAINED, what="the lost site stays: lock what was released again"),
            Move(
                "join",
                left,
                p.FAIL_FORWARD,
                Change.NONE,
                s.MIRRORING,
                needs=(n.NOTHING_KEPT, n.RELEASED),
                what="a new site mirrors the primary; the lost site's link is kept for its offsets",
            ),
        ]
    for kept in (p.FAILED_OVER, p.PROMOTED, p.FAIL_FORWARD):
        stays = s.MIRRORING if kept is p.FAIL_FORWARD else s.RETAINED
        after = p.STEADY if kept is p.FAIL_FORWARD else kept
        moves += [
            Move(
                "unlock",
                kept,
                kept,
                None,
                stays,
                needs=(n.KEPT_RECEIPT,),
                what="lift the locks of the link kept from an earlier loss; nothing goes yet",
            ),
            Move("retire", kept, after, None, stays, needs=(n.UNLOCKED,), what="delete that link, and nothing else"),
        ]
    return moves


def _unfinished() -> list[Move]:
    """The guard is the first to enter a term: a promotion that the mirrors refused afterwards needs a way on."""
    p, s, c, n = Phase, Standby, Change, Need
    back = "the promotion was refused: stay with the old primary (the mirrors refuse it once one is promoted)"
    return [
        Move(
            "retry",
            p.PROMOTED,
            p.PROMOTED,
            None,
            s.RETAINED,
            needs=(n.TOKEN,),
            what="the promotion was refused: demote the old primary again, for the term that was to end",
        ),
        Move(
            "force",
            p.PROMOTED,
            p.FAILED_OVER,
            c.FAILOVER,
            s.RETAINED,
            what="the promotion was refused and the old primary is lost: fail over in the same term",
        ),
        Move("withdraw", p.PROMOTED, p.STEADY, c.NONE, s.MIRRORING, flips=True, what=back),
        Move("withdraw", p.PROMOTED, p.FAIL_FORWARD, c.NONE, s.MIRRORING, flips=True, what=back),
        *(move for steady in (p.STEADY, p.FAIL_FORWARD) for move in _unturned(steady)),
    ]


def _unturned(steady: Phase) -> tuple[Move, Move]:
    """The same after a reversal, for the term that it began."""
    c, s, n = Change, Standby, Need
    return (
        Move(
            "retry",
            steady,
            steady,
            c.PROMOTE,
            s.MIRRORING,
            needs=(n.BIDIRECTIONAL, n.TOKEN),
            what="the reversal was refused: demote the old primary again, for the term that was to end",
        ),
        Move(
            "withdraw",
            steady,
            steady,
            c.NONE,
            s.MIRRORING,
            flips=True,
            needs=(n.BIDIRECTIONAL,),
            what="the reversal was refused: stay with the old primary (the mirrors refuse it once one is reversed)",
        ),
    )


MOVES: Final = _moves()
