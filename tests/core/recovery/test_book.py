"""What a recovery writes into the ledger: as many words as there are, in one write."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from kafkadr.ledger import Ledger
from kafkadr.ledger_store import FileStore
from kafkadr.recovery.book import Book
from kafkadr.recovery.ranges import Log, ranges_of
from kafkadr.settling import How, is_settled

COUNT = 30


class Counting(FileStore):
    """A store that counts what is written to it."""

    writes = 0

    def exchange(self, name: str, old: bytes | None, new: bytes) -> bool:
        self.writes += 1
        return super().exchange(name, old, new)


def test_what_many_partitions_hold_and_what_became_of_it_are_one_write_each(tmp_path: Path) -> None:
    rows = [{"partition": n, "lastSourceFetchOffset": 9, "lag": 0, "missing": None} for n in range(COUNT)]
    document: dict[str, Any] = {"state": "closed", "topics": {"m": {"source": "s", "partitions": rows}}}
    ledger = Ledger(tmp_path.as_uri(), "lkc-b", "l", 2)
    asyncio.run(ledger.write(document))
    ledger.store = store = Counting(tmp_path)
    book = Book(ledger, "eve")
    found = ranges_of(book.document, {("s", n): Log(0, 12 + n, 12 + n) for n in range(COUNT)})

    book.note_source(found)
    assert store.writes == 1
    assert not is_settled(book.document)
    book.acknowledge(How.RECOVERED, [(r.place, span, None) for r in found for span in r.todo], "group g")
    assert store.writes == 2
    assert is_settled(book.document)
    book.acknowledge(How.RECOVERED, [])
    assert store.writes == 2
    assert [p.said[0]["offsets"] for p in (r.place for r in ranges_of(book.document, {}))] == [
        [10, 11 + n] for n in range(COUNT)
    ]
