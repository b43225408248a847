"""What a link's mirrors are wanted to be: one word for plan, provider and batch call. Imports nothing heavy."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

Verb = Literal["failover", "promote", "pause", "resume"]
RoleVerb = Literal["truncate-and-restore", "reverse-and-start-mirror"]
"""Batch verbs of a bidirectional link, which turn a topic of the other cluster into the mirror."""


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
