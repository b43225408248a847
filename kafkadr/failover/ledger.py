"""The ledger of a move: what stayed behind, on which site, per topic and partition.

One document per environment and epoch. It is written before the first call and after the last poll. A store that is
dead costs a failover seconds: mirrors stop and the record moves all the same, and the run ends red with the command
that writes the ledger later.

Beside what `kafkadr.record` describes, the document has `environment`, `change`, `target` and `leaves` (cluster ids),
`staleSince` (the epoch since which the target lacked what was written; 0 for a standby), per topic its `link` and the
cluster `from` which its records came, and `elsewhere`: by cluster id the topics of which nothing of that cluster came
over, so that its records are missing from offset 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from kafkadr.aside import aside
from kafkadr.forecast import Forecast
from kafkadr.ledger import Ledger, LedgerError
from kafkadr.ledger_store import open_store, using
from kafkadr.record import closed, opened
from kafkadr.settling import Document
from kafkadr.survey import Finding, Survey

STORE_SECONDS = 5.0
"""How long a failover waits for its ledger before the call, and again after it; less when its budget is small."""
_REMEDY = "Check the store; the offsets stay readable on the server as long as the link exists"


class EnvironmentLedger(Ledger):
    """The ledger of one environment and epoch.

    Args:
        url: `file:///folder` or `s3://bucket/prefix`.
        environment: Name of the environment.
        epoch: Epoch of the move.
    """

    def __init__(self, url: str, environment: str, epoch: int) -> None:
        super().__init__(url, "", "", epoch)
        self.name = f"{quote(environment, safe='')}/epoch-{epoch}.json"


@dataclass(frozen=True)
class Entry:
    """What is known of a move before it begins.

    Args:
        environment: Name of the environment.
        epoch: Epoch of the move.
        change: `failover` or `promote`.
        target: Cluster that becomes active.
        leaves: Cluster that was.
        stale_since: Epoch since which the target lacked what was written; 0 for a standby.
        declared: Mirror names that the environment declares.
    """

    environment: str
    epoch: int
    change: str
    target: str
    leaves: str
    stale_since: int = 0
    declared: tuple[str, ...] = ()

    def document(self, seen: Survey, price: Forecast, sources: Mapping[str, str], earlier: Document | None) -> Document:
        """The document before the first call; a rerun adds to the one that an earlier run wrote."""
        found = opened(seen, price, self.epoch, self.target, earlier)
        found |= {"environment": self.environment, "change": self.change, "target": self.target, "leaves": self.leaves}
        found["staleSince"] = min(filter(None, (self.stale_since, (earlier or {}).get("staleSince"))), default=0)
        return self._placed(found, seen, sources)

    def ended(
        self, document: Document, seen: Survey, findings: Iterable[Finding], sources: Mapping[str, str]
    ) -> Document:
        """The document after the last poll."""
        return self._placed(closed(document, seen, findings), seen, sources)

    def _placed(self, document: Document, seen: Survey, sources: Mapping[str, str]) -> Document:
        links = {m.mirror_topic_name: m.link_name for m in seen.mirrors}
        topics = {}
        for name, topic in document["topics"].items():
            link = links.get(name) or topic.get("link", "")
            topics[name] = topic | {"link": link, "from": sources.get(link) or topic.get("from", "")}
        elsewhere = {place: set(names) for place, names in document.get("elsewhere", {}).items()}
        if self.leaves != self.target:
            came = {name for name, topic in topics.items() if topic["from"] == self.leaves}
            elsewhere.setdefault(self.leaves, set()).update((topics.keys() | set(self.declared)) - came)
        kept = {place: sorted(names) for place, names in sorted(elsewhere.items()) if names}
        return document | {"topics": topics, "elsewhere": kept}


@dataclass(frozen=True)
class Unwritten:
    """A ledger that could not be written: why, in one sentence."""

    problem: str


class Journal:
    """The ledger of one move, from before its first call to after its last poll.

    Args:
        entry: What the move is.
        ledger: Where it is written.
        seconds: Budget of the whole move.
        sources: Cluster id at the other end, by link.
    """

    def __init__(self, entry: Entry, ledger: EnvironmentLedger, seconds: float, sources: Mapping[str, str]) -> None:
        self.entry = entry
        self.ledger = ledger
        self._seconds = min(STORE_SECONDS, seconds / 10)
        self._sources = sources

    async def open(self, seen: Survey, price: Forecast, warn: Callable[[str], None]) -> Document:
        """Write what is about to happen, or say that it could not be written."""
        make = partial(self.entry.document, seen, price, self._sources)
        try:
            async with self.ledger.within(self._seconds):
                document = make(self._own(await self.ledger.read()))
                await self.ledger.write(document)
        except LedgerError as error:
            warn(f"going on without a ledger: {error}")
            return make(None)
        return document

    async def close(self, document: Document, seen: Survey, findings: Iterable[Finding]) -> str | Unwritten:
        """Write what the server says now; the digest of the ledger."""
        document = self.entry.ended(document, seen, findings, self._sources)
        try:
            async with self.ledger.within(self._seconds):
                self._own(await self.ledger.read())
                return await self.ledger.write(document)
        except LedgerError as error:
            return Unwritten(error.problem)

    def _own(self, earlier: Document | None) -> Document | None:
        """The ledger that an earlier run of this very move wrote.

        Raises:
            LedgerError: It is that of another move: a break-glass run without the record may have taken the same epoch.
        """
        if earlier is not None and earlier.get("target") != self.entry.target:
            raise LedgerError(
                f"{self.ledger.address} is of a move to {earlier.get('target')}, not to {self.entry.target}",
                "Nothing of it was overwritten: `drctl recover` reads it; what this move left behind is on the links",
            )
        return earlier


async def newest(url: str, environment: str, seconds: float = STORE_SECONDS) -> tuple[int, str]:
    """Epoch and target of the newest ledger; `(0, "")` when there is none.

    Raises:
        LedgerError: The store cannot be used.
    """
    epochs = await epochs_of(url, environment, seconds)
    if not epochs:
        return 0, ""
    ledger = EnvironmentLedger(url, environment, epochs[-1])
    async with ledger.within(seconds):
        document: dict[str, Any] = await ledger.read() or {}
    return epochs[-1], str(document.get("target", ""))


async def epochs_of(url: str, environment: str, seconds: float = STORE_SECONDS) -> list[int]:
    """Epochs that have a ledger, in order.

    Raises:
        LedgerError: The store cannot be used.
    """
    folder = quote(environment, safe="")
    with using(f"the ledgers at {url}", _REMEDY):
        names = await aside(lambda: open_store(url).names(folder), seconds)
    return sorted(int(found[1]) for name in names if (found := re.search(r"/epoch-(\d+)\.json$", name)))
