"""A small oracle of the world that a pair lives in: it knows what each move does to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kafkadr.phase import Change, Move, Term

STEPS = {"failover", "promote", "force", "reverse", "withdraw"}
"""Moves that the mirrors have to follow, and may refuse."""
WAYS_OUT = {"retry", "force", "withdraw", "failover"}


@dataclass
class World:
    """What is out there.

    Args:
        role: Per site: `origin`, `mirror`, `stopped` (a mirror that became ordinary), `stale` (an old primary) or
            `cleared` (its topics are deleted).
        pointer: Epoch and site that clients follow.
        open: Terms whose ledger has records that nobody has answered for.
        links: Sites whose link is kept for its offsets.
        deleted: Sites whose topics were deleted.
        before: The term that the last move started from.
    """

    role: dict[str, str]
    pointer: tuple[int, str]
    open: set[int] = field(default_factory=set)
    links: dict[str, int] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    before: Term = field(default_factory=lambda: Term("east", 1))

    def follow(self, move: Move, old: Term, new: Term) -> bool:
        """Do what the move does, as the update would; False when the mirrors refuse it."""
        self.before = old
        act: Callable[[Term], bool] | None = getattr(self, f"_{move.name}", None)
        return act(new) if act else True

    def allows(self, move: Move, new: Term) -> bool:
        """What the mirrors say at preview, before anything is recorded."""
        if move.name == "withdraw":
            return self.role[new.other] == "mirror"
        if move.name == "reverse":
            return self.role[new.primary] == "mirror"
        # A site that was never turned to has no mirrors: an empty scope.
        return move.name not in STEPS or self.role[new.primary] in {"mirror", "stopped"}

    def _failover(self, new: Term) -> bool:
        return self._stop(new, left=new.change is Change.FAILOVER)

    _promote = _force = _failover

    def _retry(self, new: Term) -> bool:
        return self._reverse(new) if new.turned else self._stop(new, left=False)

    def _stop(self, new: Term, *, left: bool) -> bool:
        if self.role[new.primary] == "mirror":
            self.role |= {new.primary: "stopped", new.other: "stale"}
            self.open |= {new.epoch} if left else set()
        return self._point(new)

    def _reverse(self, new: Term) -> bool:
        if self.role[new.primary] == "mirror":
            self.role |= {new.primary: "origin", new.other: "mirror"}
        return self._point(new)

    def _withdraw(self, new: Term) -> bool:
        """Too late once a mirror is STOPPED or turned: MirrorState refuses it, and clients stay where they are."""
        if self.role[new.other] != "mirror":
            return False
        return self._point(new)

    def _point(self, new: Term) -> bool:
        """Compare-and-set; MirrorState was whole, or this is not reached (I4)."""
        assert self.role[new.primary] in {"stopped", "origin"}
        self.pointer = (new.epoch, new.primary)
        return True

    def _fire(self, new: Term) -> bool:
        assert self.role[new.other] == "stale", "only an old primary's copies are cleared"
        self.role[new.other] = "cleared"
        self.deleted.append(new.other)
        return True

    def _rebuilt(self, new: Term) -> bool:
        assert self.role[new.other] == "cleared"
        return self._mirrors(new)

    def _restored(self, new: Term) -> bool:
        assert self.role[new.other] == "stale"
        return self._mirrors(new)

    def _mirrors(self, new: Term) -> bool:
        self.role |= {new.other: "mirror", new.primary: "origin"}
        return True

    def _join(self, new: Term) -> bool:
        lost = self.before.other
        self.links[lost] = self.before.epoch
        del self.role[lost]
        return self._mirrors(new)

    def _retire(self, new: Term) -> bool:
        assert not new.kept
        for entry in self.before.kept:
            assert entry.unlocked
            assert self.links[entry.site] not in self.open, "I1: a link goes while its ledger is open"
            del self.links[entry.site]
        return True
