"""The ledger of a flip that waits for no store: what was about to happen, what has, and who writes it down later.

A store that is dead, slow, full, hung or misconfigured costs a flip seconds. The first look, the only one that sees
where the groups had been, is then kept in a file of this machine; the command that writes the ledger takes it from
there, and all else from the link.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kafkadr.aside import aside
from kafkadr.forecast import Forecast
from kafkadr.ledger import Ledger, LedgerError
from kafkadr.ledger_store import FileStore
from kafkadr.record import closed, opened
from kafkadr.rest import KafkaRest
from kafkadr.settling import Document
from kafkadr.survey import Finding, Survey

STORE_SECONDS = 5.0
"""How long a flip waits for its ledger before the call, and again after it; less when its budget is small."""
_KEEP_SECONDS = 2.0
_SMALL_SHARE = 10


@dataclass(frozen=True)
class Unwritten:
    """A ledger that could not be written.

    Args:
        problem: Why, in one sentence.
        command: What writes it later, as words.
    """

    problem: str
    command: tuple[str, ...]

    def line(self, *more: str) -> str:
        """The command, to be pasted into a shell."""
        return shlex.join([*self.command, *more])


class Kept:
    """The first look of a flip, in a private file of this machine, until its ledger is written.

    Args:
        folder: Where.
        cluster_id: The destination cluster.
        link: Its cluster link.
        epoch: Term number.
    """

    def __init__(self, folder: Path, cluster_id: str, link: str, epoch: int) -> None:
        self.folder = folder
        self.book = Ledger(folder.as_uri(), cluster_id, link, epoch)

    async def read(self) -> Document | None:
        """The document, None without one; a disk that cannot be read has none."""
        try:
            async with self.book.within(_KEEP_SECONDS):
                return await self.book.read()
        except LedgerError:
            return None

    async def write(self, document: Document) -> bool:
        """Keep a document; False when this machine cannot."""
        try:
            async with self.book.within(_KEEP_SECONDS):
                await self.book.write(document)
        except LedgerError:
            return False
        return True

    async def forget(self) -> None:
        """Remove it: the ledger has it all."""
        try:
            async with self.book.within(_KEEP_SECONDS):
                await aside(partial(FileStore(self.folder).remove, self.book.name))
        except LedgerError:
            return


class Journal:
    """The ledger of one flip, from before the call to after the last poll.

    Args:
        ledger: Where it belongs.
        rest: The destination cluster.
        link: Its cluster link.
    """

    def __init__(self, ledger: Ledger, rest: KafkaRest, link: str) -> None:
        self.ledger = ledger
        self._rest = rest
        self._link = link
        self._kept = Kept(kept_folder(), rest.cluster_id, link, ledger.epoch)
        self._is_kept = False
        self._seconds = min(STORE_SECONDS, rest.budget.seconds / _SMALL_SHARE)

    async def open(self, seen: Survey, price: Forecast, warn: Callable[[str], None]) -> Document:
        """Write what is about to happen, or keep it here and say so; the document."""
        earlier = await self._kept.read()
        try:
            async with self.ledger.within(self._seconds):
                earlier = await self.ledger.read() or earlier
                document = opened(seen, price, self.ledger.epoch, self._rest.cluster_id, earlier)
                await self.ledger.write(document)
        except LedgerError as error:
            # With a region down, a dead ledger must not keep the topics read-only: the offsets stay on the server.
            warn(f"failing over without a journal: {error}")
            document = opened(seen, price, self.ledger.epoch, self._rest.cluster_id, earlier)
            self._is_kept = await self._kept.write(document)
            if not self._is_kept:
                warn(f"nor can the groups' offsets be kept in {self._kept.folder}: the ledger will call them unknown")
        return document

    async def close(self, document: Document, seen: Survey, findings: Iterable[Finding]) -> str | Unwritten:
        """Write what the server says now; the ledger's digest, or the command that writes it later."""
        try:
            async with self.ledger.within(self._seconds):
                digest = await self.ledger.write(closed(document, seen, findings))
        except LedgerError as error:
            return Unwritten(error.problem, self._command())
        await self._kept.forget()
        return digest

    def _command(self) -> tuple[str, ...]:
        where = ("--ledger", self.ledger.url, "--cluster", self._rest.cluster_id, "--link", self._link)
        what = ("--epoch", str(self.ledger.epoch), "--dr-rest", self._rest.endpoint)
        kept = ("--kept", str(self._kept.folder)) if self._is_kept else ()
        return ("drctl", "recover", "plan", "--from-link", *where, *what, *kept)


def kept_folder() -> Path:
    """Where first looks are kept: the user's folder for state (XDG), or the system's for what is temporary."""
    try:
        home = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser().absolute()
    except RuntimeError:  # A user without a home, as in a container.
        home = Path(tempfile.gettempdir())
    return home / "kafka-dr"
