"""What clients use and the standby will not have: legal, since a subset may be meant, and worth a line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from stacks.fields import EVERYTHING, FilterType, GroupFilter, PatternType, TopicFilter

if TYPE_CHECKING:
    from first.stacks.settings import Settings

_SHOWN = 10

Filters = Sequence[TopicFilter | GroupFilter]


def uncovered(settings: Settings) -> list[str]:
    """Filters that take nothing in, groups that are not synced, topics that are not mirrored; one line per kind."""
    offsets, onboarding = settings.sync.offsets, settings.onboarding
    lists: dict[str, Filters] = {"sync.offsets.groups": offsets.groups, "onboarding.filters": onboarding.filters}
    shut = [
        f"settings.{name} takes nothing in: each INCLUDE is shut out by an EXCLUDE"
        for name, filters in lists.items()
        if filters and not any(_lets_through(filters, each) for each in _included(filters))
    ]
    groups = [
        f"group {name} of client {client.name}"
        for client in settings.clients
        for name in dict.fromkeys(client.groups)
        if offsets.enabled and name != EVERYTHING and not _takes(offsets.groups, name, client.pattern_type)
    ]
    topics = [
        f"topic {name} of client {client.name}"
        for client in settings.clients
        for name in dict.fromkeys([*client.produce, *client.consume])
        if name != EVERYTHING and not _mirrored(settings, name, client.pattern_type)
    ]
    return [
        *shut,
        *_line(
            groups, "sync.offsets.groups does not sync", "after a failover each starts where auto.offset.reset says"
        ),
        *_line(topics, "onboarding does not mirror", "after a failover the standby does not have it"),
    ]


def _line(found: Sequence[str], what: str, then: str) -> Iterator[str]:
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        yield f"settings.{what} {', '.join(found[:_SHOWN])}{more}: {then}"


def _mirrored(settings: Settings, name: str, pattern: PatternType) -> bool:
    declared = settings.onboarding.topics
    listed = any(t.startswith(name) for t in declared) if pattern is PatternType.PREFIXED else name in declared
    return listed or _takes(settings.onboarding.filters, name, pattern)


def _included(filters: Filters) -> Iterator[TopicFilter | GroupFilter]:
    return (each for each in filters if each.filter_type is FilterType.INCLUDE)


def _takes(filters: Filters, name: str, pattern: PatternType) -> bool:
    """Whether the filters take in the name or, of a prefix, any name that could begin with it."""
    return any(
        _overlap(each, name, pattern) and not _excluded(filters, *_narrower(each, name, pattern))
        for each in _included(filters)
    )


def _lets_through(filters: Filters, each: TopicFilter | GroupFilter) -> bool:
    return not _excluded(filters, each.name, each.pattern_type)


def _overlap(each: TopicFilter | GroupFilter, name: str, pattern: PatternType) -> bool:
    if pattern is PatternType.LITERAL:
        return each.matches(name)
    starts = each.pattern_type is PatternType.PREFIXED and name.startswith(each.name)
    return each.name == EVERYTHING or starts or each.name.startswith(name)


def _narrower(each: TopicFilter | GroupFilter, name: str, pattern: PatternType) -> tuple[str, PatternType]:
    """The names that both take in."""
    if pattern is PatternType.PREFIXED and each.name != EVERYTHING and each.name.startswith(name):
        return each.name, each.pattern_type
    return name, pattern


def _excluded(filters: Iterable[TopicFilter | GroupFilter], name: str, pattern: PatternType) -> bool:
    """Whether one EXCLUDE covers all of these names."""
    return any(
        each.name == EVERYTHING
        or (each.pattern_type is PatternType.PREFIXED and name != EVERYTHING and name.startswith(each.name))
        or (pattern is PatternType.LITERAL and each.name == name)
        for each in filters
        if each.filter_type is FilterType.EXCLUDE
    )
