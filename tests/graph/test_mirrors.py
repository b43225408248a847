from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from first.components import ComponentError, MirrorTopics
from first.components._base import SLUG_LENGTH, slug

from .recorder import Recorder, golden, plain, record
from .samples import cluster

TOPICS = st.from_regex(r"[A-Za-z0-9._-]{1,249}", fullmatch=True)


def build(topics: list[str], **more: Any) -> Recorder:
    return record(lambda: mirrors(topics, **more))


def mirrors(topics: list[str], **more: Any) -> MirrorTopics:
    args: Any = {"destination": cluster("west"), "link_name": "dr", "topics": topics}
    return MirrorTopics("m", args | more)


def test_mirrors_are_the_golden_graph() -> None:
    golden("mirrors", build(["orders", "a.b_c-d", "x" * 249]))


def test_a_mirror_is_created_without_a_status_and_ignores_it() -> None:
    (mirror,) = build(["orders"]).of_type("KafkaMirrorTopic")
    assert "status" not in mirror["inputs"]
    assert mirror["ignoreChanges"] == ["status"]
    assert (mirror["protect"], mirror["retainOnDelete"]) == (True, True)


def test_a_prefix_is_part_of_the_mirrors_name_only() -> None:
    (mirror,) = build(["orders"], prefix="east.").of_type("KafkaMirrorTopic")
    assert mirror["name"] == "m-orders"
    assert mirror["inputs"]["mirrorTopicName"] == "east.orders"
    assert mirror["inputs"]["sourceKafkaTopic"] == {"topicName": "orders"}


def test_names_are_sorted_mirror_names() -> None:
    assert plain(lambda: mirrors(["b", "a"], prefix="p.").names) == ["p.a", "p.b"]


def test_no_topics_are_no_mirrors() -> None:
    assert plain(lambda: mirrors([]).names) == []


def test_another_topic_never_renames_a_mirror() -> None:
    long = "x" * 248
    alone = {r["name"] for r in build([long + "1"]).of_type("KafkaMirrorTopic")}
    together = {r["name"] for r in build([long + "1", long + "2"]).of_type("KafkaMirrorTopic")}
    assert alone < together
    assert len(together) == 2


@given(st.lists(TOPICS, min_size=2, max_size=2, unique=True))
def test_two_topics_never_share_a_slug(topics: list[str]) -> None:
    assert slug(topics[0]) != slug(topics[1])
    assert all(len(slug(topic)) <= SLUG_LENGTH for topic in topics)


@given(st.text(min_size=1))
def test_a_slug_has_only_readable_characters(text: str) -> None:
    assert set(slug(text)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")


@pytest.mark.parametrize(
    ("topics", "prefix", "problem"),
    [
        (["a", "b", "a"], "", "topics names a more than once"),
        (["a b"], "", "'a b' is no topic name"),
        ([""], "", "'' is no topic name"),
        ([".."], "", "'..' is no topic name"),
        (["x" * 245], "east.", "would have a name of 250 characters"),
    ],
)
def test_refuses(topics: list[str], prefix: str, problem: str) -> None:
    with pytest.raises(ComponentError, match=problem):
        build(topics, prefix=prefix)
