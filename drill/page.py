"""The report as one HTML page: figures, and a timeline in SVG. Nothing is loaded from anywhere, and no script runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

WIDTH, LEFT, RIGHT, LANE = 1000, 150, 20, 46
TICKS = 12
"""Most labels on the axis."""
LANES = ("operator", "outage", "writes", "reads")
COLOURS = ("#7a8794", "#c98a1b", "#a0a7ae", "#2f6fb0", "#3a8f5c")
SITES = {"east": "#2f6fb0", "west": "#3a8f5c"}
LOST = "#c0392b"
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:1040px;margin:2rem auto;padding:0 1rem;color:#1c2733;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}
.figures{display:flex;gap:1rem;flex-wrap:wrap}.figure{border:1px solid #d4dae0;border-radius:6px;padding:.7rem 1rem}
.figure b{display:block;font-size:1.5rem}
table{border-collapse:collapse}td,th{padding:.2rem .9rem .2rem 0;text-align:left}
td.n{text-align:right;font-variant-numeric:tabular-nums}svg{width:100%;height:auto}
"""


def page(report: dict[str, Any]) -> str:
    """A whole document.

    Args:
        report: As `drill.story.report_of` makes it.
    """
    rto, rpo = report["rto"], report["rpo"]
    figures = (
        (f"{rto['seconds']:.1f} s", "without an acknowledged write (RTO)"),
        (f"{rto['readingSeconds']:.1f} s", "without a record to read"),
        (f"{rpo['records']}", f"acknowledged writes not mirrored ({rpo['seconds']:.2f} s, RPO)"),
        (f"{report['duplicates']['records']}", "records read twice"),
        (f"{len(report['clamps'])}", "group positions clamped"),
    )
    shown = "".join(f'<div class="figure"><b>{escape(n)}</b>{escape(what)}</div>' for n, what in figures)
    stages = _table(
        ("stage", "from", "to", "seconds"), ([s["name"], s["start"], s["end"], s["seconds"]] for s in rto["stages"])
    )
    steps = _table(("step", "from", "to"), ([s["name"], s["start"], s["end"]] for s in report["steps"]))
    recovery = report["recovery"]
    recovered = (
        "<p>Nothing was missing.</p>"
        if not recovery["appended"]
        else _table(
            ("topic", "partition", "offsets", "records", "appended", "there before"),
            (
                [
                    r["topic"],
                    r["partition"],
                    "{}-{}".format(*r["offsets"]),
                    r["records"],
                    r["appended"],
                    r["already there"],
                ]
                for r in recovery["appended"]
            ),
        )
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Failover drill</title>'
        f"<style>{_STYLE}</style></head><body><h1>Failover drill</h1>"
        f'<div class="figures">{shown}</div>'
        f"<h2>Timeline</h2>{timeline(report)}"
        f"<h2>The outage, stage by stage</h2>{stages}"
        f"<h2>Recovered from the original cluster</h2>{recovered}"
        f"<p>The group of the walk-through went on with {escape(', '.join(map(str, report['consumed'])))}.</p>"
        f"<h2>All steps</h2>{steps}"
        f"<p>Times are seconds since the drill began.</p></body></html>\n"
    )


def timeline(report: dict[str, Any]) -> str:
    """Four lanes over one axis of seconds, from shortly before the disaster to shortly after the first new write."""
    start, end = _window(report)
    height = LANE * len(LANES) + 40

    def x(second: float) -> float:
        return round(LEFT + (second - start) / (end - start) * (WIDTH - LEFT - RIGHT), 1)

    def y(lane: str) -> float:
        return 10 + LANE * LANES.index(lane)

    parts = [f'<text x="0" y="{y(lane) + 20}" font-size="13">{lane}</text>' for lane in LANES]
    parts += _bars(report["rto"]["stages"], x, y("outage"), start, end)
    parts += _bars(report["steps"], x, y("operator"), start, end)
    lost = set(report["rpo"]["numbers"])
    for number, site, _, acked, _ in report["beats"]:
        if acked is not None and start <= acked <= end:
            colour = LOST if number in lost else SITES[site]
            parts.append(_tick(x(acked), y("writes"), colour, f"write {number}, {site}, {acked:.2f} s"))
    for number, site, at in report["reads"]:
        if start <= at <= end:
            parts.append(_tick(x(at), y("reads"), SITES[site], f"read {number}, {site}, {at:.2f} s"))
    killed = x(report["marks"]["disaster"])
    parts.append(
        f'<line x1="{killed}" x2="{killed}" y1="4" y2="{height - 34}" stroke="{LOST}" stroke-dasharray="4 3"/>'
    )
    parts += _axis(start, end, x, height - 30)
    legend = "blue: the original cluster; green: the survivor; red: acknowledged there, not mirrored; dashed: the kill"
    return (
        f'<svg id="timeline" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Timeline of the drill">'
        f"{''.join(parts)}</svg><p>{legend}</p>"
    )


def _window(report: dict[str, Any]) -> tuple[float, float]:
    rto = report["rto"]
    margin = max(1.0, rto["seconds"] * 0.1)
    return rto["lastWriteBefore"] - margin, rto["firstWriteAfter"] + margin


def _bars(rows: Iterable[dict[str, Any]], x: Any, top: float, start: float, end: float) -> list[str]:
    parts = []
    for index, row in enumerate(rows):
        low, high = max(start, row["start"]), min(end, row["end"])
        if high <= low:
            continue
        name, width = escape(row["name"]), max(1.0, round(x(high) - x(low), 1))
        told = f"{name}: {row['end'] - row['start']:.2f} s"
        parts.append(
            f'<rect x="{x(low)}" y="{top}" width="{width}" height="28" rx="3" fill="{COLOURS[index % len(COLOURS)]}">'
            f"<title>{told}</title></rect>"
        )
        if width > 7 * len(name):
            parts.append(f'<text x="{x(low) + 5}" y="{top + 19}" font-size="12" fill="#fff">{name}</text>')
    return parts


def _tick(at: float, top: float, colour: str, told: str) -> str:
    return f'<rect x="{at}" y="{top}" width="1.6" height="28" fill="{colour}"><title>{escape(told)}</title></rect>'


def _axis(start: float, end: float, x: Any, top: float) -> list[str]:
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if (end - start) / s <= TICKS)
    first = int(start // step + 1) * step
    return [
        f'<text x="{x(second)}" y="{top + 16}" font-size="11" text-anchor="middle">{second} s</text>'
        f'<line x1="{x(second)}" x2="{x(second)}" y1="{top - 4}" y2="{top + 2}" stroke="#7a8794"/>'
        for second in range(first, int(end) + 1, step)
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td{_n(cell)}>{escape(_text(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{cells}</tr>{body}</table>"


def _n(cell: Any) -> str:
    return ' class="n"' if isinstance(cell, int | float) else ""


def _text(cell: Any) -> str:
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)
