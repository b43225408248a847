"""The repository's own pair on the emulator, built and steady, with an operator who has a key on both clusters."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.emulation import RunningEmulator
from tests.engine.projects import local_pair
from tests.engine.pulumi_cli import PulumiStack
from tests.toolchain import ROOT

EAST = "lkc-xkd1g"
LINK = "dr-link"
TOPICS = {"dr-topic": 1, "orders": 3}
SIGNING_KEY = "canary-signing-key-0123456789abcdef"
SECRETS = {"east": "canary-east-secret", "west": "canary-west-secret"}
PROMOTE: dict[str, object] = {"primary": "west", "epoch": 2, "change": "promote", "standby": "retained"}
FAILOVER: dict[str, object] = {"primary": "west", "epoch": 2, "change": "failover", "standby": "retained"}
_WORLD: dict[str, Any] = {
    "environments": [{"id": "env-local1", "display_name": "local"}],
    "clusters": [{"id": EAST, "environment": "env-local1", "kind": "Standard", "region": "us-east-1"}],
    "topics": [{"cluster": EAST, "name": name, "partitions": count} for name, count in TOPICS.items()],
}


@dataclass
class StandingPair:
    """A steady pair: east is primary, west mirrors it."""

    emulator: RunningEmulator
    stack: PulumiStack
    folder: Path
    west: str

    def produce(self, topic: str, count: int, partition: int = 0, cluster: str = EAST) -> None:
        """Append records without payload."""
        path = f"/clusters/{cluster}/topics/{topic}/records"
        self.emulator.control("POST", path, {"partition": partition, "count": count})

    def commit(self, group: str, topic: str, offset: int, partition: int = 0) -> None:
        """A group on east that has read up to `offset`, and is not at work."""
        body = {"offsets": {topic: {str(partition): offset}}, "active": False}
        self.emulator.control("PUT", f"/clusters/{EAST}/groups/{group}", body)

    def drctl(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run an operator command with the operator's keys."""
        env = self.stack.env | {
            "KAFKADR_LEDGER": (self.folder / "ledger").as_uri(),
            "KAFKADR_SOURCE_KEY": "OPEAST",
            "KAFKADR_SOURCE_SECRET": SECRETS["east"],
            "KAFKADR_DR_KEY": "OPWEST",
            "KAFKADR_DR_SECRET": SECRETS["west"],
            "KAFKADR_HANDOVER_KEY": SIGNING_KEY,
            **environment,
        }
        command = [sys.executable, "-m", "drctl", *words]
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=200)

    def demote(self, *more: str, epoch: int = 1, **environment: str) -> subprocess.CompletedProcess[str]:
        """Demote east."""
        clusters = ["--source-cluster", EAST, "--source-rest", self.rest(EAST), "--cluster", self.west]
        link = ["--dr-rest", self.rest(self.west), "--link", LINK, "--epoch", str(epoch), "--quiet-seconds", "1"]
        return self.drctl("demote", *clusters, *link, "--json", *more, **environment)

    def token(self, epoch: int = 1) -> str:
        """The token of a demotion that succeeded."""
        ran = self.demote(epoch=epoch)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return str(json.loads(ran.stdout)["handover"])

    def rest(self, cluster: str) -> str:
        return f"{self.emulator.url}/k/{cluster}"

    def kafka(self, site: str) -> Any:
        """The operator's client of a site's cluster."""
        lkc, key = {"east": (EAST, "OPEAST"), "west": (self.west, "OPWEST")}[site]
        return self.emulator.kafka(lkc, key, SECRETS[site])

    def statuses(self) -> dict[str, str]:
        """The truth about the mirrors."""
        found = self.kafka("west").get(f"/links/{LINK}/mirrors").json()["data"]
        return {m["mirror_topic_name"]: m["mirror_status"] for m in found}

    def ends(self, cluster: str) -> dict[str, list[int]]:
        """End offsets of the topics' partitions, as they are."""
        topics = self.emulator.truth()["clusters"][cluster]["topics"]
        return {name: [p["end"] for p in topics[name]["partitions"]] for name in TOPICS}

    def link_configs(self) -> dict[str, str]:
        """The link's entries that were set."""
        found = self.kafka("west").get(f"/links/{LINK}/configs").json()["data"]
        return {c["name"]: c["value"] for c in found if c["source"] == "DYNAMIC_CLUSTER_LINK_CONFIG"}

    def committed(self, site: str, group: str) -> dict[tuple[str, int], tuple[int, int]]:
        """A group's next offset and the log's end, per partition; {} while the site does not know the group."""
        rows = self.kafka(site).get(f"/consumer-groups/{group}/lags").json().get("data", [])
        return {(r["topic_name"], r["partition_id"]): (r["current_offset"], r["log_end_offset"]) for r in rows}

    def acls(self, site: str) -> set[tuple[str, str, str]]:
        """Resource, principal and operation of every ACL."""
        rows = self.kafka(site).get("/acls", params={"principal": "UserV2:*"}).json()["data"]
        return {(r["resource_name"], r["principal"], r["operation"]) for r in rows}

    def ledger(self, epoch: int = 2) -> dict[str, Any]:
        """The ledger of a term."""
        path = self.folder / "ledger" / self.west / LINK / f"epoch-{epoch}.json"
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return found

    def forget_log(self) -> None:
        self.emulator.control("DELETE", "/log")

    def mutations(self) -> list[tuple[str, str, str]]:
        """Cluster, method and template of every request that could change something."""
        return [
            (r["cluster"], r["method"], r["template"])
            for r in self.emulator.log()
            if r["method"] != "GET" and "validate_only" not in str(r["query"])
        ]


def build(emulator: RunningEmulator, folder: Path, **more: Any) -> StandingPair:
    """Seed east, build the stack, give the operator keys.

    Args:
        emulator: A fresh one.
        folder: The test's.
        more: Sections of `kafka-dr:settings` to be other than in the local stack.
    """
    emulator.seed(_WORLD)
    stack = local_pair(folder, emulator.url)
    settings = stack.config()["kafka-dr:settings"]
    settings["onboarding"] = {"mode": "opt-in", "topics": sorted(TOPICS)}
    settings["link"] |= {"reads": [{"name": "*"}]}
    stack.edit(settings=settings | more, handoverKey=SIGNING_KEY)
    ran = stack.up()
    assert ran.ok, ran.text
    west = stack.resources("kafkadr:index:MirrorState")[0]["id"].split("/")[0]
    emulator.seed(
        {
            "api_keys": [
                {"key": key, "secret": SECRETS[site], "owner": "sa-operator", "resource": lkc}
                for key, site, lkc in (("OPEAST", "east", EAST), ("OPWEST", "west", west))
            ],
            "role_bindings": [
                {"principal": "sa-operator", "role_name": "CloudClusterAdmin", "cluster": lkc} for lkc in (EAST, west)
            ],
        }
    )
    return StandingPair(emulator, stack, folder, west)
