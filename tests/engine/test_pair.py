"""The project's own program on the real engine: build, no change, flip, no way back by an old config, no secret out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.emulation import RunningEmulator, in_process
from tests.engine.pairs import FAILOVER
from tests.engine.projects import local_pair
from tests.engine.pulumi_cli import PulumiStack
from tests.toolchain import CLOUD_SECRET

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

PRIMARY = "lkc-xkd1g"
WORLD: dict[str, Any] = {
    "environments": [{"id": "env-local1", "display_name": "local"}],
    "clusters": [
        {
            "id": PRIMARY,
            "environment": "env-local1",
            "kind": "Standard",
            "cloud": "AWS",
            "region": "us-east-1",
            "display_name": "ORIGINAL",
        }
    ],
    "topics": [{"cluster": PRIMARY, "name": "dr-topic", "partitions": 1}],
}
FLIP: dict[str, object] = {"primary": "west", "epoch": 2, "change": "failover", "standby": "retained"}


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with in_process("--port", "0") as running:
        running.seed(WORLD)
        yield running


@pytest.fixture
def stack(emulator: RunningEmulator, tmp_path: Path) -> PulumiStack:
    return local_pair(tmp_path, emulator.url)


def secrets_of(vault: Path) -> set[str]:
    """Every secret in the clients' vault, and the cloud key's."""
    found = {json.loads(path.read_text("utf-8"))["secret"] for path in vault.glob("[a-z]*/[a-z]*")}
    assert len(found) == 2
    return found | {CLOUD_SECRET}


def test_build_then_nothing_to_do_then_flip_then_no_way_back(
    emulator: RunningEmulator, stack: PulumiStack, tmp_path: Path
) -> None:
    told = [stack.up()]
    assert told[0].ok, told[0].text
    told += [stack.up("--expect-no-changes"), stack.refresh("--expect-no-changes")]
    assert all(r.ok for r in told)

    stack.edit(**(FLIP | {"epoch": 3}))
    wrong = stack.preview()
    assert not wrong.ok
    assert "epoch jumps from 1 to 3" in wrong.text

    emulator.control("POST", f"/clusters/{PRIMARY}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down")
    emulator.control("DELETE", "/log")
    stack.edit(**FLIP)
    flip = stack.up()
    assert flip.ok, flip.text
    standby = stack.outputs()["active"]["clusterId"]
    assert {r["cluster"] for r in emulator.log()} == {standby}
    assert stack.outputs()["active"]["site"] == "west"
    assert stack.outputs()["mirrors"] == {"states": {"STOPPED": 1}, "total": 1}
    again = stack.up("--expect-no-changes")
    assert again.ok, again.text

    emulator.control("DELETE", "/log")
    stack.edit(primary="east", epoch=1, change="none", standby="mirroring")
    reverted = stack.preview()
    assert not reverted.ok
    assert "epoch 1 is not above 2, in which west is primary" in reverted.text
    assert [r for r in emulator.log() if r["method"] != "GET"] == []

    stack.edit(**FLIP)
    destroyed = stack.destroy()
    assert not destroyed.ok
    assert "is protected" in destroyed.text
    assert "dr-topic" in str(emulator.truth())
    assert [r for r in emulator.log() if r["method"] == "DELETE"] == []

    vault = tmp_path / "vault"
    files = [p for p in tmp_path.rglob("*") if p.is_file() and p.suffix != ".py" and vault not in p.parents]
    written = "".join(p.read_text("utf-8", "replace") for p in files)
    shown = "".join(r.text for r in [*told, wrong, flip, again, reverted, destroyed])
    for secret in secrets_of(vault):
        assert secret not in written
        assert secret not in shown


def test_a_mirror_is_deleted_only_after_both_locks_were_lifted_in_an_update_of_their_own(
    emulator: RunningEmulator, stack: PulumiStack
) -> None:
    emulator.seed({"topics": [{"cluster": PRIMARY, "name": "stays", "partitions": 1}]})
    settings = stack.config()["kafka-dr:settings"]
    settings |= {"link": settings["link"] | {"reads": [{"name": "*"}]}}
    stack.edit(settings=settings)
    assert stack.up().ok
    settings |= {"onboarding": {"mode": "opt-in", "topics": ["dr-topic", "stays"]}}
    stack.edit(settings=settings)
    onboarded = stack.up()
    assert onboarded.ok, onboarded.text
    standby = stack.resources("kafkadr:index:MirrorState")[0]["id"].split("/")[0]
    open_ = settings | {"protect": False, "retain": False}
    without = {"onboarding": {"mode": "opt-in", "topics": ["stays"]}}
    deleted = f"/k/{standby}/kafka/v3/clusters/{standby}/topics/dr-topic"

    stack.edit(settings=open_ | without)  # Lifting and deleting in one update: the locks in state still hold.
    refused = stack.up()
    assert not refused.ok
    assert "is protected" in refused.text
    assert [r for r in emulator.log() if r["method"] == "DELETE" and r["path"] == deleted] == []

    stack.edit(settings=open_)
    assert stack.up().ok
    stack.edit(settings=open_ | without)
    ran = stack.up()
    assert ran.ok, ran.text
    assert [r["path"] for r in emulator.log() if r["method"] == "DELETE" and "/topics/" in r["path"]] == [deleted]


def test_the_pointer_stays_until_the_last_topic_is_stopped_and_no_accepted_loss_is_exceeded(
    emulator: RunningEmulator, stack: PulumiStack, tmp_path: Path
) -> None:
    emulator.seed({"topics": [{"cluster": PRIMARY, "name": name, "partitions": 1} for name in ("b", "c")]})
    settings = stack.config()["kafka-dr:settings"]
    settings |= {"onboarding": {"mode": "opt-in", "topics": ["dr-topic", "b", "c"]}}
    settings |= {"link": settings["link"] | {"reads": [{"name": "*"}]}}
    stack.edit(settings=settings)
    assert stack.up().ok
    standby = stack.resources("kafkadr:index:MirrorState")[0]["id"].split("/")[0]
    emulator.control("PUT", f"/clusters/{standby}/links/dr-link/mirrors/dr-topic", {"hold_lag": {"0": 3}})
    emulator.control("POST", f"/clusters/{PRIMARY}/topics/dr-topic/records", {"partition": 0, "count": 10})
    told = tmp_path / "pointer"
    before = told.read_text("utf-8")

    emulator.control("DELETE", "/log")
    stack.edit(**FLIP, settings=settings | {"targets": {"rtoSeconds": 300, "rpoMessages": 2}})
    dear = stack.up()
    assert not dear.ok
    assert "would leave 3 records behind, more than the 2 that settings.targets.rpoMessages accepts" in dear.text
    assert [r for r in emulator.log() if r["method"] != "GET" and "validate_only" not in str(r["query"])] == []

    refused = {"row_error": {"names": ["b", "c"], "code": 401, "message": "Not authorized"}}
    fault = emulator.fault(refused, path=FAILOVER, query={"validate_only": None})
    stack.edit(settings=settings | {"targets": {"rtoSeconds": 300, "rpoMessages": 3}})
    partly = stack.up()
    assert not partly.ok
    assert "2 of 3 mirrors on link dr-link are not STOPPED (1 are)" in partly.text
    assert stack.outputs()["active"]["site"] == "east"
    assert told.read_text("utf-8") == before

    emulator.control("DELETE", f"/faults/{fault}")
    whole = stack.up()
    assert whole.ok, whole.text
    assert stack.outputs()["active"]["site"] == "west"
    assert stack.outputs()["mirrors"] == {"states": {"STOPPED": 3}, "total": 3}
    assert told.read_text("utf-8") != before
