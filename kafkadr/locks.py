"""Locks of Pulumi's file and object stores: who holds one, and whether that process is provably dead (R13, #25).

Such a lock is a JSON document `{pid, username, hostname, timestamp}` under `.pulumi/locks/<stack>/`, which nothing ever
takes away when its process was killed. Only its own host can tell that a process has ended: a lock of another host is
broken on a person's word alone, and a live one never.
"""

from __future__ import annotations

import os
import socket
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
    if process is None:
        return Fate.DEAD, f"process {held.pid} of this host has ended"
    later = process.started is not None and process.started > held.timestamp.timestamp() + _SLACK_SECONDS
    if later and not process.name.startswith(_ENGINE):
        return Fate.DEAD, f"process {held.pid} of this host is another one by now ({process.name})"
    return Fate.ALIVE, f"process {held.pid} of this host is running"


def may_break(lock: Found, fate: Fate, *, owner_is_dead: bool, older_than: float) -> bool:
    """Whether a lock goes: a dead one does, an unknown one on a person's word once it is old, a live one never."""
    if fate is Fate.DEAD:
        return True
    return fate is Fate.UNKNOWN and owner_is_dead and lock.age(time.time()) >= older_than
