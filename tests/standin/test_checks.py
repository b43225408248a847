"""Names, defaults and plan-time failures."""

from typing import Any

import pytest

from emulator.standin.checks import DEFAULTS, Naming, check
from emulator.standin.resources import TABLE
from emulator.standin.values import UNKNOWN

INDEX = "confluentcloud:index"
LINK = TABLE[f"{INDEX}/clusterLink:ClusterLink"]
TOPIC = TABLE[f"{INDEX}/kafkaTopic:KafkaTopic"]
MIRROR = TABLE[f"{INDEX}/kafkaMirrorTopic:KafkaMirrorTopic"]
CLUSTER = TABLE[f"{INDEX}/kafkaCluster:KafkaCluster"]
ACCOUNT = TABLE[f"{INDEX}/serviceAccount:ServiceAccount"]
SEED = b"\x01\x02"


def test_a_missing_name_is_made_of_the_resource_name_and_a_suffix_that_follows_the_seed() -> None:
    first, _ = check(LINK, {}, {}, Naming("dr", SEED))
    again, _ = check(LINK, {}, {}, Naming("dr", SEED))
    other, _ = check(LINK, {}, {}, Naming("dr", b"\x03"))
    assert first["link"] == again["link"] != other["link"]
    assert first["link"].startswith("dr-")
    assert len(first["link"]) == len("dr-") + 7
    assert "link" in first[DEFAULTS]


def test_without_a_seed_names_still_differ() -> None:
    names = {check(LINK, {}, {}, Naming("dr"))[0]["link"] for _ in range(5)}
    assert len(names) == 5


def test_a_made_name_is_kept_also_after_a_refresh_that_wrote_no_bookkeeping() -> None:
    made, _ = check(LINK, {}, {}, Naming("dr", SEED))
    for olds in (made, {"link": made["link"]}):
        assert check(LINK, olds, {}, Naming("dr", b"\x03"))[0]["link"] == made["link"]


def test_a_name_the_program_once_gave_is_not_kept() -> None:
    given, _ = check(LINK, {}, {"link": "mine"}, Naming("dr", SEED))
    assert check(LINK, given, {}, Naming("dr", SEED))[0]["link"] != "mine"


def test_autonaming_wishes_of_the_project() -> None:
    assert check(ACCOUNT, {}, {}, Naming("a", SEED, "enforce", "exact"))[0]["displayName"] == "exact"
    assert check(ACCOUNT, {}, {}, Naming("a", SEED, "propose", "wish"))[0]["displayName"] == "wish"
    _, failures = check(ACCOUNT, {}, {}, Naming("a", SEED, "disable"))
    assert failures == [("displayName", "Missing required property 'displayName'")]


def test_vendor_defaults_are_filled_in() -> None:
    inputs, _ = check(LINK, {}, {"link": "dr"}, Naming("l"))
    assert (inputs["linkMode"], inputs["connectionMode"]) == ("DESTINATION", "OUTBOUND")
    assert check(TOPIC, {}, {"topicName": "t"}, Naming("t"))[0]["partitionsCount"] == 6
    assert sorted(inputs[DEFAULTS]) == ["connectionMode", "linkMode"]


@pytest.mark.parametrize(
    ("row", "inputs", "path"),
    [
        (TOPIC, {"topicName": "no spaces"}, "topicName"),
        (TOPIC, {"topicName": "t", "kafkaCluster": {"id": "x"}}, "kafkaCluster.id"),
        (TOPIC, {"topicName": "t", "credentials": {"key": "k", "secret": ""}}, "credentials.secret"),
        (TOPIC, {"topicName": "t", "credentials": {"key": "k"}}, "credentials.secret"),
        (TOPIC, {"topicName": "t", "restEndpoint": "pkc:443"}, "restEndpoint"),
        (TOPIC, {"topicName": "t", "partitionsCount": 0}, "partitionsCount"),
        (TOPIC, {"topicName": "t", "partitionsCount": "6"}, "partitionsCount"),
        (TOPIC, {"topicName": "t", "typo": 1}, "typo"),
        (TOPIC, {}, "topicName"),
        (ACCOUNT, {"displayName": ""}, "displayName"),
        (ACCOUNT, {"displayName": "a", "kind": "x"}, "kind"),
    ],
)
def test_failures_name_the_property(row: Any, inputs: dict[str, Any], path: str) -> None:
    _, failures = check(row, {}, inputs, Naming("r"))
    assert [found for found, _ in failures] == [path]


@pytest.mark.parametrize("status", ["STOPPED", "FAILED", "PENDING_STOPPED", "promoted"])
def test_only_four_mirror_states_can_be_asked_for(status: str) -> None:
    _, failures = check(MIRROR, {}, {"status": status}, Naming("m"))
    assert "status" in [path for path, _ in failures]


@pytest.mark.parametrize("tiers", [{}, {"basic": {}, "standard": {}}])
def test_a_cluster_has_exactly_one_tier(tiers: dict[str, Any]) -> None:
    _, failures = check(CLUSTER, {}, {**COMMON, **tiers}, Naming("c"))
    assert [path for path, _ in failures] == [""]


def test_unknown_values_pass_every_rule() -> None:
    inputs = {**COMMON, "environment": {"id": UNKNOWN}, "cloud": UNKNOWN, "dedicated": UNKNOWN}
    assert check(CLUSTER, {}, inputs, Naming("c"))[1] == []


COMMON: dict[str, Any] = {
    "availability": "MULTI_ZONE",
    "cloud": "AWS",
    "region": "eu-west-1",
    "environment": {"id": "env-1"},
}
