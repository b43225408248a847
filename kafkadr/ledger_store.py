"""Where ledger documents lie: outside the failed region, replaced as a whole and only by who saw what is there."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from kafkadr.errors import DrError, ExitCode
from kafkadr.remote.address import parse_address
from kafkadr.remote.errors import AddressError

_FORMS = {"file": "file:///folder", "s3": "s3://bucket/prefix"}


class LedgerError(DrError):
    """The ledger could not be read or written."""


class LedgerAddressError(LedgerError):
    """The address is not of a form that a ledger's can have."""

    exit_code = ExitCode.USAGE


@contextmanager
def using(address: str, remedy: str) -> Iterator[None]:
    """Tell trouble with a store as such.

    Raises:
        LedgerError: The store cannot be used.
    """
    try:
        yield
    except DrError:
        raise
    except Exception as error:  # noqa: BLE001 - what a client makes of an odd answer is trouble with the store
        why = str(error) or "no answer in time"
        raise LedgerError(f"{address} cannot be used ({type(error).__name__}: {why})", remedy) from None


class LedgerStore(Protocol):
    """Somewhere that survives the failed region. Every method raises `OSError` when the store cannot be used."""

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


def open_store(url: str) -> LedgerStore:
    """The store behind `file:///folder` or `s3://bucket/prefix`.

    Raises:
        LedgerAddressError: The address is neither, or has more in it than that.
    """
    try:
        address = parse_address(url, _FORMS)
    except AddressError as error:
        raise LedgerAddressError(f"ledger: {error.problem}", error.remedy) from None
    if address.scheme == "file":
        return FileStore(address.folder())
    from kafkadr.ledger_s3 import S3Store  # noqa: PLC0415 - boto3 takes a fifth of a second to import

    return S3Store(address.host, address.path)
