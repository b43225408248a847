"""What the wrapper hears (events) and does (actions): the words between `machine.py` and `shell.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kafkadr.clients import Connection
from kafkadr.pointer import Active

Source = Literal["pointer", "vault"]


@dataclass(frozen=True)
class PointerRead:
    """The pointer was read."""

    active: Active


@dataclass(frozen=True)
class CredentialsRead:
    """The connection of `active`; not `fresh` when the vault is out and its credentials were read earlier."""

    active: Active
    connection: Connection
    fresh: bool = True


@dataclass(frozen=True)
class Trouble:
    """A source cannot be read, or says nothing useful."""

    source: Source
    problem: str
    remedy: str = ""


@dataclass(frozen=True)
class ChildEnded:
    """The child and its process group are gone."""

    code: int


@dataclass(frozen=True)
class Asked:
    """A signal to the wrapper; `ends` tells those that ask it to end from those for the child alone."""

    signal: int
    ends: bool


@dataclass(frozen=True)
class JitterOver:
    """The random wait before a restart is over."""


@dataclass(frozen=True)
class GraceOver:
    """The child had its time to end."""


@dataclass(frozen=True)
class StartOver:
    """The time for the first start is over."""


Event = PointerRead | CredentialsRead | Trouble | ChildEnded | Asked | JitterOver | GraceOver | StartOver


@dataclass(frozen=True)
class Say:
    """Tell the operator."""

    text: str


@dataclass(frozen=True)
class Resolve:
    """Read the credentials of this pointer, until told otherwise."""

    active: Active


@dataclass(frozen=True)
class Wait:
    """Wait for a random time, then `JitterOver`."""


@dataclass(frozen=True)
class Start:
    """Start the child."""

    connection: Connection


@dataclass(frozen=True)
class Stop:
    """Send the signal to the child's process group, then `GraceOver` after the grace."""

    signal: int


@dataclass(frozen=True)
class Relay:
    """Send the signal to the child's process group, and no more."""

    signal: int


@dataclass(frozen=True)
class Kill:
    """End the child's process group now."""


@dataclass(frozen=True)
class Exit:
    """End the wrapper with this code."""

    code: int


Action = Say | Resolve | Wait | Start | Stop | Relay | Kill | Exit
