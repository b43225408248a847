"""The verdict for people (Markdown, as a comment on a pull request) and for programs (JSON)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from policies.gate.allowed import GUARD, LINK, STATE
from policies.gate.judge import FLIPS, Verdict
from policies.gate.preview import Step
from policies.gate.terms import Move

_MOST_ROWS = 50
_UNSAFE = re.compile(r"[`|<>\[\]\\\r]")


def markdown(verdict: Verdict) -> str:
    """A summary that fits a pull request: verdict, move, forecast, diagram, reasons, steps."""
    parts = [_title(verdict), *(_move(move) for move in verdict.moves)]
    parts += [_forecast(verdict), _diagram(verdict), _findings(verdict), _violations(verdict), _steps(verdict)]
    parts += [f"> {_safe(note)}" for note in verdict.notes]
    return "\n\n".join(part for part in parts if part) + "\n"


def as_json(verdict: Verdict) -> dict[str, Any]:
    """The same as one document."""
    return {
        "allowed": verdict.allowed,
        "moves": [
            {"name": m.name, "from": _phase(m.old), "to": _phase(m.new), "epoch": m.new.epoch if m.new else None}
            for m in verdict.moves
        ],
        "forecast": dict(forecast_of(verdict) or {}),
        "findings": [{"code": f.code, "text": f.text, "urn": f.urn} for f in verdict.findings],
        "notes": list(verdict.notes),
        "steps": dict(sorted(Counter(step.op for step in verdict.preview.steps).items())),
    }


def forecast_of(verdict: Verdict) -> Mapping[str, Any] | None:
    """What the flip costs, where the preview has outputs (the stream of events)."""
    for step in verdict.preview.of_kind(STATE):
        found = step.new.outputs.get("forecast") if step.new else None
        if found:
            return dict(found)
    return None


def _title(verdict: Verdict) -> str:
    names = ", ".join(sorted({move.name for move in verdict.moves}))
    if verdict.allowed:
        return f"## DR plan gate: allowed ({names})"
    count = len(verdict.findings)
    return f"## DR plan gate: refused ({names}, {count} reason{'s' if count > 1 else ''})"


def _phase(term: Any) -> str | None:
    return term.phase if term else None


def _move(move: Move) -> str:
    old, new = move.old, move.new
    if new is None:
        return ""
    if old is None:
        return f"A new pair: **{_safe(new.primary)}** is primary, epoch {new.epoch}, {new.phase}."
    if old == new:
        return f"No change of roles: **{_safe(new.primary)}** stays primary, epoch {new.epoch}, {new.phase}."
    rows = [("primary", old.primary, new.primary), ("epoch", old.epoch, new.epoch), ("phase", old.phase, new.phase)]
    table = "".join(
        f"| {what} | {_safe(a)} | {'**' + _safe(b) + '**' if a != b else _safe(b)} |\n" for what, a, b in rows
    )
    return f"| {move.name} | before | after |\n|---|---|---|\n{table}".rstrip()


def _forecast(verdict: Verdict) -> str:
    found = forecast_of(verdict)
    if found is None:
        told = [m.text for m in verdict.preview.messages if m.severity == "info" and "::" in m.urn]
        return "### Forecast\n\n" + _fence("\n".join(told)) if told and verdict.flip else ""
    cells = (
        ("messages at risk", "unknown" if found.get("partitionsUnknown") else found.get("messagesAtRisk")),
        ("known to be at risk", found.get("messagesAtLeast") if found.get("partitionsUnknown") else None),
        ("in partitions", found.get("partitionsLagging")),
        ("partitions of unknown lag", found.get("partitionsUnknown") or None),
        ("of topics", found.get("topicsAtRisk")),
        ("read again, at most", found.get("repeatsAtMost")),
        ("groups set back", found.get("groupsClamped")),
    )
    table = "".join(f"| {what} | {_safe(value)} |\n" for what, value in cells if value is not None)
    unknown = found.get("unknown") or []
    tail = f"\nNot known: {', '.join(_safe(u) for u in unknown)}." if unknown else ""
    return f"### Forecast\n\n| what the flip costs | |\n|---|---:|\n{table}{tail}".rstrip()


def _diagram(verdict: Verdict) -> str:
    drawn = [line for move in verdict.moves for line in _arrows(move, verdict)]
    return "```mermaid\nflowchart LR\n" + "\n".join(drawn) + "\n```" if drawn else ""


def _arrows(move: Move, verdict: Verdict) -> Iterator[str]:
    old, new = move.old, move.new
    if new is None or not new.other:
        return
    primary, other = _word(new.primary), _word(new.other)
    lost = " (lost)" if move.name == "failover" else ""
    yield f'  {other}["{other}{lost}<br/>{_word(new.standby)}"]'
    yield f'  {primary}["{primary}<br/>primary, epoch {new.epoch}"]'
    yield f"  clients([clients]) ==> {primary}"
    # The guard knows which of two links runs; a program without one has but one.
    names = [s.new.inputs.get("link") for kind in (GUARD, LINK) for s in verdict.preview.of_kind(kind) if s.new]
    link = next(filter(None, names), "link")
    if new.standby == "mirroring":
        yield f'  {primary} -- "{_word(link)}" --> {other}'
    elif old is not None and move.name in FLIPS:
        yield f'  {other} -. "{_word(link)}: kept, stopped" .-> {primary}'


def _findings(verdict: Verdict) -> str:
    if not verdict.findings:
        return ""
    rows = "\n".join(f"- **{f.code}**: {_safe(f.text)}" for f in verdict.findings[:_MOST_ROWS])
    more = len(verdict.findings) - _MOST_ROWS
    return "### Refused because\n\n" + rows + (f"\n- and {more} more" if more > 0 else "")


def _violations(verdict: Verdict) -> str:
    found = [v for v in verdict.preview.violations if v.level == "advisory"]
    if not found:
        return ""
    rows = "\n".join(f"- {_safe(v.policy)}: {_safe(v.text.splitlines()[-1])}" for v in found[:_MOST_ROWS])
    return "### Policies, advisory\n\n" + rows


def _steps(verdict: Verdict) -> str:
    steps = [s for s in verdict.preview.steps if s.op != "same" and s.custom]
    if not steps:
        return "No resource changes."
    rows = "".join(f"| {s.op} | {s.kind} | {_safe(s.name)} | {_why(s)} |\n" for s in steps[:_MOST_ROWS])
    more = len(steps) - _MOST_ROWS
    head = "| step | what | name | because of |\n|---|---|---|---|\n"
    tail = f"\nand {more} more" if more > 0 else ""
    return f"<details><summary>{len(steps)} steps</summary>\n\n{head}{rows}{tail}\n</details>"


def _why(step: Step) -> str:
    return _safe(", ".join(sorted(step.keys))) if step.op != "create" else ""


def _safe(value: object) -> str:
    """Text of others in our Markdown: nothing of it may become markup, or a second line."""
    return _UNSAFE.sub(lambda found: "\\" + found[0] if found[0] in "|[]`" else " ", str(value)).replace("\n", " ")


def _word(value: object) -> str:
    """A label of the diagram."""
    return re.sub(r"[^\w.-]", "_", str(value))


def _fence(text: str) -> str:
    return "```\n" + text.replace("```", "'''") + "\n```"
