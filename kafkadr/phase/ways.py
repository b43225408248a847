"""The moves that are legal from a term, as lines of the stack's config. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kafkadr.phase.moves import MOVES, Move, Need
from kafkadr.phase.term import Kept, Term

NAMESPACE: Final = "kafka-dr"
_TOLD: Final = {Need.TOKEN, Need.RECEIPT, Need.KEPT_RECEIPT}
"""Needs that somebody has to go and get; the others are facts of the pair, without which a way is not named."""


@dataclass(frozen=True)
class Way:
    """A move that is legal from here, as lines of the stack's config."""

    move: Move
    lines: tuple[str, ...]
    needs: tuple[str, ...]

    def __str__(self) -> str:
        """One line: name, config, conditions."""
        tail = f" (needs {' and '.join(self.needs)})" if self.needs else ""
        return f"{self.move.name}: {', '.join(self.lines)}{tail}"


def ways_on(term: Term) -> tuple[Way, ...]:
    """Every legal move from a term, with the config lines that make it; never empty for a legal term."""
    return tuple(
        Way(move, tuple(_lines(move, term)), tuple(str(n) for n in move.needs if n in _TOLD))
        for move in MOVES
        if move.possible(term)
    )


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
    return [*lines, *_clear_lines(move, term), *_forward_lines(move, term)]


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


def _forward_lines(move: Move, term: Term) -> list[str]:
    """A new site in place of a lost one, and the end of the lost one's link."""
    if move.name in {"release", "reclaim"}:
        return [f"settings.sites.{term.other}.released: {str(move.name == 'release').lower()}"]
    if move.name == "join":
        home = [f"settings.link.home: {term.primary}"] if term.bidirectional else []
        return [
            f"settings.sites: {term.primary} and the new site",
            "settings.link.name: <another name>",
            f"settings.link.built: {term.epoch}",
            *home,
            f"settings.kept: [{_entry(lost(term))}]",
        ]
    if move.name == "unlock":
        receipts = ", ".join(f"'{k.epoch}:<digest>'" for k in term.kept)
        return [f"settings.kept[{n}].unlocked: true" for n, _ in enumerate(term.kept)] + [
            f"settings.recovery.acknowledged: [{receipts}]"
        ]
    return ["settings.kept: []"] if move.name == "retire" else []


def lost(term: Term) -> Kept:
    """What is to be kept of the site that is not primary, when a new one takes its place."""
    return Kept(term.other, term.epoch, term.link, term.home, term.built)


def _entry(kept: Kept) -> str:
    facts = {"site": kept.site, "epoch": kept.epoch, "link": kept.link, "home": kept.home, "built": kept.built}
    return f"{{{', '.join(f'{key}: {value}' for key, value in facts.items() if value)}}}"
