"""HashiCorp Vault's KV engine, version 2, as a vault: one path per entry, its data the flat map."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from kafkadr.errors import UnreachableError
from kafkadr.remote.hashicorp import LIMIT, KvMount
from kafkadr.vault.entry import Entry, check_name, check_owner, from_document, same_values, to_document, to_json

_ATTEMPTS = 3


class HashicorpVault:
    """Paths `<mount>/<prefix>/<client>/<site>`; see `Vault`.

    An entry whose newest version was deleted by hand counts as absent: the next version takes its place, and what
    was deleted can still be undeleted as an older one.

    Args:
        address: `vault+https://host:port`.
        mount: The engine.
        prefix: Folder within it, may be empty.
    """

    def __init__(self, address: str, mount: str, prefix: str) -> None:
        self._engine = KvMount(address.partition("+")[2], mount)
        self._prefix = prefix
        self._root = "/".join(part for part in (address, mount, prefix) if part)

    def reserve(self, name: str, owner: str) -> None:
        """See `Vault`; for an entry that is there, Vault is asked what this token may do."""
        path = self._path(name)
        self._engine.check_writable(path)
        if not self._found(name)[0]:
            self._write(name, {}, owner)
            return
        self._owned(name, owner)

    def write(self, name: str, values: Mapping[str, SecretStr], owner: str) -> str:
        """See `Vault`."""
        return self._write(name, values, owner)

    def read(self, name: str) -> Entry | None:
        """See `Vault`; one call."""
        return self._found(name)[0]

    def delete(self, name: str, owner: str) -> None:
        """See `Vault`; with all versions."""
        if self._owned(name, owner) is not None:
            self._engine.destroy(self._path(name))

    def address(self, name: str) -> str:
        """See `Vault`."""
        return f"{self._root}/{check_name(name)}"

    def _path(self, name: str) -> str:
        return f"{self._prefix}/{check_name(name)}" if self._prefix else check_name(name)

    def _found(self, name: str) -> tuple[Entry | None, int]:
        stored = self._engine.read(self._path(name))
        if stored.data is None:
            return None, stored.version
        return from_document(stored.data, str(stored.version), self.address(name)), stored.version

    def _owned(self, name: str, owner: str) -> Entry | None:
        found, _ = self._found(name)
        if found is not None:
            check_owner(found, owner, self.address(name))
        return found

    def _write(self, name: str, values: Mapping[str, SecretStr], owner: str) -> str:
        document = to_document(values, owner)
        to_json(document, self.address(name), LIMIT)
        for _ in range(_ATTEMPTS):
            found, version = self._found(name)
            if found is not None:
                check_owner(found, owner, self.address(name))
                if same_values(found, values):
                    return found.version
            written = self._engine.write(self._path(name), document, version)
            if written is not None:
                return str(written)
        raise UnreachableError(f"{self.address(name)} changes all the time", "Find out who else writes it")
