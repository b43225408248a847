"""Private files for local runs: changed under a lock, replaced as a whole, readable by their owner alone."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kafkadr.errors import UnreachableError
from kafkadr.remote.errors import DeniedError, ReadOnlyError

_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@contextmanager
def told(path: Path, *, writing: bool) -> Iterator[None]:
    """Turn what the system says about a path into our errors."""
    try:
        yield
    except OSError as error:
        why = f"{path} cannot be {'written' if writing else 'read'} ({os.strerror(error.errno or 0)})"
        if error.errno not in _DENIED:
            raise UnreachableError(why, "Check that the folder is mounted and not full") from None
        raise (ReadOnlyError if writing else DeniedError)(why, "Give this user the rights on the folder") from None


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, against other processes and other threads; the folder is made (0700) if need be."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A descriptor of its own each time: flock excludes by open file, so two threads exclude each other too.
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def read(path: Path) -> bytes | None:
    """The file, None when there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def replace(path: Path, content: bytes) -> None:
    """Put the content in place of the old one, as a whole and on disk (0600, in folders 0700)."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
