"""Locks of Pulumi's file and object stores: who holds one, and whether that process is provably dead (R13, #25).

Such a lock is a JSON document `{pid, username, hostname, timestamp}` under `.pulumi/locks/<stack>/`, which nothing ever
takes away when its process was killed. It does not say in which PID namespace its process has that number, and
containers can share a host's name. So the end of a process is proven only on its own host, where every process of that
host can be seen, those in its containers too. Any other lock is broken on a person's word alone, and a live one never.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

LOCKS = ".pulumi/locks"
"""Folder of the locks in a backend."""
_ENGINE = "pulumi"
_SLACK_SECONDS = 2.0
_PROC = Path("/proc")
_FIRST_NAMESPACE = "pid:[4026531836]"
"""The kernel's own number of the PID namespace that it starts with (PROC_PID_INIT_INO)."""


class Content(BaseModel):
    """What the engine writes into a lock."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    pid: int = Field(ge=1)
    username: str
    hostname: str
    timestamp: datetime


class Fate(StrEnum):
    """What is known of a lock's process."""

    DEAD = "dead"
    ALIVE = "alive"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Found:
    """A lock.

    Args:
        name: Its name in the store.
        content: What is in it; None when that is no lock of a known form.
    """

    name: str
    content: Content | None

    def age(self, now: float) -> float:
        """Seconds since it was taken, by this host's clock; 0 when that is not known."""
        return max(0.0, now - self.content.timestamp.timestamp()) if self.content else 0.0


def found_of(name: str, raw: bytes) -> Found:
    """A lock as it was read."""
    try:
        return Found(name, Content.model_validate_json(raw))
    except ValidationError:
        return Found(name, None)


@dataclass(frozen=True)
class Process:
    """A running process of this host.

    Args:
        name: Of its executable, 15 characters at most.
        started: When it started, seconds since 1970; None where the system does not tell.
    """

    name: str
    started: float | None


def process_of(pid: int) -> Process | None:
    """The process, None when it has ended; one that only waits to be reaped has."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else Process("", None)
    except OSError:
        return Process("", None)
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    if fields[0] in {"Z", "X"}:
        return None
    return Process(name, _booted() + int(fields[19]) / os.sysconf("SC_CLK_TCK"))


def _booted() -> float:
    text = Path("/proc/stat").read_text("utf-8")
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith("btime ")))


def sees_all() -> bool:
    """Whether every process of this machine can be seen from here: not from a container, nor where /proc hides some."""
    try:
        (_PROC / "1" / "status").read_bytes()
        return str((_PROC / "self" / "ns" / "pid").readlink()) == _FIRST_NAMESPACE
    except OSError:
        # macOS has neither /proc nor PID namespaces.
        return sys.platform == "darwin"


def is_contained(pid: int) -> bool:
    """Whether an engine runs in a container of this machine and has this number in there."""
    for folder in _PROC.glob("[0-9]*"):
        try:
            lines = (folder / "status").read_text("utf-8", "replace").splitlines()
        except OSError:
            continue  # it has just ended
        about = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
        numbers, name, state = about.get("NSpid", []), about.get("Name", []), about.get("State", [])
        ended = state[:1] in (["Z"], ["X"])
        if len(numbers) > 1 and numbers[-1] == str(pid) and name and name[0].startswith(_ENGINE) and not ended:
            return True
    return False


def fate_of(lock: Found, host: str | None = None) -> tuple[Fate, str]:
    """Whether a lock's process has ended, and how that is known.

    A process that took the number of an ended one is told apart by its start, after the lock; the wall clock may have
    jumped since, so the engine's own name speaks for life whatever the times say.
    """
    held = lock.content
    if held is None:
        return Fate.UNKNOWN, "its content is of no known form"
    here = host or socket.gethostname()
    if held.hostname != here:
        return Fate.UNKNOWN, f"it was taken on {held.hostname}, and this is {here}"
    process = process_of(held.pid)
    if process is not None and _is_owner(process, held):
        return Fate.ALIVE, f"process {held.pid} of this host is running"
    if not sees_all():
        return Fate.UNKNOWN, f"it may run in a container of {here}, and not all processes can be seen from here"
    if is_contained(held.pid):
        return Fate.ALIVE, f"process {held.pid} in a container of this host is running"
    gone = "has ended" if process is None else f"is another one by now ({process.name})"
    return Fate.DEAD, f"process {held.pid} of this host {gone}"


def _is_owner(process: Process, held: Content) -> bool:
    later = process.started is not None and process.started > held.timestamp.timestamp() + _SLACK_SECONDS
    return not later or process.name.startswith(_ENGINE)


def may_break(lock: Found, fate: Fate, *, owner_is_dead: bool, older_than: float) -> bool:
    """Whether a lock goes: a dead one does, an unknown one on a person's word once it is old, a live one never."""
    if fate is Fate.DEAD:
        return True
    return fate is Fate.UNKNOWN and owner_is_dead and lock.age(time.time()) >= older_than
