"""The offset ledger: what a flip left behind, kept outside state and longer than the link (S93-S95).

One JSON document per link and epoch. It is written before the batch call (`open`: what was about to happen) and
after the last poll (`closed`: what the server says), so that a run killed in between loses nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kafkadr.errors import DrError

_TIMEOUTS = Config(connect_timeout=3, read_timeout=15, retries={"max_attempts": 3, "mode": "standard"})


class LedgerError(DrError):
    """The ledger could not be read or written."""


class LedgerStore(Protocol):
    """Somewhere that survives the failed region."""

    def read(self, name: str) -> bytes | None:
        """The document, None when there is none."""

    def write(self, name: str, document: bytes) -> None:
        """Replace the document as a whole: a reader sees the old one or the new one."""

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

    def write(self, name: str, document: bytes) -> None:
        """See `LedgerStore`; the file is private (0600) and on disk before the old one goes."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
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
        try:
            return bytes(self._client.get_object(Bucket=self._bucket, Key=self._key(name))["Body"].read())
        except self._client.exceptions.NoSuchKey:
            return None

    def write(self, name: str, document: bytes) -> None:
        """See `LedgerStore`."""
        self._client.put_object(Bucket=self._bucket, Key=self._key(name), Body=document, ContentType="application/json")

    def address(self, name: str) -> str:
        """See `LedgerStore`."""
        return f"s3://{self._bucket}/{self._key(name)}"

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
        self.name = f"{quote(cluster_id, safe='')}/{quote(link, safe='')}/epoch-{epoch}.json"

    @property
    def address(self) -> str:
        """Where a human finds the document."""
        return self.store.address(self.name)

    async def read(self) -> dict[str, Any] | None:
        """The document, None when nothing was written for this epoch."""
        raw = await self._guarded(self.store.read, self.name)
        if raw is None:
            return None
        try:
            document = json.loads(raw)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise LedgerError(f"{self.address} is not a ledger document", "Move the file away and run again")
        return document

    async def write(self, document: dict[str, Any]) -> str:
        """Write the document; its SHA-256 digest, which goes into state."""
        raw = json.dumps(document, indent=1, sort_keys=True).encode()
        await self._guarded(self.store.write, self.name, raw)
        return hashlib.sha256(raw).hexdigest()

    async def _guarded(self, call: Any, *arguments: object) -> Any:
        try:
            return await asyncio.to_thread(call, *arguments)
        except (OSError, BotoCoreError, ClientError) as error:
            raise LedgerError(
                f"the ledger at {self.address} cannot be used ({type(error).__name__}: {error})",
                "Check the store; the offsets stay readable on the server as long as the link exists",
            ) from None
