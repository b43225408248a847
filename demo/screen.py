"""How the demo shows itself: headings, the engine's lines, tables. Silent when the result is to be JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

WIDTH = 100
_STEP = re.compile(r"^ *(\+-|[+~>-]) +([\w-]+:[\w/-]+:\w+|pulumi:pulumi:Stack) (\S+) (.*)$")
_NOISE = re.compile(
    r"^(@ |Previewing|Updating|Loading|View |Duration|Diagnostics:?$|Resources:$|\s*$)"
    r"|from \$PATH at "  # Pulumi warns of a plugin on PATH on every run: the stand-in is one on purpose
    r"|^ +pulumi:pulumi:Stack \(\S+\):$"
    r"|^ +\S+:\S+:\S+ \S+ +(error: .*|\d+ (error|warning)s?(; \d+ (error|warning)s?)?)$"  # told in full below
)
_STYLES = {"+": "green", "~": "yellow", "-": "red", "+-": "red"}


class Screen:
    """The terminal; `quiet` for `--json`, where one document is all there is."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        terminal = Console()
        width = min(WIDTH, terminal.width) if terminal.is_terminal else WIDTH
        self._last = ""
        self._console = Console(width=width, quiet=quiet, highlight=False)

    def heading(self, number: int, text: str) -> None:
        """Begin a step."""
        self._console.print(f"\n[bold cyan]{number}. {escape(text)}[/]")

    def say(self, text: str) -> None:
        """Print a sentence."""
        self._console.print(Padding(Text(text), (0, 0, 0, 3), expand=False))

    def proof(self, text: str) -> None:
        """Print something that was checked and holds."""
        self._console.print(Padding(Text.assemble(("✓ ", "green"), text), (0, 0, 0, 3), expand=False))

    def command(self, text: str) -> None:
        """Print a command line as one would type it."""
        self._console.print(f"   [bold]$ {escape(text)}[/]")

    def edit(self, lines: Sequence[str]) -> None:
        """Print an edit as a diff."""
        for line in lines:
            self._console.print(f"     [{'green' if line[0] == '+' else 'red'}]{escape(line)}[/]")

    def engine_line(self, line: str) -> None:
        """Print one line of Pulumi's, shortened to type, name and what was done; begun steps and noise are left out."""
        if _NOISE.search(line):
            return
        step = _STEP.match(line)
        if step is None:
            self._console.print(
                Padding(Text(line.strip(), style="dim"), (0, 0, 0, 5 + len(line) - len(line.lstrip())), expand=False)
            )
            return
        sign, token, name, rest = step.groups()
        if re.match(r"(creating|updating|deleting|replacing)\b", rest):
            return
        # Pulumi repeats a step's line with what the provider had to say, and tells that in full at the end.
        head = f"{sign:<2} {token.rsplit(':', 1)[1]:<18} {name}  "
        if head == self._last:
            return
        self._last = head
        text = head + rest.split(";")[0]
        style = _STYLES.get(sign, "dim")
        self._console.print(f"     [{style}]{escape(text)}[/]", overflow="ellipsis", no_wrap=True)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> None:
        """Print a table; numbers to the right."""
        table = Table(title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=True)
        for index, name in enumerate(columns):
            numeric = bool(rows) and all(isinstance(row[index], int | float) for row in rows)
            table.add_column(name, justify="right" if numeric else "left", header_style="dim")
        for row in rows:
            table.add_row(*(f"{cell:.1f}" if isinstance(cell, float) else escape(str(cell)) for cell in row))
        self._console.print()
        self._console.print(table)
        self._console.print()

    def document(self, values: Mapping[str, Any]) -> None:
        """Print a JSON document indented under the step; what fits on a line is on one."""
        for line in _json_lines(values, 5):
            self._console.print(Text(line, style="dim"))

    def result(self, document: Mapping[str, Any]) -> None:
        """Print the result as JSON; only when that is all there is."""
        if self.quiet:
            print(json.dumps(document, indent=2))  # noqa: T201 - for a program, as it is

    def failure(self, text: str) -> None:
        """Print why the story broke off."""
        Console(stderr=True, width=WIDTH, highlight=False, quiet=self.quiet).print(f"[bold red]demo:[/] {escape(text)}")


def _json_lines(value: Any, indent: int, label: str = "", tail: str = "") -> list[str]:
    start = " " * indent + label
    flat = json.dumps(value)
    if not isinstance(value, dict | list) or not value or len(start) + len(flat) < WIDTH - 10:
        return [start + flat + tail]
    pairs = (
        [(f"{json.dumps(k)}: ", v) for k, v in value.items()] if isinstance(value, dict) else [("", v) for v in value]
    )
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    lines = [start + opening]
    for number, (name, inner) in enumerate(pairs, 1):
        lines += _json_lines(inner, indent + 2, name, "," if number < len(pairs) else "")
    return [*lines, " " * indent + closing + tail]
