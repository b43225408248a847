"""Durations on the command line: `500ms`, `5s`, `2m`, `1h`; a bare number is seconds."""

from __future__ import annotations

import re

import typer

_UNITS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_FORM = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|)")


def seconds(text: str | float) -> float:
    """A duration in seconds; for `typer.Option(parser=seconds)`, which also hands in defaults.

    Raises:
        typer.BadParameter: It is none.
    """
    found = _FORM.fullmatch(str(text).strip())
    if not found:
        raise typer.BadParameter(f"{text!r} is no duration: use 500ms, 5s, 2m or 1h")
    return float(found[1]) * _UNITS[found[2]]
