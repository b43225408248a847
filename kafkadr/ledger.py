"""The offset ledger: what a flip left behind, kept outside state and longer than the link (S93-S95).

One JSON document per link and epoch. It is written before the batch call (`open`: what was about to happen) and
after the last poll (`closed`: what the server says), so that a run killed in between loses nothing. Every write is a
compare-and-set: a rerun of the flip and two operators who acknowledge at the same time keep each other's words.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any
from urllib.parse import quote

from kafkadr.aside import aside
from kafkadr.ledger_store import LedgerError, LedgerStore, open_store, using
from kafkadr.receipts import serialised
from kafkadr.settling import Document, merged, partitions_of

__all__ = [
    "Ledger",
    "LedgerError",
    "LedgerStore",
    "epochs_of",
    "now",
    "open_store",
]

_TRIES = 50
_REMEDY = "Check the store; the offsets stay readable on the server as long as the link exists"
_CALL_SECONDS = 60.0  # more than the tries of S3 add up to; mounted storage knows no limit of its own


class Ledger:
    """The ledger document of one link and epoch.

    Args:
        url: Store, see `open_store`.
        cluster_id: The destination cluster.
        link: Its cluster link.
        epoch: Term number.
    """

    def __init__(self, url: str, cluster_id: str, link: str, epoch: int) -> None:
        self.url = url
        self.epoch = epoch
        self.name = f"{_folder(cluster_id, link)}/epoch-{epoch}.json"

    @cached_property
    def store(self) -> LedgerStore:
        """Opened by whoever uses it first: a wrong address is then told like any other trouble with the ledger."""
        return open_store(self.url)

    @property
    def address(self) -> str:
        """Where a human finds the document."""
        try:
            return self.store.address(self.name)
        except LedgerError:
            return f"{self.url}/{self.name}"

    @asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        """Whatever is asked of the ledger in here must be answered within this time, all of it together.

        Raises:
            LedgerError: It was not; a call that hangs goes on unheard.
        """
        with using(f"the ledger at {self.address}", _REMEDY):
            async with asyncio.timeout(seconds):
                yield

    async def read(self) -> Document | None:
        """The document, None when nothing was written for this epoch."""
        return self._parsed(await self._guarded("read"))

    async def write(self, document: Document) -> str:
        """Write what a flip knows and keep what was acknowledged; the SHA-256 digest, which goes into state."""

        def change(current: Document | None) -> Document:
            if current is None:
                return {"openedAt": now()} | document
            return merged(document, current)

        return await self.update(change)

    async def update(self, change: Callable[[Document | None], Document]) -> str:
        """Compute the document from the one that is there, again if another writer came first; its SHA-256 digest.

        Raises:
            LedgerError: The store cannot be used, or other writers came first every time.
        """
        for _ in range(_TRIES):
            old = await self._guarded("read")
            new = serialised(change(self._parsed(old)))
            if new == old or await self._guarded("exchange", old, new):
                return hashlib.sha256(new).hexdigest()
            await asyncio.sleep(random.random() / 10)  # noqa: S311 - jitter, not cryptography
        raise LedgerError(f"others keep writing to {self.address}", "Run the same command again")

    def _parsed(self, raw: bytes | None) -> Document | None:
        if raw is None:
            return None
        try:
            document: Document = json.loads(raw)
            list(partitions_of(document))
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            raise LedgerError(f"{self.address} is not a ledger document", "Move the file away and run again") from None
        return document

    async def _guarded(self, call: str, *arguments: object) -> Any:
        return await _guarded(self.address, partial(getattr(self.store, call), self.name, *arguments))


async def epochs_of(url: str, cluster_id: str, link: str) -> list[int]:
    """Epochs for which there is a ledger document of this link, in order.

    Raises:
        LedgerError: The store cannot be used.
    """
    store, folder = open_store(url), _folder(cluster_id, link)
    names: list[str] = await _guarded(store.address(folder), partial(store.names, folder))
    return sorted(int(found[1]) for name in names if (found := re.search(r"/epoch-(\d+)\.json$", name)))


def now() -> str:
    """This moment, RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _folder(cluster_id: str, link: str) -> str:
    return f"{quote(cluster_id, safe='')}/{quote(link, safe='')}"


async def _guarded(address: str, call: Callable[[], Any]) -> Any:
    with using(f"the ledger at {address}", _REMEDY):
        return await aside(call, _CALL_SECONDS)
