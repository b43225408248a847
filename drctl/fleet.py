"""Drains and fills clients through their hooks: each for itself, all at once, within one budget (S13)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from drctl.hook import AgainError, Count, Hook
from kafkadr.budget import Budget
from kafkadr.errors import DrError, RefusedError

Result = TypeVar("Result")


class End(StrEnum):
    """How it went for one client."""

    DRAINED = "drained"
    FILLED = "filled"
    NOT_DONE = "not done"
    """The budget is used up."""
    FAILED = "failed"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"


@dataclass
class Outcome:
    """What is known about one client.

    Attributes:
        hook: Its hook.
        end: How it went; `INTERRUPTED` until it is known.
        count: Processes at the last look, None before the first.
        seconds: Until then.
        note: What went wrong, empty when nothing did.
    """

    hook: Hook
    end: End = End.INTERRUPTED
    count: int | None = None
    seconds: float = 0.0
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        seconds = round(self.seconds, 1)
        return {"hook": self.hook.name, "end": self.end, "count": self.count, "seconds": seconds, "note": self.note}


@dataclass
class Fleet:
    """The clients of one command.

    Attributes:
        hooks: One per client.
        budget: For all of them.
        poll: Seconds between two looks at a client.
        say: Tells progress.
    """

    hooks: list[Hook]
    budget: Budget
    poll: float
    say: Callable[[str], None]
    outcomes: list[Outcome] = field(init=False)

    def __post_init__(self) -> None:
        self.outcomes = [Outcome(hook) for hook in self.hooks]

    async def drain(self) -> None:
        """Scale every client to zero and wait until nothing of it is left."""
        await asyncio.gather(*(self._end(outcome, self._drain(outcome)) for outcome in self.outcomes))

    async def fill(self, epoch: int, env: Mapping[str, str]) -> None:
        """Scale every client up again and wait until it is complete.

        Args:
            epoch: Clients that run since an earlier epoch are refused: they were not drained.
            env: What the hooks are told about the active site.
        """
        await asyncio.gather(*(self._end(outcome, self._fill(outcome, epoch, env)) for outcome in self.outcomes))

    async def _end(self, outcome: Outcome, work: Awaitable[End]) -> None:
        try:
            outcome.end = await work
        except RefusedError as error:
            outcome.end, outcome.note = End.REFUSED, error.problem
        except DrError as error:
            outcome.end, outcome.note = End.FAILED, error.problem
        outcome.seconds = self.budget.spent
        self.say(f"{outcome.hook.name}: {outcome.end}" + (f" ({outcome.note})" if outcome.note else ""))

    async def _drain(self, outcome: Outcome) -> End:
        if await self._again(outcome, lambda: outcome.hook.call("scale-to-zero", {})) is None:
            return End.NOT_DONE
        return await self._until(outcome, {}, lambda found: found.count == 0, End.DRAINED)

    async def _fill(self, outcome: Outcome, epoch: int, env: Mapping[str, str]) -> End:
        found = await self._look(outcome, env)
        if found is None:
            return End.NOT_DONE
        if found.count and found.epoch < epoch:
            since = f"since epoch {found.epoch}" if found.epoch else "since an unknown epoch"
            raise RefusedError(f"{found.count} run {since}: drain first", "Run drctl drain with the same hooks")
        # Found running with this epoch, an earlier fill was interrupted: only its end is waited for.
        if not found.count and await self._again(outcome, lambda: outcome.hook.call("scale-up", env)) is None:
            return End.NOT_DONE
        return await self._until(outcome, env, lambda found: found.full, End.FILLED)

    async def _until(self, outcome: Outcome, env: Mapping[str, str], true: Callable[[Count], bool], end: End) -> End:
        while (found := await self._look(outcome, env)) is not None:
            if true(found):
                outcome.note = ""
                return end
            if not await self.budget.sleep(self.poll):
                break
        outcome.note = outcome.note or f"{outcome.count} at the end of the budget"
        return End.NOT_DONE

    async def _look(self, outcome: Outcome, env: Mapping[str, str]) -> Count | None:
        found = await self._again(outcome, lambda: outcome.hook.count(env))
        if found is not None and found.count != outcome.count:
            outcome.count = found.count
            self.say(f"{outcome.hook.name}: {found.count} running")
        return found

    async def _again(self, outcome: Outcome, call: Callable[[], Awaitable[Result]]) -> Result | None:
        """Until it works, None when the budget is used up."""
        while True:
            try:
                return await asyncio.wait_for(call(), max(self.budget.left, 0.1))
            except AgainError as error:
                outcome.note = error.problem
            except TimeoutError:
                outcome.note = outcome.note or "a hook had not answered at the end of the budget"
                return None
            if not await self.budget.sleep(self.poll):
                return None
