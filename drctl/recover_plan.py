"""`drctl recover plan`: the exact ranges, what the original cluster has of them today, and what to type."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from drctl import recover_options as opt
from drctl import recover_words as words
from drctl.recover_options import Cluster, Epoch, Link, SourceAt, SourceEntry, Topics, Url, Where
from drctl.screen import STDOUT, AsJson, print_json
from kafkadr.errors import ExitCode
from kafkadr.receipts import receipt_of
from kafkadr.recovery.counting import Counts, counts_of
from kafkadr.recovery.ranges import Range
from kafkadr.settling import is_settled

Record = Annotated[bool, typer.Option("--record", help="Write into the ledger what the source holds beyond it.")]


def plan(
    url: Url, cluster: Cluster = "", link: Link = "", epoch: Epoch = None, topics: Topics = None,
    source_at: SourceAt = "", source_entry: SourceEntry = "", *, record: Record = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Print the exact ranges and the commands for them; with --source-bootstrap also what is there today.

    Exit code 1 while something is not acknowledged, or not as the ledger says.
    """
    book = Where(url, cluster, link, epoch).book()
    client = opt.source(source_at, source_entry) if source_at else None
    ranges = opt.look(book, client, topics)
    if record:
        book.note_source(ranges)
    counts: Counts = {}
    if client:
        offsets = sum(last - first + 1 for r in ranges for first, last in r.todo)
        with words.progress("count", offsets, show=not as_json) as tick:
            counts = counts_of(client, ranges, tick)
    options = shlex.join(["--ledger", url, "--cluster", cluster, "--link", link, "--epoch", str(book.ledger.epoch)])
    said = words.all_findings(ranges, asked=client is not None) + words.all_unforeseen(ranges)
    settled = is_settled(book.document)
    notes = [] if settled else [f"Keep link {link}: the server has these offsets only as long as it exists"]
    notes += [*words.endless(opt.look(book, None, topics)), *words.uncounted(ranges, counts)]
    commands = words.commands(ranges, options, counts)
    receipt = receipt_of(book.document)
    report = {
        "settled": settled,
        "receipt": receipt,
        "partitions": [r.to_json() | {"records": _records(r, counts)} for r in ranges],
        "remarks": said,
        "notes": notes,
    }
    if as_json:
        print_json(report | {"ledger": book.ledger.address, "commands": commands})
    else:
        STDOUT.print(words.ranges_table(f"link {link}, epoch {book.ledger.epoch}, {book.ledger.address}", ranges))
        for line in (*said, *notes):
            STDOUT.print(line, soft_wrap=True, highlight=False, markup=False)
        words.show_receipt(receipt)
        for line in commands:
            STDOUT.print(f"  {line}", soft_wrap=True, highlight=False, markup=False)
    if said or not settled:
        raise typer.Exit(ExitCode.FINDINGS)


def _records(found: Range, counts: Counts) -> int | None:
    """Records of a partition that are to be recovered; None when they were not all counted."""
    place = (found.place.source, found.place.partition)
    counted = [counts.get((place, span)) for span in found.todo]
    return None if None in counted else sum(filter(None, counted))
