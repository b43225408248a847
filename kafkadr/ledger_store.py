"""Where ledger documents lie: outside the failed region, replaced as a whole and only by who saw what is there."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kafkadr.errors import DrError

_LOST_RACE = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_TIMEOUTS = Config(connect_timeout=3, read_timeout=15, retries={"max_attempts": 3, "mode": "standard"})


class LedgerError(DrError):
    """The ledger could not be read or written."""


@contextmanager
def using(address: str, remedy: str) -> Iterator[None]:
    """Tell trouble with a store as such.

    Raises:
        LedgerError: The store cannot be used.
    """
    try:
        yield
    except (OSError, BotoCoreError, ClientError) as error:
        raise LedgerError(f"{address} cannot be used ({type(error).__name__}: {error})", remedy) from None


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
