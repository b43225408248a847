"""A one-way pair that went there and back has two links: one runs, the other waits for its direction. Pure.

The waiting one keeps its failover offsets, and its syncs stay switched off: it is the seed's paused link (S101), which
goes on when its direction comes again (S104). They exchange their parts when a standby is rebuilt, and never else.
"""

from __future__ import annotations

from collections.abc import Iterator

from kafkadr.phase.refusals import Refusal
from kafkadr.phase.term import Standby, Term


def exchanges(old: Term, new: Term) -> bool:
    """Whether the edit rebuilds the standby, so that another link runs from then on."""
    fired = old.standby is Standby.CLEAR_FIRED and new.standby is Standby.MIRRORING
    return fired and new.primary == old.primary and bool(old.link and new.link)


def link_refusals(old: Term, new: Term) -> Iterator[Refusal]:
    """Which link runs and which one waits."""
    if old.idle and new.sites and set(new.sites) != set(old.sites):
        yield Refusal(
            "settings.sites",
            f"a pair with two links, {old.link} and {old.idle}, cannot take a new site",
            f"Leave {' and '.join(old.sites)}; build the pair with the new site in a stack of its own",
        )
    elif exchanges(old, new):
        yield from _exchanged(old, new)
    elif old.link and new.idle != old.idle:
        yield Refusal(
            "settings.link.back",
            f"the link that waits for its direction changes from {old.idle or 'none'} to {new.idle or 'none'}",
            "Leave settings.link.back as it is; it is set in the edit that makes a standby of a cleared old primary",
        )


def _exchanged(old: Term, new: Term) -> Iterator[Refusal]:
    if new.idle == old.link and new.link != old.link and new.link == (old.idle or new.link):
        return
    if old.idle:
        yield Refusal(
            "settings.link.back",
            f"link {old.idle} has to run again and {old.link} to wait, not {new.link} and {new.idle or 'none'}",
            "Leave settings.link.name, home and back as they are",
        )
        return
    yield Refusal(
        "settings.link.back",
        f"link {old.link} runs from {old.other} to {old.primary} and cannot turn round: the other way needs its own",
        f"Leave settings.link.name: {old.link}; set settings.link.home: {old.other} and settings.link.back.name to a"
        " name of its own",
    )
