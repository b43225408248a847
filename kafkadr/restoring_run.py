"""A restore of the old primary, step by step: ask, archive, write down, ask again, call, compare, poll.

Refuses before anything is touched when the flip's ledger is not settled or its receipt is another one's, when a topic
cannot follow, or when records would be cut that cannot be archived. A rerun goes on from what the lists of mirrors say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from kafkadr.errors import DrError, RefusedError
from kafkadr.flip import Progress
from kafkadr.ledger import Ledger, LedgerError, now
from kafkadr.receipts import answered_for
from kafkadr.recovery.cluster import Client
from kafkadr.restoring import (
    Archived,
    Cut,
    beyond,
    cuts_in,
    cuts_of,
    places,
    report,
    told,
    uncounted,
    with_cuts,
    with_truncated,
)
from kafkadr.restoring_archive import archive, refuse_unreadable
from kafkadr.settling import Document
from kafkadr.survey import Finding
from kafkadr.turning import Halves, Sight, Stage, Turn, look, to_restore
from kafkadr.wire import MirrorRow
from kafkadr.words import findings_table

_ARCHIVE_TRIES = 5


class UnfinishedError(DrError):
    """Some topics are not mirrors yet."""


class UnarchivedError(DrError):
    """Records were cut that nobody had seen: they came between the last question and the call."""


@dataclass(frozen=True)
class Said:
    """Where the operator reads.

    Args:
        info: What is going to happen.
        warn: What has to be known and stops nothing.
        progress: One line per step.
    """

    info: Progress
    warn: Progress
    progress: Progress


@dataclass
class Restore:
    """One restore.

    Args:
        halves: Both ends of the link.
        ledger: The flip's ledger; its store takes the archive, too.
        receipts: `settings.recovery.acknowledged`.
        brokers: The old primary over Kafka's protocol; None when the archive is waived.
        chunk_size: Most names in one call.
        said: Where the operator reads.
    """

    halves: Halves
    ledger: Ledger
    receipts: Sequence[str]
    brokers: Callable[[], Client] | None
    chunk_size: int
    said: Said

    def __post_init__(self) -> None:
        """Nothing is called yet."""
        self.turn = Turn(self.halves, "truncate-and-restore", to_restore, self.chunk_size, self.said.progress)

    async def preview(self) -> dict[str, Any]:
        """Everything that would refuse the update, and what it would cut; no mutation.

        Raises:
            DrError: What the update would raise before it touched anything.
        """
        sight = await self._look()
        todo = sight.names(Stage.TODO)
        if not todo:
            return await self._outcome(sight)
        cuts = await self._planned(todo, self._answered(await self.ledger.read()))
        if self.brokers is not None:
            await asyncio.to_thread(refuse_unreadable, self.brokers(), cuts)
        self.said.info(told(len(todo), cuts, archived=self.brokers is not None))
        return {"states": {"ACTIVE": len(sight.stages)}, "cut": report(cuts), "archived": {}}

    async def run(self) -> dict[str, Any]:
        """Archive, journal, call, compare, poll.

        Raises:
            RefusedError: Before anything was touched.
            UnfinishedError: Some topics are not mirrors, each named with the reason.
            UnarchivedError: More was cut than was archived; the ledger says how much.
        """
        sight = await self._look()
        todo = sight.names(Stage.TODO)
        more: list[Cut] = []
        if todo:
            cuts = await self._archived(todo, self._answered(await self.ledger.read()))
            sight = await self.turn.carry_out(sight)
            more = await self._compare(cuts)
        elif sight.names(Stage.WAIT):
            sight = await self.turn.carry_out(sight)
        findings = self.turn.findings(sight)
        if findings:
            raise UnfinishedError(
                findings_table(f"{len(findings)} of {len(sight.stages)} topics are not mirrors", findings),
                "Mend the causes and run the same command again: it takes up only these",
            )
        if more and self.brokers is not None:
            raise UnarchivedError(
                f"{sum(cut.records for cut in more)} records were cut that no archive has, for somebody wrote to the"
                f" old primary in the last moment: {places(more)}",
                "The topics are mirrors by now. Find the writer and ask it for these records; the ledger remembers the"
                " loss (cut.truncated). Run the same command again to go on",
            )
        return await self._outcome(sight)

    async def _look(self) -> Sight:
        sight = await look(self.halves, to_restore)
        stuck = sight.names(Stage.STUCK)
        if not sight.stages:
            raise RefusedError(f"link {self.halves.link} has no mirrors", "Check the link's name")
        if stuck:
            found = [Finding(n, sight.statuses[n], "REFUSED", _why(sight, n)) for n in stuck]
            _refuse(found, len(sight.stages))
        return sight

    def _answered(self, document: dict[str, Any] | None) -> dict[str, Any]:
        return answered_for(document, self.receipts, self.ledger.address)

    async def _planned(self, todo: Sequence[str], document: Document) -> list[Cut]:
        rows = await self.turn.dry_run(todo)
        refused = [
            Finding(r.mirror_topic_name, "", str(r.error_code), r.error_message or "") for r in rows if r.error_code
        ]
        missing = sorted(set(todo) - {r.mirror_topic_name for r in rows})
        refused += [Finding(name, "", "NO_ROW", "the server's answer does not speak of it") for name in missing]
        refused += [
            Finding(name, "", "NOT_COUNTED", "the server's answer does not tell what each of its partitions would lose")
            for name in uncounted(rows, document)
        ]
        _refuse(refused, len(todo))
        return cuts_of(rows)

    async def _archived(self, todo: Sequence[str], document: Document) -> list[Cut]:
        """Archive exactly what the server would cut now; again when somebody wrote to the old primary meanwhile."""
        for _ in range(_ARCHIVE_TRIES):
            cuts = await self._planned(todo, document)
            objects: dict[tuple[str, int], list[Archived]] = {}
            if cuts and self.brokers is not None:
                # As long as there is something to copy; what is bounded is how long the clusters may take.
                with self.halves.follower.budget.paused():
                    objects = await asyncio.to_thread(self._copy, self.brokers(), cuts)
            await self.ledger.update(partial(self._journal, cuts, objects))
            if await self._planned(todo, document) == cuts:
                return cuts
            self.said.progress("somebody writes to the old primary: archiving again")
        raise RefusedError(
            "the old primary does not come to rest: records arrive faster than they are archived",
            "Nothing was cut: stop its producers (`drctl divergence` names their partitions) and run again",
        )

    def _copy(self, brokers: Client, cuts: Sequence[Cut]) -> dict[tuple[str, int], list[Archived]]:
        refuse_unreadable(brokers, cuts)
        folder = self.ledger.name.removesuffix(".json") + "-cut"
        return archive(brokers, self.ledger.store, folder, cuts)

    def _journal(
        self, cuts: Sequence[Cut], objects: dict[tuple[str, int], list[Archived]], document: dict[str, Any] | None
    ) -> dict[str, Any]:
        return with_cuts(self._answered(document), cuts, objects, now())

    async def _compare(self, planned: Sequence[Cut]) -> list[Cut]:
        """What was cut beyond what was archived, by the rows of the call; written down, for nobody else knows it."""
        accepted = [row for row in self.turn.rows.values() if not row.error_code]
        done = cuts_of(accepted)
        more = beyond(planned, done)
        if more:
            self.said.warn(f"more was cut than was known a moment before the call: {places(more)}")
        if silent := uncounted(accepted, {"topics": {}}):
            self.said.warn(f"the answer of the call does not tell from which partitions it cut: {', '.join(silent)}")
        try:
            await self.ledger.update(partial(self._truncated, accepted))
        except LedgerError as error:
            self.said.warn(f"what the call has really cut could not be written down: {error.problem}")
        return more

    def _truncated(self, rows: Sequence[MirrorRow], document: dict[str, Any] | None) -> dict[str, Any]:
        if document is None:
            raise LedgerError(f"the ledger at {self.ledger.address} has just gone", "Bring it back")
        return with_truncated(document, rows)

    async def _outcome(self, sight: Sight) -> dict[str, Any]:
        found = cuts_in(await self.ledger.read() or {"topics": {}})
        unheard = [kept.planned for kept in found if kept.truncated is None]
        if unheard:
            self.said.warn(
                f"the answer of the call got lost, so that nobody knows whether more was cut than was planned, at"
                f" {places(unheard)}"
            )
        parts = [part for kept in found for part in kept.archived]
        place = self.ledger.store.address(parts[0].name.rpartition("/")[0]) if parts else ""
        archived = {"url": place, "records": sum(p.records for p in parts), "objects": len(parts)}
        return {"states": sight.states, "cut": report(kept.real for kept in found), "archived": archived}


def _refuse(findings: Sequence[Finding], total: int) -> None:
    if findings:
        raise RefusedError(
            findings_table(f"{len(findings)} of {total} topics cannot become mirrors", findings), "Nothing was changed"
        )


def _why(sight: Sight, name: str) -> str:
    if sight.leading[name] != "STOPPED":
        return f"its mirror on the new primary is {sight.leading[name]}, not STOPPED: run the flip again"
    return "its mirror has failed: mend the link, or leave the topic out"
