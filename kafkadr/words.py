"""What the operator reads beside the resource: aligned, short, complete in its totals. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from kafkadr.forecast import Forecast
from kafkadr.survey import Finding, Survey
from kafkadr.text import clean
from kafkadr.verdicts import Action

SHOWN_FINDINGS = 100
SHOWN_ROWS = 20


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Left-aligned columns, two blanks apart, indented by two."""
    lines = [list(head), *[list(r) for r in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join("  " + "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def findings_table(title: str, findings: Sequence[Finding]) -> str:
    """A title and a row per topic with status, code and text."""
    rows = [[clean(f.topic), clean(f.status), clean(f.code), clean(f.text)] for f in findings[:SHOWN_FINDINGS]]
    more = len(findings) - len(rows)
    tail = f"\n  and {more} more" if more > 0 else ""
    return f"{title}:\n{table(['topic', 'status', 'code', 'reason'], rows)}{tail}\n"


def forecast_table(seen: Survey, price: Forecast) -> str:
    """The forecast of a flip: totals, then the partitions and groups that lose, repeat or are clamped."""
    moving = len(seen.names(Action.CALL)) + len(seen.names(Action.WAIT))
    data = price.to_json(SHOWN_ROWS)
    text = (
        f"{seen.wish.desired.verb} of {moving} mirrors on {clean(seen.wish.place)}"
        f" ({len(seen.mirrors)} in scope): {price.at_least} messages at risk in {len(price.lagging)} partitions,"
        f"{_unknown(price)} at most {price.repeats} read again\n"
    )
    if data["rows"]:
        rows = [[clean(r["topic"]), str(r["partition"]), str(r["lag"]), f"{r['from']}-{r['to']}"] for r in data["rows"]]
        text += table(["topic", "partition", "lag", "left on the source"], rows) + "\n"
    if data["unknownRows"]:
        rows = [[clean(r["topic"]), str(r["partition"]), "unknown", f"{r['from']}-?"] for r in data["unknownRows"]]
        text += table(["topic", "partition", "lag", "left on the source"], rows) + "\n"
    if data["groups"]:
        rows = [
            [clean(r["group"]), clean(r["topic"]), str(r["partition"]), str(r["restartAt"]), _fate(r)]
            for r in data["groups"]
        ]
        text += table(["group", "topic", "partition", "restarts at", "meaning"], rows) + "\n"
    if price.absent:
        text += f"  groups without a synced offset, which start as configured: {clean(', '.join(price.absent))}\n"
    for problem in price.unknown:
        text += f"  groups not read: {clean(problem)}\n"
    return text


def _unknown(price: Forecast) -> str:
    """Never folded into the sum: what is unknown may be anything."""
    return f" an UNKNOWN number in {len(price.unknown_lags)} more," if price.unknown_lags else ""


def _fate(row: dict[str, int]) -> str:
    if "clampedFrom" in row:
        return f"read up to {row['clampedFrom']}, clamped to {row['clampedTo']}"
    return f"may read {row['repeatsFrom']}-{row['repeatsTo']} again"
