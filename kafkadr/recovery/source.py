"""Reading exact ranges of the original cluster's log: what is there, no more, and proof that it was all of it."""

from __future__ import annotations

import time
from collections.abc import Collection, Generator
from contextlib import closing
from dataclasses import replace
from typing import Any

from kafkadr.errors import DrError, RefusedError, UnreachableError
from kafkadr.recovery.cluster import Client, library, patiently
from kafkadr.recovery.ranges import Log, Place, Range
from kafkadr.settling import Span

IDLE_SECONDS = 30.0
"""How long a read may bring nothing."""
STABLE_SECONDS = 90.0
"""How long to wait for an open transaction: a dead producer's is aborted after its timeout, 60 s unless set."""
_BATCH = 1000


@patiently
def logs_of(client: Client, places: Collection[Place], since_ms: int | None = None) -> dict[Place, Log]:
    """The partitions' logs as their brokers describe them; a partition that does not exist is left out.

    Args:
        client: The cluster.
        places: Partitions.
        since_ms: Look also for the first record with a timestamp from this one on, ms since 1970.

    Raises:
        DrError: The cluster does not answer or refuses.
    """
    if not places:
        return {}
    kafka, admin = library(), client.admin()
    unread, read = (kafka.IsolationLevel.READ_UNCOMMITTED, kafka.IsolationLevel.READ_COMMITTED)
    earliest, latest = kafka.admin.OffsetSpec.earliest, kafka.admin.OffsetSpec.latest
    starts = _offsets(client, admin, places, earliest(), unread)
    there = starts.keys()
    ends = _offsets(client, admin, there, latest(), unread)
    stable = _offsets(client, admin, there, latest(), read)
    after: dict[Place, int] = {}
    if since_ms is not None:
        after = _offsets(client, admin, there, kafka.admin.OffsetSpec.for_timestamp(since_ms), unread)
    found = {place: after.get(place, -1) for place in there}
    return {p: Log(starts[p], ends[p], stable[p], found[p] if found[p] >= 0 else None) for p in there}


def _offsets(client: Client, admin: Any, places: Collection[Place], spec: Any, isolation: Any) -> dict[Place, int]:
    kafka = library()
    if not places:
        return {}
    asked = {kafka.TopicPartition(topic, number): spec for topic, number in places}
    with client.told("list offsets"):
        futures = admin.list_offsets(asked, isolation_level=isolation, request_timeout=30)
    found: dict[Place, int] = {}
    for where, future in futures.items():
        try:
            found[where.topic, where.partition] = int(future.result(35).offset)
        except kafka.KafkaException as error:
            # _NOENT: librdkafka found no leader for any of the partitions that it was asked for.
            if error.args[0].name() not in {"UNKNOWN_TOPIC_OR_PART", "_NOENT"}:
                raise client.problem(error.args[0], f"list offsets of {where.topic}") from None
        except TimeoutError:
            raise UnreachableError(
                f"{client.cluster.role} does not answer to a request to list offsets", "Run the same command again"
            ) from None
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
    if log.end - 1 > last and _first(client, place, (last + 1, log.end - 1)) is None:
        log = replace(log, end=max(last + 1, log.start))
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
