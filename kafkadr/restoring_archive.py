"""Copy the records that a restore takes away from the old primary into the ledger's store, before they go.

Records have no address in Confluent's REST API: they are read over Kafka's own protocol, from the bootstrap address of
the old primary. The objects are JSON lines as `drctl recover export` writes them, beside the ledger's document:
`<cluster>/<link>/epoch-<n>-cut/<topic>.<partition>.<first>-<last>.jsonl`. Only committed records are records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

from kafkadr.errors import DrError, RefusedError
from kafkadr.ledger_store import LedgerStore, using
from kafkadr.recovery.cluster import FIRST_SECONDS, Client
from kafkadr.recovery.export import line_of
from kafkadr.recovery.source import await_stable, logs_of, read_span
from kafkadr.restoring import Archived, Cut

OBJECT_BYTES = 8 * 1024 * 1024
"""A full object is closed and the next one begun: an object is held in memory."""


def refuse_unreadable(client: Client, cuts: Sequence[Cut]) -> None:
    """In preview: the old primary's brokers answer, and hold every record that would go.

    Raises:
        DrError: They do not; says that nothing could be archived.
    """
    if not cuts:
        return
    try:
        client.cluster_id(FIRST_SECONDS)  # Where nobody is, no request has to be waited for.
        logs = logs_of(client, [cut.place for cut in cuts])
    except DrError as error:
        raise RefusedError(
            f"{sum(c.records for c in cuts)} records would be cut and cannot be archived: {error.problem}",
            "Nothing was changed: make the old primary's brokers reachable from here, or accept in review that these"
            " records are lost: settings.restore.archive: waived",
        ) from None
    for cut in cuts:
        log = logs.get(cut.place)
        if log is None or log.end <= cut.span[1]:
            raise RefusedError(
                f"the brokers at {client.cluster.servers} do not hold {cut.topic} partition {cut.partition} up to"
                f" offset {cut.span[1]}, which the REST API would cut",
                "Nothing was changed: check that bootstrapEndpoint and restEndpoint are of one cluster",
            )


def archive(
    client: Client, store: LedgerStore, folder: str, cuts: Iterable[Cut]
) -> dict[tuple[str, int], list[Archived]]:
    """Write every record of the cuts and read the objects back; running twice gives the same objects.

    Raises:
        DrError: A record could not be read, or an object does not hold what was written to it.
    """
    return {cut.place: list(_partition(client, store, folder, cut)) for cut in cuts}


def _partition(client: Client, store: LedgerStore, folder: str, cut: Cut) -> Iterator[Archived]:
    await_stable(client, cut.place, cut.span[1] + 1)
    # What retention has taken by now is gone from the log and so from the cut.
    log = logs_of(client, [cut.place]).get(cut.place)
    if log is None:
        raise DrError(
            f"the brokers at {client.cluster.servers} have no {cut.topic} partition {cut.partition} any more",
            "Nothing was cut: somebody has deleted it",
        )
    start = max(cut.first, log.start)
    if start > cut.span[1]:
        return
    with closing(read_span(client, cut.place, (start, cut.span[1]))) as records:
        for lines, first, last in _parts(records):
            yield _write(store, f"{folder}/{cut.topic}.{cut.partition}.{first}-{last}.jsonl", lines)


def _parts(records: Iterable[Any]) -> Iterator[tuple[list[str], int, int]]:
    lines: list[str] = []
    size = first = last = 0
    for record in records:
        line, last = line_of(record), int(record.offset())
        first = last if not lines else first
        lines.append(line)
        size += len(line)
        if size >= OBJECT_BYTES:
            yield lines, first, last
            lines, size = [], 0
    if lines:
        yield lines, first, last


def _write(store: LedgerStore, name: str, lines: Sequence[str]) -> Archived:
    body = "".join(lines).encode()
    digest = hashlib.sha256(body).hexdigest()
    with using(store.address(name), "Nothing was cut: mend the store and run the same command again"):
        kept = store.read(name)
        if kept is None:
            store.exchange(name, None, body)
            kept = store.read(name)
    if kept is None or hashlib.sha256(kept).hexdigest() != digest:
        # Never written over: it may be the only copy of other records, or of these before they were compacted.
        raise DrError(
            f"{store.address(name)} holds something else than the {len(lines)} records that are to be cut",
            "Nothing was cut: look at it, move it away, and run the same command again",
        )
    return Archived(name, len(lines), digest)
