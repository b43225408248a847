"""Consul's key-value store as a pointer: a transaction that checks `ModifyIndex` is the compare-and-set."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

import consul
from consul.callback import CB

from kafkadr.errors import DrError, UnreachableError
from kafkadr.pointer import store
from kafkadr.pointer.active import Active, parse_active
from kafkadr.pointer.store import Found
from kafkadr.remote.address import Address
from kafkadr.remote.errors import DamagedError, DeniedError, ReadOnlyError
from kafkadr.remote.quiet import quiet
from kafkadr.remote.web import STRANGE, TIMEOUTS, RedirectError, bound


class ConsulPointer:
    """One key, with every move once more under `<key>/history/`, written in one transaction; see `PointerStore`.

    Consul keeps no earlier values, so the history has keys of its own. The mark is the key's `ModifyIndex`.

    Args:
        address: `consul+https://host:port/<key>`.
    """

    def __init__(self, address: Address) -> None:
        self._where = address
        self._key = address.path

    def read(self) -> Active | None:
        """See `PointerStore`."""
        found = self._get(self._key, "default")
        return None if found is None else parse_active(found[0], self.address())

    def move(self, wanted: Active) -> Active:
        """See `PointerStore`."""
        return store.move(self, wanted)

    def history(self) -> list[Active]:
        """See `PointerStore`; one call."""
        with self._talk(writing=False) as client:
            _, found = client.kv.get(f"{self._key}/history/", recurse=True)
            moves = sorted(((str(item["Key"]), bytes(item["Value"] or b"")) for item in found or []), reverse=True)
        return [parse_active(value, self.address()) for _, value in moves]

    def address(self) -> str:
        """See `PointerStore`."""
        return f"{self._where.scheme.partition('+')[0]}+{self._where.origin}/{self._key}"

    def load(self) -> Found[int]:
        """See `Slot`; asks the leader for sure, as a follower may lag behind."""
        found = self._get(self._key, "consistent")
        if found is not None:
            return Found(parse_active(found[0], self.address()), found[1])
        return Found(next(iter(self.history()), None), 0, stands=False)

    def swap(self, mark: int, wanted: Active) -> bool:
        """See `Slot`."""
        value = base64.b64encode(wanted.to_json().encode()).decode()
        past = f"{self._key}/history/{wanted.epoch:010}-{mark:020}"
        deeds = [
            {"KV": {"Verb": "cas", "Key": self._key, "Value": value, "Index": mark}},
            {"KV": {"Verb": "set", "Key": past, "Value": value}},
        ]
        with self._talk(writing=True) as client:
            try:
                # Not client.txn.put: that sends the request without the token (py-consul 1.8).
                client.http.put(CB.json(), "/v1/txn", data=json.dumps(deeds), headers=client.prepare_headers())
            except consul.exceptions.ClientError as error:
                if "permission denied" in str(error).lower():  # a transaction tells that as a conflict, too
                    raise consul.exceptions.ACLPermissionDenied from None
                if not str(error).startswith("409"):
                    raise
                return False
        return True

    def _get(self, key: str, consistency: str) -> tuple[bytes, int] | None:
        """Value and `ModifyIndex`."""
        with self._talk(writing=False) as client:
            found = client.kv.get(key, consistency=consistency)[1]
            return None if found is None else (bytes(found["Value"] or b""), int(found["ModifyIndex"]))

    @contextmanager
    def _talk(self, *, writing: bool) -> Iterator[consul.Consul]:
        certificate = os.environ.get("CONSUL_CLIENT_CERT"), os.environ.get("CONSUL_CLIENT_KEY")
        problem: DrError | None = None
        try:
            # A certificate that cannot be read is an OSError (as RequestException is), of this pointer.
            with quiet():
                client = consul.Consul(
                    f"[{self._where.host}]" if ":" in self._where.host else self._where.host,
                    self._where.port or (8501 if self._where.scheme.endswith("s") else 8500),
                    scheme=self._where.scheme.partition("+")[2],
                    verify=os.environ.get("CONSUL_CACERT") or True,
                    cert=certificate if all(certificate) else None,
                    connections_timeout=TIMEOUTS,
                )
                with client.http.session as session:
                    bound(session, self._where.origin)
                    yield client
        except (consul.ConsulException, OSError) as error:
            problem = self._told(error, writing=writing)
        except STRANGE:
            problem = DamagedError(f"{self.address()} does not answer as Consul does", "Check the pointer's address")
        if problem is not None:
            raise problem

    def _told(self, error: Exception, *, writing: bool) -> DrError:
        verb = "moved" if writing else "read"
        if isinstance(error, consul.exceptions.ACLPermissionDenied | consul.exceptions.ACLDisabled):
            kind = ReadOnlyError if writing else DeniedError
            return kind(
                f"{self.address()} may not be {verb} with this token",
                "Check CONSUL_HTTP_TOKEN; rights: docs/vaults-and-pointers.md",
            )
        if isinstance(error, RedirectError):
            said = f"{self.address()} cannot be {verb}: it {error}; the token was not sent there"
            return UnreachableError(said, "Name the agent or server that answers by itself")
        return UnreachableError(
            f"{self.address()} cannot be {verb} ({type(error).__name__})", "Is Consul up, with a leader?"
        )
