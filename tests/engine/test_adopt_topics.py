"""A promoted mirror becomes a plain `KafkaTopic` in state, and no request changes anything (issue 6, V11)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.drctl.in_process import Done, run
from tests.emulation import RunningEmulator
from tests.emulator import linked
from tests.emulator.linked import DESTINATION, SOURCE
from tests.engine.projects import program
from tests.engine.pulumi_cli import PulumiStack
from tests.toolchain import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

KEYS = {"KAFKADR_DR_KEY": "DST", "KAFKADR_DR_SECRET": "dst-secret"}
MIRROR, TOPIC = (f"confluentcloud:index/{n[0].lower()}{n[1:]}:{n}" for n in ("KafkaMirrorTopic", "KafkaTopic"))
HEAD = """
import pulumi
import pulumi_confluentcloud as confluent

config = pulumi.Config()
credentials = {"key": "DST", "secret": config.require_secret("secret")}
"""
MIRRORS = """
for name in ("t0", "t1"):
    confluent.KafkaMirrorTopic(
        f"mirror-{name}",
        source_kafka_topic={"topic_name": name},
        mirror_topic_name=name,
        cluster_link={"link_name": "dr"},
        kafka_cluster={"id": "lkc-dst", "rest_endpoint": config.require("rest"), "credentials": credentials},
        opts=pulumi.ResourceOptions(protect=True, retain_on_delete=True, ignore_changes=["status"]),
    )
"""
TOPICS = """
for topic in config.require_object("topics"):
    confluent.KafkaTopic(
        topic["name"],
        topic_name=topic["name"],
        partitions_count=topic["partitions"],
        kafka_cluster={"id": "lkc-dst"},
        rest_endpoint=config.require("rest"),
        credentials=credentials,
        opts=pulumi.ResourceOptions(protect=True, retain_on_delete=True, import_=topic["id"]),
    )
"""


def card(emulator: RunningEmulator, folder: Path) -> Path:
    def site(name: str, cluster: str) -> dict[str, str]:
        at = f"{emulator.url}/k/{cluster}"
        return {"site": name, "clusterId": cluster, "bootstrapEndpoint": f"{name}:9092", "restEndpoint": at}

    document = {"version": 1, "link": "dr", "epoch": 1, "mirroring": True, "ledger": folder.as_uri()}
    sites = {"primary": site("east", SOURCE), "standby": site("west", DESTINATION)}
    path = folder / "card.json"
    path.write_text(json.dumps(document | sites), "utf-8")
    return path


def declare(stack: PulumiStack, text: str) -> None:
    (stack.folder / "__main__.py").write_text(f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{HEAD}{text}", "utf-8")


def steady(emulator: RunningEmulator, folder: Path) -> PulumiStack:
    """A program that has made two mirrors."""
    linked.build(emulator, 2)
    for name in ("t0", "t1"):
        emulator.control("DELETE", f"/clusters/{DESTINATION}/topics/{name}")
    stack = program(folder, HEAD + MIRRORS)
    config = {"program:rest": f"{emulator.url}/k/{DESTINATION}", "program:secret": "dst-secret"}
    stack.configure(config | {"confluentcloud:endpoint": emulator.url})
    up = stack.up()
    assert up.ok, up.text
    return stack


def adopt_topics(stack: PulumiStack, emulator: RunningEmulator, folder: Path) -> Done:
    state = folder / "export.json"
    state.write_text(stack.run("stack", "export").text, "utf-8")
    return run(["adopt-topics", "--card", str(card(emulator, folder)), "--state", str(state), "--json"], KEYS)


def changes(emulator: RunningEmulator) -> list[str]:
    return [f"{r['method']} {r['path']}" for r in emulator.log() if r["method"] != "GET"]


def test_stopped_mirrors_become_topics_without_a_mutating_call(emulator: RunningEmulator, tmp_path: Path) -> None:
    stack = steady(emulator, tmp_path)
    early = adopt_topics(stack, emulator, tmp_path)
    assert early.returncode == 4
    assert "t0 is no stopped mirror yet" in early.stdout

    done = linked.destination(emulator).post("/links/dr/mirrors:failover", json={"mirror_topic_names": ["t0", "t1"]})
    assert done.is_success, done.text
    emulator.control("DELETE", "/log")
    told = adopt_topics(stack, emulator, tmp_path)
    assert told.returncode == 0, told.stderr
    plan: dict[str, Any] = json.loads(told.stdout)

    for urn in plan["unprotect"]:
        assert stack.run("state", "unprotect", urn, "--yes").ok
    declare(stack, TOPICS)
    stack.configure(stack.config() | {"program:topics": plan["topics"]})
    stack.env |= plan["environment"] | {"IMPORT_KAFKA_API_KEY": "DST", "IMPORT_KAFKA_API_SECRET": "dst-secret"}
    up = stack.up()

    assert up.ok, up.text
    assert changes(emulator) == []
    assert stack.resources(MIRROR) == []
    assert {(r["inputs"]["topicName"], r["protect"]) for r in stack.resources(TOPIC)} == {("t0", True), ("t1", True)}
    again = stack.up("--expect-no-changes")
    assert again.ok, again.text
    assert changes(emulator) == []
    assert {"t0", "t1"} <= emulator.truth()["clusters"][DESTINATION]["topics"].keys()
    assert "dst-secret" not in (tmp_path / "export.json").read_text("utf-8") + told.stdout + told.stderr
