"""The engine's own JSON events of a command: what became of each resource, in the preview and in the update."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engine.pulumi_cli import PulumiStack, Ran


@dataclass(frozen=True)
class Told:
    """Resource names of one type, by what the engine says of their steps."""

    ran: Ran
    passed: frozenset[str]
    failed: frozenset[str]
    events: tuple[dict[str, Any], ...]


def run_told(stack: PulumiStack, log: Path, token: str, *words: str) -> Told:
    """Run a command with an event log, a switch that the engine offers to whoever debugs it.

    A preview tells a failed step by a diagnostic alone, an update by an event of its own as well.
    """
    stack.env["PULUMI_DEBUG_COMMANDS"] = "true"
    log.unlink(missing_ok=True)
    ran = stack.run(*words, "--event-log", str(log))
    events = tuple(json.loads(line) for line in log.read_text("utf-8").splitlines())
    steps = [e["resOutputsEvent"]["metadata"] for e in events if "resOutputsEvent" in e]
    passed = {step["urn"] for step in steps if step["op"] != "delete"}
    said = [e["diagnosticEvent"] for e in events if "diagnosticEvent" in e]
    failed = {d["urn"] for d in said if d["severity"] == "error" and "urn" in d}
    return Told(ran, _names(passed, token), _names(failed, token), events)


def _names(urns: set[str], token: str) -> frozenset[str]:
    parts = [urn.split("::") for urn in urns]
    return frozenset(name for *_, kind, name in parts if kind == token)
