"""Records of the original cluster to the end of the surviving topic, each exactly once even if it is killed (S97).

Every appended record carries headers that name its origin, and goes out in a transaction. What is already there is
found by reading the surviving partition from where appending to it began, which the ledger knows; nothing else is
trusted. The same look afterwards is the proof that nothing is left to do.

In a compacted topic an old value at the end would win over a newer one. There, records whose key was written on the
surviving cluster since the flip are superseded and are not appended.

What the topic does not take, because it is larger than the topic allows, for instance, is left out and named; the rest
goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kafkadr.errors import DrError, RefusedError
from kafkadr.recovery.cluster import Client
from kafkadr.recovery.ranges import Log, Place, Range
from kafkadr.recovery.source import await_stable, logs_of, read_span
from kafkadr.recovery.writing import UNWRITABLE, Entry, Topic, Writer
from kafkadr.settling import Span, minus

PREFIX = "kafkadr.origin."
BATCH_BYTES = 4_000_000


@dataclass(frozen=True)
class Origin:
    """Where the records of one partition come from, as their headers say it."""

    cluster: str
    topic: str
    partition: int
    epoch: int

    def headers(self, message: Any) -> list[tuple[str, bytes]]:
        """Headers of the appended record."""
        named = {
            "cluster": self.cluster,
            "topic": self.topic,
            "partition": self.partition,
            "offset": message.offset(),
            "epoch": self.epoch,
        }
        if message.timestamp()[1] == UNWRITABLE:
            named["timestamp"] = UNWRITABLE
        return [(PREFIX + name, str(value).encode()) for name, value in named.items()]

    def offset_of(self, headers: Iterable[tuple[str, bytes | None]]) -> int | None:
        """Source offset of a record that was appended from here, None for any other record."""
        found = {
            name[len(PREFIX) :]: (value or b"").decode("utf-8", "replace")
            for name, value in headers
            if name.startswith(PREFIX)
        }
        same = (found.get("cluster"), found.get("topic"), found.get("partition"))
        if same != (self.cluster, self.topic, str(self.partition)) or not found.get("offset", "").isdecimal():
            return None
        return int(found["offset"])


@dataclass(frozen=True)
class There:
    """What a look at the surviving partition found.

    Attributes:
        offsets: Source offsets appended before.
        keys: Keys written by others; of a compacted topic only.
        latest: Keys appended before, with the highest source offset of each; of a compacted topic only.
    """

    offsets: set[int]
    keys: set[bytes]
    latest: dict[bytes, int]

    def needs(self, message: Any) -> bool:
        """Whether a record of the source is neither there nor superseded."""
        return message.offset() not in self.offsets and not self.supersedes(message)

    def supersedes(self, message: Any) -> bool:
        """Whether a newer value of the record's key is there: written since the flip, or appended before."""
        key, offset = message.key(), message.offset()
        return offset not in self.offsets and (key in self.keys or self.latest.get(key, -1) > offset)


@dataclass(frozen=True)
class NotTaken:
    """A record that the surviving topic refuses.

    Attributes:
        offset: Its offset on the original cluster.
        size: Bytes of key, value and headers, before compression.
        why: The broker's name for the reason.
    """

    offset: int
    size: int
    why: str


@dataclass
class Appended:
    """What was done for one partition."""

    records: int = 0
    """Records of the source in the spans."""
    appended: int = 0
    already: int = 0
    superseded: int = 0
    refused: list[NotTaken] = field(default_factory=list)
    spans: dict[Span, int] = field(default_factory=dict)
    """What is proven to be there, with the number of records; without what was refused."""


