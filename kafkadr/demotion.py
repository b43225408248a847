"""What a demotion found: the end of every partition of the source, kept beside the ledger, bound by a token's digest.

An end offset here is the one after the last record of the source, as the destination knows it: the last offset fetched
plus the lag that the link reports. Kafka REST tells no end offsets of its own (confluent-api 8.3).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kafkadr.errors import RefusedError
from kafkadr.handover import Claims, HandoverError
from kafkadr.ledger import Ledger, LedgerError
from kafkadr.wire import Mirror

Ends = dict[str, dict[int, int]]
"""End offset by mirror topic and partition."""
Heights = dict[tuple[str, int], int]
"""End of a log as a group's offsets show it, by mirror topic and partition."""
_AGAIN = "Nothing was changed: stop the producers and run `drctl demote` again"


def ends_of(mirrors: Iterable[Mirror]) -> Ends:
    """End offset of the partitions of the source, as its mirrors know it; without a lag nobody knows it."""
    return {
        m.mirror_topic_name: {
            p.partition: p.last_source_fetch_offset + 1 + p.lag for p in m.partitions if p.lag is not None
        }
        for m in mirrors
    }


def idle_of(mirrors: Iterable[Mirror]) -> set[tuple[str, int]]:
    """Partitions that fetched no record and lack none, whatever offset their logs have come to.

    Retention may have emptied the source before its mirror was made: then both logs are empty at an offset above 0,
    which the mirror does not tell, for it has no last offset fetched.
    """
    rows = ((m.mirror_topic_name, p) for m in mirrors for p in m.mirror_lags)
    return {(topic, p.partition) for topic, p in rows if p.last_source_fetch_offset < 0 and p.lag == 0}


def beyond(mirrors: Sequence[Mirror], heights: Heights, mirrored: Heights) -> tuple[str, ...]:
    """Partitions whose source ends beyond what the mirror has, in words.

    Args:
        mirrors: With what they have fetched.
        heights: Ends on the source.
        mirrored: Ends on the destination; they count where a mirror fetched no record and lacks none.
    """
    ends, idle = ends_of(mirrors), idle_of(mirrors)
    found = []
    for place, height in sorted(heights.items()):
        topic, number = place
        known = max(ends[topic].get(number, -1), mirrored.get(place, -1) if place in idle else -1)
        if height > known:
            found.append(f"{topic} partition {number} ends at {height}, mirrored to {known}")
    return tuple(found)


@dataclass(frozen=True)
class Moved:
    """A partition that is not where it was."""

    topic: str
    partition: int
    before: int
    now: int

    def __str__(self) -> str:
        """In words."""
        return f"{self.topic} partition {self.partition}: from {self.before} to {self.now}"


def moved(before: Ends, now: Ends) -> list[Moved]:
    """Partitions of the topics in `now` whose end differs; one that is in `before` alone or in `now` alone is at -1."""
    out = []
    for topic, ends in sorted(now.items()):
        then = before.get(topic, {})
        for partition in sorted(ends.keys() | then.keys()):
            was, is_ = then.get(partition, -1), ends.get(partition, -1)
            if was != is_:
                out.append(Moved(topic, partition, was, is_))
    return out


def document(claims_of: Mapping[str, Any], ends: Ends) -> bytes:
    """The handover document: one spelling, so that its digest can be compared."""
    topics = {topic: [[p, end] for p, end in sorted(found.items())] for topic, found in ends.items()}
    return json.dumps({"version": 1, **claims_of, "topics": topics}, indent=1, sort_keys=True).encode()


def digest_of(raw: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(raw).hexdigest()


class HandoverBook:
    """The handover document of one link and the epoch that it ends; next to the ledger of the epoch that begins.

    Args:
        url: Store of the ledger.
        cluster_id: The destination cluster.
        link: Its cluster link.
        epoch: The term that ends.
    """

    def __init__(self, url: str, cluster_id: str, link: str, epoch: int) -> None:
        book = Ledger(url, cluster_id, link, epoch)
        self._store = book.store
        self.name = f"{book.name.rsplit('/', 1)[0]}/handover-{epoch}.json"
        self.address = self._store.address(self.name)

    def write(self, raw: bytes) -> None:
        """Replace the document: only the newest demotion of a term can be promoted."""
        for _ in range(5):
            if self._told(self._store.exchange, self.name, self._told(self._store.read, self.name), raw):
                return
        raise LedgerError(f"others keep writing to {self.address}", "Run the same command again")

    def ends(self, claims: Claims) -> Ends:
        """The end offsets that a token was signed for.

        Raises:
            HandoverError: No document, or not the one that the token was made with.
            LedgerError: The store cannot be used.
        """
        raw = self._told(self._store.read, self.name)
        if raw is None:
            raise HandoverError(f"there is no handover document at {self.address}", _AGAIN)
        if digest_of(raw) != claims.digest:
            raise HandoverError(
                f"the handover document at {self.address} is not the one this token was made with", _AGAIN
            )
        topics: dict[str, list[list[int]]] = json.loads(raw)["topics"]
        return {topic: {row[0]: row[1] for row in rows} for topic, rows in topics.items()}

    def _told(self, call: Any, *arguments: object) -> Any:
        try:
            return call(*arguments)
        except OSError as error:
            raise LedgerError(
                f"the handover document at {self.address} cannot be used ({type(error).__name__}: {error})",
                "Check the store; a planned promotion waits until it can be read",
            ) from None


def refuse_strangers(claims: Claims, cluster_id: str, link: str, epoch: int) -> None:
    """A demotion of another pair or another term promotes nothing here.

    Raises:
        RefusedError: Naming what does not fit.
    """
    wrong = [
        f"{what} {said}, not {here}"
        for what, said, here in (
            ("destination", claims.destination, cluster_id),
            ("link", claims.link, link),
            ("epoch", claims.epoch, epoch - 1),
        )
        if said != here
    ]
    if wrong:
        raise RefusedError(f"the handover is of another pair or term: {'; '.join(wrong)}", _AGAIN)
