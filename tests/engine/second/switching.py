"""A switch on the real engine, its estate given as a file: sites, links and topics are made by hand on the emulator."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kafkadr.pointer.active import Active, parse_active
from tests.emulation import RunningEmulator
from tests.engine.pulumi_cli import PulumiStack, Ran
from tests.toolchain import ROOT, engine_env

CLUSTERS = {"east": "lkc-east01", "west": "lkc-west01", "north": "lkc-north1"}
TOPICS = {"orders": 2, "payments": 1}
TWO = ("dr-link:east=west",)
ONE_WAY = ("dr-link:east>west",)
MESH = ("east-west:east=west", "east-north:east=north", "west-north:west=north")
SYNC: dict[str, Any] = {
    "offsets": {"intervalMs": 1000, "groups": [{"name": "*"}]},
    "acls": {"intervalMs": 1000, "filters": [{}]},
}


def links_of(spellings: Sequence[str]) -> dict[str, dict[str, str]]:
    """`name:east=west` is a bidirectional link, `name:east>west` a one-way one."""
    found = {}
    for spelling in spellings:
        name, _, ends = spelling.partition(":")
        both = "=" in ends
        start, end = ends.split("=" if both else ">")
        found[name] = {"from": start, "to": end, "mode": "bidirectional" if both else "destination-initiated"}
    return found


@dataclass
class Switching:
    """A switch and its world."""

    emulator: RunningEmulator
    folder: Path
    stack: PulumiStack
    links: dict[str, dict[str, str]]
    edits: list[set[str]] = field(default_factory=list)

    # ---------------------------------------------------------------- the stack
    def edit(self, **keys: object) -> None:
        """A reviewed edit of keys of the switch; None takes a key out."""
        config = self.stack.config()
        before = dict(config)
        for key, value in keys.items():
            config[f"kafka-dr:{key}"] = value
        config = {k: v for k, v in config.items() if v is not None}
        self.edits.append({k for k in before.keys() | config.keys() if before.get(k) != config.get(k)})
        self.stack.configure(config)

    def settings(self, **changes: object) -> None:
        """Change settings."""
        config = self.stack.config()
        settings = config["kafka-dr:settings"] | changes
        config["kafka-dr:settings"] = {k: v for k, v in settings.items() if v is not None}
        self.stack.configure(config)

    def up(self, *more: str) -> Ran:
        return self.stack.up(*more)

    def preview(self, *more: str) -> Ran:
        return self.stack.preview(*more)

    def unchanged(self) -> Ran:
        return self.stack.preview("--expect-no-changes")

    def publish(self, **changes: Any) -> None:
        """Write the estate's document."""
        document = self.document() | changes
        (self.folder / "estate.json").write_text(json.dumps(document), "utf-8")

    def document(self) -> dict[str, Any]:
        sites = {end for link in self.links.values() for end in (link["from"], link["to"])}
        return {
            "version": 1,
            "environment": "orders",
            "sites": {name: self.site(name) for name in sorted(sites)},
            "links": self.links,
        }

    def site(self, name: str) -> dict[str, Any]:
        lkc = CLUSTERS[name]
        return {
            "clusterId": lkc,
            "restEndpoint": f"{self.emulator.url}/k/{lkc}",
            "bootstrapEndpoint": f"SASL_SSL://{name}.example:9092",
            "credentials": {"key": f"SWITCH{name}", "secret": f"canary-{name}"},
        }

    # ---------------------------------------------------------------- the world
    def kafka(self, site: str) -> Any:
        return self.emulator.kafka(CLUSTERS[site], f"SWITCH{site}", f"canary-{site}")

    def down(self, site: str) -> None:
        self.emulator.control("POST", f"/clusters/{CLUSTERS[site]}/down", {"how": "close", "now": True})

    def back(self, site: str) -> None:
        self.emulator.control("POST", f"/clusters/{CLUSTERS[site]}/up", {})

    def cloud_down(self) -> None:
        self.emulator.control("POST", "/cloud/down", {})

    def produce(self, site: str, topic: str, count: int, partition: int = 0) -> None:
        path = f"/clusters/{CLUSTERS[site]}/topics/{topic}/records"
        self.emulator.control("POST", path, {"partition": partition, "count": count})

    def hold(self, site: str, link: str, topic: str, lag: int, partition: int = 0) -> None:
        """Keep the last records of a partition from being mirrored."""
        hand = f"/clusters/{CLUSTERS[site]}/links/{link}/mirrors/{topic}"
        self.emulator.control("PUT", hand, {"hold_lag": {str(partition): lag}})

    def statuses(self, site: str, link: str = "-") -> dict[str, str]:
        found = self.kafka(site).get(f"/links/{link}/mirrors").json()["data"]
        return {m["mirror_topic_name"]: m["mirror_status"] for m in found}

    def entries(self, site: str, link: str = "dr-link") -> dict[str, str]:
        """The link's entries that somebody has set, as far as the switch may own them."""
        found = self.kafka(site).get(f"/links/{link}/configs").json()["data"]
        ours = ("acl", "auto", "consumer", "topic.config")
        return {c["name"]: c["value"] for c in found if not c["is_default"] and c["name"].startswith(ours)}

    def record(self) -> Active:
        return parse_active((self.folder / "record.json").read_text("utf-8"), "record")

    def ledger(self, epoch: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            (self.folder / "ledger" / "orders" / f"epoch-{epoch}.json").read_text("utf-8")
        )
        return found

    def forget_log(self) -> None:
        self.emulator.control("DELETE", "/log")

    def asked(self) -> set[str]:
        """Who was asked anything: cluster ids, and `cloud` for the cloud API."""
        return {r["cluster"] or "cloud" for r in self.emulator.log()}

    def mutations(self) -> list[tuple[str, str, str]]:
        """Cluster, method and template of every request that could change something."""
        return [
            (r["cluster"], r["method"], r["template"])
            for r in self.emulator.log()
            if r["method"] != "GET" and "validate_only" not in str(r["query"])
        ]


