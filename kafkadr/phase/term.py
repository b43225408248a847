"""A term of a pair: one edit of the flip keys, and the phase it puts the pair in. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Change(StrEnum):
    """How the primary changed in this edit."""

    NONE = "none"
    FAILOVER = "failover"
    PROMOTE = "promote"


class Standby(StrEnum):
    """What the site that is not primary does. The last three are the ways to make a mirror of an old primary."""

    MIRRORING = "mirroring"
    RETAINED = "retained"
    CLEAR_ARMED = "clear-armed"
    CLEAR_FIRED = "clear-fired"
    RESTORING = "restoring"


class Phase(StrEnum):
    """What the pair is, in a word a human may read aloud."""

    STEADY = "steady"
    FAIL_FORWARD = "fail-forward"
    FAILED_OVER = "failed-over"
    PROMOTED = "promoted"
    CLEAR_ARMED = "clear-armed"
    CLEAR_FIRED = "clear-fired"
    RESTORING = "restoring"


MEANING: Final[dict[Phase, str]] = {
    Phase.STEADY: "one site is primary, the other mirrors it",
    Phase.FAIL_FORWARD: "steady with a new site; the link of the lost one is kept until its ledger is acknowledged",
    Phase.FAILED_OVER: "the mirrors were failed over: unprotected, link and ledger kept, the old primary left alone",
    Phase.PROMOTED: "the mirrors were promoted without loss: unprotected, link kept, the old primary left alone",
    Phase.CLEAR_ARMED: "the stale topics of the old primary are named and unlocked; nothing is deleted yet",
    Phase.CLEAR_FIRED: "the named stale topics of the old primary are deleted",
    Phase.RESTORING: "the old primary's topics are cut to where the flip left them and become mirrors",
}

_PHASE_OF: Final = {
    Standby.CLEAR_ARMED: Phase.CLEAR_ARMED,
    Standby.CLEAR_FIRED: Phase.CLEAR_FIRED,
    Standby.RESTORING: Phase.RESTORING,
}


@dataclass(frozen=True)
class Kept:
    """A lost site whose link is kept for its failover offsets.

    Args:
        site: Name of the site.
        epoch: Term in which it was failed over: its ledger's epoch.
        link: Name of its link.
        home: The link's home, for a bidirectional one; empty for a one-way link.
        built: Term in which its link was built; 0 for the pair's first link.
        unlocked: Its locks are lifted, so that the next edit can let it go.
    """

    site: str
    epoch: int
    link: str = ""
    home: str = ""
    built: int = 0
    unlocked: bool = False


@dataclass(frozen=True)
class Term:
    """One edit of the flip keys: who is primary, since which epoch, and how it came to be.

    Args:
        primary: The primary's site.
        epoch: Number of the term.
        change: How it began; stays until the pair is steady again.
        standby: What the other site does.
        topics: Declared topics.
        handover: Token of a demotion; stays as long as `change` is promote.
        sites: Both sites; empty in terms recorded before they were part of it.
        bidirectional: Whether the link can turn round; fixed when a link is created.
        link: Name of the link that runs; empty in terms recorded before it was part of them.
        kept: Lost sites whose links are kept.
        acknowledged: Receipts of `drctl recover`, `<epoch>:<sha256 of the ledger>`.
        mode: The link's mode; empty in terms recorded before it was part of them, as the next two.
        home: The site that was primary when a bidirectional link was built; empty for a one-way link.
        prefix: The link's prefix; empty for none.
        idle: Name of the one-way link that waits for its direction; empty until a pair has gone there and back.
        built: Term in which the link to a new site was built; 0 for the pair's first link.
        released: The lost site, once it may leave the pair.
    """

    primary: str
    epoch: int
    change: Change = Change.NONE
    standby: Standby = Standby.MIRRORING
    topics: tuple[str, ...] = ()
    handover: str = field(default="", repr=False)
    sites: tuple[str, ...] = ()
    bidirectional: bool = False
    link: str = ""
    kept: tuple[Kept, ...] = ()
    acknowledged: tuple[str, ...] = ()
    mode: str = ""
    home: str = ""
    prefix: str = ""
    idle: str = ""
    built: int = 0
    released: tuple[str, ...] = ()

    @property
    def phase(self) -> Phase:
        """The phase this term puts the pair in."""
        if self.standby is Standby.MIRRORING:
            return Phase.FAIL_FORWARD if self.kept else Phase.STEADY
        if self.standby is Standby.RETAINED:
            return self.ended
        return _PHASE_OF[self.standby]

    @property
    def ended(self) -> Phase:
        """The phase that the last flip led to."""
        return Phase.PROMOTED if self.change is Change.PROMOTE else Phase.FAILED_OVER

    @property
    def protected(self) -> bool:
        """Whether a standby mirrors the primary, so that it could be failed over to."""
        return self.standby is Standby.MIRRORING

    @property
    def turned(self) -> bool:
        """Whether the term began with the link turning round."""
        return self.protected and self.change is Change.PROMOTE and self.bidirectional

    @property
    def other(self) -> str:
        """The site that is not primary; words for it where the sites are not recorded."""
        return next((s for s in self.sites if s != self.primary), "<the other site>")

    def acknowledges(self, epoch: int) -> bool:
        """Whether there is a receipt for the ledger of `epoch`."""
        return any(receipt.partition(":")[0] == str(epoch) for receipt in self.acknowledged)
