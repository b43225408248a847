"""The demotion of a primary: proof that it has come to rest and that everything has come over (S74, S75). Reads only.

Both clusters are asked. What holds at one moment proves little, so everything has to hold still for a while: end
offsets, the groups' offsets on the source, and their copies on the destination.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from kafkadr.demotion import Ends, Heights, beyond, ends_of, idle_of, moved
from kafkadr.desired import Desired
from kafkadr.errors import RefusedError
from kafkadr.filters import select
from kafkadr.flip import Progress, look_at
from kafkadr.recovery.ranges import Log, Place
from kafkadr.rest import KafkaRest
from kafkadr.survey import Survey, Wish, refuse_empty
from kafkadr.syncing import Syncing, syncing_of
from kafkadr.tasks import tasks_of
from kafkadr.verdicts import behind, lag_of
from kafkadr.wire import Mirror

POLL_SECONDS = 1.0
SHOWN = 10
RESERVE = 10
"""What part of the budget is left for the looks after a wait: a tenth."""
_REST = "Nothing was changed: stop the producers, then the consumers, and run the same command again"

Offsets = dict[tuple[str, str, int], int]
"""Offset of a group, by group, mirror topic and partition."""


@dataclass(frozen=True)
class Witness:
    """What the source's brokers tell over Kafka's own protocol, where somebody gave their address. Blocks.

    Args:
        logs: Start and end of partitions.
        unjudged: Groups of which not even the brokers can tell whether they are at rest.
    """

    logs: Callable[[Collection[Place]], Mapping[Place, Log]]
    unjudged: Callable[[], Sequence[str]]


@dataclass(frozen=True)
class Rest:
    """What was found at rest.

    Args:
        ends: End offset per mirror topic and partition.
        synced: When a whole interval had passed at lag 0, seconds since 1970.
    """

    ends: Ends
    synced: int


@dataclass(frozen=True)
class _Sight:
    """Everything that has to hold still, at one moment."""

    look: Survey
    ends: Ends
    source: Offsets
    copied: Offsets
    beyond: tuple[str, ...]


@dataclass(frozen=True)
class Demotion:
    """One demotion, of every mirror on a link.

    Args:
        source: The old primary.
        destination: The new one.
        link: The link on the destination.
        quiet_seconds: How long nothing may move, at least; one offset-sync interval in any case.
        say: Called with one line per step.
        witness: The source's brokers, where they are asked as well.
    """

    source: KafkaRest
    destination: KafkaRest
    link: str
    quiet_seconds: float
    say: Progress
    witness: Witness | None = None

    async def wait(self) -> Rest:
        """Wait until the source is at rest and everything has come over, within the budget of the destination's client.

        Raises:
            RefusedError: It does not come to rest, or a mirror is in no state to be promoted.
            DrError: One of the clusters does not answer.
        """
        await self._refuse_other_source()
        syncing = syncing_of(await self.destination.link_configs(self.link))
        await self._refuse_unjudged(syncing)
        hold = max(self.quiet_seconds, syncing.seconds)
        budget = self.destination.budget
        wish = Wish(self.link, Desired.PROMOTED)
        reason = f"the budget of {budget.seconds:g} s does not leave {hold:g} s of rest"
        while budget.left > hold + budget.seconds / RESERVE:
            before = await self._sight(syncing, wish)
            wish = before.look.wish
            if left := behind(before.look.mirrors):
                reason = left
                self.say(reason)
                await budget.sleep(POLL_SECONDS)
                continue
            self.say(f"lag 0 in {len(before.ends)} topics; nothing may move for {hold:g} s")
            await self._refuse_unsynced(syncing)
            await budget.sleep(hold)
            await self._refuse_unsynced(syncing)
            after = await self._sight(syncing, wish)
            reason = _stirred(before, after)
            if not reason:
                await self._second_witness(after)
                return Rest(after.ends, int(time.time()))
            self.say(reason)
        raise RefusedError(f"the source is not at rest: {reason}", _REST)

    async def _refuse_other_source(self) -> None:
        fed_by = (await self.destination.link(self.link)).source
        if fed_by != self.source.cluster_id:
            raise RefusedError(
                f"link {self.link} on {self.destination.cluster_id} is fed by {fed_by}, not {self.source.cluster_id}",
                "Name the link's own source; the demotion is of the primary, on the standby's link",
            )

    async def _refuse_unsynced(self, syncing: Syncing) -> None:
        if syncing.seconds:
            (await tasks_of(self.destination, self.link)).refuse_unsynced()

    async def _refuse_unjudged(self, syncing: Syncing) -> None:
        """A share group or a streams group is in no list of consumer groups: it looks at rest whatever it does."""
        if self.witness is None or not syncing.seconds:
            return
        found = select(await asyncio.to_thread(self.witness.unjudged), syncing.groups)
        if found:
            raise RefusedError(
                f"nobody can tell whether {len(found)} groups on {self.source.cluster_id} are at rest, for they are"
                f" share groups or groups of the streams protocol, whose offsets no link copies: {_some(found)}",
                "Nothing was changed: stop them and delete them there, or leave them out of the link's group filters",
            )

    async def _sight(self, syncing: Syncing, wish: Wish) -> _Sight:
        look = await look_at(self.destination, wish)
        refuse_empty(look)
        _refuse_states(look)
        await self._refuse_strangers(look)
        source, heights = await self._source_groups(look, syncing)
        copied, mirrored = await self._copied(look, syncing, {group for group, _, _ in source})
        return _Sight(look, ends_of(look.mirrors), source, copied, beyond(look.mirrors, heights, mirrored))

    async def _refuse_strangers(self, look: Survey) -> None:
        """The source's topics are the ones that are mirrored, partition by partition."""
        there = {t.topic_name: t.partitions_count for t in await self.source.topics()}
        wrong = [
            f"{m.source_topic_name}: {there.get(m.source_topic_name, 'no')} partitions on {self.source.cluster_id},"
            f" {len(m.partitions)} mirrored"
            for m in look.mirrors
            if there.get(_source(m)) != len(m.partitions)
        ]
        if wrong:
            raise RefusedError(
                f"{len(wrong)} mirrors do not fit their topics: {'; '.join(wrong[:SHOWN])}",
                "Check that the source's key may describe all topics; a topic that was made anew needs a new mirror",
            )

    async def _source_groups(self, look: Survey, syncing: Syncing) -> tuple[Offsets, Heights]:
        """Offsets of the synced groups by mirror topic, and where the source's logs end as these groups show it."""
        mirrors = {_source(m): m.mirror_topic_name for m in look.mirrors}
        offsets: Offsets = {}
        heights: Heights = {}
        if not syncing.seconds:
            return offsets, heights
        names = select((g.consumer_group_id for g in await self.source.groups()), syncing.groups)
        for group in names:
            for lag in await self.source.group_lags(group):
                topic = mirrors.get(lag.topic_name)
                if topic is None:
                    continue
                place = topic, lag.partition_id
                if lag.current_offset is None or lag.log_end_offset is None:
                    told = (
                        f"the source does not tell where group {group} stands on {topic} partition {lag.partition_id}"
                    )
                    raise RefusedError(told, _REST)
                offsets[group, *place] = lag.current_offset
                heights[place] = max(lag.log_end_offset, heights.get(place, -1))
        return offsets, heights

    async def _copied(self, look: Survey, syncing: Syncing, groups: set[str]) -> tuple[Offsets, Heights]:
        """The same as the destination has it."""
        topics = {m.mirror_topic_name for m in look.mirrors}
        offsets: Offsets = {}
        heights: Heights = {}
        there = {g.consumer_group_id for g in await self.destination.groups()} if groups else set()
        for group in sorted(groups):
            if syncing.prefix + group not in there:
                continue
            for lag in await self.destination.group_lags(syncing.prefix + group):
                place = lag.topic_name, lag.partition_id
                if lag.topic_name in topics and lag.current_offset is not None:
                    offsets[group, *place] = lag.current_offset
                if lag.topic_name in topics and lag.log_end_offset is not None:
                    heights[place] = max(lag.log_end_offset, heights.get(place, -1))
        return offsets, heights

    async def _second_witness(self, seen: _Sight) -> None:
        if self.witness is None:
            return
        names = {m.mirror_topic_name: _source(m) for m in seen.look.mirrors}
        places = {(names[topic], p): (topic, p) for topic, ends in seen.ends.items() for p in ends}
        logs = await asyncio.to_thread(self.witness.logs, list(places))
        idle = idle_of(seen.look.mirrors)
        wrong = []
        for place, (topic, number) in places.items():
            log, end = logs.get(place), seen.ends[topic][number]
            if log is None:
                wrong.append(f"{topic} partition {number}: {end} by the link, and the brokers do not have it")
            elif log.end != end and not ((topic, number) in idle and log.start == log.end):
                wrong.append(f"{topic} partition {number}: {end} by the link, {log.end} by the brokers")
        if wrong:
            raise RefusedError(f"the source's brokers tell other ends than the link: {_some(wrong)}", _REST)


