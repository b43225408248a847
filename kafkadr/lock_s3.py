"""Pulumi's locks in an S3 bucket. A module of its own: boto3 is slow to import, and few need it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kafkadr.errors import UnreachableError
from kafkadr.ledger_s3 import TIMEOUTS
from kafkadr.lock_store import Place
from kafkadr.locks import LOCKS, Found, found_of


class S3Locks:
    """Locks in a bucket."""

    def __init__(self, bucket: str, prefix: str, place: Place) -> None:
        self._place = place
        self._bucket = bucket
        self._prefix = prefix.strip("/")

    @cached_property
    def _client(self) -> Any:
        """Made by the first call, which tells what is wrong with profile, region or endpoint."""
        place, style = self._place, Config(s3={"addressing_style": "path"}) if self._place.path_style else Config()
        return Session(profile_name=place.profile).client(
            "s3", region_name=place.region, endpoint_url=place.endpoint, config=TIMEOUTS.merge(style)
        )

    def locks(self, stack: str) -> list[Found]:
        """See `LockStore`."""
        folder = "/".join(part for part in (self._prefix, LOCKS, stack) if part) + "/"
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=folder)
            keys = sorted(entry["Key"] for page in pages for entry in page.get("Contents", ()))
            return [found_of(key, self._read(key)) for key in keys if key.endswith(".json")]
        except (BotoCoreError, ClientError, ValueError) as error:
            raise self._unreachable(error) from None

    def remove(self, lock: Found) -> None:
        """See `LockStore`."""
        try:
            self._client.delete_object(Bucket=self._bucket, Key=lock.name)
        except (BotoCoreError, ClientError, ValueError) as error:
            raise self._unreachable(error) from None

    def _read(self, key: str) -> bytes:
        return bytes(self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read())

    def _unreachable(self, error: Exception) -> UnreachableError:
        return UnreachableError(f"s3://{self._bucket} cannot be used ({type(error).__name__}: {error})", "Check access")
