"""A work copy of the project: the committed stack file is never touched by a demo."""

from __future__ import annotations

import difflib
import fcntl
import re
import shutil
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
STACK = "local"
COPIED = ("Pulumi.yaml", "stacks", "estate")
LINKED = ("__main__.py", "components", "kafkadr", "provider")
ADDED = ("change", "approved", "acceptLoss")
"""Keys that are not there at birth."""
LAST = r"^\s*kafka-dr:epoch:.*$"
"""The line after which a key comes that was not there."""
MARK = ".kafka-dr-demo"
"""File that says: this folder is a demo's and may be emptied by the next one."""


class WorkspaceError(Exception):
    """The folder cannot be the work copy."""


class Workspace:
    """A folder that Pulumi takes for the project: program and plugins linked, stack file copied. A context manager.

    Args:
        folder: Emptied and filled anew.
        port: Where the emulator listens.
        preferred: The port the committed stack file names.

    Raises:
        WorkspaceError: The folder holds something else, or another demo is running in it.
    """

    def __init__(self, folder: Path, port: int, preferred: int) -> None:
        self.folder = folder
        if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
            raise WorkspaceError(f"{folder} is not empty and no work copy of a demo; name another folder")
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._lock = folder.with_name(folder.name + ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise WorkspaceError(f"another demo is running in {folder}; name another folder with --folder") from None
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "state").mkdir(parents=True)
        (folder / MARK).touch()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, folder / name)
        for name in LINKED:
            (folder / name).symlink_to(ROOT / name)
        (folder / "estate" / "__main__.py").unlink()
        (folder / "estate" / "__main__.py").symlink_to(ROOT / "estate" / "__main__.py")
        self.stack_file = folder / "stacks" / f"Pulumi.{STACK}.yaml"
        self.estate_file = folder / "estate" / f"Pulumi.{STACK}.yaml"
        text = self.estate_file.read_text(encoding="utf-8")
        self.estate_file.write_text(text.replace(f"127.0.0.1:{preferred}", f"127.0.0.1:{port}"), encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    @property
    def backend_url(self) -> str:
        """Pulumi's file backend inside the work copy."""
        return f"file://{self.folder / 'state'}"

    def edit(self, **keys: str | int | None) -> list[str]:
        """Set keys of a move in the switch's stack file, line by line as a person would; None takes a line out.

        Returns:
            The edit as the changed lines of a diff, `-` before `+`.

        Raises:
            KeyError: The stack file has no line for a key and none to put it after.
        """
        before = self.stack_file.read_text(encoding="utf-8")
        after = before
        for key, value in keys.items():
            # Pulumi quotes a number when it saves the file; what was quoted stays so.
            line = rf"""^(\s*kafka-dr:{key}: *)("?)[^\n#"]*("?)(\s*#[^\n]*)?$"""
            if value is None:
                after = re.sub(line + r"\n?", "", after, flags=re.MULTILINE)
                continue
            after, count = re.subn(line, rf"\g<1>\g<2>{value}\g<3>\g<4>", after, flags=re.MULTILINE)
            if count == 0 and key in ADDED:
                after, count = re.subn(LAST, rf"\g<0>\n  kafka-dr:{key}: {value}", after, flags=re.MULTILINE)
            if count != 1:
                raise KeyError(f"kafka-dr:{key} stands {count} times in {self.stack_file.name}")
        self.stack_file.write_text(after, encoding="utf-8")
        lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
        return [re.sub(r"\s+#.*$", "", line) for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]
