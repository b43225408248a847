"""Ledger documents in S3. A module of its own: boto3 is slow to import, and only who has such a store needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_LOST_RACE = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
TIMEOUTS = Config(connect_timeout=3, read_timeout=15, retries={"max_attempts": 3, "mode": "standard"})


class S3Error(OSError):
    """The bucket cannot be used."""


@contextmanager
def _told() -> Iterator[None]:
    """S3's errors as those of any other store, bad settings of the client among them (`ValueError`: its endpoint)."""
    try:
        yield
    except (BotoCoreError, ClientError, ValueError) as error:
        raise S3Error(f"{type(error).__name__}: {error}") from None


class S3Store:
    """Documents in an S3 bucket, which must not lie in the primary's region."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = bucket
        self._prefix = prefix.strip("/")

    @cached_property
    def _client(self) -> Any:
        """Made by the first call, which tells what is wrong with profile, region or endpoint.

        A session of its own: making clients from boto3's default session is not safe in threads.
        """
        return Session().client("s3", config=TIMEOUTS)

    def read(self, name: str) -> bytes | None:
        """See `LedgerStore`."""
        with _told():
            found = self._get(name)
        return found[0] if found else None

    def exchange(self, name: str, old: bytes | None, new: bytes) -> bool:
        """See `LedgerStore`; S3 itself compares, by ETag."""
        with _told():
            return self._exchange(name, old, new)

    def _exchange(self, name: str, old: bytes | None, new: bytes) -> bool:
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
        where = {"Bucket": self._bucket, "Prefix": self._key(folder) + "/"}
        with _told():
            pages = self._client.get_paginator("list_objects_v2").paginate(**where)
            keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
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
