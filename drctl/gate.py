"""`drctl gate`: may this preview be applied? It reads the output of `pulumi preview --json`; see `policies.gate`."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from drctl.screen import AsJson, print_json
from kafkadr.errors import DrError, ExitCode
from policies.gate import Preview, UnreadableError, as_json, judge, markdown, read

File = Annotated[str, typer.Argument(help="Output of `pulumi preview --json`, digest or stream; - reads stdin.")]
Arguments = Annotated[
    str,
    typer.Option(
        "--arguments",
        envvar="DR_PULUMI_ARGUMENTS",
        help="Arguments with which pulumi runs, as one text: some of them are refused.",
    ),
]
Accept = Annotated[
    list[str] | None, typer.Option("--accept", help="Resource that may go, by name, once its protection was lifted.")
]
Summary = Annotated[
    Path | None, typer.Option("--summary", help="Also append the Markdown to this file, as CI keeps one.")
]


class NoPreviewError(DrError):
    """The file is no preview."""

    exit_code = ExitCode.USAGE


def gate(
    preview: File,
    arguments: Arguments = "",
    accept: Accept = None,
    summary: Summary = None,
    *,
    json_output: AsJson = False,
) -> None:
    """Judge a preview before it is merged: is it one move of the pair, whole, and nothing else?

    Prints Markdown for the pull request: the move, what it costs, a diagram, each reason against it. Exit code 1 when
    it is refused.
    """
    verdict = judge(_read(preview), shlex.split(arguments), os.environ, frozenset(accept or ()))
    text = markdown(verdict)
    if summary is not None:
        with summary.open("a", encoding="utf-8") as file:
            file.write(text)
    if json_output:
        print_json(as_json(verdict))
    else:
        sys.stdout.write(text)
    if not verdict.allowed:
        raise typer.Exit(ExitCode.FINDINGS)


def _read(name: str) -> Preview:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        return read(text)
    except (OSError, UnicodeDecodeError, UnreadableError) as error:
        raise NoPreviewError(f"{name}: {error}", "Give it what `pulumi preview --json --show-sames` printed") from None
