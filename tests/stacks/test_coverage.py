"""What clients use and the standby will not have is told in every preview, in one line per kind."""

from __future__ import annotations

from typing import Any

import pytest

from first.stacks.coverage import uncovered
from first.stacks.settings import parse
from tests.stacks.examples import config

PREFIX = {"patternType": "PREFIXED"}
OUT = {"filterType": "EXCLUDE"}


def told(*, groups: list[dict[str, str]] | None = None, **edits: Any) -> list[str]:
    if groups is not None:
        edits["sync.offsets.groups"] = groups
    return uncovered(parse(config(**edits)))


def client(*groups: str, topics: tuple[str, ...] = (), **more: Any) -> list[dict[str, Any]]:
    return [{"name": "billing", "consume": list(topics), "groups": list(groups), **more}]


@pytest.mark.parametrize(
    ("filters", "group", "more", "synced"),
    [
        ([{"name": "*"}], "app", {}, True),
        ([{"name": "app"}], "app", {}, True),
        ([{"name": "orders-"} | PREFIX], "app", {}, False),
        ([{"name": "orders-"} | PREFIX], "orders-1", {}, True),
        ([{"name": "*"}, {"name": "app"} | OUT], "app", {}, False),
        ([{"name": "*"}, {"name": "ap"} | PREFIX | OUT], "app", {}, False),
        ([{"name": "app"}], "app", PREFIX, True),  # a part of them: meant, or not to be told apart
        ([{"name": "app-1"}], "app", PREFIX, True),
        ([{"name": "x"}], "app", PREFIX, False),
        ([{"name": "*"}, {"name": "app"} | PREFIX | OUT], "app", PREFIX, False),
        ([{"name": "*"}, {"name": "app-1"} | OUT], "app", PREFIX, True),
        ([{"name": "x"}], "*", {}, True),
    ],
)
def test_a_group_that_no_filter_takes_in_is_told(
    filters: list[dict[str, str]], group: str, more: dict[str, Any], synced: bool
) -> None:
    found = told(groups=filters, clients=client(group, **more))
    assert [f"group {group} of client billing" in line for line in found] == ([] if synced else [True])


def test_without_offset_sync_groups_are_not_told_one_by_one() -> None:
    off: dict[str, Any] = {"sync.offsets.enabled": False}
    assert told(groups=[{"name": "x"}], clients=client("app"), **off) == []


@pytest.mark.parametrize(
    ("onboarding", "topic", "more", "mirrored"),
    [
        ({"mode": "opt-in", "topics": ["orders"]}, "orders", {}, True),
        ({"mode": "opt-in", "topics": ["orders"]}, "payments", {}, False),
        ({"mode": "opt-in", "topics": ["orders.placed"]}, "orders", PREFIX, True),
        ({"mode": "opt-in", "topics": ["orders.placed"]}, "orders", {}, False),
        ({"mode": "auto-create", "filters": [{"name": "orders"} | PREFIX]}, "orders.placed", {}, True),
        ({"mode": "auto-create", "filters": [{"name": "orders"} | PREFIX]}, "payments", {}, False),
        ({"mode": "auto-create", "filters": [{"name": "o"} | PREFIX], "topics": ["pay"]}, "pay", {}, True),
    ],
)
def test_a_topic_that_nobody_mirrors_is_told(
    onboarding: dict[str, Any], topic: str, more: dict[str, str], mirrored: bool
) -> None:
    found = told(onboarding=onboarding, clients=client(topics=(topic,), **more))
    assert [f"topic {topic} of client billing" in line for line in found] == ([] if mirrored else [True])


def test_filters_whose_every_inclusion_is_shut_out_take_nothing_in() -> None:
    groups = [{"name": "orders-"} | PREFIX, {"name": "*"} | OUT]
    topics = {"mode": "auto-create", "filters": [{"name": "orders"}, {"name": "ord"} | PREFIX | OUT]}
    found = told(groups=groups, onboarding=topics, clients=[])
    assert [line.partition(" ")[0] for line in found] == ["settings.sync.offsets.groups", "settings.onboarding.filters"]
    assert told(groups=[*groups, {"name": "x"}], clients=[]) == found[:1]


def test_a_filter_that_only_a_part_is_shut_out_of_is_not_told() -> None:
    assert told(groups=[{"name": "orders-"} | PREFIX, {"name": "orders-1"} | OUT], clients=[]) == []


def test_many_groups_are_one_line() -> None:
    (line,) = told(groups=[{"name": "x"}], clients=client(*(f"g{n}" for n in range(12))))
    assert "group g9 of client billing and 2 more" in line
