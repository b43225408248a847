"""Make the mirrors that are missing: several at a time, as fast as the service allows, and tell how far it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from kafkadr.errors import ApiError, DrError, UnreachableError
from kafkadr.rest import KafkaRest
from kafkadr.survey import Finding

AT_ONCE = 8
"""Calls under way at a time: the service limits requests per cluster, and answers 429 beyond."""
TELL_SECONDS = 5.0
_NEW_LINK_SECONDS = 30.0
_NOT_FOUND = 404
_ASK_AGAIN_SECONDS = 1.0

Progress = Callable[[str], None]


@dataclass
class Made:
    """What came of it: names that were made, and what was refused."""

    names: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


async def create(rest: KafkaRest, link: str, missing: Mapping[str, str], progress: Progress) -> Made:
    """Make these mirrors; one that is refused keeps none of the others from being made.

    A call that got no answer is not repeated blindly: the next run finds the mirror, or makes it.

    Args:
        rest: The destination.
        link: The link.
        missing: Source topic by mirror name.
        progress: Called with one line every few seconds.
    """
    run = _Run(rest, link, dict(sorted(missing.items())), progress)
    queue = iter(run.missing)
    await asyncio.gather(*(run.work(queue) for _ in range(min(AT_ONCE, len(missing)))))
    run.made.names.sort()
    run.made.findings.sort(key=lambda f: f.topic)
    return run.made


@dataclass
class _Run:
    rest: KafkaRest
    link: str
    missing: dict[str, str]
    progress: Progress
    made: Made = field(default_factory=Made)
    begun: float = field(default_factory=time.monotonic)
    told: float = field(default_factory=time.monotonic)
    gone: bool = False

    async def work(self, queue: Iterable[str]) -> None:
        for name in queue:
            if self.gone or not self.rest.budget.left:
                self._refused(name, "NOT_DONE", "the budget is used up, or the site does not answer: run again")
                continue
            try:
                await self._one(name)
            except ApiError as error:
                self._refused(name, str(error.code), error.message)
            except UnreachableError as error:
                self.gone = True
                self._refused(name, "NOT_DONE", error.problem)
            except DrError as error:
                self._refused(name, "NOT_DONE", error.problem)
            else:
                self.made.names.append(name)
            self._tell()

    async def _one(self, name: str) -> None:
        # A link that was made a moment ago answers 404 for a while.
        end = time.monotonic() + _NEW_LINK_SECONDS
        while True:
            try:
                return await self.rest.create_mirror(self.link, self.missing[name], name)
            except ApiError as error:
                if error.status != _NOT_FOUND or time.monotonic() > end or "topic" in error.message.lower():
                    raise
            if not await self.rest.budget.sleep(_ASK_AGAIN_SECONDS):
                raise UnreachableError(f"link {self.link} is not there yet", "Run the same command again")

    def _refused(self, name: str, code: str, text: str) -> None:
        self.made.findings.append(Finding(name, "MISSING", code, text))

    def _tell(self) -> None:
        now, done = time.monotonic(), len(self.made.names) + len(self.made.findings)
        if now - self.told < TELL_SECONDS and done < len(self.missing):
            return
        self.told = now
        rate = done / max(now - self.begun, 0.001)
        left = (len(self.missing) - done) / rate if rate else 0.0
        self.progress(f"link {self.link}: {done} of {len(self.missing)} mirrors, {rate:.0f}/s, {left:.0f} s left")
