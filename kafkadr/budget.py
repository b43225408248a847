"""One deadline for a whole command, on a monotonic clock, so that a wrong wall clock cannot stretch or cut it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Clock = Callable[[], float]


class Budget:
    """Seconds that a command may still spend.

    Args:
        seconds: The whole budget.
        clock: Monotonic seconds; tests pass their own.
    """

    def __init__(self, seconds: float, clock: Clock = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._start = clock()

    @property
    def spent(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._start

    @property
    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.seconds - self.spent)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What is done in here costs nothing: work that is as long as its data."""
        begin = self._clock()
        try:
            yield
        finally:
            self._start += self._clock() - begin

    async def sleep(self, seconds: float) -> bool:
        """Sleep at most what is left; False when the budget is used up."""
        if self.left <= 0:
            return False
        await asyncio.sleep(min(seconds, self.left))
        return self.left > 0
