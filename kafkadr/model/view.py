"""What a site itself says of its topics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class CopyState(StrEnum):
    """What a topic is on a site."""

    PLAIN = "plain"
    """Writable, and never a mirror."""
    MIRROR = "mirror"
    """Read-only, in any state in which it may go on mirroring or is not stopped yet."""
    STOPPED = "stopped"
    """Writable, a former mirror."""


@dataclass(frozen=True, order=True)
class Copy:
    """A topic on a site.

    Args:
        topic: Its name there.
        state: See `CopyState`.
        source: Cluster id that the mirror comes or came from; empty for a plain topic.
        lag: Records that it lacks; None is unknown.
    """

    topic: str
    state: CopyState
    source: str = ""
    lag: int | None = None


@dataclass(frozen=True)
class SiteView:
    """A site that answered.

    Args:
        cluster_id: `lkc-...`.
        copies: Its mirrors and former mirrors, and those plain topics that matter to the caller; sorted by topic.
    """

    cluster_id: str
    copies: tuple[Copy, ...]

    def follows(self, primary: str, topics: Iterable[str] = ()) -> bool:
        """Whether it has mirrors, all of them are of the primary and none is stopped.

        Args:
            primary: Cluster id.
            topics: Mirror names that it must have; an onboarding that is not done yet is not asked for by a failover.
        """
        mirrors = {c.topic: c for c in self.copies if c.state is not CopyState.PLAIN}
        ours = [c for c in mirrors.values() if c.state is CopyState.MIRROR and c.source == primary]
        return bool(ours) and len(ours) == len(mirrors) and set(topics) <= mirrors.keys()

    def half_stopped(self, primary: str) -> bool:
        """Whether all its mirrors are or were of the primary: what a move to it leaves when it is killed half-way."""
        mirrors = [c for c in self.copies if c.state is not CopyState.PLAIN]
        return bool(mirrors) and all(c.source == primary for c in mirrors)

    @property
    def has_copies(self) -> bool:
        """Whether there is anything for clients there: mirrors, former mirrors, or topics that never were mirrors."""
        return bool(self.copies)