def _source(mirror: Mirror) -> str:
    return mirror.source_topic_name or mirror.mirror_topic_name


def _refuse_states(look: Survey) -> None:
    """Only an ACTIVE mirror knows where its source ends; a paused one says lag 0 of yesterday."""
    wrong = [f"{m.mirror_topic_name} is {m.mirror_status}" for m in look.mirrors if m.mirror_status != "ACTIVE"]
    wrong += [f"{name} is not on the link any more" for name in look.missing]
    if wrong:
        total = len(look.mirrors) + len(look.missing)
        raise RefusedError(
            f"{len(wrong)} of {total} mirrors do not follow their source: {_some(wrong)}",
            "Nothing was changed: resume them, or fail over when the primary is lost",
        )


def _stirred(before: _Sight, after: _Sight) -> str:
    """What moved between two looks, or has not come over; empty when nothing."""
    if lag_of(after.look.mirrors) is None:
        return behind(after.look.mirrors)
    if changes := moved(before.ends, after.ends):
        return f"producers still write: {_some([str(m) for m in changes])}"
    if after.beyond:
        return f"the mirror is behind its source: {_some(after.beyond)}"
    groups = sorted({key[0] for key in after.source if after.source[key] != before.source.get(key)})
    if groups:
        return f"consumer groups still commit: {_some(groups)}"
    late = sorted(
        f"{group} on {topic} partition {p}: {at} on the source, {after.copied.get((group, topic, p), 'none')} copied"
        for (group, topic, p), at in after.source.items()
        if after.copied.get((group, topic, p)) != at
    )
    return f"group offsets have not come over: {_some(late)}" if late else ""


def _some(items: Sequence[str]) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return "; ".join(items[:SHOWN]) + more
