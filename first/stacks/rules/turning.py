"""Rules about the way back: which links may turn round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from first.stacks.rules.register import BODY, rule
from first.stacks.sections import LinkMode
from kafkadr.phase import Change, Standby
from stacks.problems import NAMESPACE, Problem

if TYPE_CHECKING:
    from first.stacks.settings import Settings


@rule("change", "standby", "link")
def _only_a_bidirectional_link_turns(settings: Settings) -> Iterator[Problem]:
    if settings.link.mode is LinkMode.BIDIRECTIONAL:
        return
    if settings.change is Change.PROMOTE and settings.standby is Standby.MIRRORING:
        yield Problem(
            f"{NAMESPACE}:standby",
            f"after change: promote the old primary cannot go on as a mirroring standby of a {settings.link.mode} link",
            "Set standby: retained in the edit that changes primary; set change: none when the pair is steady.",
            "'mirroring'",
        )
    if settings.standby is Standby.RESTORING:
        yield Problem(
            f"{NAMESPACE}:standby",
            f"restoring is for a bidirectional link, and this one is {settings.link.mode}",
            "Leave standby: retained.",
            "'restoring'",
        )


@rule("link", "sites")
def _a_link_that_turns_knows_its_home(settings: Settings) -> Iterator[Problem]:
    home = settings.link.home
    if settings.link.mode is not LinkMode.BIDIRECTIONAL:
        return
    if home not in settings.sites:
        yield Problem(
            f"{BODY}.link.home",
            "is not one of the sites"
            if home
            else "is missing: once the link has turned, nothing else tells its halves",
            f"Name the site that is primary when the link is built, one of {', '.join(settings.sites)}.",
            repr(home) if home else "",
        )
