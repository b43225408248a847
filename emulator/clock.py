"""Time of the emulated world: wall time, or virtual time that only moves when told to."""

import heapq
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Mode = Literal["real", "manual"]


@dataclass
class Job:
    """A scheduled call; `cancel()` makes sure it never runs again."""

    fn: Callable[[], object]
    due_ms: int
    period_ms: int | None = None
    cancelled: bool = False

    def cancel(self) -> None:
        """Drop the job; running ones finish, no further run starts."""
        self.cancelled = True


class Clock:
    """Milliseconds since the epoch plus a scheduler, the same in both modes.

    In mode `real` now is wall time plus what was added with `advance`; in mode `manual` it stands still between
    calls of `advance`. Due work never runs by itself: `run_due` runs it, oldest first, and while a job runs
    `now_ms` is the moment the job was due, so a jump of ten minutes plays as ten minutes of life.
    """

    def __init__(self, mode: Mode = "real", wall: Callable[[], float] = time.time) -> None:
        self.mode: Mode = mode
        self._wall = wall
        self._offset_ms = 0
        self._frozen_ms = int(wall() * 1000)
        self._playing_ms: int | None = None
        self._queue: list[tuple[int, int, Job]] = []
        self._order = itertools.count()

    def now_ms(self) -> int:
        """Return the present moment, in milliseconds since the epoch."""
        if self._playing_ms is not None:
            return self._playing_ms
        return self._present()

    def _present(self) -> int:
        if self.mode == "manual":
            return self._frozen_ms
        return int(self._wall() * 1000) + self._offset_ms

    def set_mode(self, mode: Mode) -> None:
        """Change the mode without a jump: time goes on, or stands still, from now."""
        now = self._present()
        self.mode = mode
        self._frozen_ms = now
        self._offset_ms = now - int(self._wall() * 1000)

    def advance(self, seconds: float) -> None:
        """Move time forward and run everything that becomes due on the way.

        Raises:
            ValueError: `seconds` is negative; time never goes back.
        """
        if seconds < 0:
            raise ValueError("time cannot go backwards")
        step = round(seconds * 1000)
        if self.mode == "manual":
            self._frozen_ms += step
        else:
            self._offset_ms += step
        self.run_due()

    def after(self, delay_s: float, fn: Callable[[], object]) -> Job:
        """Call `fn` once, `delay_s` seconds from now."""
        return self._push(Job(fn, self.now_ms() + round(delay_s * 1000)))

    def every(self, period_s: float, fn: Callable[[], object]) -> Job:
        """Call `fn` each `period_s` seconds, first one period from now; periods under 1 ms count as 1 ms."""
        period = max(1, round(period_s * 1000))
        return self._push(Job(fn, self.now_ms() + period, period))

    def cancel_all(self) -> None:
        """Forget every scheduled job."""
        for _, _, job in self._queue:
            job.cancel()
        self._queue.clear()

    def run_due(self) -> None:
        """Run the jobs that are due, in the order in which they became due."""
        if self._playing_ms is not None:
            return
        present = self._present()
        try:
            while self._queue and self._queue[0][0] <= present:
                due, _, job = heapq.heappop(self._queue)
                if job.cancelled:
                    continue
                self._playing_ms = due
                job.fn()
                if job.period_ms is not None and not job.cancelled:
                    job.due_ms = due + job.period_ms
                    self._push(job)
        finally:
            self._playing_ms = None

    def _push(self, job: Job) -> Job:
        heapq.heappush(self._queue, (job.due_ms, next(self._order), job))
        return job
