"""Turn the roles of a bidirectional link's topics round, in batch calls, and believe the server alone.

Two verbs do it. `truncate-and-restore`, on the old primary's half of the link: its topics are cut to where their
mirrors on the survivor stopped, and become mirrors of those. `reverse-and-start-mirror`, on the standby's half: its
mirrors become writable, the topics of the old primary mirrors of them. No topic and no link is deleted by either.

Rows say what was refused, both halves' lists of mirrors what is. A call that got no answer is decided by the lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from kafkadr.desired import RoleVerb
from kafkadr.errors import ApiError, UnreachableError
from kafkadr.flip import ROUNDS, Progress, before_look
from kafkadr.rest import KafkaRest, TooLargeError
from kafkadr.survey import Finding
from kafkadr.wire import Mirror, MirrorRow

NO_MIRROR = "NO_MIRROR"
_BROKEN = frozenset({"FAILED", "LINK_FAILED"})


class Stage(StrEnum):
    """How far one topic is."""

    TODO = "todo"
    WAIT = "wait"
    DONE = "done"
    STUCK = "stuck"


@dataclass(frozen=True)
class Halves:
    """Both ends of a bidirectional link.

    Args:
        link: Its name, the same on both.
        follower: Cluster whose topics are to be mirrors: the old primary.
        leader: Cluster whose topics are to be written: the new primary.
    """

    link: str
    follower: KafkaRest
    leader: KafkaRest


@dataclass(frozen=True)
class Sight:
    """Both lists, and how far each topic is.

    Args:
        stages: Per topic.
        statuses: Per topic the status of its mirror on the follower, `NO_MIRROR` without one.
        leading: Per topic the status of its mirror on the leader.
    """

    stages: dict[str, Stage]
    statuses: dict[str, str]
    leading: dict[str, str]

    def names(self, stage: Stage) -> list[str]:
        """Topics at this stage, in order."""
        return sorted(name for name, found in self.stages.items() if found is stage)

    @property
    def states(self) -> dict[str, int]:
        """Number of the follower's topics per status."""
        found = sorted(self.statuses.values())
        return {status: found.count(status) for status in dict.fromkeys(found)}


Judge = Callable[[str, str], Stage]
"""Stage of a topic by the statuses of its mirror on the leader and on the follower."""


def to_restore(leading: str, following: str) -> Stage:
    """For `truncate-and-restore`. A mirror that stopped in an earlier term counts as none: its topic is written."""
    if following in {NO_MIRROR, "STOPPED"}:
        return Stage.TODO if leading == "STOPPED" else Stage.STUCK
    return _following(following)


def to_reverse(leading: str, following: str) -> Stage:
    """For `reverse-and-start-mirror`."""
    if leading == "ACTIVE" and following in {NO_MIRROR, "STOPPED"}:
        return Stage.TODO
    if leading == "STOPPED" and following not in {NO_MIRROR, "STOPPED"}:
        return _following(following)
    return Stage.WAIT if leading == "PENDING_SYNCHRONIZE" else Stage.STUCK


def _following(status: str) -> Stage:
    if status == "ACTIVE":
        return Stage.DONE
    return Stage.STUCK if status in _BROKEN else Stage.WAIT


async def look(halves: Halves, judge: Judge, seen: Iterable[str] = ()) -> Sight:
    """One list call to each cluster; the topics are those that the leader mirrors or has mirrored.

    Args:
        halves: Both ends.
        judge: What both statuses mean.
        seen: Topics of an earlier look: one that the leader's list leaves out by now is not done.
    """
    leading = dict.fromkeys(seen, NO_MIRROR)
    leading |= {_source(m): m.mirror_status for m in await halves.leader.mirrors(halves.link)}
    found = {m.mirror_topic_name: m.mirror_status for m in await halves.follower.mirrors(halves.link)}
    following = {name: found.get(name, NO_MIRROR) for name in sorted(leading)}
    return Sight({n: judge(leading[n], following[n]) for n in following}, following, leading)


