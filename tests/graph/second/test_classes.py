"""The hand-written classes of the second edition send what the provider takes, and read what it gives."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.switch import ActiveCluster, EstateRecord, Link, LinkMode, MirrorTopics, PatternType, Site
from provider.plugin import RESOURCES, VERSION
from provider.schema import package_schema
from tests.graph.recorder import record

SCHEMA = package_schema(RESOURCES, VERSION)["resources"]
SITE: Site = {
    "cluster_id": "lkc-1",
    "rest_endpoint": "https://x.example",
    "bootstrap_endpoint": "x.example:9092",
    "credentials": {"key": "K", "secret": "canary-secret"},
}
LINK: Link = {"from_": "east", "to": "west", "mode": LinkMode.BIDIRECTIONAL, "prefix": "dr."}


def guard() -> None:
    ActiveCluster(
        "one",
        environment="orders",
        primary="east",
        epoch=1,
        record_url="file:///r",
        ledger_url="file:///l",
        sites={"east": SITE, "west": SITE},
        links={"dr_link": LINK},
        change="failover",
        approved="2:0123456789abcdef",
        accept_loss=1,
        topics=["orders"],
        vault_url="file:///v",
        budget_seconds=60,
        chunk_size=10,
    )


def mirrors() -> None:
    MirrorTopics(
        "one",
        record_url="file:///r",
        link_name="dr_link",
        link=LINK,
        sites={"east": SITE, "west": SITE},
        topics=["orders"],
        offsets={"groups": [{"name": "g", "pattern_type": PatternType.PREFIXED}], "interval_ms": 1000},
        auto_create=[{"name": "*"}],
        topic_config_ms=1000,
        budget_seconds=60,
    )


def estate() -> None:
    EstateRecord("one", document={"version": 1}, problem="why")


@pytest.mark.parametrize(
    ("make", "kind"),
    [(guard, ActiveCluster), (mirrors, MirrorTopics), (estate, EstateRecord)],
    ids=["guard", "mirrors", "estate"],
)
def test_a_class_sends_what_the_provider_takes_and_reads_what_it_gives(
    make: Any, kind: type[pulumi.CustomResource]
) -> None:
    (found,) = record(make).graph
    schema = SCHEMA[found["type"]]
    assert set(found["inputs"]) <= set(schema["properties"])
    assert set(schema["inputProperties"]) <= set(found["inputs"]), "an input that cannot be given"
    assert {_camel(name) for name in kind.__annotations__} <= set(schema["properties"])


def test_the_users_own_names_are_kept_and_the_rest_is_in_the_wire_words() -> None:
    (found,) = record(guard).graph
    assert found["inputs"]["links"] == {
        "dr_link": {"from": "east", "to": "west", "mode": "bidirectional", "prefix": "dr."}
    }


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
