"""May this document take the place of that one? The one rule that every backend's compare-and-set obeys."""

from __future__ import annotations

from kafkadr.errors import RefusedError
from kafkadr.pointer.active import Active


class LostRaceError(RefusedError):
    """Another run moved the pointer to another site in this very epoch; `winner` is what stands there."""

    def __init__(self, winner: Active) -> None:
        super().__init__(
            f"epoch {winner.epoch} is taken: {_deed(winner)}",
            "Two runs moved the same pair at once: agree with them, then take the next epoch if it must still move",
        )
        self.winner = winner


class StaleEpochError(RefusedError):
    """The pointer is in a later epoch already, and never goes back; `found` is what stands there."""

    def __init__(self, found: Active, epoch: int) -> None:
        super().__init__(
            f"epoch {epoch} is over: {_deed(found)}", "Refresh, look at the history, and move on from the epoch found"
        )
        self.found = found


def may_replace(found: Active | None, wanted: Active) -> bool:
    """Whether to write `wanted`: False when what it says is there already.

    A later epoch may replace an earlier one. Within an epoch the site is fixed, and only its endpoints may be
    corrected. Who, why and when alone are no reason to write: the first to make the move keeps the credit.

    Raises:
        LostRaceError: Same epoch, another site.
        StaleEpochError: The pointer is in a later epoch.
    """
    if found is None or found.epoch < wanted.epoch:
        return True
    if found.epoch > wanted.epoch:
        raise StaleEpochError(found, wanted.epoch)
    if found.site != wanted.site:
        raise LostRaceError(found)
    return found.place() != wanted.place()


def _deed(active: Active) -> str:
    why = f" ({active.why})" if active.why else ""
    return f"{active.who} moved the pointer to {active.site} in epoch {active.epoch} at {active.when}{why}"
