"""A vault in a folder, for local runs and for mounted secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from kafkadr.remote import files
from kafkadr.vault.entry import Entry, check_name, check_owner, from_json, same_values, to_document, to_json

_LIMIT = 65_536
_VERSION = "_version"


class FileVault:
    """One private file per entry at `<folder>/<client>/<site>`; see `Vault`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def reserve(self, name: str, owner: str) -> None:
        """See `Vault`; writing the file anew, as it is, is the proof."""
        path = self._path(name)
        with files.told(path, writing=True), files.locked(self.folder):
            found = self._found(name)
            if found is not None:
                check_owner(found, owner, self.address(name))
            self._store(name, found or Entry({}, "1", owner))

    def write(self, name: str, values: Mapping[str, SecretStr], owner: str) -> str:
        """See `Vault`."""
        path = self._path(name)
        with files.told(path, writing=True), files.locked(self.folder):
            found = self._found(name)
            if found is not None:
                check_owner(found, owner, self.address(name))
                if same_values(found, values):
                    return found.version
            entry = Entry(dict(values), str(int(found.version) + 1 if found else 1), owner)
            self._store(name, entry)
            return entry.version

    def read(self, name: str) -> Entry | None:
        """See `Vault`."""
        with files.told(self._path(name), writing=False):
            return self._found(name)

    def delete(self, name: str, owner: str) -> None:
        """See `Vault`."""
        path = self._path(name)
        with files.told(path, writing=True), files.locked(self.folder):
            found = self._found(name)
            if found is not None:
                check_owner(found, owner, self.address(name))
                path.unlink()

    def address(self, name: str) -> str:
        """See `Vault`."""
        return self._path(name).absolute().as_uri()

    def _path(self, name: str) -> Path:
        return self.folder / check_name(name)

    def _found(self, name: str) -> Entry | None:
        raw = files.read(self._path(name))
        if raw is None:
            return None
        entry = from_json(raw, "", self.address(name))
        return Entry(entry.values, str(json.loads(raw).get(_VERSION, "1")), entry.owner)

    def _store(self, name: str, entry: Entry) -> None:
        document = to_document(entry.values, entry.owner) | {_VERSION: entry.version}
        files.replace(self._path(name), to_json(document, self.address(name), _LIMIT).encode())
