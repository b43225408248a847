"""What a mirror's status means for a wish; reads `verdicts.toml`, which tests and docs read too."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Final

from kafkadr.rest import Verb
from kafkadr.wire import Mirror


class Desired(StrEnum):
    """The state a link's mirrors are wanted in, in the provider's own words (confluent-api 5.4)."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    PROMOTED = "PROMOTED"
    FAILED_OVER = "FAILED_OVER"

    @property
    def verb(self) -> Verb:
        """The batch verb that leads there."""
        return _VERBS[self]

    @property
    def target(self) -> str:
        """The status in which the wish is fulfilled."""
        return "STOPPED" if self.final else self.value

    @property
    def final(self) -> bool:
        """Whether there is no way back (S89)."""
        return self in {Desired.PROMOTED, Desired.FAILED_OVER}


_VERBS: Final[dict[Desired, Verb]] = {
    Desired.ACTIVE: "resume",
    Desired.PAUSED: "pause",
    Desired.PROMOTED: "promote",
    Desired.FAILED_OVER: "failover",
}


class Action(StrEnum):
    """What to do about one mirror."""

    CALL = "call"
    WAIT = "wait"
    DONE = "done"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Verdict:
    """What to do about one mirror, and why not, when it is refused."""

    action: Action
    reason: str = ""


TABLE: Final[dict[str, dict[Verb, str]]] = tomllib.loads((files("kafkadr") / "verdicts.toml").read_text("utf-8"))


def verdict(mirror: Mirror, desired: Desired) -> Verdict:
    """Decide about one mirror.

    A status this version does not know lets a failover through, since the server decides there and STOPPED is
    checked afterwards; everything else is refused, since it could be anything.
    """
    row = TABLE.get(mirror.mirror_status)
    if row is None:
        if desired is Desired.FAILED_OVER:
            return Verdict(Action.CALL)
        return Verdict(Action.REFUSE, f"the status {mirror.mirror_status!r} is unknown to this version")
    cell = row[desired.verb]
    if cell not in {Action.CALL, Action.WAIT, Action.DONE}:
        return Verdict(Action.REFUSE, cell)
    if desired is Desired.PROMOTED and cell == Action.CALL and mirror.lag > 0:
        return Verdict(
            Action.REFUSE,
            f"{mirror.lag} records are not mirrored yet: stop the producers and wait for lag 0, or fail over",
        )
    return Verdict(Action(cell))