@dataclass
class Appender:
    """Appends one partition's spans.

    Attributes:
        source: The original cluster.
        target: The surviving one.
        todo: The partition and its spans.
        origin: How the records are marked.
        name: Transactional id: a second appender of the same partition fences the first.
        batch: Most records in one transaction.
        progress: Called for each record of the source.
    """

    source: Client
    target: Client
    todo: Range
    origin: Origin
    name: str
    batch: int
    progress: Callable[[], None]

    @property
    def place(self) -> Place:
        """The surviving partition."""
        return self.todo.place.topic, self.todo.place.partition

    def run(self, began: Callable[[int], int]) -> Appended:
        """Append what is not there and prove it.

        Args:
            began: Given the end of the surviving partition, journals it and returns where appending really began.

        Raises:
            DrError: It could not be done, or not be proven; what was committed stays and is found by the next run.
        """
        topic = Topic.of(self.target, self.place[0])
        # Fences an appender that still runs and aborts what a dead one left open, before anybody looks.
        writer = Writer(self.target, self.name, topic)
        begin = began(self._log().end)
        start = self.todo.place.first if topic.compacted else begin
        before = self._look(start, begin, compacted=topic.compacted)
        done = Appended()
        for batch in self._batches(before, done, topic):
            done.appended += self._append(writer, batch, done)
        self._prove(self._look(start, begin, compacted=topic.compacted), done)
        return done

    def _log(self) -> Log:
        log = logs_of(self.target, [self.place]).get(self.place)
        if log is None:
            raise DrError(
                f"{self.target.cluster.role} has no topic {self.place[0]} with a partition {self.place[1]}",
                "Check --dr-bootstrap",
            )
        return log

    def _look(self, start: int, begin: int, *, compacted: bool) -> There:
        log, there = self._log(), There(set(), set(), {})
        if log.start > begin:
            raise RefusedError(
                f"{self.place[0]} partition {self.place[1]} begins at offset {log.start} by now, and appending to it"
                f" began at {begin}: what was appended before cannot be seen any more",
                "Compare by hand, then say so with `drctl recover ack`",
            )
        first = max(start, log.start)
        if first >= log.end:
            return there
        await_stable(self.target, self.place, log.end)
        for message in read_span(self.target, self.place, (first, log.end - 1)):
            offset, key = self.origin.offset_of(message.headers() or ()), message.key()
            if offset is not None:
                there.offsets.add(offset)
                if compacted and key is not None:
                    there.latest[key] = max(offset, there.latest.get(key, -1))
            elif compacted and key is not None:
                there.keys.add(key)
        return there

    def _records(self) -> Iterator[Any]:
        for span in self.todo.todo:
            yield from read_span(self.source, (self.todo.place.source, self.todo.place.partition), span)

    def _batches(self, there: There, done: Appended, topic: Topic) -> Iterator[list[Entry]]:
        batch: list[Entry] = []
        size = 0
        for message in self._records():
            done.records += 1
            self.progress()
            if not there.needs(message):
                superseded = there.supersedes(message)
                done.superseded += superseded
                done.already += not superseded
                continue
            entry = Entry(message, [*(message.headers() or ()), *self.origin.headers(message)])
            alone = not entry.fits(topic)  # The topic may refuse it, and the broker would refuse the others with it.
            if batch and alone:
                yield batch
                batch, size = [], 0
            batch.append(entry)
            size += entry.size
            if alone or len(batch) >= self.batch or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _append(self, writer: Writer, batch: list[Entry], done: Appended) -> int:
        """Append a batch, all but what is refused; how many."""
        why = writer.write(self.place, batch)
        if why is None:
            return len(batch)
        if len(batch) == 1:
            done.refused.append(NotTaken(batch[0].message.offset(), batch[0].size, why))
            return 0
        half = len(batch) // 2  # The broker refuses a batch, and does not say for which record.
        return self._append(writer, batch[:half], done) + self._append(writer, batch[half:], done)

    def _prove(self, there: There, done: Appended) -> None:
        refused = {each.offset for each in done.refused}
        apart = [(offset, offset) for offset in sorted(refused)]
        done.spans = {piece: 0 for span in self.todo.todo for piece in minus(span, apart)}
        pieces, left = iter(done.spans), []
        piece = next(pieces, None)
        for message in self._records():
            offset = message.offset()
            if offset in refused:
                continue
            while piece and piece[1] < offset:
                piece = next(pieces, None)
            if piece:
                done.spans[piece] += 1
            if there.needs(message):
                left.append(offset)
        if left:
            raise DrError(
                f"{len(left)} records of {self.place[0]} partition {self.place[1]} are not on the surviving cluster"
                f" after all, the first is offset {left[0]}",
                "Nothing was acknowledged: run the same command again",
            )
