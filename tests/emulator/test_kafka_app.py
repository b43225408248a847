"""The Kafka side behind the whole emulator: over HTTP, with keys, seeded and steered by the control surface."""

from typing import Any

import httpx2
import pytest

from tests.brokers import until
from tests.emulation import RunningEmulator
from tests.emulator.kafka_world import EAST, SYNC_ALL, WEST, jaas


@pytest.fixture
def pair(either_emulator: RunningEmulator) -> RunningEmulator:
    """Two clusters on either data plane, a link key on the source, operators' keys, and the tutorial's topic."""
    operators = [{"key": f"OP-{lkc}", "secret": "op-secret", "owner": "sa-op", "resource": lkc} for lkc in (EAST, WEST)]
    link_key = {"key": "LINK-east", "secret": "link-secret", "owner": "sa-link", "resource": EAST}
    either_emulator.seed(
        {
            "clusters": [
                {"id": EAST, "environment": "env-1", "region": "eu-west-1"},
                {"id": WEST, "environment": "env-1", "region": "eu-central-1"},
            ],
            "api_keys": [*operators, link_key],
            "role_bindings": [
                {"principal": "sa-op", "role_name": "CloudClusterAdmin", "cluster": EAST},
                {"principal": "sa-op", "role_name": "CloudClusterAdmin", "cluster": WEST},
                {"principal": "sa-link", "role_name": "CloudClusterAdmin", "cluster": EAST},
            ],
            "topics": [{"cluster": EAST, "name": "dr-topic", "partitions": 1}],
            "records": [{"cluster": EAST, "topic": "dr-topic", "values": [str(number) for number in range(1, 11)]}],
            "groups": [{"cluster": EAST, "group": "dr-group", "topic": "dr-topic", "offset": 5}],
        }
    )
    either_emulator.control("POST", "/clock", {"mode": "manual"})
    return either_emulator


def _west(emulator: RunningEmulator) -> httpx2.Client:
    return emulator.kafka(WEST, f"OP-{WEST}", "op-secret")


def _link(emulator: RunningEmulator) -> httpx2.Client:
    west = _west(emulator)
    configs = {
        "bootstrap.servers": "east:9092",
        "sasl.jaas.config": jaas("LINK-east", "link-secret"),
        "consumer.offset.sync.enable": "true",
        "consumer.offset.group.filters": SYNC_ALL,
    }
    body = {"source_cluster_id": EAST, "configs": [{"name": name, "value": value} for name, value in configs.items()]}
    assert west.post("/links", params={"link_name": "dr"}, json=body).status_code == 204
    assert west.post("/links/dr/mirrors", json={"source_topic_name": "dr-topic"}).status_code == 204
    return west


def _mirror(west: httpx2.Client) -> Any:
    return west.get("/links/dr/mirrors/dr-topic").json()


def _lag(west: httpx2.Client) -> int:
    return int(_mirror(west)["mirror_lags"][0]["lag"])


def test_the_seeds_disaster(pair: RunningEmulator) -> None:
    west = _link(pair)
    pair.advance(30)
    until(lambda: _lag(west) == 0)
    pair.control("PUT", f"/clusters/{WEST}/links/dr/mirrors/dr-topic", {"hold_lag": {"0": 5}})
    pair.control("POST", f"/clusters/{EAST}/topics/dr-topic/records", {"count": 5})
    until(lambda: _lag(west) == 5)
    pair.control("PUT", f"/clusters/{EAST}/groups/dr-group", {"offsets": {"dr-topic": {"0": 15}}})
    pair.advance(30)
    pair.control("POST", f"/clusters/{EAST}/down", {"now": True})
    assert _mirror(west)["mirror_status"] == "SOURCE_UNAVAILABLE"
    body = {"mirror_topic_names": ["dr-topic"]}
    (row,) = west.post("/links/dr/mirrors:failover", json=body).json()["data"]
    assert row["mirror_lags"] == [{"partition": 0, "lag": 5, "last_source_fetch_offset": 9}]
    assert _mirror(west)["mirror_status"] == "STOPPED"
    truth = pair.truth()["clusters"]
    assert truth[EAST]["topics"]["dr-topic"]["partitions"] == [{"start": 0, "end": 15}]
    assert truth[WEST]["groups"]["dr-group"]["offsets"] == {"dr-topic": {"0": 10}}
    records = pair.control("GET", f"/clusters/{WEST}/topics/dr-topic/records")["records"]
    assert [record["value"] for record in records] == [str(number) for number in range(1, 11)]


def test_keys_of_one_cluster_are_unknown_on_the_other_and_rights_count(pair: RunningEmulator) -> None:
    assert pair.kafka(EAST, f"OP-{WEST}", "op-secret").get("/topics").status_code == 401
    assert pair.kafka(WEST, f"OP-{WEST}", "wrong").get("/topics").status_code == 401
    reader = {"key": "READ-west", "secret": "read-secret", "owner": "sa-reader", "resource": WEST}
    pair.seed({"api_keys": [reader]})
    without_rights = pair.kafka(WEST, "READ-west", "read-secret")
    assert without_rights.get("/topics").json()["data"] == []
    assert without_rights.get("/links").json()["error_code"] == 40301


def test_a_revoked_link_key_fails_the_link(pair: RunningEmulator) -> None:
    west = _link(pair)
    assert pair.cloud().delete("/iam/v2/api-keys/LINK-east").status_code == 204
    assert _mirror(west)["mirror_status"] == "LINK_FAILED"
    assert west.get("/links/dr").json()["link_error"] == "AUTHENTICATION_ERROR"


def test_stops_released_by_hand_and_counted_calls(pair: RunningEmulator) -> None:
    west = _link(pair)
    until(lambda: _lag(west) == 0)
    pair.settings(stop_mode="manual")
    west.post("/links/dr/mirrors:promote", json={"mirror_topic_name_pattern": ".*"})
    assert _mirror(west)["mirror_status"] == "PENDING_STOPPED"
    assert pair.control("POST", f"/clusters/{WEST}/links/dr/mirrors:release") == {"stopped": 1}
    assert _mirror(west)["mirror_status"] == "STOPPED"
    template = "/kafka/v3/clusters/{cluster_id}/links/{link_name}/mirrors:promote"
    assert pair.counters()[f"POST {template}"] == 1


def test_the_cluster_itself_and_trailing_slashes(pair: RunningEmulator) -> None:
    west = _west(pair)
    assert west.get("").json()["cluster_id"] == WEST
    assert west.get("/links/", follow_redirects=True).json()["data"] == []
