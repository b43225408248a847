"""The ledger as a recovery uses it: read once, and given a word for each piece of work that is proven."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from kafkadr import settling
from kafkadr.errors import DrError
from kafkadr.ledger import Ledger, epochs_of, now
from kafkadr.recovery.ranges import Range
from kafkadr.settling import Acknowledgement, Document, How, Left


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

        def change(document: Document) -> Document:
            for found in grown:
                if found.log:
                    place, log = found.place, found.log
                    document = settling.with_found(document, place.topic, place.partition, log.start, log.end, now())
            return document

        self._update(change)

    def began_append(self, todo: Range, end: int) -> int:
        """Write down that appending begins at `end`; where it really began, if somebody began before."""
        place = todo.place
        # Without the first ledger nobody knows whether and where somebody began: after the flip at the earliest.
        begin = place.first if self.document.get("rebuilt") else end
        self._update(lambda d: settling.with_append(d, place.topic, place.partition, begin, self.who, now()))
        rows = self.document["topics"][place.topic]["partitions"]
        return int(next(r["append"]["from"] for r in rows if r["partition"] == place.partition))

    def acknowledge(
        self, done: Range, spans: Sequence[Left], how: How, records: int | None = None, note: str = ""
    ) -> None:
        """Give a word for these spans of one partition."""
        place = done.place
        words = [Acknowledgement(how, place.topic, place.partition, *s, self.who, now(), records, note) for s in spans]
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
                "Check --ledger, --cluster, --link, --epoch; if it was lost while the link exists: plan --from-link",
            )
        return document


def latest_epoch(url: str, cluster_id: str, link: str) -> int | None:
    """The newest epoch with a ledger of this link; None when there is none."""
    found: Any = asyncio.run(epochs_of(url, cluster_id, link))
    return int(found[-1]) if found else None
