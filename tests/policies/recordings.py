"""Previews of the real engine, made small and free of what belongs to one machine; `scripts/record` makes them anew."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "recorded"

_STATE = ("inputs", "outputs", "protect", "retainOnDelete", "parent", "id", "custom")
_OF_THE_PAIR = ("Transition", "MirrorState", "ActivePointer", "ClusterLink")
_KEPT_OUTPUTS = ("MirrorState", "Transition")
_LOCAL = (
    (re.compile(r"file:///[^\"\s]*/"), "file:///folder/"),
    (re.compile(r"\|local\|[^\"\s]*/"), "|local|/folder/"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "https://emulator.invalid"),
    (re.compile(r"\b[\w.-]+@[\w.-]+ at \d{4}-[^,\s]+"), "somebody at some time"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "2026-01-01T00:00:00Z"),
)


def read(name: str) -> str:
    """A recorded preview, as Pulumi printed it but for what was left out."""
    return (FOLDER / name).read_text("utf-8")


def write(name: str, text: str) -> None:
    """Keep a preview of the real engine."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / name).write_text(small(text), "utf-8")


def small(text: str) -> str:
    """Only what the gate reads, without addresses, paths and names of this machine."""
    rows = [json.loads(text)] if text.lstrip().startswith("{\n") else [json.loads(row) for row in text.splitlines()]
    kept = [found for row in rows if (found := _digest(row) if "steps" in row else _event(row))]
    if len(kept) == 1 and "steps" in kept[0]:
        out = json.dumps(kept[0], indent=1, sort_keys=True)
    else:
        out = "\n".join(json.dumps(row, sort_keys=True) for row in kept)
    for pattern, word in _LOCAL:
        out = pattern.sub(word, out)
    return out + "\n"


def _digest(row: dict[str, Any]) -> dict[str, Any]:
    said = [d for d in row.get("diagnostics") or () if "resource-confluentcloud from" not in d["message"]]
    steps = [kept for step in row["steps"] if (kept := _step(step, "oldState", "newState"))]
    return {"steps": steps, "diagnostics": said, "changeSummary": row.get("changeSummary")}


def _event(row: dict[str, Any]) -> dict[str, Any] | None:
    for name in ("resourcePreEvent", "resOutputsEvent"):
        if name in row and (name == "resourcePreEvent" or _type(row[name]["metadata"]).endswith(_KEPT_OUTPUTS)):
            step = _step(row[name]["metadata"], "old", "new")
            return {"sequence": row["sequence"], name: {"metadata": step}} if step else None
    for name in ("diagnosticEvent", "policyEvent", "summaryEvent"):
        said = row.get(name, {})
        if name in row and said.get("severity") != "debug" and "resource-confluentcloud from" not in str(said):
            return {"sequence": row["sequence"], name: row[name]}
    return None


def _type(step: dict[str, Any]) -> str:
    return str(step["urn"].split("::")[2])


def _step(step: dict[str, Any], old: str, new: str) -> dict[str, Any] | None:
    """The step without what the gate does not read; None for one that changes nothing and says nothing of the pair."""
    kept = {key: step[key] for key in ("op", "urn", "diffReasons", "diffs", "keys", "detailedDiff") if step.get(key)}
    for side in (old, new):
        if step.get(side) is not None:
            kept[side] = {key: step[side][key] for key in _STATE if step[side].get(key)}
            if not _type(step).endswith(_KEPT_OUTPUTS):
                kept[side].pop("outputs", None)
    dull = step["op"] == "same" and kept.get(old) in (None, kept.get(new)) and not _type(step).endswith(_OF_THE_PAIR)
    return None if dull else kept
