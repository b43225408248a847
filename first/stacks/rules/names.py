"""Rules about names: topics and their owners, clients and their grants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from first.stacks.rules.register import BODY, dead_filters, includes, rule
from first.stacks.sections import OnboardingMode
from stacks.fields import EVERYTHING, FilterType, PatternType, is_internal, selects
from stacks.problems import Problem

if TYPE_CHECKING:
    from first.stacks.settings import Settings


@rule("onboarding")
def _one_owner_per_topic(settings: Settings) -> Iterator[Problem]:
    onboarding, path = settings.onboarding, f"{BODY}.onboarding"
    auto = onboarding.mode is OnboardingMode.AUTO_CREATE
    if auto and not includes(onboarding.filters):
        yield Problem(
            f"{path}.filters",
            "auto-create without a filter that includes a topic mirrors nothing",
            "Add filters: [{name: '*'}] for all topics, or narrower ones; or use mode: opt-in.",
        )
    if not auto and includes(onboarding.filters):
        yield Problem(
            f"{path}.filters",
            "filters that include topics belong to auto-create",
            "Remove them, or set mode: auto-create. A link that once had auto-create must keep the key (the provider"
            " refuses to remove link configs): filters: [{name: '*', filterType: EXCLUDE}].",
        )
    if not auto and not onboarding.topics:
        yield Problem(f"{path}.topics", "no topic is mirrored", "List at least one topic, or set mode: auto-create.")
    yield from dead_filters(f"{path}.filters", onboarding.filters)
    for index, topic in enumerate(onboarding.topics):
        if selects(onboarding.filters, topic):
            yield Problem(
                f"{path}.topics[{index}]",
                "is also taken in by an auto-create filter: two owners of one mirror topic",
                "Remove it here, or add a filter {name, filterType: EXCLUDE} for it.",
                repr(topic),
            )


@rule("onboarding")
def _names_do_not_collide(settings: Settings) -> Iterator[Problem]:
    path = f"{BODY}.onboarding.topics"
    seen: dict[str, str] = {}
    for index, topic in enumerate(settings.onboarding.topics):
        twin = seen.setdefault(topic.replace(".", "_"), topic)
        if is_internal(topic):
            yield Problem(
                f"{path}[{index}]",
                "is an internal topic of Kafka Streams or ksqlDB: a mirror of it is out of step with its state",
                "Mirror the input topics only, and run the application again at the other site.",
                repr(topic),
            )
        if twin != topic:
            yield Problem(
                f"{path}[{index}]",
                f"differs from {twin!r} only in '.' and '_', which Kafka's metrics cannot tell apart",
                "Rename one of them.",
                repr(topic),
            )
    for topic, count in Counter(settings.onboarding.topics).items():
        if count > 1:
            yield Problem(path, f"names a topic {count} times", "Name it once.", repr(topic))


@rule("onboarding", "link")
def _mirror_names_fit(settings: Settings) -> Iterator[Problem]:
    prefix, longest = settings.link.prefix or "", 249
    for index, topic in enumerate(settings.onboarding.topics):
        if len(prefix + topic) > longest:
            yield Problem(
                f"{BODY}.onboarding.topics[{index}]",
                f"with prefix {prefix!r} the mirror's name is longer than {longest} characters",
                "Shorten the prefix.",
            )


@rule("onboarding")
def _filters_keep_off_internals(settings: Settings) -> Iterator[Problem]:
    for index, each in enumerate(settings.onboarding.filters):
        if each.filter_type is FilterType.INCLUDE and is_internal(each.name):
            yield Problem(
                f"{BODY}.onboarding.filters[{index}].name",
                "takes in internal topics of Kafka Streams or ksqlDB: mirrors of them are out of step with their state",
                "Remove the filter.",
                repr(each.name),
            )


@rule("clients")
def _clients_are_distinct(settings: Settings) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, client in enumerate(settings.clients):
        path = f"{BODY}.clients[{index}]"
        if client.name in seen:
            yield Problem(
                f"{path}.name", "is another client's name too", "Give each client its own.", repr(client.name)
            )
        seen.add(client.name)
        if not (client.produce or client.consume or client.groups or client.role_bindings):
            yield Problem(
                path, "is granted nothing", "Add produce, consume, groups or roleBindings, or remove the client."
            )
        names = [*client.produce, *client.consume, *client.groups]
        if client.pattern_type is PatternType.PREFIXED and EVERYTHING in names:
            yield Problem(
                f"{path}.patternType",
                "'*' with PREFIXED means names that begin with an asterisk",
                "Use patternType: LITERAL, where '*' is every name.",
                "'PREFIXED'",
            )
