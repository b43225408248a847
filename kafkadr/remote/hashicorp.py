"""HashiCorp Vault's KV engine, version 2: bounded, out of the logs, and its errors told in our words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import hvac
from hvac import exceptions as answers

from kafkadr.errors import DrError, UnreachableError
from kafkadr.remote.errors import DamagedError, DeniedError, ReadOnlyError, TooLargeError
from kafkadr.remote.quiet import quiet
from kafkadr.remote.web import STRANGE, TIMEOUTS, RedirectError, bound
from kafkadr.text import clean

LIMIT = 524_288
"""Bytes of one entry: what Vault takes on Consul as its storage (on Raft it takes twice as much)."""

_RIGHTS = "Check VAULT_TOKEN; rights: docs/vaults-and-pointers.md"
_ACTIVE = "Name the active node, or a load balancer that leads to it: a standby redirects when it cannot forward"


@dataclass(frozen=True)
class Stored:
    """The newest version of a path.

    Args:
        data: None where there is no version, or a deleted one.
        version: 0 where there is none: what a compare-and-set compares.
    """

    data: dict[str, Any] | None
    version: int


class KvMount:
    """A KV v2 engine with the token of the environment (`VAULT_TOKEN`, or what the token helper wrote).

    The token is read again for each call: a Vault Agent that renews it by file goes on working.

    Args:
        origin: `https://host:port`.
        mount: Where the engine is mounted.
    """

    def __init__(self, origin: str, mount: str) -> None:
        self._origin = origin
        self._mount = mount

    def where(self, path: str) -> str:
        """The path with its mount, for messages."""
        return f"{self._mount}/{path} of {self._origin}"

    def read(self, path: str, version: int | None = None) -> Stored:
        """A version of a path, the newest by default; one call."""
        with self._talk(path, writing=False) as client:
            try:
                answer = client.secrets.kv.v2.read_secret_version(
                    path, version, mount_point=self._mount, raise_on_deleted_version=True
                )
            except answers.InvalidPath as error:
                answer = self._nothing(error)
            return Stored(answer["data"]["data"], int(answer["data"]["metadata"]["version"]))

    def write(self, path: str, data: dict[str, Any], after: int) -> int | None:
        """Write the version that follows `after`; its number, None when `after` is not the newest any more."""
        with self._talk(path, writing=True) as client:
            try:
                answer = client.secrets.kv.v2.create_or_update_secret(path, data, cas=after, mount_point=self._mount)
            except answers.InvalidRequest as error:
                if "check-and-set" not in str(error):
                    raise
                return None
            return int(answer["data"]["version"])

    def versions(self, path: str) -> list[int]:
        """Numbers of the versions that can be read, newest first."""
        with self._talk(path, writing=False) as client:
            try:
                found = client.secrets.kv.v2.read_secret_metadata(path, mount_point=self._mount)["data"]["versions"]
            except answers.InvalidPath as error:
                self._nothing(error)
                found = {}
            readable = [int(n) for n, about in found.items() if not about["deletion_time"] and not about["destroyed"]]
            return sorted(readable, reverse=True)

    def destroy(self, path: str) -> None:
        """Remove a path with all its versions."""
        with self._talk(path, writing=True) as client:
            client.secrets.kv.v2.delete_metadata_and_all_versions(path, mount_point=self._mount)

    def check_writable(self, path: str) -> None:
        """Ask whether this token may write a new version there.

        Raises:
            ReadOnlyError: It may not.
        """
        full = f"{self._mount}/data/{path}"
        with self._talk(path, writing=True) as client:
            may = set(map(str, client.sys.get_capabilities([full])["data"][full]))
        if not {"root", "update"} & may:
            raise ReadOnlyError(f"this token may only {', '.join(sorted(may))} on {self.where(path)}", _RIGHTS)

    def _not_version_2(self) -> DamagedError:
        return DamagedError(
            f"the engine at {self._mount} of {self._origin} does not answer as KV version 2 does",
            "Mount a KV engine of version 2 there, or name another mount",
        )

    def _nothing(self, error: answers.InvalidPath) -> dict[str, Any]:
        """What a 404 says: a deleted version, no path, or no engine (which alone has words for it)."""
        if error.errors:
            raise error
        metadata = ((error.json or {}).get("data") or {}).get("metadata") or {"version": 0}
        return {"data": {"data": None, "metadata": metadata}}

    @contextmanager
    def _talk(self, path: str, *, writing: bool) -> Iterator[hvac.Client]:
        problem: DrError | None = None
        try:
            # A certificate or a token file that cannot be read is an OSError (as RequestException is), of this vault.
            with quiet():
                client = hvac.Client(self._origin, timeout=TIMEOUTS, namespace=os.environ.get("VAULT_NAMESPACE"))
                with client.session as session:
                    bound(session, self._origin)
                    yield client
        except (answers.VaultError, OSError) as error:
            problem = self._told(error, path, writing=writing)
        except STRANGE:
            problem = self._not_version_2()
        if problem is not None:
            raise problem

    def _told(self, error: Exception, path: str, *, writing: bool) -> DrError:
        where = self.where(path)
        verb = "written" if writing else "read"
        if isinstance(error, answers.Forbidden | answers.Unauthorized):
            kind = ReadOnlyError if writing else DeniedError
            return kind(f"{where} may not be {verb} with this token", _RIGHTS)
        if isinstance(error, answers.InvalidPath):
            return DrError(f"{where} cannot be {verb}: {clean(str(error))}", "Mount a KV engine of version 2 there")
        if isinstance(error, answers.InvalidRequest):
            if "too large" in str(error):
                return TooLargeError(f"{where} was refused as too large", "Store less in it")
            # The message may repeat what was sent.
            return DrError(f"{where} was refused as invalid", "Look at the server's log")
        if isinstance(error, RedirectError):
            return UnreachableError(f"{where} cannot be {verb}: it {error}; the token was not sent there", _ACTIVE)
        kind_of = type(error).__name__
        return UnreachableError(
            f"{where} cannot be {verb} ({kind_of})", "Is Vault up, unsealed, and its address right?"
        )
