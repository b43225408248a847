"""HashiCorp Vault's KV engine, version 2, as a pointer: its `cas` is the compare-and-set."""

from __future__ import annotations

import json

from kafkadr.pointer import store
from kafkadr.pointer.active import Active, parse_active
from kafkadr.pointer.store import Found
from kafkadr.remote.hashicorp import KvMount, Stored


class HashicorpPointer:
    """One path, whose versions are the pointer's moves; see `PointerStore`. The mark is the version's number.

    Args:
        address: `vault+https://host:port`.
        mount: The engine.
        path: The path within it.
    """

    def __init__(self, address: str, mount: str, path: str) -> None:
        self._engine = KvMount(address.partition("+")[2], mount)
        self._path = path
        self._address = f"{address}/{mount}/{path}"

    def read(self) -> Active | None:
        """See `PointerStore`."""
        return self._parsed(self._engine.read(self._path))

    def move(self, wanted: Active) -> Active:
        """See `PointerStore`."""
        return store.move(self, wanted)

    def history(self) -> list[Active]:
        """See `PointerStore`; one call for each version, of which the engine keeps ten unless told otherwise."""
        versions = (self._parsed(self._engine.read(self._path, number)) for number in self._engine.versions(self._path))
        return [active for active in versions if active is not None]

    def address(self) -> str:
        """See `PointerStore`."""
        return self._address

    def load(self) -> Found[int]:
        """See `Slot`."""
        stored = self._engine.read(self._path)
        active = self._parsed(stored)
        if active is None and stored.version:
            return Found(next(iter(self.history()), None), stored.version, stands=False)
        return Found(active, stored.version)

    def swap(self, mark: int, wanted: Active) -> bool:
        """See `Slot`."""
        return self._engine.write(self._path, json.loads(wanted.to_json()), mark) is not None

    def _parsed(self, stored: Stored) -> Active | None:
        return None if stored.data is None else parse_active(json.dumps(stored.data), self._address)
