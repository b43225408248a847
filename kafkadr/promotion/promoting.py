"""A promotion on both ends: wait until everything is over, stop the mirrors without loss, compare the ends last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kafkadr.active.moving import Still
from kafkadr.demotion import Ends, ends_of, idle_of
from kafkadr.desired import Desired
from kafkadr.errors import DrError, RefusedError
from kafkadr.failover.ledger import Entry, EnvironmentLedger, Journal, Unwritten
from kafkadr.failover.sight import STOPPED, Sight, look
from kafkadr.failover.syncs import suspend
from kafkadr.flip import Progress, flip, look_at
from kafkadr.forecast import Forecast
from kafkadr.promotion.plan import PromotionPlan
from kafkadr.promotion.waiting import Terms, assess, settle, waiting
from kafkadr.rest import KafkaRest
from kafkadr.stopping import IncompleteError, complain
from kafkadr.survey import Survey, Wish, refuse_empty
from kafkadr.syncing import syncing_of
from kafkadr.text import clean
from kafkadr.turning import Halves, Stage, Turn, to_reverse
from kafkadr.turning import look as both_lists
from kafkadr.words import findings_table

_SHOWN = 10


@dataclass(frozen=True)
class Promotion:
    """A promotion of one site.

    Args:
        entry: What the ledger says of it.
        plan: What was approved.
        ledger_url: Store of the ledgers.
        both_ways: By link, whether it can turn round.
        chunk_size: Most names in one batch call.
        warn: Called with what the operator must know.
        progress: Called with one line per step.
    """

    entry: Entry
    plan: PromotionPlan
    ledger_url: str
    both_ways: Mapping[str, bool]
    chunk_size: int = 500
    warn: Progress = field(default=lambda _: None)
    progress: Progress = field(default=lambda _: None)

    def links(self, seen: Sight) -> list[str]:
        """Links over which the target mirrors, or mirrored, the site that it takes over from."""
        return sorted({m.link_name for m in seen.mirrors if seen.sources.get(m.link_name) == self.entry.leaves})

    async def expect(self, target: KafkaRest, seen: Sight) -> list[str]:
        """What the promotion would wait for, one line per link; changes nothing.

        Raises:
            RefusedError: It cannot end within the budget, or something moved since the plan.
        """
        said = []
        for link in self.links(seen):
            found, terms = await self._terms(target, link)
            refuse_empty(found)
            if waiting(found):
                said.append(f"link {clean(link)}: {(await assess(target, found, terms)).told(terms)}")
        return said

    async def run(self, target: KafkaRest, source: KafkaRest, seen: Sight, still: Still) -> str:
        """Promote every mirror of the target; the digest of the ledger.

        Args:
            target: The site that becomes active.
            source: The site that was.
            seen: The first look at the target.
            still: Looks whether the record is still the one that the run saw.

        Raises:
            RefusedError: Before the first call.
            IncompleteError: Some topics are not STOPPED.
            DrError: The old primary has more records than the plan, or does not answer.
        """
        links = self.links(seen)
        for link in links:
            found, terms = await self._terms(target, link)
            if waiting(found):
                await settle(target, found, terms, self.progress)
        journal = Journal(self.entry, self.ledger, target.budget.seconds, seen.sources)
        first = await self._survey(target, links)
        document = await journal.open(first, Forecast((), ()), self.warn)
        for link in links:
            await still()
            await (self._reverse if self.both_ways.get(link) else self._promote)(target, source, link)
        after = await look(target)
        running = await suspend(target, after.sources)
        if running:
            told = "; ".join(f"link {clean(link)} still syncs into the site: {why}" for link, why in running.items())
            raise DrError(told, "Run the same command again: the mirrors are promoted and stay so")
        written = await journal.close(document, await self._survey(target, links), ())
        if isinstance(written, Unwritten):
            raise DrError(
                f"the ledger is not written: {written.problem}", "Mend its store and run the same command again"
            )
        await still()
        await self._compare(source, after)
        return written

    @property
    def ledger(self) -> EnvironmentLedger:
        """Where the offsets go."""
        return EnvironmentLedger(self.ledger_url, self.entry.environment, self.entry.epoch)

    async def _survey(self, target: KafkaRest, links: list[str]) -> Survey:
        # The ledger speaks of all links at once; the promotion itself goes link by link.
        found = await look_at(target, Wish("-", Desired.PROMOTED))
        names = {m.mirror_topic_name for m in found.mirrors if m.link_name in links}
        wish = Wish("-", Desired.PROMOTED, frozenset(names), only_declared=True)
        return await look_at(target, wish)

    async def _terms(self, target: KafkaRest, link: str) -> tuple[Survey, Terms]:
        found = await look_at(target, Wish(link, Desired.PROMOTED))
        syncing = syncing_of(await target.link_configs(link))
        check = "drctl promotion check"
        return found, Terms(self.plan.ends, syncing.seconds, syncing.groups, target.budget.seconds, check)

    async def _promote(self, target: KafkaRest, source: KafkaRest, link: str) -> None:
        del source
        found = await look_at(target, Wish(link, Desired.PROMOTED))
        complain(await flip(target, found, self.chunk_size, self.progress))

    async def _reverse(self, target: KafkaRest, source: KafkaRest, link: str) -> None:
        turn = Turn(
            Halves(link, source, target), "reverse-and-start-mirror", to_reverse, self.chunk_size, self.progress
        )
        sight = await turn.carry_out(await both_lists(turn.halves, to_reverse))
        if findings := turn.findings(sight):
            done = len(sight.names(Stage.DONE))
            title = f"{len(findings)} of {len(sight.stages)} topics of link {clean(link)} have not turned ({done} have)"
            raise IncompleteError(findings_table(title, findings), "Mend the causes and run the same command again")

    async def _compare(self, source: KafkaRest, after: Sight) -> None:
        """Last before the record moves: the plan, what came over, and what the old primary says.

        Raises:
            RefusedError: More records are there.
            DrError: The old primary does not answer.
        """
        stopped = [m for m in after.mirrors if m.mirror_status == STOPPED and m.mirror_topic_name in self.plan.ends]
        found = beyond_plan(self.plan.ends, ends_of(stopped), idle_of(stopped))
        there = {t.topic_name for t in await source.topics()}
        gone = sorted({m.source for m in stopped} - there)
        found += [f"{topic} is not on the old primary any more" for topic in gone]
        names = {m.source: m.mirror_topic_name for m in stopped}
        for group in await source.groups():
            for lag in await source.group_lags(group.consumer_group_id):
                topic = names.get(lag.topic_name)
                planned = self.plan.ends.get(topic or "", {}).get(lag.partition_id)
                if planned is not None and lag.log_end_offset is not None and lag.log_end_offset > planned:
                    found.append(
                        f"{topic} partition {lag.partition_id}: {lag.log_end_offset} now, {planned} in the plan"
                    )
        if found:
            raise RefusedError(
                f"the old primary has other ends than the plan: {'; '.join(sorted(set(found))[:_SHOWN])}",
                "The record has not moved, clients are where they were. Take the move back (primary as it was, the next"
                " epoch, change: failover), or fail over and recover these records",
            )


def beyond_plan(planned: Ends, ends: Ends, idle: set[tuple[str, int]]) -> list[str]:
    """Partitions whose mirrors ended elsewhere than the plan says, in words."""
    found = []
    for topic, partitions in sorted(ends.items()):
        for partition, end in sorted(partitions.items()):
            then = planned.get(topic, {}).get(partition)
            if then is not None and end != then and (topic, partition) not in idle:
                found.append(f"{topic} partition {partition}: {end} now, {then} in the plan")
    return found
