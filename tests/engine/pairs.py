"""A pair on the emulator with a link and mirrors made over REST: what a `MirrorState` alone needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.emulation import RunningEmulator
from tests.engine.projects import small_project
from tests.engine.pulumi_cli import PulumiStack

SOURCE, STANDBY, LINK = "lkc-a", "lkc-b", "dr"
SECRET = "canary-standby-secret"
FAILOVER = "/links/{l}/mirrors:failover"
_JAAS = (
    'org.apache.kafka.common.security.plain.PlainLoginModule required username="KA" password="canary-source-secret";'
)
_ALL_GROUPS = '{"groupFilters":[{"name":"*","patternType":"LITERAL","filterType":"INCLUDE"}]}'


@dataclass
class Pair:
    """The emulated pair, and the stack that declares one `MirrorState` named `m`."""

    emulator: RunningEmulator
    stack: PulumiStack
    folder: Path

    def want(self, desired: str, **more: Any) -> None:
        """Declare the wanted state."""
        mirror = {
            "rest_endpoint": f"{self.emulator.url}/k/{STANDBY}",
            "cluster_id": STANDBY,
            "link_name": LINK,
            "desired": desired,
            "ledger_url": (self.folder / "ledger").as_uri(),
        }
        self.stack.configure(
            {"small:mirrors": {"m": mirror | more}, "small:credentials": {"key": "KB", "secret": SECRET}}
        )

    def hand(self, topic: str, **state: Any) -> None:
        """Change a mirror by hand."""
        self.emulator.control("PUT", f"/clusters/{STANDBY}/links/{LINK}/mirrors/{topic}", state)

    def statuses(self) -> dict[str, str]:
        """The truth."""
        listed = self.emulator.kafka(STANDBY, "KB", SECRET).get(f"/links/{LINK}/mirrors").json()["data"]
        return {m["mirror_topic_name"]: m["mirror_status"] for m in listed}

    def forget_log(self) -> None:
        self.emulator.control("DELETE", "/log")

    def requests(self) -> list[dict[str, Any]]:
        return self.emulator.log()

    def mutations(self) -> list[dict[str, Any]]:
        """Every request that could change something."""
        return [r for r in self.requests() if r["method"] != "GET" and "validate_only" not in str(r["query"])]


def build(emulator: RunningEmulator, folder: Path, topics: Sequence[str]) -> Pair:
    """Seed both clusters, the link and a mirror per topic."""
    cluster = {"environment": "env-a", "kind": "Dedicated", "cloud": "AWS"}
    emulator.seed(
        {
            "environments": [{"id": "env-a", "display_name": "a"}],
            "clusters": [
                cluster | {"id": SOURCE, "region": "us-east-1", "display_name": "A"},
                cluster | {"id": STANDBY, "region": "us-west-2", "display_name": "B"},
            ],
            "api_keys": [
                {"key": "KA", "secret": "canary-source-secret", "owner": "u-admin", "resource": SOURCE},
                {"key": "KB", "secret": SECRET, "owner": "u-admin", "resource": STANDBY},
            ],
            "topics": [{"cluster": SOURCE, "name": t, "partitions": 1} for t in topics],
        }
    )
    _link(emulator, topics)
    return Pair(emulator, small_project(folder), folder)


def _link(emulator: RunningEmulator, topics: Iterable[str]) -> None:
    kafka = emulator.kafka(STANDBY, "KB", SECRET)
    configs = {
        "bootstrap.servers": "a.invalid:9092",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": _JAAS,
        "consumer.offset.sync.enable": "true",
        "consumer.offset.sync.ms": "1000",
        "consumer.offset.group.filters": _ALL_GROUPS,
    }
    body = {"source_cluster_id": SOURCE, "configs": [{"name": k, "value": v} for k, v in configs.items()]}
    assert kafka.post("/links", params={"link_name": LINK}, json=body).is_success
    for topic in topics:
        assert kafka.post(f"/links/{LINK}/mirrors", json={"source_topic_name": topic}).is_success
