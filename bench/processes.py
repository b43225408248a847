"""What a command costs: seconds, and the CPU seconds of each of its processes, told apart by what they are."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_LOOK_SECONDS = 0.1
_TICKS = os.sysconf("SC_CLK_TCK")
_PARTS = (
    ("engine", "/pulumi "),
    ("program", "pulumi-language-python-exec"),
    ("pack", "pulumi-policy-"),
    ("pack", "policies/__main__.py"),
    ("pack", "silent.py"),
)
"""By what stands in the command line; the first that fits."""


class Cost(NamedTuple):
    """One finished command."""

    seconds: float
    cpu: Mapping[str, float]
    code: int
    text: str

    @property
    def resources(self) -> int:
        """How many the preview would create."""
        found = re.search(r"\+ (\d+) to create", self.text)
        return int(found[1]) if found else 0


def measured(process: subprocess.Popen[str]) -> Cost:
    """Wait for a command that leads its own session, as `PulumiStack.start` makes it, and watch its processes."""
    began = time.monotonic()
    seen: dict[str, tuple[str, float]] = {}
    text: list[str] = []
    reader = threading.Thread(target=lambda: text.extend(process.stdout or ()))
    reader.start()
    while process.poll() is None:
        for number, (command, used) in _look(process.pid).items():
            # A process that has ended, and waits to be asked for its exit code, has no command line any more.
            seen[number] = (command or seen.get(number, ("", 0.0))[0], used)
        time.sleep(_LOOK_SECONDS)
    seconds = time.monotonic() - began
    reader.join()
    cpu: dict[str, float] = {}
    for command, used in seen.values():
        part = next((part for part, word in _PARTS if word in command), "else")
        cpu[part] = cpu.get(part, 0.0) + used
    return Cost(seconds, cpu, process.returncode, "".join(text))


def _look(session: int) -> dict[str, tuple[str, float]]:
    """Command line and CPU seconds so far of each process of the session."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.getsid(int(entry.name)) == session:
                fields = (entry / "stat").read_text("utf-8").rpartition(")")[2].split()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found[entry.name] = (command, (int(fields[11]) + int(fields[12])) / _TICKS)
        except OSError:
            continue  # it has ended meanwhile
    return found
