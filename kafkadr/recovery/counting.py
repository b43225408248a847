"""How many records a range holds, and whether a group has read them: found by reading, for offsets do not tell.

Markers of transactions, aborted transactions and compaction leave offsets without a record. And a client that has read
everything may stop before such offsets: what it commits is the offset after its last record.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing

from kafkadr.recovery.cluster import Client
from kafkadr.recovery.ranges import Place, Range
from kafkadr.recovery.source import await_stable, read_span
from kafkadr.settling import Span

COUNT_SECONDS = 60.0
"""How long a plan counts records, all its ranges together."""

Counts = dict[tuple[Place, Span], int]
"""Records of source partitions and spans; a span that nobody could count is not in it."""


def counts_of(
    client: Client, ranges: Iterable[Range], progress: Callable[[], None], seconds: float = COUNT_SECONDS
) -> Counts:
    """Count the committed records of what is to be done, as far as the time suffices.

    Left out is also a span in which an open transaction hides what may yet become records.
    """
    deadline, found = time.monotonic() + seconds, Counts()
    for each in ranges:
        place = (each.place.source, each.place.partition)
        for span in each.todo:
            if each.log is None or each.log.stable <= span[1]:
                continue
            count = _count(client, place, span, progress, deadline)
            if count is not None:
                found[place, span] = count
    return found


def first_unread(client: Client, place: Place, spans: Sequence[Span], position: int) -> int | None:
    """Offset of the first committed record of the spans that is not before a group's position; None: it read them all.

    Raises:
        DrError: The spans cannot be read, or an open transaction hides a part of them.
    """
    left = [(max(first, position), last) for first, last in spans if last >= position]
    if left:
        await_stable(client, place, left[-1][1] + 1)
    for span in left:
        with closing(read_span(client, place, span)) as records:
            record = next(records, None)
        if record is not None:
            return int(record.offset())
    return None


def _count(client: Client, place: Place, span: Span, progress: Callable[[], None], deadline: float) -> int | None:
    count = 0
    if time.monotonic() > deadline:
        return None
    with closing(read_span(client, place, span)) as records:
        for _ in records:
            count += 1
            progress()
            if time.monotonic() > deadline:
                return None
    return count
