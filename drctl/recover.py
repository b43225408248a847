"""`drctl recover`: what a flip left behind on the original cluster, brought to where it is of use (S93-S97).

Works from the ledger, so also after the link is gone. A partition is acknowledged in the ledger only when the work for
it is proven; a run that was killed is repeated with the same words.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from drctl import recover_options as opt
from drctl import recover_words as words
from drctl.recover_options import (
    Cluster,
    DrAt,
    DrEntry,
    DrRest,
    Epoch,
    Link,
    Note,
    SourceAt,
    SourceEntry,
    Topics,
    Url,
    Where,
)
from drctl.recover_plan import plan
from drctl.screen import STDERR, STDOUT, AsJson, print_json
from kafkadr.errors import ExitCode, RefusedError
from kafkadr.first_look import FirstLook
from kafkadr.receipts import receipt_of
from kafkadr.recovery import groups
from kafkadr.recovery.append import Appended, Appender, Origin
from kafkadr.recovery.book import Book
from kafkadr.recovery.cluster import Client, UsageError
from kafkadr.recovery.counting import first_unread
from kafkadr.recovery.export import export as export_span
from kafkadr.recovery.ranges import Range
from kafkadr.recovery.source import await_stable, read_span
from kafkadr.settling import How

app = typer.Typer(no_args_is_help=True, help="Recover the records that a flip left behind.")

Group = Annotated[str, typer.Option("--group", help="Consumer group on the original cluster.")]
Out = Annotated[Path, typer.Option("--out", help="Folder for the files.")]
FirstLookText = Annotated[str, typer.Option("--first-look", help="What the failover saw, as it printed it.")]
Again = Annotated[bool, typer.Option("--again", help="Also what is acknowledged already.")]
Batch = Annotated[int, typer.Option("--batch", min=1, max=100_000, help="Most records in one transaction.")]
WrittenOff = Annotated[bool, typer.Option("--written-off", help="Decide to do without the missing records.")]
Recovered = Annotated[bool, typer.Option("--recovered", help="A group has read them: checked on the original cluster.")]
_SHOWN = 10

app.command()(plan)


@app.callback()
def recover(environment: opt.Environment = "") -> None:
    """Recover the records that a move left behind; they are named by its ledger."""
    opt.ENVIRONMENT.set(environment)


@app.command()
def ledger(
    url: Url, cluster: Cluster = "", link: Link = "", epoch: Epoch = None, dr_rest: DrRest = "", dr_entry: DrEntry = "",
    first_look: FirstLookText = "", *, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Write a ledger that was lost, or that a failover could not write, from the link; a closed one stays as it is.

    A failover with a dead ledger prints this command with all that it needs.
    """
    where = Where(url, cluster, link, epoch)
    opt.rebuild(where, dr_rest, dr_entry, FirstLook.parse(first_look) if first_look else None)
    written = where.ledger().address
    if as_json:
        print_json({"ledger": written})
    else:
        STDOUT.print(f"the ledger is at {written}", soft_wrap=True, highlight=False, markup=False)