def _source(mirror: Mirror) -> str:
    return mirror.source_topic_name or mirror.mirror_topic_name


@dataclass
class Turn:
    """One role change of a link's topics.

    Args:
        halves: Both ends.
        verb: How.
        judge: What both statuses mean for it.
        chunk_size: Most names in one call; halved when the server finds a call too large.
        progress: Called with one line per step.
    """

    halves: Halves
    verb: RoleVerb
    judge: Judge
    chunk_size: int
    progress: Progress
    rows: dict[str, MirrorRow] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def _rest(self) -> KafkaRest:
        return self.halves.follower if self.verb == "truncate-and-restore" else self.halves.leader

    async def dry_run(self, names: Sequence[str]) -> list[MirrorRow]:
        """What the server would answer, row by row; nothing is changed."""
        rows: list[MirrorRow] = []
        for start in range(0, len(names), self.chunk_size):
            chunk = names[start : start + self.chunk_size]
            rows += await self._rest.alter_mirrors(self.halves.link, self.verb, names=chunk, dry_run=True)
        return rows

    async def carry_out(self, first: Sight) -> Sight:
        """Call the verb for what is to do and poll until both lists say so of all topics seen, within the budget."""
        todo, sight = first.names(Stage.TODO), first
        for _ in range(ROUNDS):
            unsure = await self._call(todo)
            sight = await self._poll(unsure, sight.stages)
            # Only a call that got no answer is repeated, and only for the topics it did not reach.
            todo = [n for n in sight.names(Stage.TODO) if n in unsure]
            if not todo:
                break
        return sight

    def findings(self, sight: Sight) -> list[Finding]:
        """Every topic that has not turned, with the best reason there is."""
        return [self._finding(sight, name) for name in sorted(sight.stages) if sight.stages[name] is not Stage.DONE]

    def _finding(self, sight: Sight, name: str) -> Finding:
        status, row = sight.statuses[name], self.rows.get(name)
        if row is not None and row.error_code:
            return Finding(name, status, str(row.error_code), row.error_message or "")
        if sight.stages[name] is Stage.STUCK:
            return Finding(name, status, "REFUSED", f"its mirror on the new primary is {sight.leading[name]}")
        if sight.stages[name] is Stage.TODO and self.failures:
            return Finding(name, status, "NOT_DONE", self.failures[-1])
        budget = self._rest.budget.seconds
        return Finding(name, status, "NOT_DONE", f"not finished within {budget:.0f} s: run the same command again")

    async def _call(self, names: Sequence[str]) -> set[str]:
        unsure: set[str] = set()
        queue = list(names)
        while queue:
            chunk, queue = queue[: self.chunk_size], queue[self.chunk_size :]
            try:
                found = await self._rest.alter_mirrors(self.halves.link, self.verb, names=chunk)
            except TooLargeError:
                self.chunk_size = max(1, len(chunk) // 2)
                queue = chunk + queue if len(chunk) > 1 else queue
            except UnreachableError as error:
                self.failures.append(error.problem)
                unsure |= set(chunk)
            except ApiError as error:
                self.failures.append(error.problem)
            else:
                self.rows |= {row.mirror_topic_name: row for row in found}
                refused = sum(1 for row in found if row.error_code)
                self.progress(f"{self.verb}: {len(chunk) - refused} of {len(chunk)} topics accepted")
        return unsure

    async def _poll(self, unsure: set[str], seen: Iterable[str]) -> Sight:
        step = 0
        while True:
            alive = await before_look(self._rest.budget, step)
            sight = await look(self.halves, self.judge, seen)
            refused = {name for name, row in self.rows.items() if row.error_code}
            accepted = set(sight.names(Stage.TODO)) & self.rows.keys() - refused - unsure
            open_ = len(accepted) + len(sight.names(Stage.WAIT))
            if not alive or not open_:
                return sight
            step += 1
            self.progress(f"{open_} topics are not mirrors yet, {self._rest.budget.left:.0f} s left")
