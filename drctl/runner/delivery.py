"""How the child gets its connection: in its environment, or in a private file whose path is in its environment."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

from kafkadr.clients import Connection, environment, java_properties
from kafkadr.clients.connection import SettingsError
from kafkadr.clients.formats import HEADER, librdkafka_file, public_environment
from kafkadr.remote import files


class Format(StrEnum):
    """What the child reads."""

    ENV = "env"
    LIBRDKAFKA = "librdkafka"
    JAVA = "java"


_RENDER: Mapping[Format, Callable[[Connection], str]] = {
    Format.LIBRDKAFKA: librdkafka_file,
    Format.JAVA: java_properties,
}
_NAMES = {Format.LIBRDKAFKA: "librdkafka.conf", Format.JAVA: "client.properties"}
_SECRETS = ("KAFKADR_SASL_USERNAME", "KAFKADR_SASL_PASSWORD", "KAFKADR_CONFIG_FILE")


class Delivery:
    """Delivers connections in one format.

    Args:
        form: The format.
        path: File to write; None for one in a private folder, made when it is needed.

    Raises:
        SettingsError: The path cannot be used.
    """

    def __init__(self, form: Format, path: Path | None) -> None:
        if path is not None and form is Format.ENV:
            raise SettingsError("--file needs a file's format", "Add --format librdkafka or --format java")
        if path is not None:
            _check(path)
        self._form = form
        self._path = path.absolute() if path else None
        self._folder: Path | None = None

    def environment(self, connection: Connection) -> dict[str, str]:
        """The child's whole environment; the file, if any, is written anew (0600).

        Raises:
            UnreachableError: It cannot be written.
        """
        inherited = {name: value for name, value in os.environ.items() if name not in _SECRETS}
        if self._form is Format.ENV:
            return inherited | environment(connection)
        path = self._target()
        with files.told(path, writing=True):
            files.replace(path, _RENDER[self._form](connection).encode())
        return inherited | public_environment(connection) | {"KAFKADR_CONFIG_FILE": str(path)}

    def remove(self) -> None:
        """Leave nothing behind."""
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
        elif self._path and self._form is not Format.ENV and self._path.is_file() and _ours(self._path):
            self._path.unlink(missing_ok=True)

    def _target(self) -> Path:
        if self._path:
            return self._path
        if self._folder is None:
            with files.told(Path(tempfile.gettempdir()), writing=True):
                self._folder = Path(tempfile.mkdtemp(prefix="kafkadr-"))
        return self._folder / _NAMES[self._form]


def _check(path: Path) -> None:
    if not path.parent.is_dir():
        raise SettingsError(f"--file: there is no folder {path.parent}", "Make it, for its owner alone")
    if not path.exists() and not path.is_symlink():
        return
    # A wrapper that was killed leaves its file behind; anything else there is somebody's.
    if not stat.S_ISREG(path.lstat().st_mode) or not _ours(path):
        raise SettingsError(f"--file: {path} is there and not from here", "Move it away, or name another file")


def _ours(path: Path) -> bool:
    with path.open("rb") as file:
        return file.readline().strip() == HEADER.encode()
