"""Rules about fail-forward: the lost site that may leave, and the link that is kept of it (S98)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from first.stacks.rules.register import BODY, rule
from first.stacks.sections import KeptSite, LinkMode
from kafkadr.phase import Standby
from stacks.problems import Problem

if TYPE_CHECKING:
    from first.stacks.settings import Settings


@rule("sites", "primary", "standby")
def _only_a_lost_site_is_released(settings: Settings) -> Iterator[Problem]:
    for name, site in settings.sites.items():
        path = f"{BODY}.sites.{name}.released"
        if site.released and name == settings.primary:
            yield Problem(path, f"{name} is primary", "Remove it; the site that a flip left alone can be released.")
        elif site.released and settings.standby is not Standby.RETAINED:
            yield Problem(
                path,
                f"is set while standby is {settings.standby}",
                "Remove it; it belongs to standby: retained, after a flip.",
            )


@rule("link", "kept")
def _a_link_to_a_new_site_says_when_it_was_built(settings: Settings) -> Iterator[Problem]:
    if settings.kept and settings.link.built is None:
        yield Problem(
            f"{BODY}.link.built",
            "is missing: without it the new link's parts would take the names of the kept one's",
            "Set it to the epoch in which the new site joins.",
        )


@rule("link", "kept", "sites", "acl_link")
def _a_kept_link_is_of_a_site_that_left(settings: Settings) -> Iterator[Problem]:
    for index, kept in enumerate(settings.kept):
        path = f"{BODY}.kept[{index}]"
        if kept.site in settings.sites:
            yield Problem(
                f"{path}.site",
                "is a site of the pair",
                "Name the site that left; its place in settings.sites is the new site's.",
                repr(kept.site),
            )
        if kept.link == settings.link.name:
            yield Problem(
                f"{BODY}.link.name",
                f"is the link that is kept for {kept.site}",
                "Give the new site's link a name of its own.",
                repr(kept.link),
            )
        if settings.acl_link and settings.acl_link.name == kept.link:
            yield Problem(
                f"{BODY}.aclLink.name",
                f"is the link that is kept for {kept.site}",
                "Give the ACL link a name of its own.",
                repr(kept.link),
            )
        yield from _home(path, kept, settings)


def _home(path: str, kept: KeptSite, settings: Settings) -> Iterator[Problem]:
    both = settings.link.mode is LinkMode.BIDIRECTIONAL
    if both and kept.home not in {kept.site, *settings.sites}:
        yield Problem(
            f"{path}.home",
            f"is {kept.home or 'missing'}: nothing else tells which half of the kept link is left",
            "Copy link.home as it was before the new site joined.",
        )
    elif kept.home and not both:
        yield Problem(
            f"{path}.home", f"is set, but a {settings.link.mode} link has none", "Remove it.", repr(kept.home)
        )
