"""Carry a link's mirrors to where they are wanted, and tell the truth about it.

Accepted is not done: the batch call's rows say what was refused, the list of mirrors says what is. The outcome of
a call that failed half-way is decided by the list, never by the call (failure-modes #2, #3, #8, #9).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kafkadr.budget import Budget
from kafkadr.errors import ApiError, DrError, UnreachableError
from kafkadr.filters import NameFilter, literal_names, select
from kafkadr.forecast import Forecast, Missing, Restart, missing_of, restarts_of, unplaced_of
from kafkadr.hanging import line, reasons
from kafkadr.rest import KafkaRest, TooLargeError
from kafkadr.survey import Finding, Survey, Wish, survey
from kafkadr.verdicts import Action
from kafkadr.wire import MirrorRow

POLL_SECONDS = (0.25, 0.75, 2.0)
ASK_WHY = 5
"""A mirror that hangs is asked for its reason once it has been seen often enough to hang, then at each 5th look."""
ROUNDS = 3
_GROUPS_AT_ONCE = 4
_NOT_FOUND = 404

Progress = Callable[[str], None]


@dataclass
class Outcome:
    """What a flip did, as the server tells it."""

    look: Survey
    findings: list[Finding] = field(default_factory=list)
    broken: DrError | None = None
    """What ended it before its time; `look` is then the last one that there was."""


async def before_look(budget: Budget, step: int) -> bool:
    """Wait before the next look of a poll, a little longer each time; False when the budget is used up."""
    return await budget.sleep(POLL_SECONDS[min(step, len(POLL_SECONDS) - 1)])


async def look_at(rest: KafkaRest, wish: Wish) -> Survey:
    """One list call, and what it means for the wish."""
    return survey(await rest.mirrors(wish.link), wish)


async def flip(rest: KafkaRest, first: Survey, chunk_size: int, progress: Progress) -> Outcome:
    """Call the verb for every topic that needs it and poll until the server says so, within the budget.

    Args:
        rest: The destination cluster.
        first: The survey this flip starts from.
        chunk_size: Most names in one call; halved when the server finds a call too large.
        progress: Called with one line per step.
    """
    run = _Run(rest, first.wish, chunk_size, progress, Outcome(first))
    todo = first.names(Action.CALL)
    if not todo and not first.names(Action.WAIT):
        return run.finish()
    try:
        for _ in range(ROUNDS):
            unsure = await run.call(todo)
            await run.poll(unsure)
            # Only a call that got no answer is repeated, and only for the topics it did not reach.
            todo = [n for n in run.outcome.look.names(Action.CALL) if n in unsure]
            if not todo:
                break
    except DrError as error:
        run.outcome.broken = error
    return run.finish()


@dataclass
class _Run:
    rest: KafkaRest
    wish: Wish
    chunk_size: int
    progress: Progress
    outcome: Outcome
    refused: dict[str, MirrorRow] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)

    async def call(self, names: Sequence[str]) -> set[str]:
        """Send the batch calls; the names whose call got no clear answer."""
        unsure: set[str] = set()
        for link, mine in self.outcome.look.by_link(names).items():
            unsure |= await self._call_link(link, mine)
        return unsure

    async def _call_link(self, link: str, names: Sequence[str]) -> set[str]:
        unsure: set[str] = set()
        queue = list(names)
        while queue:
            chunk, queue = queue[: self.chunk_size], queue[self.chunk_size :]
            try:
                await self._one_call(link, chunk)
            except TooLargeError:
                if len(chunk) == 1:
                    raise
                self.chunk_size = max(1, len(chunk) // 2)
                queue = chunk + queue
            except UnreachableError as error:
                self.failures.append(error.problem)
                unsure |= set(chunk)
            except ApiError as error:
                self.failures.append(error.problem)
                self.refused |= {
                    n: MirrorRow(mirror_topic_name=n, error_code=error.code, error_message=error.message) for n in chunk
                }
        return unsure

    async def _one_call(self, link: str, chunk: list[str]) -> None:
        verb = self.wish.desired.verb
        rows = await self.rest.alter_mirrors(link, verb, names=chunk)
        bad = {r.mirror_topic_name: r for r in rows if r.error_code}
        self.refused |= bad
        self.progress(f"{verb}: {len(chunk) - len(bad)} of {len(chunk)} mirrors accepted")

    async def poll(self, unsure: set[str]) -> None:
        """Read the list until everything that was accepted has arrived; a call without an answer gets one look."""
        step = 0
        while True:
            alive = await before_look(self.rest.budget, step)
            try:
                look = self.outcome.look = await look_at(self.rest, self.wish)
            except UnreachableError:
                if alive and self.rest.budget.left:
                    raise
                # The budget, not the server, ended the last look: the one before it tells what is not finished.
                return
            accepted = set(look.names(Action.CALL)) - unsure - self.refused.keys()
            open_ = len(accepted) + len(look.names(Action.WAIT))
            if not alive or not open_:
                return
            step += 1
            self.progress(f"{open_} mirrors not {self.wish.desired.target} yet, {self.rest.budget.left:.0f} s left")
            if step % ASK_WHY == len(POLL_SECONDS) - 1:
                await self._ask_why(look)

    async def _ask_why(self, look: Survey) -> None:
        self.reasons = await reasons(self.rest, look)
        for name, why in sorted(self.reasons.items()):
            self.progress(line(name, look, why))

    def finish(self) -> Outcome:
        """Name every topic that is not where it is wanted, with the best reason there is."""
        look = self.outcome.look
        found = {f.topic: f for f in look.refusals()}
        for mirror in look.mirrors:
            name = mirror.mirror_topic_name
            if look.verdicts[name].action is Action.DONE or name in found:
                continue
            row = self.refused.get(name)
            code, text = (str(row.error_code), row.error_message or "") if row else ("NOT_DONE", self._why(name))
            found[name] = Finding(name, mirror.mirror_status, code, text)
        self.outcome.findings = [found[name] for name in sorted(found)]
        return self.outcome

    def _why(self, name: str) -> str:
        found = self.outcome.look.verdicts[name]
        if found.action is Action.LATER:
            return found.reason
        if found.action is Action.WAIT:
            why = f" because {self.reasons[name]}" if name in self.reasons else ""
            return f"accepted, not finished within {self.rest.budget.seconds:.0f} s{why}: run the same command again"
        return self.failures[-1] if self.failures else "not accepted yet: run the same command again"


async def dry_run(rest: KafkaRest, look: Survey) -> list[Finding]:
    """Ask the server what it would refuse (S87); topics the call is not meant for are ignored.

    One call with a pattern serves any number of topics; rows beyond the scope are dropped.
    """
    wanted = set(look.names(Action.CALL))
    if not wanted:
        return []
    verb = look.wish.desired.verb
    rows = [
        row
        for link in look.by_link(sorted(wanted))
        for row in await rest.alter_mirrors(link, verb, pattern=".*", dry_run=True)
    ]
    status = {m.mirror_topic_name: m.mirror_status for m in look.mirrors}
    return [
        Finding(r.mirror_topic_name, status[r.mirror_topic_name], str(r.error_code), r.error_message or "")
        for r in rows
        if r.error_code and r.mirror_topic_name in wanted
    ]


async def forecast(
    rest: KafkaRest, look: Survey, groups: Sequence[NameFilter], seconds: float | None = None
) -> Forecast:
    """What the flip costs now: one call per group, and one for their list unless all filters name groups literally.

    Groups that cannot be read are named, never a reason not to fail over, nor one to fail over later: those that have
    not answered in this time, which is for all of them together, are unknown.
    """
    topics = frozenset(m.mirror_topic_name for m in look.mirrors)
    missing = missing_of(look.mirrors)
    if not groups or not topics:
        return Forecast(missing, ())
    share = None if seconds is None else Budget(seconds)
    names = literal_names(groups)
    if names is None:
        try:
            async with asyncio.timeout(share.left if share else None):
                names = select((g.consumer_group_id for g in await rest.groups()), groups)
        except TimeoutError:
            return Forecast(missing, (), (f"the list of groups: {_silent(share)}",))
        except DrError as error:
            return Forecast(missing, (), (error.problem,))
    return await _with_groups(rest, missing, names, topics, share)


def _silent(share: Budget | None) -> str:
    return f"no answer within the {share.seconds if share else 0:g} s that the forecast may take"


async def _with_groups(
    rest: KafkaRest,
    missing: tuple[Missing, ...],
    names: Sequence[str],
    topics: frozenset[str],
    share: Budget | None,
) -> Forecast:
    gate = asyncio.Semaphore(_GROUPS_AT_ONCE)
    restarts: list[Restart] = []
    unknown: list[str] = []
    absent: list[str] = []
    silent = set(names)

    async def one(group: str) -> None:
        async with gate:
            try:
                lags = await rest.group_lags(group)
                restarts.extend(restarts_of(group, lags, topics))
                unknown.extend(unplaced_of(group, lags, topics))
            except ApiError as error:
                # The mirrors of this cluster were just listed, so it is the group that is not found.
                if error.status == _NOT_FOUND:
                    absent.append(group)
                else:
                    unknown.append(f"group {group}: {error.problem}")
            except DrError as error:
                unknown.append(f"group {group}: {error.problem}")
            silent.discard(group)

    try:
        async with asyncio.timeout(share.left if share else None):
            await asyncio.gather(*(one(name) for name in names))
    except TimeoutError:
        unknown += [f"group {name}: {_silent(share)}" for name in silent]
    restarts.sort(key=lambda r: (r.group, r.topic, r.partition))
    return Forecast(missing, tuple(restarts), tuple(sorted(unknown)), tuple(sorted(absent)))
