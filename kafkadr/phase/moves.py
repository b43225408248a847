"""The table of legal moves between phases: the guard, `drctl phase` and docs/phases.md are all made from it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kafkadr.phase.term import Change, Kept, Phase, Standby, Term

NAMESPACE: Final = "kafka-dr"


class Need(StrEnum):
    """What a move asks for beside the edit itself."""

    TOKEN = "the handover token that `drctl demote` prints"  # noqa: S105 - a text
    RECEIPT = "the receipt that `drctl recover` prints once every partition is recovered or written off"
    KEPT_RECEIPT = "the receipt for the kept link's ledger"
    ONE_WAY = "a one-way link"
    BIDIRECTIONAL = "a bidirectional link"
    NOTHING_KEPT = "no link kept from an earlier loss"


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
        if self.name == "join" and term.idle:
            return False
        wrong = Need.ONE_WAY if term.bidirectional else Need.BIDIRECTIONAL
        return wrong not in self.needs and not (Need.NOTHING_KEPT in self.needs and term.kept)


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
                "join",
                left,
                p.FAIL_FORWARD,
                c.NONE,
                s.MIRRORING,
                needs=(n.NOTHING_KEPT,),
                what="a new site mirrors the primary; the lost site's link is kept for its offsets"
                " (refused by the settings of this version)",
            ),
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
    for kept in (p.FAILED_OVER, p.PROMOTED, p.FAIL_FORWARD):
        moves.append(
            Move(
                "retire",
                kept,
                p.STEADY if kept is p.FAIL_FORWARD else kept,
                None,
                s.MIRRORING if kept is p.FAIL_FORWARD else s.RETAINED,
                needs=(n.KEPT_RECEIPT,),
                what="let go of the link kept from an earlier loss",
            )
        )
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
UNDEPLOYED: Final = frozenset({"join"})
"""Moves that the guard knows and the settings refuse: no one is told to make them."""


@dataclass(frozen=True)
class Way:
    """A move that is legal from here, as lines of the stack's config."""

    move: Move
    lines: tuple[str, ...]
    needs: tuple[str, ...]

    @property
    def deployed(self) -> bool:
        """Whether this version's settings take the edit."""
        return self.move.name not in UNDEPLOYED

    def __str__(self) -> str:
        """One line: name, config, conditions."""
        tail = f" (needs {' and '.join(self.needs)})" if self.needs else ""
        return f"{self.move.name}: {', '.join(self.lines)}{tail}"


def ways_on(term: Term) -> tuple[Way, ...]:
    """Every legal move from a term, with the config lines that make it; never empty for a legal term."""
    found = []
    for move in MOVES:
        if not move.possible(term) or (move.name == "retire" and not term.kept):
            continue
        if move.name == "disarm" and move.target is not _retained_phase(term):
            continue
        needs = tuple(str(n) for n in move.needs if n in {Need.TOKEN, Need.RECEIPT, Need.KEPT_RECEIPT})
        found.append(Way(move, tuple(_lines(move, term)), needs))
    return tuple(found)


def _retained_phase(term: Term) -> Phase:
    return Phase.PROMOTED if term.change is Change.PROMOTE else Phase.FAILED_OVER


def _lines(move: Move, term: Term) -> list[str]:
    """Only what changes: the review is a diff of a few lines."""
    lines = []
    if move.flips:
        lines += [f"{NAMESPACE}:primary: {term.other}", f"{NAMESPACE}:epoch: {term.epoch + 1}"]
    if move.change is not None and (move.change is not term.change or move.flips):
        lines.append(f"{NAMESPACE}:change: {move.change}")
    if move.standby is not term.standby:
        lines.append(f"{NAMESPACE}:standby: {move.standby}")
    if Need.TOKEN in move.needs:
        lines.append(f"{NAMESPACE}:handover: <token>")
    elif term.handover and move.change is not None:
        lines.append(f'{NAMESPACE}:handover: ""')
    if Need.RECEIPT in move.needs and not term.acknowledges(term.epoch):
        lines.append(f"settings.recovery.acknowledged: ['{term.epoch}:<digest>']")
    lines += _clear_lines(move, term)
    if move.name == "join":
        lines.append(f"settings.sites: {term.primary} and the new site")
        lines.append(f"settings.kept: {_kept(Kept(term.other, term.epoch))}")
    if move.name == "retire":
        lines += [f"settings.recovery.acknowledged: ['{k.epoch}:<digest>']" for k in term.kept]
        lines.append("settings.kept: []")
    return lines


def _clear_lines(move: Move, term: Term) -> list[str]:
    """The names of what is to go stand in the file from the first of the two steps to the last."""
    if move.name == "arm":
        return ["settings.rebuild.clear: [<every mirrored topic>]"]
    if move.name == "disarm":
        return ["settings.rebuild.clear: []"]
    if move.name != "rebuilt":
        return []
    back = [] if term.idle else [f"settings.link.home: {term.other}", "settings.link.back.name: <another name>"]
    return ["settings.rebuild.clear: []", *back]


def _kept(entry: Kept) -> str:
    return f"[{{site: {entry.site}, epoch: {entry.epoch}}}]"
