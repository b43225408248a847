"""Reading exact ranges of the original cluster's log: what is there, no more, and proof that it was all of it."""

from __future__ import annotations

import time
from collections.abc import Collection, Generator
from contextlib import closing
from dataclasses import replace
from typing import Any

from kafkadr.errors import DrError, RefusedError
from kafkadr.recovery.cluster import REQUEST_SECONDS, Client, NotYetError, library, patiently
from kafkadr.recovery.presence import present
from kafkadr.recovery.ranges import Log, Place, Range
from kafkadr.settling import Span

IDLE_SECONDS = 30.0
"""How long a read may bring nothing."""
STABLE_SECONDS = 90.0
"""How long to wait for an open transaction: a dead producer's is aborted after its timeout, 60 s unless set."""
_BATCH = 1000
_NO_RECORD = -1
"""Offset of no record, where one with a timestamp was looked for."""
_NO_ANSWER = -1001
"""What librdkafka gives, without an error, for a partition whose leader did not answer in time."""


@patiently
def logs_of(client: Client, places: Collection[Place], since_ms: int | None = None) -> dict[Place, Log]:
    """The partitions' logs as their leaders describe them; one that the cluster says it does not have is left out.

    Args:
        client: The cluster.
        places: Partitions.
        since_ms: Look also for the first record with a timestamp from this one on, ms since 1970.

    Raises:
        DrError: The cluster does not answer or refuses, or some partition cannot be read now.
    """
    if not places:
        return {}
    kafka = library()
    there = present(client, places)
    unread, read = (kafka.IsolationLevel.READ_UNCOMMITTED, kafka.IsolationLevel.READ_COMMITTED)
    earliest, latest = kafka.admin.OffsetSpec.earliest, kafka.admin.OffsetSpec.latest
    starts = _offsets(client, there, earliest(), unread)
    ends = _offsets(client, there, latest(), unread)
    stable = _offsets(client, there, latest(), read)
    after: dict[Place, int | None] = {}
    if since_ms is not None:
        found = _offsets(client, there, kafka.admin.OffsetSpec.for_timestamp(since_ms), unread, lowest=_NO_RECORD)
        after = {place: None if offset == _NO_RECORD else offset for place, offset in found.items()}
    return {p: Log(starts[p], ends[p], stable[p], after.get(p)) for p in there}


def _offsets(
    client: Client, places: Collection[Place], spec: Any, isolation: Any, *, lowest: int = 0
) -> dict[Place, int]:
    """One offset for each partition: it is there, so an answer without one says that it cannot be read now."""
    kafka = library()
    if not places:
        return {}
    asked = {kafka.TopicPartition(topic, number): spec for topic, number in places}
    with client.told("list offsets"):
        futures = client.admin().list_offsets(asked, isolation_level=isolation, request_timeout=REQUEST_SECONDS)
    found: dict[Place, int] = {}
    for where, future in futures.items():
        what = f"list offsets of {where.topic}"
        try:
            offset = int(future.result(REQUEST_SECONDS + 5).offset)
        except kafka.KafkaException as error:
            # librdkafka says _NOENT where it found no leader for any of the partitions that it was asked for.
            if error.args[0].name() not in {"UNKNOWN_TOPIC_OR_PART", "_NOENT"}:
                raise client.problem(error.args[0], what) from None
            offset = _NO_ANSWER
        except TimeoutError:
            raise client.silent(what) from None
        if offset < lowest:
            raise NotYetError(
                f"{client.cluster.role} at {client.cluster.servers} does not say where {where.topic} partition"
                f" {where.partition} begins and ends: it cannot be read now",
                "Run the same command again when the brokers that hold it are back",
            )
        found[where.topic, where.partition] = offset
    return found


def await_stable(client: Client, place: Place, end: int, seconds: float | None = None) -> None:
    """Wait until no open transaction hides records below `end`.

    Raises:
        RefusedError: One still does; reading now would miss what it commits later.
    """
    deadline = time.monotonic() + (STABLE_SECONDS if seconds is None else seconds)
    while True:
        log = logs_of(client, [place]).get(place)
        if log is None:
            raise DrError(f"{place[0]} has no partition {place[1]} any more", "Check the original cluster")
        if log.stable >= end:
            return
        if time.monotonic() > deadline:
            raise RefusedError(
                f"an open transaction hides {place[0]} partition {place[1]} from offset {log.stable} on",
                "Stop its producer or wait until the broker aborts it (transaction.timeout.ms), then run again",
            )
        time.sleep(0.5)


def without_markers(client: Client, found: Range) -> Range:
    """The range without what is no record: a broker that comes back aborts transactions, and writes markers for it.

    They make the log longer and carry the time of the abort, so they would look like records that nobody knew of, and
    like somebody who still writes to the original cluster.
    """
    log, place = found.log, (found.place.source, found.place.partition)
    if log is None or log.stable < log.end:  # What is hidden may yet become records.
        return found
    last = found.place.fetched if found.place.last is None else found.place.last
    news = max(last + 1, log.start), log.end - 1
    if news[0] <= news[1] and _first(client, place, news) is None:
        log = replace(log, end=news[0])
    shorter = replace(found, log=log)
    if shorter.diverged:
        log = replace(log, after=_first(client, place, shorter.diverged))
    return replace(found, log=log)


def _first(client: Client, place: Place, span: Span) -> int | None:
    with closing(read_span(client, place, span)) as records:
        return next((int(record.offset()) for record in records), None)


def read_span(
    client: Client, place: Place, span: Span, idle_seconds: float = IDLE_SECONDS
) -> Generator[Any, None, None]:
    """Yield the committed records of a span, in order; ends only when all of it was read.

    A log has gaps where records were compacted away, where a transaction was aborted and where markers stand, so what
    is counted is what is there. Call `await_stable` before.

    Raises:
        DrError: The span could not be read to its end.
    """
    (topic, number), (first, last) = place, span
    kafka, consumer = library(), client.consumer()
    quiet_since = time.monotonic()
    try:
        with client.told(f"read {topic}"):
            consumer.assign([kafka.TopicPartition(topic, number, first)])
        while True:
            for message in consumer.consume(_BATCH, timeout=0.5):
                quiet_since = time.monotonic()
                error, offset = message.error(), int(message.offset() or 0)
                if error is None and offset <= last:
                    yield message
                elif error is not None and error.name() != "_PARTITION_EOF":
                    _fail(client, error, place, first)
                if offset >= last + (error is not None):  # The end of a log is the offset after its last record.
                    return
            if time.monotonic() - quiet_since > idle_seconds:
                raise client.silent(f"read {topic} partition {number}")
    finally:
        consumer.close()


def _fail(client: Client, error: Any, place: Place, first: int) -> None:
    if error.name() in {"_AUTO_OFFSET_RESET", "OFFSET_OUT_OF_RANGE"}:
        raise DrError(
            f"{place[0]} partition {place[1]} has no offset {first} any more",
            "Run again: the ranges are looked up anew",
        )
    if not error.retriable():
        raise client.problem(error, f"read {place[0]}")
