"""What the guard says when an edit is not legal, and the refusals that several edits share. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kafkadr.phase.term import Term


@dataclass(frozen=True)
class Refusal:
    """Why an edit is not a legal move: the config key, what was found and what to do about it."""

    key: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """One line: problem, then remedy."""
        return f"{self.problem}. {self.remedy}"


def unacknowledged(epoch: int, site: str) -> Refusal:
    """Records that exist on the lost site alone must not be given up unseen (I1)."""
    return Refusal(
        "settings.recovery.acknowledged",
        f"what was left on {site} in epoch {epoch} is not acknowledged: it would be lost for good",
        f"Run `drctl recover` for epoch {epoch} until every partition is recovered or written off,"
        " and add the receipt it prints",
    )


def same_sites(old: Term, new: Term, when: str) -> Iterator[Refusal]:
    """Sites stay."""
    if old.sites and new.sites and set(new.sites) != set(old.sites):
        yield Refusal(
            "settings.sites",
            f"the sites change from {' and '.join(old.sites)} to {' and '.join(new.sites)} {when}",
            f"Leave {' and '.join(old.sites)}; a new site joins after a flip, in place of the lost one",
        )


def same_topics(old: Term, new: Term, when: str) -> list[Refusal]:
    """Topics change only while the pair is steady (failure-modes #44)."""
    added = sorted(set(new.topics) - set(old.topics))
    removed = sorted(set(old.topics) - set(new.topics))
    if not added and not removed:
        return []
    what = "; ".join(
        f"{word} {', '.join(names)}" for word, names in (("added:", added), ("removed:", removed)) if names
    )
    return [
        Refusal(
            "settings.onboarding.topics",
            f"the declared topics change {when} ({what})",
            "A mirror declared now would start as a fresh ACTIVE mirror: change topics in an edit of their own,"
            " while the pair is steady",
        )
    ]
