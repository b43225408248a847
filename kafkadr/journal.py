"""The ledger of a flip that waits for no store: what was about to happen, what has, and who writes it down later.

A store that is dead, slow, full, hung or misconfigured costs a flip seconds. The command that writes the ledger later
then carries the first look, the only one that sees where the groups had been, and takes all else from the link.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from kafkadr.desired import Desired
from kafkadr.first_look import FirstLook
from kafkadr.forecast import Forecast
from kafkadr.ledger import Ledger, LedgerError
from kafkadr.record import closed, opened
from kafkadr.rest import KafkaRest
from kafkadr.settling import Document
from kafkadr.survey import Finding, Survey, Wish

STORE_SECONDS: Final = 5.0
"""How long a flip waits for its ledger before the call, and again after it; less when its budget is small."""
_SMALL_SHARE: Final = 10
_LONGEST: Final = 100_000
"""Characters of one argument of a command: Linux takes 131,072 bytes."""


@dataclass(frozen=True)
class Unwritten:
    """A ledger that could not be written.

    Args:
        problem: Why, in one sentence.
        first_look: What the run saw before its call.
        command: What writes it later, as words. A first look that no command line could hold is left out: the ledger
            then says that the groups are unknown.
    """

    problem: str
    first_look: FirstLook
    command: tuple[str, ...]

    def line(self, *more: str) -> str:
        """The command, to be pasted into a shell."""
        return shlex.join([*self.command, *more])


class Journal:
    """The ledger of one flip, from before the call to after the last poll.

    Args:
        ledger: Where it belongs.
        rest: The destination cluster.
        wish: What the flip wants.
        first_look: What an earlier run saw that could not write its ledger.
    """

    def __init__(self, ledger: Ledger, rest: KafkaRest, wish: Wish, first_look: FirstLook | None) -> None:
        self.ledger = ledger
        self._rest = rest
        self._wish = wish
        self._first_look = first_look
        self._seconds = min(STORE_SECONDS, rest.budget.seconds / _SMALL_SHARE)

    async def open(self, seen: Survey, price: Forecast, warn: Callable[[str], None]) -> Document:
        """Write what is about to happen, or say that it could not be written; the document."""
        fresh = opened(seen, price, self.ledger.epoch, self._rest.cluster_id, None)
        if self._first_look:
            fresh = self._first_look.applied(fresh)
        try:
            async with self.ledger.within(self._seconds):
                earlier = await self.ledger.read()
                if earlier and earlier.get("rebuilt") and self._first_look:
                    earlier = self._first_look.applied(earlier)
                document = (
                    fresh if earlier is None else opened(seen, price, self.ledger.epoch, self._rest.cluster_id, earlier)
                )
                await self.ledger.write(document)
        except LedgerError as error:
            # With a region down, a dead ledger must not keep the topics read-only: the offsets stay on the server.
            doing = "failing over" if self._wish.desired is Desired.FAILED_OVER else "promoting"
            warn(f"{doing} without a journal: {error}")
            return fresh
        return document

    async def close(self, document: Document, seen: Survey, findings: Iterable[Finding]) -> str | Unwritten:
        """Write what the server says now; the ledger's digest, or the command that writes it later."""
        document = closed(document, seen, findings)
        try:
            async with self.ledger.within(self._seconds):
                return await self.ledger.write(document)
        except LedgerError as error:
            first_look = FirstLook.of(document, self._wish)
            return Unwritten(error.problem, first_look, self._command(first_look.text()))

    def _command(self, first_look: str) -> tuple[str, ...]:
        where = ("--ledger", self.ledger.url, "--cluster", self._rest.cluster_id, "--link", self._wish.link)
        what = ("--epoch", str(self.ledger.epoch), "--dr-rest", self._rest.endpoint)
        seen = ("--first-look", first_look) if len(first_look) <= _LONGEST else ()
        return ("drctl", "recover", "ledger", *where, *what, *seen)
