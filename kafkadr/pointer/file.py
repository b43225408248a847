"""A pointer in a file, for local runs."""

from __future__ import annotations

from pathlib import Path

from kafkadr.pointer import store
from kafkadr.pointer.active import Active, parse_active
from kafkadr.pointer.store import Found
from kafkadr.remote import files


class FilePointer:
    """One file, moved under a lock and replaced as a whole; earlier ones in `<file>.history`, a document a line.

    See `PointerStore`. The mark is the file's content.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._past = path.with_name(path.name + ".history")

    def read(self) -> Active | None:
        """See `PointerStore`."""
        with files.told(self.path, writing=False):
            raw = files.read(self.path)
        return None if raw is None else parse_active(raw, self.address())

    def move(self, wanted: Active) -> Active:
        """See `PointerStore`."""
        return store.move(self, wanted)

    def history(self) -> list[Active]:
        """See `PointerStore`."""
        with files.told(self._past, writing=False):
            moves = self._moves(files.read(self.path))
        return [parse_active(line, self._past.as_uri()) for line in reversed(moves)]

    def address(self) -> str:
        """See `PointerStore`."""
        return self.path.absolute().as_uri()

    def load(self) -> Found[bytes | None]:
        """See `Slot`."""
        with files.told(self.path, writing=False):
            raw = files.read(self.path)
        if raw is not None:
            return Found(parse_active(raw, self.address()), raw)
        return Found(next(iter(self.history()), None), None, stands=False)

    def swap(self, mark: bytes | None, wanted: Active) -> bool:
        """See `Slot`; the history is written first, so that no move is ever missing from it."""
        with files.told(self.path, writing=True), files.locked(self.path.parent):
            if files.read(self.path) != mark:
                return False
            line = wanted.to_json().encode()
            files.replace(self._past, b"\n".join([*self._moves(mark), line, b""]))
            files.replace(self.path, line)
            return True

    def _moves(self, stands: bytes | None) -> list[bytes]:
        """The moves that were made, oldest first: what a killed run wrote down and did not carry out is left out."""
        lines = (files.read(self._past) or b"").splitlines()
        while lines and stands is not None and lines[-1] != stands:
            lines.pop()
        return lines
