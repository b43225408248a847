"""What `drctl recover` says: ranges, what became of them, and the commands that a person would type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from drctl.screen import STDERR, STDOUT
from kafkadr.recovery.counting import Counts
from kafkadr.recovery.ranges import Range
from kafkadr.settling import Left, offsets_text

_SETTLE = "`drctl recover plan --record`, then `drctl recover ack --written-off`"

_THERE = "--bootstrap-server ORIGINAL --command-config ORIGINAL.properties"
_TIMEOUT_MS = 30_000
_CURES = {
    "MSG_SIZE_TOO_LARGE": "raise its max.message.bytes",
    "RECORD_LIST_TOO_LARGE": "raise its segment.bytes",
    "INVALID_TIMESTAMP": "widen its message.timestamp.before.max.ms or .after.max.ms",
    "INVALID_RECORD": "see what it asks of records (a key, if it is compacted)",
}


def span_text(span: Left | None) -> str:
    """`101-105`, or nothing."""
    return offsets_text([span]) if span else ""


def findings(found: Range, *, asked: bool) -> list[str]:
    """What about a partition is wrong and not acknowledged, worst first."""
    name, source = f"{found.place.topic} partition {found.place.partition}", found.place.source
    if found.log is None:
        return [f"{name}: {source} has no such partition on the original cluster"] if asked else []
    said = []
    if found.behind:
        said.append(
            f"{name}: {source} ends at {found.log.end} on the original cluster, but records up to {found.place.fetched}"
            " were mirrored: it was made anew, or lost records there"
        )
    for span, what in (
        (
            found.lost,
            f"are lost for good, the source begins at {found.log.start} by now; settle it: {_SETTLE}",
        ),
        (
            found.diverged,
            "were written to the original cluster after the flip, by their timestamps: find that producer",
        ),
    ):
        if span and (left := found.place.without_said(span)):
            said.append(f"{name}: {offsets_text(left)} {what}")
    return said


def endless(ranges: Iterable[Range]) -> list[str]:
    """Partitions of which the ledger does not know where the missing records end."""
    return [
        f"{r.place.topic} partition {r.place.partition}: the ledger does not know whether and how many records from"
        f" offset {r.place.first} on were left behind. `plan --record` with --source-bootstrap writes it down; when the"
        " original cluster is lost for good, `ack --written-off` does without them"
        for r in ranges
        if r.place.last is None and r.place.open
    ]


def unforeseen(found: Range) -> list[str]:
    """Records that the flip did not know it left behind: recovered as the others, but worth a word."""
    left = found.place.without_said(found.beyond) if found.beyond else ()
    name = f"{found.place.topic} partition {found.place.partition}"
    return [f"{name}: {offsets_text(left)} were not in the lag that the flip saw"] if left else []


def all_findings(ranges: Iterable[Range], *, asked: bool) -> list[str]:
    """Findings of all partitions."""
    return [line for found in ranges for line in findings(found, asked=asked)]


def all_unforeseen(ranges: Iterable[Range]) -> list[str]:
    """What was unforeseen in all partitions."""
    return [line for found in ranges for line in unforeseen(found)]


def refusals(refused: Iterable[dict[str, Any]]) -> list[str]:
    """Records that a surviving topic does not take, and what to do about them."""
    return [
        f"{r['topic']} partition {r['partition']}: offset {r['offset']} ({r['bytes']} bytes before compression) is not"
        f" taken by the surviving topic, {r['why']}: {_CURES[r['why']]} and run append again, or export it"
        for r in refused
    ]


def ranges_table(title: str, ranges: Iterable[Range]) -> Table:
    """One row per partition."""
    table = Table(title=title)
    for heading in ("topic", "partition", "mirrored up to", "missing", "on the source", "not acknowledged"):
        table.add_column(heading, justify="right" if heading in {"partition", "mirrored up to"} else "left")
    for r in ranges:
        missing = span_text(r.place.missing) or "none"
        there = "not asked" if r.log is None else span_text(r.present) or "none"
        table.add_row(
            r.place.topic,
            str(r.place.partition),
            str(r.place.fetched),
            missing,
            there,
            offsets_text(r.place.open) or "none",
        )
    return table


def commands(ranges: Iterable[Range], options: str, counts: Counts) -> list[str]:
    """What to type: this tool's own commands, then Kafka's own tools for each range that has records."""
    ranges = list(ranges)
    spans = [(r, span) for r in ranges for span in r.todo]
    if not spans and not endless(ranges):
        return []
    lines = [
        f"drctl recover export {options} --out recovered",
        f"drctl recover append {options}",
        f"drctl recover reset-group {options} --group GROUP",
        f"drctl recover ack {options} --written-off --note WHY",
    ]
    for r, (first, last) in spans:
        topic, number = r.place.source, r.place.partition
        count = counts.get(((topic, number), (first, last)), last - first + 1)
        if not count:
            continue
        lines.append(
            f"kafka-console-consumer {_THERE} --topic {topic} --partition {number} --offset {first}"
            f" --isolation-level read_committed --max-messages {count} --timeout-ms {_TIMEOUT_MS}"
        )
        lines.append(
            f"kafka-consumer-groups {_THERE} --group GROUP --topic {topic}:{number}"
            f" --reset-offsets --to-offset {first} --execute"
        )
    return lines


def uncounted(ranges: Iterable[Range], counts: Counts) -> list[str]:
    """A word where `--max-messages` is not the number of records."""
    left = [r for r in ranges for span in r.todo if ((r.place.source, r.place.partition), span) not in counts]
    say = (
        "The records of {} partitions are not counted: there, --max-messages is the number of offsets, and where these"
        " have gaps the consumer goes on beyond the range. `plan --source-bootstrap` counts them"
    )
    return [say.format(len({(r.place.source, r.place.partition) for r in left}))] if left else []


def work_table(title: str, rows: list[dict[str, Any]]) -> Table:
    """One row per piece of work; the first row names the columns."""
    table = Table(title=title)
    for heading in rows[0] if rows else ("nothing to do",):
        table.add_column(str(heading), overflow="fold")
    for row in rows:
        table.add_row(*(span_text((v[0], v[1])) if isinstance(v, list) else escape(str(v)) for v in row.values()))
    return table


@contextmanager
def progress(what: str, total: int, *, show: bool) -> Iterator[Any]:
    """A bar on stderr; yields a function to call once per record. Shown to a person at a terminal only."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=STDERR, transient=True, disable=not (show and STDERR.is_terminal)) as bars:
        task = bars.add_task(what, total=total)
        yield lambda: bars.advance(task)


def show_receipt(receipt: str) -> None:
    """What the next move of the pair asks for, once there is one."""
    if receipt:
        STDOUT.print(
            f"The ledger is settled. Receipt for the stack file, recovery.acknowledged: {receipt}", soft_wrap=True
        )
