"""`drctl phase`: the machine of the guard, where a stack is in it, and the edits that are legal next. Asks nobody."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rich.table import Table

from drctl.screen import STDOUT, AsJson, print_json
from kafkadr.errors import DrError, ExitCode
from kafkadr.phase import MEANING, Change, Kept, Phase, Standby, Term, ways_on
from kafkadr.phase.drawing import mermaid, move_rows

Outputs = Annotated[
    Path | None,
    typer.Option("--outputs", help="What `pulumi stack output --json` printed; - reads it from stdin."),
]
Mermaid = Annotated[bool, typer.Option("--mermaid", help="A Mermaid state diagram.")]
Two = Annotated[bool, typer.Option("--bidirectional", help="The link can turn round; newer stacks say so.")]

_KEYS: dict[Phase, tuple[Change, Standby]] = {
    Phase.STEADY: (Change.NONE, Standby.MIRRORING),
    Phase.FAIL_FORWARD: (Change.NONE, Standby.MIRRORING),
    Phase.FAILED_OVER: (Change.FAILOVER, Standby.RETAINED),
    Phase.PROMOTED: (Change.PROMOTE, Standby.RETAINED),
    Phase.CLEAR_ARMED: (Change.FAILOVER, Standby.CLEAR_ARMED),
    Phase.CLEAR_FIRED: (Change.FAILOVER, Standby.CLEAR_FIRED),
    Phase.RESTORING: (Change.FAILOVER, Standby.RESTORING),
}


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _Active(_Read):
    site: str
    epoch: int = Field(ge=1)


class _Link(_Read):
    name: str
    source: str
    destination: str
    mode: str = ""
    home: str = ""
    prefix: str = ""
    idle: str = ""
    built: int = 0


class _Kept(_Read):
    site: str
    epoch: int = Field(ge=1)
    link: str
    home: str = ""
    built: int = 0
    unlocked: bool = False


class _Outputs(_Read):
    """The part of the stack's outputs (first/stacks/outputs.py) that says where it is."""

    active: _Active
    phase: Phase
    link: _Link
    released: tuple[str, ...] = ()
    kept: tuple[_Kept, ...] = ()

    def term(self, *, bidirectional: bool) -> Term:
        """The term, as far as the outputs tell it; receipts are config alone."""
        change, standby = _KEYS[self.phase]
        sites = tuple(sorted((self.link.source, self.link.destination)))
        return Term(
            self.active.site,
            self.active.epoch,
            change,
            standby,
            sites=sites,
            bidirectional=bidirectional or self.link.mode == "bidirectional",
            link=self.link.name,
            home=self.link.home,
            prefix=self.link.prefix,
            idle=self.link.idle,
            built=self.link.built,
            released=self.released,
            kept=tuple(Kept(**each.model_dump()) for each in self.kept),
        )


def phase(
    outputs: Outputs = None, *, bidirectional: Two = False, as_mermaid: Mermaid = False, as_json: AsJson = False
) -> None:
    """Draw the machine of legal moves; with --outputs, show where the stack is and what may come next.

    Exit code 1 while the stack is unprotected, which is while no standby mirrors its primary.
    """
    found = _read(outputs) if outputs is not None else None
    term = found.term(bidirectional=bidirectional) if found else None
    if as_json:
        print_json(_document(found, term))
    elif as_mermaid:
        STDOUT.print(mermaid(found.phase if found else None), highlight=False, markup=False, soft_wrap=True)
    elif found and term:
        _tell(found, term)
    else:
        STDOUT.print(_table())
    if term is not None and not term.protected:
        raise typer.Exit(ExitCode.FINDINGS)


def _read(path: Path) -> _Outputs:
    text = sys.stdin.read() if str(path) == "-" else _text(path)
    try:
        return _Outputs.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise DrError(
            f"these are not the outputs of a stack of this project: {where}: {first['msg']}",
            "Pipe `pulumi stack output --json` into `drctl phase --outputs -`",
        ) from None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DrError(f"{path} cannot be read ({type(error).__name__})", "Give a file or - for stdin") from None


def _document(found: _Outputs | None, term: Term | None) -> dict[str, Any]:
    heads = ("move", "from", "to", "keys", "needs", "what")
    document: dict[str, Any] = {"moves": [dict(zip(heads, row, strict=True)) for row in move_rows()]}
    if found is None or term is None:
        return document
    ways = [
        {"move": w.move.name, "to": w.move.target, "config": list(w.lines), "needs": list(w.needs)}
        for w in ways_on(term)
    ]
    here = {"phase": found.phase, "primary": term.primary, "epoch": term.epoch, "protected": term.protected}
    return document | {"here": here, "next": ways}


def _tell(found: _Outputs, term: Term) -> None:
    say = f"{term.primary} is primary in epoch {term.epoch}: {found.phase} ({MEANING[found.phase]})"
    STDOUT.print(say, highlight=False, markup=False, soft_wrap=True)
    for way in ways_on(term):
        STDOUT.print(f"\n{way.move.name}: {way.move.what}", highlight=False, markup=False, soft_wrap=True)
        for line in way.lines:
            STDOUT.print(f"    {line}", highlight=False, markup=False, soft_wrap=True)
        for need in way.needs:
            STDOUT.print(f"    needs {need}", highlight=False, markup=False, soft_wrap=True)


def _table() -> Table:
    """A row per move; its phases stand below each other where only they differ. Readable at 80 columns."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name, source, target, *words in move_rows():
        found.setdefault((name, *words), []).append(f"{source} -> {target}")
    table = Table(title="Legal moves of a pair", show_lines=True)
    table.add_column("move")
    table.add_column("from -> to", no_wrap=True)
    table.add_column("what it does, what it needs, and the flip keys afterwards")
    for (name, keys, needs, what), ways in found.items():
        told = [what] if needs == "none" else [what, f"needs {needs}"]
        table.add_row(name, "\n".join(ways), "\n".join([*told, f"sets {keys}"]))
    return table
