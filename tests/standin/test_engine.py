"""The plugin under the real engine and against the emulator.

Holds for the real plugin as well (``KAFKADR_CONFLUENTCLOUD_PLUGIN``): these are its measured traps, V1-V9.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.emulation import RunningEmulator, in_process
from tests.engine import pulumi_cli
from tests.engine.pulumi_cli import PulumiStack
from tests.standin.project import change, stack_of

pytestmark = pytest.mark.engine

MIRROR = "confluentcloud:index/kafkaMirrorTopic:KafkaMirrorTopic"
NAMES = ["a", "b", "c"]
SECRET = "canary-mirror-secret"
FAILOVER = "/links/{link_name}/mirrors:failover"


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with in_process() as running:
        yield running


def states(emulator: RunningEmulator) -> dict[str, str]:
    """What the service says of each mirror."""
    listed = emulator.kafka("lkc-d", "DKEY", SECRET).get("/links/dr/mirrors").json()["data"]
    return {row["mirror_topic_name"]: row["mirror_status"] for row in listed}


def traffic(emulator: RunningEmulator) -> list[tuple[str, str]]:
    """Method and last path segment of the calls since the last look."""
    calls = [(entry["method"], entry["path"].rpartition("/")[2]) for entry in emulator.log()]
    emulator.control("DELETE", "/log")
    return calls


@pytest.fixture
def mirrors(emulator: RunningEmulator, tmp_path: Path) -> PulumiStack:
    """Three ACTIVE mirrors of a link, declared one by one."""
    keys = [("SKEY", "lkc-s"), ("DKEY", "lkc-d")]
    emulator.seed(
        {
            "clusters": [
                {"id": "lkc-s", "environment": "env-1", "kind": "Dedicated"},
                {"id": "lkc-d", "environment": "env-1", "kind": "Dedicated"},
            ],
            "api_keys": [{"key": key, "secret": SECRET, "owner": "sa-1", "resource": lkc} for key, lkc in keys],
            "role_bindings": [
                {"principal": "sa-1", "role_name": "CloudClusterAdmin", "cluster": lkc} for _, lkc in keys
            ],
            "topics": [{"cluster": "lkc-s", "name": name, "partitions": 1} for name in NAMES],
        }
    )
    jaas = f'org.apache.kafka.common.security.plain.PlainLoginModule required username="SKEY" password="{SECRET}";'
    configs = {
        "bootstrap.servers": bootstrap(emulator),
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.jaas.config": jaas,
    }
    body = {"source_cluster_id": "lkc-s", "configs": [{"name": n, "value": v} for n, v in configs.items()]}
    made = emulator.kafka("lkc-d", "DKEY", SECRET).post("/links", params={"link_name": "dr"}, json=body)
    assert made.is_success, made.text
    url = emulator.url
    stack = stack_of("mirrors", tmp_path / "p", url, names=NAMES, status="ACTIVE", rest=f"{url}/k/lkc-d")
    up = stack.up("--skip-preview")
    assert up.ok, up.text
    emulator.control("DELETE", "/log")
    return stack


def bootstrap(emulator: RunningEmulator) -> str:
    found = emulator.cloud().get("/cmk/v2/clusters/lkc-s", params={"environment": "env-1"}).json()
    endpoint: str = found["spec"]["kafka_bootstrap_endpoint"]
    return endpoint


def in_state(stack: PulumiStack) -> dict[str, tuple[str, bool]]:
    """Status in state, and whether init errors stand beside it."""
    return {
        r["outputs"]["mirrorTopicName"]: (r["outputs"]["status"], bool(r.get("initErrors")))
        for r in stack.resources(MIRROR)
    }


def test_life_cycle_of_every_type(emulator: RunningEmulator, tmp_path: Path) -> None:
    stack = stack_of("every_type", tmp_path / "p", emulator.url, step=0)
    up = stack.up()
    assert up.ok, up.text
    for again in (stack.up("--skip-preview", "--expect-no-changes"), stack.refresh("--expect-no-changes")):
        assert again.ok, again.text
    outputs = stack.outputs()
    assert outputs["mirror"] == "ACTIVE"
    assert outputs["link"].startswith("link-")
    kept = json.dumps(stack.export())
    assert not [secret for secret in outputs["secrets"] if secret in kept]

    change(stack, step=1)
    up = stack.up("--skip-preview")
    assert up.ok, up.text
    assert "replaced" not in up.text
    again = stack.up("--skip-preview", "--refresh", "--expect-no-changes")
    assert again.ok, again.text
    assert stack.outputs() | {"secrets": ..., "organization": ...} == {
        **outputs,
        "mirror": "PAUSED",
        "partitions": 3,
        "secrets": ...,
        "organization": ...,
    }

    destroy = stack.destroy("--skip-preview")
    assert destroy.ok, destroy.text
    cloud = emulator.truth()["cloud"]
    left = {kind: things for kind, things in cloud.items() if kind != "api_keys" and things}
    assert left == {}
    assert list(cloud["api_keys"]) == ["EMULATORCLOUDKEY"]


def test_a_green_run_after_a_failed_flip_moves_nothing(emulator: RunningEmulator, mirrors: PulumiStack) -> None:
    fault = emulator.fault({"status": 400}, "never", path=FAILOVER)
    change(mirrors, status="FAILED_OVER")
    assert not mirrors.up("--skip-preview", "--continue-on-error").ok
    assert in_state(mirrors) == dict.fromkeys(NAMES, ("FAILED_OVER", True))

    emulator.control("DELETE", f"/faults/{fault}")
    traffic(emulator)
    green = mirrors.up("--skip-preview")
    assert green.ok, green.text
    assert "3 updated" in green.text
    assert sorted(traffic(emulator)) == [("GET", name) for name in NAMES]
    assert states(emulator) == dict.fromkeys(NAMES, "ACTIVE")
    assert in_state(mirrors) == dict.fromkeys(NAMES, ("ACTIVE", False))

    traffic(emulator)
    assert mirrors.up("--skip-preview").ok
    assert states(emulator) == dict.fromkeys(NAMES, "STOPPED")

    traffic(emulator)
    again = mirrors.up("--expect-no-changes")
    assert again.ok, again.text
    assert traffic(emulator) == []


def test_a_revert_is_green_in_the_preview_and_removal_deletes_the_live_topics(
    emulator: RunningEmulator, mirrors: PulumiStack
) -> None:
    change(mirrors, status="FAILED_OVER")
    assert mirrors.up("--skip-preview").ok
    assert states(emulator) == dict.fromkeys(NAMES, "STOPPED")

    traffic(emulator)
    change(mirrors, status="ACTIVE")
    preview = mirrors.preview()
    assert preview.ok
    assert "3 to update" in preview.text
    assert not mirrors.up("--skip-preview").ok
    assert traffic(emulator) == []
    assert {status for status, _ in in_state(mirrors).values()} == {"STOPPED"}

    change(mirrors, status="FAILED_OVER", names=["b", "c"])
    assert mirrors.up("--skip-preview").ok
    assert ("DELETE", "a") in traffic(emulator)
    assert mirrors.destroy("--skip-preview").ok
    assert {("DELETE", "b"), ("DELETE", "c")} <= set(traffic(emulator))
    assert emulator.truth()["clusters"]["lkc-d"]["topics"] == {}


def test_in_an_outage_a_refresh_fails_before_any_failover(emulator: RunningEmulator, mirrors: PulumiStack) -> None:
    by_hand = dict(zip(NAMES, ("SOURCE_UNAVAILABLE", "LINK_FAILED", "FAILED"), strict=True))
    for name, status in by_hand.items():
        emulator.control("PUT", f"/clusters/lkc-d/links/dr/mirrors/{name}", {"status": status})
    change(mirrors, status="FAILED_OVER")
    up = mirrors.up("--skip-preview", "--refresh")
    assert not up.ok
    assert "SOURCE_UNAVAILABLE is not a valid MirrorTopicStatus" in up.text
    assert "LINK_FAILED is not a valid MirrorTopicStatus" in up.text
    assert {method for method, _ in traffic(emulator)} == {"GET"}


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_without_the_acceptance_switch_a_refused_row_costs_the_whole_limit(
    emulator: RunningEmulator, mirrors: PulumiStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulumi_cli, "COMMAND_SECONDS", 800)
    mirrors.env.pop("TF_ACC")
    refusal: dict[str, Any] = {"row_error": {"names": ["a"], "code": 401, "message": "Not authorized"}}
    emulator.fault(refusal, path=FAILOVER)
    change(mirrors, status="FAILED_OVER")
    up = mirrors.up("--skip-preview")
    assert not up.ok
    assert "timeout while waiting for state to become 'STOPPED' (last state: 'ACTIVE'" in up.text
    assert "Not authorized" in up.text, "only now, inside the raw answer"
    # Polls at 2, 62, 122, 182 and 242 s, and none at the limit.
    assert [name for _, name in traffic(emulator)].count("a") == 5
    assert states(emulator) == {"a": "ACTIVE", "b": "STOPPED", "c": "STOPPED"}
