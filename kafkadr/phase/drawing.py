"""The machine as a picture and as tables, made from the table of moves: for `drctl phase` and docs/phases.md. Pure."""

from __future__ import annotations

from kafkadr.phase.moves import MOVES, Move
from kafkadr.phase.term import MEANING, Phase


def mermaid(here: Phase | None = None) -> str:
    """A Mermaid state diagram; the phase that a pair is in stands out."""
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{phase}" as {_id(phase)}' for phase in Phase]
    lines += ["    [*] --> steady"]
    lines += [f"    {_id(m.source)} --> {_id(m.target)}: {_label(m)}" for m in MOVES]
    if here is not None:
        lines += ["    classDef here stroke-width:4px", f"    class {_id(here)} here"]
    return "\n".join(lines)


def _id(phase: Phase) -> str:
    return phase.replace("-", "_")  # Mermaid ends a state's name at a dash.


def _label(move: Move) -> str:
    return f"{move.name} (primary changes)" if move.flips else move.name


def phase_rows() -> list[tuple[str, str]]:
    """Each phase and what it means."""
    return [(phase.value, MEANING[phase]) for phase in Phase]


def move_rows() -> list[tuple[str, str, str, str, str, str]]:
    """Each move: name, phases, the keys' values afterwards, conditions, what it does."""
    return [
        (
            move.name,
            move.source.value,
            move.target.value,
            _keys(move),
            "; ".join(str(n) for n in move.needs) or "none",
            move.what,
        )
        for move in MOVES
    ]


def _keys(move: Move) -> str:
    keys = ["primary: the other site", "epoch: plus 1"] if move.flips else []
    keys += [f"change: {move.change}"] if move.change is not None else []
    return ", ".join([*keys, f"standby: {move.standby}"])
