"""Where output goes: tables for people on stdout, progress and errors on stderr, one JSON document with `--json`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console

STDOUT = Console()
STDERR = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of tables.")]


def print_json(document: Mapping[str, Any]) -> None:
    """One document, sorted, for other programs."""
    sys.stdout.write(json.dumps(document, indent=1, sort_keys=True) + "\n")
