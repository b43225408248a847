"""Rules of fail-forward: the lost site is released, a new one joins, the lost one's link is unlocked and retired. Pure.

Four edits and not one: what leaves a program is treated as the update *before* recorded it, locked or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kafkadr.phase.refusals import Refusal, unacknowledged
from kafkadr.phase.term import Change, Kept, Standby, Term
from kafkadr.phase.ways import lost


def joins(old: Term, new: Term) -> bool:
    """Whether a mirroring standby takes the place of one that a flip left alone."""
    same = old.primary == new.primary
    return same and old.standby is Standby.RETAINED and new.standby is Standby.MIRRORING


def join_refusals(old: Term, new: Term) -> Iterator[Refusal]:
    """Every reason against a new standby."""
    if old.kept:
        yield still_kept(old)
        return
    if old.primary not in new.sites or old.other in new.sites:
        yield Refusal(
            "standby",
            f"{old.other} holds topics of its own: it cannot mirror {old.primary} as it is",
            f"Replace {old.other} in settings.sites by a new site; or clear its topics, or restore them, first",
        )
        return
    if not old.released:
        yield Refusal(
            "settings.sites",
            f"{old.other} leaves the pair, and what is declared of it is locked",
            f"Set settings.sites.{old.other}.released: true in an update of its own first",
        )
    if new.released:
        yield Refusal(_path(new.released[0]), "a site that joins cannot be released", "Remove released")
    yield from _new_link(old, new)
    if new.change is not Change.NONE:
        yield Refusal("change", f"a pair with a mirroring standby has change: none, not {new.change}", "Set it to none")


def _new_link(old: Term, new: Term) -> Iterator[Refusal]:
    if old.link and new.link == old.link:
        yield Refusal(
            "settings.link.name",
            f"link {old.link} is the lost site's, and the new site needs one of its own",
            "Give it another name; the lost site's link is kept under its own",
        )
    if new.built != old.epoch:
        yield Refusal(
            "settings.link.built",
            f"the new site's link is built in epoch {old.epoch}, not {new.built or 'none'}",
            f"Set built: {old.epoch}, which keeps its parts apart from the lost site's",
        )
    if new.kept != (lost(old),):
        yield Refusal(
            "settings.kept",
            f"{old.other} leaves the pair without its link being kept, or with other facts than are recorded",
            f"Set settings.kept as `Legal from here` says, until the ledger of epoch {old.epoch} is acknowledged",
        )


def built_refusals(old: Term, new: Term) -> Iterator[Refusal]:
    """The term in which the link was built never changes but with the link."""
    if not joins(old, new) and new.built != old.built:
        yield Refusal(
            "settings.link.built",
            f"the link's built changes from {old.built or 'none'} to {new.built or 'none'}, so that its parts would be"
            " made anew under other names",
            f"Leave built: {old.built}" if old.built else "Remove it; it is set when a new site joins",
        )


def released_refusals(old: Term, new: Term) -> Iterator[Refusal]:
    """A site is released after a flip, in an edit of its own; from then on it leaves, or is taken back."""
    if joins(old, new):
        return
    site = (old.released or new.released or ("",))[0]
    alone = replace(new, released=old.released, acknowledged=old.acknowledged) == old
    if new.released == old.released:
        if old.released and _turns(old, new):
            yield Refusal(
                _path(site),
                f"{site} is released, to leave the pair",
                f"Let a new site join in its place, or set released: false for {site} in an edit of its own",
            )
    elif not alone:
        yield Refusal(_path(site), "changes together with something else", "Change it in an edit of its own")
    elif new.released:
        yield from _release(old, new)


def _turns(old: Term, new: Term) -> bool:
    return (new.primary, new.change, new.standby, new.handover) != (old.primary, old.change, old.standby, old.handover)


def _release(old: Term, new: Term) -> Iterator[Refusal]:
    path = _path(new.released[0])
    if old.standby is not Standby.RETAINED or new.released != (old.other,):
        left = f"{old.other}, which a flip left alone" if old.standby is Standby.RETAINED else "none: no flip left one"
        yield Refusal(path, f"{' and '.join(new.released)} cannot be released; what can is {left}", "Remove released")
    elif old.kept:
        yield still_kept(old)
    elif old.idle:
        yield Refusal(
            path,
            f"a pair with two links, {old.link} and {old.idle}, cannot take a new site",
            "Remove released; build the pair with the new site in a stack of its own",
        )
    elif old.prefix:
        yield Refusal(
            path,
            f"the live topics begin with {old.prefix!r}, and a new site would have to mirror them under that name",
            "Remove released; build a new pair without prefix from the primary, in a stack of its own",
        )


def kept_refusals(old: Term, new: Term) -> Iterator[Refusal]:
    """A kept link goes once it was unlocked, and is unlocked once its ledger is acknowledged."""
    if joins(old, new) or new.kept == old.kept:
        return
    was, stays = {_fact(k): k for k in old.kept}, {_fact(k): k for k in new.kept}
    if new.primary != old.primary or set(stays) - set(was):
        yield Refusal(
            "settings.kept",
            "the kept sites change, or what is known of them",
            "Leave kept as it is; it is set when a new site joins, and unlocked and emptied in edits of their own",
        )
        return
    for fact, entry in was.items():
        after = stays.get(fact)
        if after is None and not entry.unlocked:
            yield Refusal(
                "settings.kept",
                f"link {entry.link or 'of ' + entry.site} is kept for {entry.site} and locked",
                "Set unlocked: true for it in an update of its own first",
            )
        if (after is None or after.unlocked) and not new.acknowledges(entry.epoch):
            yield unacknowledged(entry.epoch, entry.site)


def still_kept(old: Term) -> Refusal:
    """One loss at a time."""
    sites = " and ".join(k.site for k in old.kept)
    return Refusal(
        "settings.kept",
        f"the link to {sites} is still kept from an earlier loss",
        "Retire it first: unlock it, then empty settings.kept",
    )


def _fact(entry: Kept) -> Kept:
    return replace(entry, unlocked=False)


def _path(site: str) -> str:
    return f"settings.sites.{site}.released"
