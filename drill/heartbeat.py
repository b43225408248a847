"""A writer and a reader that never stop, as an application's do: what they see is the outage (S4, S5, S16).

Both ask the pointer several times a second and move when it moves. Each write has a number; whether and when it was
acknowledged, by which site and at which offset, and when it was read, is all that the report is made of.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from confluent_kafka import Consumer, Producer

from drill.clients import Application, quiet
from kafkadr.clients import Connection
from kafkadr.errors import DrError

INTERVAL = 0.05
"""Seconds between two writes."""
Clock = Callable[[], float]


@dataclass
class Beat:
    """One write."""

    number: int
    site: str
    sent: float
    acked: float | None = None
    """Seconds; None when nobody knows whether it was taken."""
    offset: int | None = None


@dataclass(frozen=True)
class Read:
    """One record read by the group."""

    number: int
    site: str
    at: float


@dataclass
class Record:
    """All that writer and reader saw, in seconds since the drill began."""

    beats: list[Beat] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    moves: dict[str, float] = field(default_factory=dict)
    """When the writer first saw the pointer name a site."""


class Heartbeat:
    """A writer and a reader on one topic. A context manager: both run inside it."""

    def __init__(self, application: Application, topic: str, group: str, clock: Clock) -> None:
        self.record = Record()
        self._application = application
        self._topic = topic
        self._group = group
        self._clock = clock
        self._over = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._write, self._read)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(30)

    def acked(self, site: str) -> int:
        """Writes that a site has acknowledged so far."""
        return sum(1 for beat in tuple(self.record.beats) if beat.site == site and beat.acked is not None)

    def read(self, site: str) -> int:
        """Records that were read from a site so far."""
        return sum(1 for read in tuple(self.record.reads) if read.site == site)

    def _where(self, known: Connection | None) -> Connection | None:
        try:
            return self._application.where()
        except DrError:
            return known

    def _write(self) -> None:
        here: Connection | None = None
        producer: Any = None
        number = 0
        while not self._over.is_set():
            found = self._where(here)
            if found != here and found is not None:
                here = found
                producer = Producer(quiet(here) | {"acks": "all", "linger.ms": 0, "message.timeout.ms": 10_000})
                self.record.moves.setdefault(here.site, self._clock())
            if here is not None:
                number += 1
                self._beat(producer, here, number)
                producer.poll(INTERVAL)
            self._over.wait(INTERVAL)
        if producer is not None:
            producer.flush(10)

    def _beat(self, producer: Any, here: Connection, number: int) -> None:
        beat = Beat(number, here.site, self._clock())
        self.record.beats.append(beat)

        def delivered(error: Any, message: Any) -> None:
            if error is None:
                beat.acked, beat.offset = self._clock(), message.offset()

        producer.produce(self._topic, str(number).encode(), partition=0, on_delivery=delivered)

    def _read(self) -> None:
        here: Connection | None = None
        consumer: Any = None
        own = {"group.id": self._group, "auto.offset.reset": "earliest", "auto.commit.interval.ms": 1000}
        while not self._over.is_set():
            found = self._where(here)
            if found != here and found is not None:
                _leave(consumer)
                here = found
                consumer = Consumer(quiet(here) | own)
                consumer.subscribe([self._topic])
            if consumer is None or here is None:
                time.sleep(INTERVAL)
                continue
            message = consumer.poll(INTERVAL)
            if message is not None and message.error() is None:
                self.record.reads.append(Read(int(message.value() or b""), here.site, self._clock()))
        if consumer is not None:
            consumer.close()


def _leave(consumer: Any) -> None:
    """Close a consumer whose brokers may be dead: that takes its time, and nobody should wait for it."""
    if consumer is not None:
        threading.Thread(target=consumer.close, daemon=True).start()
