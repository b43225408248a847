"""The ledger as a recovery uses it: read once, and given a word for each piece of work that is proven."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from kafkadr import settling
from kafkadr.errors import DrError
from kafkadr.ledger import Ledger, epochs_of, now
from kafkadr.recovery.ranges import Range
from kafkadr.settling import Acknowledgement, Document, How, Left, Missing

Done = tuple[Missing, Left, int | None]
"""Partition, offsets, and how many records they hold; None when nobody counted."""


class Book:
    """The ledger of one flip. Blocks; every write is a compare-and-set.

    Args:
        ledger: Where it is.
        who: The person whose word is written down.
    """

    def __init__(self, ledger: Ledger, who: str) -> None:
        self.ledger = ledger
        self.who = who
        self.document = self._read()

    @property
    def flipped_ms(self) -> int | None:
        """When the flip began, ms since 1970; None in a ledger of an older version."""
        when = self.document.get("openedAt")
        return int(datetime.fromisoformat(when).timestamp() * 1000) if when else None

    def note_source(self, ranges: Iterable[Range]) -> None:
        """Write down what the source turned out to hold beyond what the flip knew, so that it counts as missing.

        Where the flip knew no end, this is the end; but not of a log that holds less than was mirrored from it.
        """
        grown = [r for r in ranges if r.log and not r.behind and (r.place.last is None or r.log.end - 1 > r.place.last)]
        if not grown:
            return

        logs = {(r.place.topic, r.place.partition): (r.log.start, r.log.end) for r in grown if r.log}
        self._update(lambda document: settling.with_logs(document, logs, now()))

    def began_append(self, todo: Range, end: int) -> int:
        """Write down that appending begins at `end`; where it really began, if somebody began before."""
        place = todo.place
        # Without the first ledger nobody knows whether and where somebody began: after the flip at the earliest.
        begin = place.first if self.document.get("rebuilt") else end
        self._update(lambda d: settling.with_append(d, place.topic, place.partition, begin, self.who, now()))
        rows = self.document["topics"][place.topic]["partitions"]
        return int(next(r["append"]["from"] for r in rows if r["partition"] == place.partition))

    def acknowledge(self, how: How, done: Iterable[Done], note: str = "") -> None:
        """Give one word for all of these spans, in one write however many they are."""
        when = now()
        words = [
            Acknowledgement(how, place.topic, place.partition, *span, self.who, when, records, note)
            for place, span, records in done
        ]
        if words:
            self._update(lambda document: settling.acknowledged(document, words))

    def _update(self, change: Callable[[Document], Document]) -> None:
        def checked(document: Document | None) -> Document:
            if document is None:
                raise DrError(f"the ledger at {self.ledger.address} has just gone", "Bring it back and run again")
            self.document = change(document)
            return self.document

        asyncio.run(self.ledger.update(checked))

    def _read(self) -> Document:
        document = asyncio.run(self.ledger.read())
        if document is None:
            raise DrError(
                f"there is no ledger at {self.ledger.address}",
                "Check --ledger, --cluster, --link, --epoch; if it was lost while the link exists: recover ledger",
            )
        return document


def latest_epoch(url: str, cluster_id: str, link: str) -> int | None:
    """The newest epoch with a ledger of this link; None when there is none."""
    found: Any = asyncio.run(epochs_of(url, cluster_id, link))
    return int(found[-1]) if found else None
