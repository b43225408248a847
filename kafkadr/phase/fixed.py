"""What no edit may change: facts that a link was built with. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kafkadr.phase.joining import joins
from kafkadr.phase.refusals import Refusal
from kafkadr.phase.term import Term
from kafkadr.phase.two_ways import exchanges


@dataclass(frozen=True)
class Fact:
    """Something that is fixed when the link is built.

    Args:
        field: Of the term.
        key: Of the config.
        problem: What an edit of it would do; `{old}` and `{new}` are put in.
        remedy: What to do instead.
    """

    field: str
    key: str
    problem: str
    remedy: str


FACTS: Final = (
    Fact(
        "link",
        "settings.link.name",
        "the link is renamed from {old} to {new}, which would delete it and its failover offsets",
        "Leave name: {old}",
    ),
    Fact(
        "mode",
        "settings.link.mode",
        "the link's mode changes from {old} to {new}, but it is fixed when the link is created",
        "Leave mode: {old}; the other kind needs a new pair",
    ),
    Fact(
        "home",
        "settings.link.home",
        "the link's home changes from {old} to {new}, so that its halves, keys and mirrors would be taken for each"
        " other's and made anew",
        "Leave home: {old}, whoever is primary; it names the site that was primary when the link was built",
    ),
    Fact(
        "prefix",
        "settings.link.prefix",
        "the link's prefix changes from {old} to {new}, which would delete it and its failover offsets",
        "Leave prefix: {old}; another one needs a new pair",
    ),
)


def fixed_refusals(old: Term, new: Term) -> Iterator[Refusal]:
    """Every fact that the edit would change. A term that was recorded before a fact was part of it takes it up."""
    for fact in FACTS:
        was, asked = getattr(old, fact.field), getattr(new, fact.field)
        if was == asked or _unrecorded(old, new, fact) or (fact.field == "home" and _new_home(old, new)):
            continue
        if fact.field == "link" and (exchanges(old, new) or joins(old, new)):
            continue
        said = {"old": was or "none", "new": asked or "none"}
        yield Refusal(fact.key, fact.problem.format(**said), fact.remedy.format(**said))
    if old.link and new.bidirectional != old.bidirectional and not old.mode:
        yield Refusal(
            "settings.link.mode",
            "a link cannot turn from one-way to bidirectional or back: its mode is fixed when it is created",
            "Leave the mode; the other kind needs a new pair",
        )


def _unrecorded(old: Term, new: Term, fact: Fact) -> bool:
    """Whether one of the two terms does not know the fact; no link has no prefix, so that one goes by the mode."""
    known_by = "mode" if fact.field == "prefix" else fact.field
    return not (getattr(old, known_by) and getattr(new, known_by))


def _new_home(old: Term, new: Term) -> bool:
    """When a new site joins in place of the old home, the link to it is another one, built by today's primary."""
    return bool(new.sites) and old.home not in new.sites and new.home == new.primary


def away_from_home(old: Term, new: Term) -> Iterator[Refusal]:
    """While the data flows away from home, a mirror declared now would be asked of the cluster that is its source."""
    if not (old.protected and old.home and old.primary != old.home):
        return
    changed = sorted(set(new.topics) ^ set(old.topics))
    if changed:
        yield Refusal(
            "settings.onboarding.topics",
            f"the declared topics change ({', '.join(changed)}) while {old.primary} is primary and the link's home"
            f" is {old.home}: mirrors are declared where home's topics arrive, and that cluster has the originals now",
            f"Make {old.home} primary again first, as planned; change topics then, in an edit of their own",
        )
