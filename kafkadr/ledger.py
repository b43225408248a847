"""The offset ledger: what a flip left behind, kept outside state and longer than the link (S93-S95).

One JSON document per link and epoch. It is written before the batch call (`open`: what was about to happen) and
after the last poll (`closed`: what the server says), so that a run killed in between loses nothing. Every write is a
compare-and-set: a rerun of the flip and two operators who acknowledge at the same time keep each other's words.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import random
import re
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kafkadr.errors import DrError
from kafkadr.settling import Document, merged

_TRIES = 50
_LOST_RACE = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_TIMEOUTS = Config(connect_timeout=3, read_timeout=15, retries={"max_attempts": 3, "mode": "standard"})
_CALL_SECONDS = 60.0  # more than the tries of S3 add up to; mounted storage knows no limit of its own


class LedgerError(DrError):
    """The ledger could not be read or written."""


class LedgerStore(Protocol):
    """Somewhere that survives the failed region."""

    def read(self, name: str) -> bytes | None:
        """The document, None when there is none."""

    def exchange(self, name: str, old: bytes | None, new: bytes) -> bool:
        """Replace the document if it is still `old` (None: if there is none); a reader sees the old one or the new.

        Returns:
            False when it is another one by now, and nothing was written.
        """

    def names(self, folder: str) -> list[str]:
        """Names of the documents in a folder, sorted."""

    def address(self, name: str) -> str:
        """Where a human finds the document."""


class FileStore:
    """Documents in a folder: for local runs and for mounted, replicated storage."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> bytes | None:
        """See `LedgerStore`."""
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def exchange(self, name: str, old: bytes | None, new: bytes) -> bool:
        """See `LedgerStore`; the file is private (0600) and on disk before the old one goes."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(path.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.read(name) != old:
                return False
            self._replace(path, new)
        return True

    def names(self, folder: str) -> list[str]:
        """See `LedgerStore`."""
        return sorted(f"{folder}/{p.name}" for p in (self.folder / folder).glob("*.json"))

    def _replace(self, path: Path, document: bytes) -> None:
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(document)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def address(self, name: str) -> str:
        """See `LedgerStore`."""
        return (self.folder / name).absolute().as_uri()


class S3Store:
    """Documents in an S3 bucket, which must not lie in the primary's region."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._client = boto3.client("s3", config=_TIMEOUTS)
        self._bucket = bucket
        self._prefix = prefix.strip("/")

    def read(self, name: str) -> bytes | None:
        """See `LedgerStore`."""
        found = self._get(name)
        return found[0] if found else None

    def exchange(self, name: str, old: bytes | None, new: bytes) -> bool:
        """See `LedgerStore`; S3 itself compares, by ETag."""
        found = self._get(name)
        if (found[0] if found else None) != old:
            return False
        condition = {"IfMatch": found[1]} if found else {"IfNoneMatch": "*"}
        where = {"Bucket": self._bucket, "Key": self._key(name), "ContentType": "application/json"}
        try:
            self._client.put_object(**where, **condition, Body=new)
        except ClientError as error:
            if error.response["Error"]["Code"] in _LOST_RACE:
                return False
            raise
        return True

    def names(self, folder: str) -> list[str]:
        """See `LedgerStore`."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._key(folder) + "/"
        )
        keys = (entry["Key"] for page in pages for entry in page.get("Contents", ()))
        return sorted(f"{folder}/{key.rsplit('/', 1)[1]}" for key in keys if key.endswith(".json"))

    def address(self, name: str) -> str:
        """See `LedgerStore`."""
        return f"s3://{self._bucket}/{self._key(name)}"

    def _get(self, name: str) -> tuple[bytes, str] | None:
        """Document and ETag."""
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=self._key(name))
        except self._client.exceptions.NoSuchKey:
            return None
        return bytes(found["Body"].read()), str(found["ETag"])

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name


def open_store(url: str) -> LedgerStore:
    """The store behind `file:///folder` or `s3://bucket/prefix`.

    Raises:
        LedgerError: The address is neither.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path and not parts.netloc:
        return FileStore(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        return S3Store(parts.netloc, parts.path)
    raise LedgerError(f"{url!r} is no ledger address", "Use file:///folder or s3://bucket/prefix")


class Ledger:
    """The ledger document of one link and epoch.

    Args:
        url: Store, see `open_store`.
        cluster_id: The destination cluster.
        link: Its cluster link.
        epoch: Term number.
    """

    def __init__(self, url: str, cluster_id: str, link: str, epoch: int) -> None:
        self.store = open_store(url)
        self.epoch = epoch
        self.name = f"{_folder(cluster_id, link)}/epoch-{epoch}.json"

    @property
    def address(self) -> str:
        """Where a human finds the document."""
        return self.store.address(self.name)

    async def read(self) -> Document | None:
        """The document, None when nothing was written for this epoch."""
        return self._parsed(await self._guarded(self.store.read, self.name))

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
            old = await self._guarded(self.store.read, self.name)
            new = json.dumps(change(self._parsed(old)), indent=1, sort_keys=True).encode()
            if new == old or await self._guarded(self.store.exchange, self.name, old, new):
                return hashlib.sha256(new).hexdigest()
            await asyncio.sleep(random.random() / 10)  # noqa: S311 - jitter, not cryptography
        raise LedgerError(f"others keep writing to {self.address}", "Run the same command again")

    def _parsed(self, raw: bytes | None) -> Document | None:
        if raw is None:
            return None
        try:
            document = json.loads(raw)
        except ValueError:
            document = None
        if not (isinstance(document, dict) and isinstance(document.get("topics"), dict)):
            raise LedgerError(f"{self.address} is not a ledger document", "Move the file away and run again")
        return document

    async def _guarded(self, call: Any, *arguments: object) -> Any:
        return await _guarded(self.address, call, *arguments)


async def epochs_of(url: str, cluster_id: str, link: str) -> list[int]:
    """Epochs for which there is a ledger document of this link, in order.

    Raises:
        LedgerError: The store cannot be used.
    """
    store, folder = open_store(url), _folder(cluster_id, link)
    names: list[str] = await _guarded(store.address(folder), store.names, folder)
    return sorted(int(found[1]) for name in names if (found := re.search(r"/epoch-(\d+)\.json$", name)))


def now() -> str:
    """This moment, RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _folder(cluster_id: str, link: str) -> str:
    return f"{quote(cluster_id, safe='')}/{quote(link, safe='')}"


async def _guarded(address: str, call: Any, *arguments: object) -> Any:
    try:
        async with asyncio.timeout(_CALL_SECONDS):
            return await asyncio.to_thread(call, *arguments)
    except (OSError, BotoCoreError, ClientError) as error:
        raise LedgerError(
            f"the ledger at {address} cannot be used ({type(error).__name__}: {error})",
            "Check the store; the offsets stay readable on the server as long as the link exists",
        ) from None
