"""No link is deleted or replaced on the real engine while its ledger is not settled, by receipt (I1, S94)."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from kafkadr.ledger import Ledger, epochs_of
from tests.emulation import RunningEmulator
from tests.emulator.linked import DESTINATION, SOURCE
from tests.engine.pairs import LINK, Pair, build
from tests.engine.projects import local_pair
from tests.engine.pulumi_cli import PulumiStack
from tests.engine.test_pair import FLIP, PRIMARY, WORLD
from tests.toolchain import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


def acknowledge(ledgers: Path, cluster: str, link: str, epoch: int = 2) -> str:
    """Somebody does without what the flip left behind; the receipt."""
    where = ["--ledger", ledgers.as_uri(), "--cluster", cluster, "--link", link, "--epoch", str(epoch)]
    command = [sys.executable, "-m", "drctl", "recover", "ack", *where, "--written-off", "--note", "a test", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return str(json.loads(done.stdout)["receipt"])


def deletions(emulator: RunningEmulator) -> list[str]:
    return [r["path"] for r in emulator.log() if r["method"] == "DELETE" and "/links/" in r["path"]]


def own_stack(emulator: RunningEmulator, tmp_path: Path) -> PulumiStack:
    """The project's own pair with both locks off, so that nothing but the ledger stands in the way."""
    emulator.seed(WORLD)
    stack = local_pair(tmp_path, emulator.url)
    stack.edit(settings=stack.config()["kafka-dr:settings"] | {"protect": False, "retain": False})
    return stack


def test_a_destroy_stops_before_the_link_until_somebody_answers_for_the_missing_records(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    stack = own_stack(emulator, tmp_path)
    assert stack.up().ok
    standby = stack.resources("kafkadr:index:MirrorState")[0]["id"].split("/")[0]
    emulator.control("PUT", f"/clusters/{standby}/links/dr-link/mirrors/dr-topic", {"hold_lag": {"0": 3}})
    emulator.control("POST", f"/clusters/{PRIMARY}/topics/dr-topic/records", {"partition": 0, "count": 10})
    stack.edit(**FLIP)
    assert stack.up().ok

    refused = stack.destroy()

    assert not refused.ok
    assert "epoch 2: dr-topic partition 0, offsets 7-9" in refused.text
    assert "drctl recover" in refused.text
    assert deletions(emulator) == []
    assert "dr-link" in emulator.truth()["clusters"][standby]["links"]

    receipt = acknowledge(tmp_path / "ledger", standby, "dr-link")
    unsaid = stack.destroy()
    assert not unsaid.ok
    assert "does not speak of the ledger" in " ".join(unsaid.text.split())
    assert deletions(emulator) == []
    stack.edit(settings=stack.config()["kafka-dr:settings"] | {"recovery": {"acknowledged": [receipt]}})
    recorded = stack.up()
    assert recorded.ok, recorded.text
    destroyed = stack.destroy()
    assert destroyed.ok, destroyed.text
    assert any(path.endswith("/links/dr-link") for path in deletions(emulator))


@pytest.fixture
def flipped(emulator: RunningEmulator, tmp_path: Path) -> Pair:
    """A single `MirrorState` after a flip that left two records behind."""
    emulator.control("POST", "/clock", {"mode": "manual"})
    pair = build(emulator, tmp_path, 1)
    pair.want("ACTIVE")
    assert pair.stack.up().ok
    pair.hand("t0", hold_lag={"0": 2})
    emulator.control("POST", f"/clusters/{SOURCE}/topics/t0/records", {"partition": 0, "count": 6})
    pair.want("FAILED_OVER", epoch=2)
    assert pair.stack.up().ok
    return pair


def test_neither_a_replacement_nor_a_dropped_declaration_gets_past_the_ledger(flipped: Pair, tmp_path: Path) -> None:
    stack, before = flipped.stack, flipped.stack.config()
    assert asyncio.run(epochs_of((tmp_path / "ledger").as_uri(), DESTINATION, LINK)) == [2]

    stack.configure(before | {"small:mirrors": {}})
    dropped = stack.up()
    assert not dropped.ok
    assert "t0 partition 0, offsets 4-5" in dropped.text

    moved = before["small:mirrors"]["m"] | {"cluster_id": "lkc-other", "desired": "ACTIVE"}
    stack.configure(before | {"small:mirrors": {"m": moved}})
    assert not stack.up().ok
    assert len(stack.resources("kafkadr:index:MirrorState")) >= 1

    acknowledge(tmp_path / "ledger", DESTINATION, LINK)
    stack.configure(before | {"small:mirrors": {}})
    ran = stack.up()
    assert ran.ok, ran.text
    assert stack.resources("kafkadr:index:MirrorState") == []


def test_a_ledger_that_is_gone_or_cannot_be_read_is_no_permission(flipped: Pair, tmp_path: Path) -> None:
    book = Ledger((tmp_path / "ledger").as_uri(), DESTINATION, LINK, 2)
    file = tmp_path / "ledger" / book.name
    text = file.read_text("utf-8")
    flipped.stack.configure(flipped.stack.config() | {"small:mirrors": {}})

    file.unlink()
    gone = flipped.stack.up()
    assert not gone.ok
    assert "the link is the only place that still has its offsets" in gone.text

    file.write_text("{", "utf-8")
    assert "is not a ledger document" in flipped.stack.up().text

    file.write_text(text.replace('"state": "closed"', '"state": "open"'), "utf-8")
    assert "the flip has not ended" in flipped.stack.up().text
    assert flipped.stack.resources("kafkadr:index:MirrorState") != []
