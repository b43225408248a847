"""What a mirror's status means for a wish; reads `verdicts.toml`, which tests and docs read too."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Final

from kafkadr.desired import Desired, Verb
from kafkadr.wire import Mirror


class Action(StrEnum):
    """What to do about one mirror; LATER is a promotion that waits for lag 0."""

    CALL = "call"
    LATER = "later"
    WAIT = "wait"
    DONE = "done"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Verdict:
    """What to do about one mirror, and why not, or not yet."""

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
    if desired is Desired.PROMOTED and cell == Action.CALL and mirror.lag != 0:
        return Verdict(Action.LATER, f"{behind([mirror])}: stop the producers and wait for lag 0, or fail over")
    return Verdict(Action(cell))


def lag_of(mirrors: Iterable[Mirror]) -> int | None:
    """Records not mirrored yet; None when the lag of a partition is unknown, which is never lag 0."""
    total = 0
    for mirror in mirrors:
        if mirror.lag is None:
            return None
        total += mirror.lag
    return total


def behind(mirrors: Iterable[Mirror]) -> str:
    """How far mirrors are behind their sources, in words; empty when not at all."""
    lagging = [m for m in mirrors if m.lag != 0]
    unknown = sum(len(m.unknown) for m in lagging)
    if unknown:
        return f"the lag of {unknown} partitions is unknown"
    return f"{lag_of(lagging)} records are not mirrored yet" if lagging else ""
