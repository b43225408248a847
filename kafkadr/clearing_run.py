"""A clearance of the old primary, step by step: ask, count, write down, delete, look, write down.

Refuses before anything is touched: another term began, the ledger is not answered for, a topic is not what it should
be, records are there that nobody answered for. A rerun deletes what the old primary still lists.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from kafkadr.clearing import delete, look
from kafkadr.clearing_record import (
    Held,
    cleared_in,
    endless,
    places_of,
    report,
    strangers,
    told,
    unanswered,
    with_deleted,
    with_planned,
)
from kafkadr.divergence import Stray, ends_by_groups
from kafkadr.errors import DrError, RefusedError, UnreachableError
from kafkadr.flip import Progress
from kafkadr.ledger import Ledger, epochs_of, now
from kafkadr.receipts import answered_for
from kafkadr.recovery.cluster import Client, SilentError, UsageError
from kafkadr.recovery.presence import named
from kafkadr.recovery.source import logs_of
from kafkadr.settling import Document, Place
from kafkadr.turning import Halves
from kafkadr.words import findings_table

PATIENCE_SECONDS = 5.0
"""How long somebody has to answer at the address of the old primary's brokers, which may not be reachable from here."""
_SHOWN = 20


class UnclearedError(DrError):
    """Some of the named topics are still there."""


@dataclass(frozen=True)
class Clearance:
    """One clearance.

    Args:
        sides: The old primary (`follower`), the new one (`leader`), and the link whose mirrors stopped.
        names: Topics to be deleted on the old primary: all that the link mirrored.
        ledger: The flip's ledger.
        ledger_url: Its store.
        receipts: `settings.recovery.acknowledged`.
        brokers: The old primary over Kafka's protocol, to see what is there; where nobody answers, groups tell.
        current: Raises when another term began since.
        info: Takes what is going to happen.
        warn: Takes what has to be known and stops nothing.
        progress: Takes one line per step.
    """

    sides: Halves
    names: Sequence[str]
    ledger: Ledger
    ledger_url: str
    receipts: Sequence[str]
    brokers: Callable[[], Client]
    current: Callable[[], Awaitable[None]]
    info: Progress
    warn: Progress
    progress: Progress

    async def forecast(self, *, fire: bool) -> dict[str, Any]:
        """Everything that would refuse it, and what it would delete; no mutation.

        Raises:
            DrError: What the run would raise before it touched anything.
        """
        held = await self._asked()
        self.info(told(self.sides.follower.cluster_id, held, fire=fire))
        return report(held)

    async def run(self) -> dict[str, Any]:
        """Delete what is still there of the named topics; what was deleted so far, as the ledger has it.

        Raises:
            RefusedError: Before anything was touched.
            UnclearedError: Some topics are still there, each named with the reason.
        """
        held = await self._asked()
        left = sorted({h.topic for h in held})
        findings = []
        if left:
            self.info(told(self.sides.follower.cluster_id, held, fire=True))
            await self.ledger.update(partial(self._planned, held))
            findings = await delete(self.sides.follower, left, self.progress)
        gone = set(self.names) - {f.topic for f in findings}
        await self.ledger.update(lambda document: with_deleted(self._answered(document), gone, now()))
        if findings:
            raise UnclearedError(
                findings_table(f"{len(findings)} of {len(self.names)} stale topics are not deleted", findings),
                "Mend the causes and run the same command again: it takes up only these",
            )
        return report(cleared_in(self._answered(await self.ledger.read())))

    async def _asked(self) -> list[Held]:
        """Everything that can speak against it, in the order of who is asked; then what is there."""
        await self._in_time()
        document = self._answered(await self.ledger.read())
        counts = await look(self.sides, self.names)
        unknown = strangers(document, counts)
        if unknown:
            raise RefusedError(
                f"the ledger at {self.ledger.address} does not know {named(unknown)}: nobody answered for them",
                "Nothing was deleted: the topics got more partitions since, or the ledger is another flip's",
            )
        held = await self._held(counts)
        if blind := endless(document, held):
            raise self._unread(f"where {named(blind)} ends is unknown, and the ledger does not know it either")
        strays = unanswered(document, held)
        if strays:
            where = _spans(strays)
            raise RefusedError(
                f"{sum(s.records for s in strays)} records were written to the old primary that nobody has recovered or"
                f" written off: {where}",
                "Nothing was deleted: stop their producer, run `drctl recover` again, and set recovery.acknowledged to"
                " the receipt that it prints",
            )
        return held

    async def _in_time(self) -> None:
        await self.current()
        latest = max(await epochs_of(self.ledger_url, self.sides.leader.cluster_id, self.sides.link), default=0)
        if latest > self.ledger.epoch:
            raise RefusedError(
                f"link {self.sides.link} has a ledger of epoch {latest}, so epoch {self.ledger.epoch} is over",
                "Nothing was deleted: take the newest config",
            )

    async def _held(self, counts: Mapping[str, int]) -> list[Held]:
        """By the brokers, whose word is the last one; by consumer groups and with a warning where no broker answers.

        Raises:
            UnreachableError: The brokers are there, and do not tell what each partition holds.
        """
        places = places_of(counts)
        if not places:
            return []
        try:
            brokers = await asyncio.to_thread(self._greeted)
        except (SilentError, UsageError) as error:
            return await self._by_groups(places, error.problem)
        except DrError as error:
            raise self._unread(error.problem) from None
        try:
            logs = await asyncio.to_thread(logs_of, brokers, places)
        except DrError as error:
            raise self._unread(error.problem) from None
        if gone := [place for place in places if place not in logs]:
            raise self._unread(f"its brokers have no {named(gone)}, which its REST API lists")
        return [Held(topic, number, logs[topic, number].start, logs[topic, number].end) for topic, number in places]

    async def _by_groups(self, places: Sequence[Place], reason: str) -> list[Held]:
        try:
            ends = await ends_by_groups(self.sides.follower)
        except DrError:
            ends = {}
        unseen = [place for place in places if place not in ends]
        if unseen:
            self.warn(
                f"records written to the old primary since the flip would not be seen in {len(unseen)} partitions"
                f" ({named(unseen)}): {reason}"
            )
        return [Held(topic, number, None, ends.get((topic, number))) for topic, number in places]

    def _greeted(self) -> Client:
        brokers = self.brokers()
        found = brokers.cluster_id(PATIENCE_SECONDS)
        if found != self.sides.follower.cluster_id:
            raise DrError(f"the brokers at {brokers.cluster.servers} are cluster {found}", "Check bootstrapEndpoint")
        return brokers

    def _unread(self, problem: str) -> UnreachableError:
        return UnreachableError(
            f"what the old primary {self.sides.follower.cluster_id} holds cannot be read now: {problem}",
            "Nothing was deleted: nobody can tell whether records are there that nobody answered for. Mend it and run"
            " again",
        )

    def _answered(self, document: Document | None) -> Document:
        return answered_for(document, self.receipts, self.ledger.address)

    def _planned(self, held: Sequence[Held], document: Document | None) -> Document:
        return with_planned(self._answered(document), held, now())


def _spans(strays: Sequence[Stray]) -> str:
    more = f"; and {len(strays) - _SHOWN} more" if len(strays) > _SHOWN else ""
    spans = [f"{s.source} partition {s.partition}, offsets {s.first}-{s.last}" for s in strays[:_SHOWN]]
    return "; ".join(spans) + more
