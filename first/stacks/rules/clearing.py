"""Rules about the way back over a one-way link: what is cleared, by name, and the link that goes the other way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from first.stacks.rules.pair import CLEARS
from first.stacks.rules.register import BODY, rule
from first.stacks.sections import LinkMode
from stacks.fields import selects
from stacks.problems import NAMESPACE, Problem

if TYPE_CHECKING:
    from first.stacks.settings import Settings

_CLEAR = f"{BODY}.rebuild.clear"


@rule("standby", "link", "acl_link")
def _only_a_plain_one_way_link_is_cleared(settings: Settings) -> Iterator[Problem]:
    if settings.standby not in CLEARS:
        return
    asked, link = repr(settings.standby.value), settings.link
    if link.mode is LinkMode.BIDIRECTIONAL:
        yield Problem(
            f"{NAMESPACE}:standby",
            f"{settings.standby} is for a one-way link, and this one is bidirectional: it needs no delete",
            "Use standby: restoring.",
            asked,
        )
    if link.prefix:
        yield Problem(
            f"{NAMESPACE}:standby",
            f"the live topics begin with {link.prefix!r}, and would come home under that name",
            "Leave standby: retained; build a new pair without prefix from the new primary.",
            asked,
        )
    if settings.acl_link:
        yield Problem(
            f"{NAMESPACE}:standby",
            "the pair has an ACL link, which would have to turn round, too",
            "Leave standby: retained; put its filters into sync.acls and remove aclLink, in an edit of its own.",
            asked,
        )


@rule("standby", "onboarding", "rebuild")
def _every_topic_is_named(settings: Settings) -> Iterator[Problem]:
    named, declared = settings.rebuild.clear, settings.onboarding.topics
    if settings.standby not in CLEARS:
        if named:
            yield Problem(
                _CLEAR,
                f"names topics to be deleted while standby is {settings.standby}",
                "Remove it; it belongs to standby: clear-armed and clear-fired.",
            )
        return
    for topic, count in Counter(named).items():
        if count > 1:
            yield Problem(_CLEAR, f"names a topic {count} times", "Name it once.", repr(topic))
    for topic in declared:
        if topic not in named:
            yield Problem(
                _CLEAR,
                f"does not name {topic}, which is mirrored: all topics of the pair are cleared together, or none",
                "Add it, once you know that its records on the old primary may go.",
            )
    for index, topic in enumerate(named):
        # What the filters took in is compared with the link's own list, at preview.
        if topic not in declared and not selects(settings.onboarding.filters, topic):
            yield Problem(
                f"{_CLEAR}[{index}]", "is no mirrored topic of this pair, and stays", "Take it out.", repr(topic)
            )


@rule("link", "sites", "acl_link")
def _a_way_back_is_a_link_of_its_own(settings: Settings) -> Iterator[Problem]:
    link, path = settings.link, f"{BODY}.link"
    if link.mode is LinkMode.BIDIRECTIONAL:
        if link.back:
            yield Problem(f"{path}.back", "is set, but a bidirectional link turns round itself", "Remove it.")
        return
    if link.back is None:
        if link.home is not None:
            yield Problem(
                f"{path}.home",
                f"is set, but a {link.mode} link without link.back runs one way only",
                "Remove it.",
                repr(link.home),
            )
        return
    if link.home not in settings.sites:
        yield Problem(
            f"{path}.home",
            "is not one of the sites" if link.home else "is missing: nothing else tells the two links apart",
            f"Name the site that was primary when {link.name} was built, one of {', '.join(settings.sites)}.",
            repr(link.home) if link.home else "",
        )
    taken = {link.name, *([settings.acl_link.name] if settings.acl_link else [])}
    if link.back.name in taken:
        yield Problem(f"{path}.back.name", "is the name of another link", "Give it its own.", repr(link.back.name))
    if link.prefix or settings.acl_link:
        yield Problem(
            f"{path}.back",
            "is set, but a link with a prefix or an ACL link beside it has no way back",
            "Remove it.",
        )