@app.command("reset-group")
def reset_group(
    url: Url, group: Group, cluster: Cluster = "", link: Link = "", epoch: Epoch = None, topics: Topics = None,
    source_at: SourceAt = "", source_entry: SourceEntry = "", *, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Set a group on the original cluster to the first records that were not mirrored (S96).

    Refused while the group has members. When its consumers are through: `drctl recover ack --recovered --group`.
    """
    book = Where(url, cluster, link, epoch).book()
    client = opt.source(source_at, source_entry)
    ranges = opt.look(book, client, topics)
    starts = groups.starts_of(ranges)
    if not starts:
        raise UsageError("the original cluster has none of the ledger's partitions", "Check --source-bootstrap")
    groups.reset(client, group, starts)
    book.note_source(ranges)
    rows = [{"topic": topic, "partition": number, "offset": at} for (topic, number), at in sorted(starts.items())]
    _finish(book, {"group": group, "offsets": rows}, f"group {group} starts at", rows, ranges, as_json=as_json)


@app.command()
def export(
    url: Url, out: Out, cluster: Cluster = "", link: Link = "", epoch: Epoch = None, topics: Topics = None,
    source_at: SourceAt = "", source_entry: SourceEntry = "", *, again: Again = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Write the missing records into files, one per range, JSON lines with checksums."""
    book = Where(url, cluster, link, epoch).book()
    client = opt.source(source_at, source_entry)
    ranges = opt.look(book, client, topics)
    book.note_source(ranges)
    rows = []
    with words.progress("export", _size(ranges), show=not as_json) as tick:
        for found in ranges:
            place = found.place.source, found.place.partition
            for span in [found.present] if again and found.present else found.todo:
                await_stable(client, place, span[1] + 1)
                done = export_span(read_span(client, place, span), out, place, span, tick)
                note = f"{done.file.absolute()} sha256 {done.sha256}"
                book.acknowledge(How.EXPORTED, [(found.place, span, done.records)], note)
                row = {"topic": found.place.topic, "partition": place[1], "offsets": list(span)}
                rows.append(row | {"records": done.records, "file": str(done.file), "sha256": done.sha256})
    _finish(book, {"files": rows}, "exported", rows, ranges, as_json=as_json)


@app.command()
def append(
    url: Url, cluster: Cluster = "", link: Link = "", epoch: Epoch = None, topics: Topics = None,
    source_at: SourceAt = "", source_entry: SourceEntry = "", dr_at: DrAt = "", dr_entry: DrEntry = "",
    batch: Batch = 500, *, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Append the missing records to the end of the surviving topics, with headers that name their origin (S97).

    Each is appended exactly once, however often this is killed and run again.
    """
    book = Where(url, cluster, link, epoch).book()
    client, target = opt.source(source_at, source_entry), opt.survivor(dr_at, dr_entry)
    ranges = opt.look(book, client, topics)
    origin, there = client.cluster_id(), target.cluster_id()
    if origin == there:
        raise RefusedError(f"both addresses lead to the cluster {origin}", "Nothing was changed: check them")
    book.note_source(ranges)
    rows: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    with words.progress("append", _size(ranges), show=not as_json) as tick:
        for found in (r for r in ranges if r.todo):
            where = {"topic": found.place.topic, "partition": found.place.partition}
            done = _append_one(book, client, target, found, origin, batch, tick)
            offsets = [found.todo[0][0], found.todo[-1][1]]
            rows.append(where | {"offsets": offsets, "records": done.records, "appended": done.appended})
            rows[-1] |= {"already there": done.already, "superseded": done.superseded, "refused": len(done.refused)}
            refused += [where | {"offset": no.offset, "bytes": no.size, "why": no.why} for no in done.refused]
    report = {"appended": rows, "refused": refused}
    _finish(book, report, "appended", rows, ranges, words.refusals(refused), as_json=as_json)


def _append_one(
    book: Book, client: Client, target: Client, found: Range, origin: str, batch: int, tick: Any
) -> Appended:
    place, epoch = found.place, book.ledger.epoch
    await_stable(client, (place.source, place.partition), found.todo[-1][1] + 1)
    name = f"kafkadr-recover.{book.document['link']}.{epoch}.{place.topic}.{place.partition}"
    mark = Origin(origin, place.source, place.partition, epoch)
    done = Appender(client, target, found, mark, name, batch, tick).run(lambda end: book.began_append(found, end))
    note = f"{done.superseded} superseded by newer values of their keys" if done.superseded else ""
    book.acknowledge(How.APPENDED, [(place, span, records) for span, records in done.spans.items()], note)
    return done


@app.command()
def ack(
    url: Url, cluster: Cluster = "", link: Link = "", epoch: Epoch = None, topics: Topics = None, note: Note = "",
    group: Group = "", source_at: SourceAt = "", source_entry: SourceEntry = "",
    *, written_off: WrittenOff = False, recovered: Recovered = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Say in the ledger what became of the missing records: written off, or read by a group on the original cluster."""
    if written_off == recovered or recovered != bool(group):
        raise UsageError("say either --written-off, or --recovered with --group", "One of the two")
    book = Where(url, cluster, link, epoch).book()
    client = None if written_off else opt.source(source_at, source_entry)
    ranges = opt.look(book, client, topics)
    if client is None:
        how, done = How.WRITTEN_OFF, [(r.place, span, None) for r in ranges for span in r.place.open]
    else:
        _refuse_unread(client, group, ranges)
        book.note_source(ranges)
        how, done = How.RECOVERED, [(r.place, span, None) for r in ranges for span in r.todo]
        note = f"group {group}" + (f"; {note}" if note else "")
    book.acknowledge(how, done, note)
    rows = [{"topic": place.topic, "partition": place.partition, "offsets": list(span)} for place, span, _ in done]
    _finish(book, {"acknowledged": rows}, how.value, rows, [] if written_off else ranges, as_json=as_json)


def _refuse_unread(client: Client, group: str, ranges: list[Range]) -> None:
    """Take a group's committed offsets for its word, and where they end before the range, what lies between.

    Raises:
        RefusedError: It has not read some partition to its end.
    """
    wanted = {(r.place.source, r.place.partition): r.todo for r in ranges if r.log and r.todo}
    at = groups.committed(client, group, list(wanted)) if wanted else {}
    late: list[str] = []
    for place, spans in wanted.items():
        position = at.get(place)
        unread = spans[0][0] if position is None else first_unread(client, place, spans, position)
        if unread is not None:
            where = "at no offset" if position is None else f"at {position}"
            name = f"{place[0]} partition {place[1]}"
            late.append(f"{name}: {where}, records up to {spans[-1][1]}, the first it has not read is {unread}")
        if len(late) == _SHOWN:  # Each costs a look into its log.
            late.append("and perhaps more")
            break
    if late:
        raise RefusedError(f"group {group} is not through:\n  " + "\n  ".join(late), "Nothing was acknowledged")


def _size(ranges: list[Range]) -> int:
    return sum(last - first + 1 for r in ranges for first, last in r.todo)


def _finish(
    book: Book, report: dict[str, Any], title: str, rows: list[dict[str, Any]], ranges: list[Range],
    more: Sequence[str] = (), *, as_json: bool,
) -> None:  # fmt: skip
    wrong = [*more, *words.all_findings(ranges, asked=True)]
    said = wrong + words.all_unforeseen(ranges)
    if as_json:
        print_json(report | {"remarks": said, "receipt": receipt_of(book.document)})
    else:
        STDOUT.print(words.work_table(title, rows))
        for line in said:
            STDERR.print(line, soft_wrap=True, highlight=False, markup=False)
        words.show_receipt(receipt_of(book.document))
    if wrong:
        raise typer.Exit(ExitCode.FINDINGS)
