"""A program with Confluent's own mirrors and ACLs becomes ours: one command, no call that changes anything."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.emulation import RunningEmulator
from tests.emulator import linked
from tests.emulator.linked import DESTINATION
from tests.engine.projects import program
from tests.engine.pulumi_cli import PulumiStack, Ran
from tests.toolchain import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

HEAD = """
import pulumi
config = pulumi.Config()
secret = config.require_secret("secret")
"""
STOCK = """
import pulumi_confluentcloud as confluent

where = {"rest_endpoint": config.require("rest"), "credentials": {"key": "DST", "secret": secret}}
mirrors = [
    confluent.KafkaMirrorTopic(
        f"mirror-{name}",
        source_kafka_topic={"topic_name": name},
        cluster_link={"link_name": "dr"},
        kafka_cluster={"id": "lkc-dst", **where},
        opts=pulumi.ResourceOptions(protect=True),
    )
    for name in ("t0", "t1", "t2")
]
for operation in ("READ", "WRITE", "DESCRIBE"):
    confluent.KafkaAcl(
        f"acl-{operation}",
        kafka_cluster={"id": "lkc-dst"},
        **where,
        resource_type="TOPIC",
        resource_name_="t",
        pattern_type="PREFIXED",
        principal="User:sa-shop",
        host="*",
        operation=operation,
        permission="ALLOW",
        opts=pulumi.ResourceOptions(depends_on=mirrors),
    )
"""
OURS = """
from components.client_acls import ClientAcls
from components.switch import ActivePassive

def site(cluster, key, secret):
    rest = config.require("cloud") + f"/k/{cluster}"
    credentials = {"key": key, "secret": secret}
    return {"cluster_id": cluster, "rest_endpoint": rest, "bootstrap_endpoint": "b:9092", "credentials": credentials}

west = site("lkc-dst", "DST", secret)
ActivePassive("shop", {
    "primary": "east", "epoch": 1, "record": config.require("store") + "/record.json",
    "ledger": config.require("store") + "/ledger", "topics": ["t0", "t1", "t2"],
    "sites": {"east": site("lkc-src", "SRC", "src-secret"), "west": west},
    "links": {"dr": {"from_": "east", "to": "west"}},
})
ClientAcls("shop-west", site=west, acls=[
    {"resource_type": "TOPIC", "resource_name": "t", "pattern_type": "PREFIXED", "principal": "User:sa-shop",
     "operation": operation}
    for operation in ("READ", "WRITE", "DESCRIBE")
])
"""


def declare(stack: PulumiStack, text: str) -> None:
    (stack.folder / "__main__.py").write_text(f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n{HEAD}{text}", "utf-8")


def adopt(stack: PulumiStack, *more: str) -> Ran:
    command = [sys.executable, str(ROOT / "scripts" / "adopt"), stack.name, "--cwd", str(stack.folder), *more]
    ran = subprocess.run(command, env=stack.env, capture_output=True, text=True, check=False)
    return Ran(ran.returncode, ran.stdout + ran.stderr)


def mutations(emulator: RunningEmulator) -> list[str]:
    return [f"{e['method']} {e['path']}" for e in emulator.log() if e["method"] != "GET"]


@pytest.fixture
def stock(emulator: RunningEmulator, tmp_path: Path) -> PulumiStack:
    """A stack of Confluent's own resources, up."""
    linked.build(emulator, 3)
    for name in ("t0", "t1", "t2"):
        emulator.control("DELETE", f"/clusters/{DESTINATION}/topics/{name}")
    stack = program(tmp_path, "")
    declare(stack, STOCK)
    stack.configure(
        {
            "program:rest": f"{emulator.url}/k/{DESTINATION}",
            "program:secret": "dst-secret",
            "program:cloud": emulator.url,
            "program:store": (tmp_path / "store").as_uri(),
            "confluentcloud:endpoint": emulator.url,
        }
    )
    ran = stack.up()
    assert ran.ok, ran.text
    assert linked.statuses(linked.destination(emulator)) == dict.fromkeys(("t0", "t1", "t2"), "ACTIVE")
    emulator.control("DELETE", "/log")
    return stack


def test_a_stock_program_becomes_ours_by_one_command(emulator: RunningEmulator, stock: PulumiStack) -> None:
    before = json.loads(stock.run("stack", "export").text)
    ran = adopt(stock, "--yes")
    assert ran.ok, ran.text
    assert "3 KafkaMirrorTopic and 3 KafkaAcl are out of the state" in ran.text
    shown: dict[str, Any] = json.loads(ran.text[: ran.text.index("[adopt]")])
    assert shown["mirrorTopics"] == {DESTINATION: {"dr": ["t0", "t1", "t2"]}}
    operations = {a["operation"] for a in shown["clientAcls"][DESTINATION]["User:sa-shop"]}
    assert operations == {"READ", "WRITE", "DESCRIBE"}
    kept = stock.folder / "test.before-adopt.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text("utf-8"))["deployment"]["resources"] == before["deployment"]["resources"]

    declare(stock, OURS)
    ran = stock.up()
    assert ran.ok, ran.text
    assert mutations(emulator) == []
    ran = stock.preview("--expect-no-changes")
    assert ran.ok, ran.text
    assert mutations(emulator) == []
    assert {r["type"] for r in stock.export()["resources"]} >= {
        "kafkadr:index:MirrorTopics",
        "kafkadr:index:ClientAcls",
    }
    assert linked.statuses(linked.destination(emulator)) == dict.fromkeys(("t0", "t1", "t2"), "ACTIVE")


def test_without_yes_nothing_is_done_and_one_kind_can_be_taken(stock: PulumiStack) -> None:
    before = stock.export()
    ran = adopt(stock)
    assert ran.ok, ran.text
    assert "would be taken out" in ran.text
    assert stock.export()["resources"] == before["resources"]
    # The ACLs name the mirrors as what they depend on: that must not keep the state from being read again.
    assert adopt(stock, "--only", "mirrors", "--yes").ok
    left = {r["type"].rsplit(":", 1)[-1] for r in stock.export()["resources"]}
    assert left == {"Stack", "confluentcloud", "KafkaAcl"}
    again = adopt(stock, "--only", "mirrors", "--yes")
    assert again.code == 4
    assert "no such resource" in again.text
