"""The provider's waits: plain sleeps and state polls, in the normal and the TF_ACC=1 cadence.

Time comes in from outside, so tests run both cadences without waiting.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

MINUTE = 60.0
HOUR = 60 * MINUTE


class WaitError(Exception):
    """A wait ended without the wanted state."""


@dataclass(frozen=True)
class Pace:
    """How long the provider waits, and on which clock.

    Attributes:
        test_mode: TF_ACC=1: sleeps are half a second, state polls one second apart.
        live_production: TF_ACC_PROD=1: with TF_ACC, plain sleeps keep their length.
        sleep: waits for seconds.
        now: monotonic seconds.
    """

    test_mode: bool = False
    live_production: bool = False
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    now: Callable[[], float] = time.monotonic

    @classmethod
    def of_environment(cls, environ: Mapping[str, str]) -> Pace:
        """Read the two switches; only exactly "1" counts."""
        return cls(test_mode=environ.get("TF_ACC") == "1", live_production=environ.get("TF_ACC_PROD") == "1")

    async def settle(self, seconds: float) -> None:
        """Sleep as the vendor's SleepIfNotTestMode does."""
        await self.sleep(0.5 if self.test_mode and not self.live_production else seconds)

    def cadence(self, delay: float, poll: float) -> tuple[float, float]:
        """Return delay before the first poll and the interval between polls."""
        return (1.0, 1.0) if self.test_mode else (delay, poll)


@dataclass(frozen=True)
class StateWait:
    """A poll for a state (terraform-plugin-sdk StateChangeConf).

    Attributes:
        pending: states that mean "ask again"; any other but the target is an error.
        target: the wanted state.
        delay: seconds before the first poll, in normal cadence.
        poll: seconds between polls, in normal cadence.
        limit: seconds until the wait gives up, counted from its start.
        hits: how many times in a row the target must be seen.
    """

    pending: Sequence[str]
    target: str
    delay: float
    poll: float
    limit: float
    hits: int = 1

    async def run(self, pace: Pace, refresh: Callable[[], Awaitable[str]]) -> None:
        """Poll until the target is reached.

        Raises:
            WaitError: on the time limit or on a state that is neither pending nor the target. Whatever ``refresh``
                raises ends the wait at once.
        """
        delay, poll = pace.cadence(self.delay, self.poll)
        deadline = pace.now() + self.limit
        seen, last = 0, ""
        await self._pause(pace, delay, deadline, last)
        while True:
            last = await refresh()
            seen = seen + 1 if last == self.target else 0
            if seen >= self.hits:
                return
            if last not in (self.target, *self.pending):
                raise WaitError(f"unexpected state '{last}', wanted target '{self.target}'")
            await self._pause(pace, poll, deadline, last)

    async def _pause(self, pace: Pace, seconds: float, deadline: float, last: str) -> None:
        left = deadline - pace.now()
        await pace.sleep(min(seconds, max(left, 0.0)))
        if left <= seconds:
            minutes, rest = divmod(int(self.limit), 60)
            raise WaitError(
                f"timeout while waiting for state to become '{self.target}' "
                f"(last state: '{last}', timeout: {minutes}m{rest}s)"
            )
