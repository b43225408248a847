"""Two clusters with a link and mirrors, ready to be failed over, as several tests need them."""

from typing import Any

import httpx2

from tests.emulation import RunningEmulator

SOURCE, DESTINATION = "lkc-src", "lkc-dst"
WORLD: dict[str, Any] = {
    "environments": [{"id": "env-1", "stream_governance": "ESSENTIALS"}],
    "clusters": [{"id": SOURCE, "environment": "env-1"}, {"id": DESTINATION, "environment": "env-1"}],
    "api_keys": [
        {"key": "SRC", "secret": "src-secret", "owner": "sa-link", "resource": SOURCE},
        {"key": "DST", "secret": "dst-secret", "owner": "sa-op", "resource": DESTINATION},
    ],
    "role_bindings": [
        {"principal": "sa-link", "role_name": "CloudClusterAdmin", "cluster": SOURCE},
        {"principal": "sa-op", "role_name": "CloudClusterAdmin", "cluster": DESTINATION},
    ],
}
_JAAS = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="SRC" password="src-secret";'


def source(emulator: RunningEmulator) -> httpx2.Client:
    return emulator.kafka(SOURCE, "SRC", "src-secret")


def destination(emulator: RunningEmulator) -> httpx2.Client:
    return emulator.kafka(DESTINATION, "DST", "dst-secret")


def link_body(**configs: str) -> dict[str, Any]:
    """As the provider sends it for a destination-initiated link."""
    whole = {
        "bootstrap.servers": "SASL_SSL://src.example:9092",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": _JAAS,
        "link.mode": "DESTINATION",
        "connection.mode": "OUTBOUND",
    }
    pairs = [{"name": name, "value": value} for name, value in (whole | configs).items()]
    return {"source_cluster_id": SOURCE, "configs": pairs}


def build(emulator: RunningEmulator, topics: int = 3, **configs: str) -> httpx2.Client:
    """Link both clusters as ``dr``, mirror ``t0``, ``t1``, … of one partition; the destination's client."""
    names = [f"t{number}" for number in range(topics)]
    emulator.seed(WORLD | {"topics": [{"cluster": SOURCE, "name": name, "partitions": 1} for name in names]})
    client = destination(emulator)
    made = client.post("/links", params={"link_name": "dr"}, json=link_body(**configs))
    assert made.status_code == 204, made.text
    for name in names:
        mirror = client.post("/links/dr/mirrors", json={"source_topic_name": name})
        assert mirror.status_code == 204, mirror.text
    return client


def statuses(client: httpx2.Client) -> dict[str, str]:
    mirrors = client.get("/links/dr/mirrors").json()["data"]
    return {mirror["mirror_topic_name"]: mirror["mirror_status"] for mirror in mirrors}