def build(emulator: RunningEmulator, folder: Path, links: Sequence[str] = TWO, **settings: Any) -> Switching:
    """Clusters, links and a switch that has not been run.

    Args:
        emulator: A fresh one.
        folder: The test's.
        links: See `links_of`; east is the primary.
        settings: Other settings than topics and the syncs of offsets and ACLs; None takes one out.
    """
    emulator.seed(
        {
            "environments": [{"id": "env-t", "display_name": "test"}],
            "clusters": [{"id": lkc, "environment": "env-t"} for lkc in CLUSTERS.values()],
            "topics": [{"cluster": CLUSTERS["east"], "name": n, "partitions": c} for n, c in TOPICS.items()],
            "api_keys": [
                {"key": f"SWITCH{name}", "secret": f"canary-{name}", "owner": "sa-switch", "resource": lkc}
                for name, lkc in CLUSTERS.items()
            ],
            "role_bindings": [
                {"principal": "sa-switch", "role_name": "CloudClusterAdmin", "cluster": lkc}
                for lkc in CLUSTERS.values()
            ],
        }
    )
    stack = _stack(folder)
    world = Switching(emulator, folder, stack, links_of(links))
    for name, link in world.links.items():
        make_link(world, name, link)
    world.publish()
    given = {
        "estateFile": str(folder / "estate.json"),
        "record": (folder / "record.json").as_uri(),
        "ledger": (folder / "ledger").as_uri(),
        "topics": sorted(TOPICS),
        **SYNC,
    } | settings
    config = {"kafka-dr:primary": "east", "kafka-dr:epoch": 1}
    stack.configure(config | {"kafka-dr:settings": {k: v for k, v in given.items() if v is not None}})
    return world


def standing(emulator: RunningEmulator, folder: Path, links: Sequence[str] = TWO, **settings: Any) -> Switching:
    """The same, run once: every other site is a standby."""
    world = build(emulator, folder, links, **settings)
    ran = world.up()
    assert ran.ok, ran.text
    world.forget_log()
    return world


def _stack(folder: Path) -> PulumiStack:
    own = folder / "switch"
    own.mkdir()
    project: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text("utf-8"))
    plugin = {"name": "kafkadr", "path": str(ROOT / "provider")}
    project |= {"main": str(ROOT), "plugins": {"providers": [plugin]}}
    del project["stackConfigDir"]
    (own / "Pulumi.yaml").write_text(yaml.safe_dump(project), "utf-8")
    stack = PulumiStack(own, engine_env(own))
    stack.init()
    return stack


def make_link(world: Switching, name: str, link: dict[str, str]) -> None:
    """Make the link objects, as the estate does."""
    both = link["mode"] == "bidirectional"
    ends = [(link["to"], link["from"])] + ([(link["from"], link["to"])] if both else [])
    for here, there in ends:
        configs = {
            "link.mode": "BIDIRECTIONAL" if both else "DESTINATION",
            "connection.mode": "OUTBOUND",
            "bootstrap.servers": "SASL_SSL://x.example:9092",
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "PLAIN",
            "sasl.jaas.config": _jaas(there),
        }
        if both:
            configs |= {
                "local.security.protocol": "SASL_SSL",
                "local.sasl.mechanism": "PLAIN",
                "local.sasl.jaas.config": _jaas(here),
            }
        body = {
            "remote_cluster_id" if both else "source_cluster_id": CLUSTERS[there],
            "configs": [{"name": n, "value": v} for n, v in configs.items()],
        }
        made = world.kafka(here).post("/links", params={"link_name": name}, json=body)
        assert made.status_code == 204, made.text


def _jaas(site: str) -> str:
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    return f'{module} required username="SWITCH{site}" password="canary-{site}";'
