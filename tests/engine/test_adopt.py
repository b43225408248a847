"""A flip that Pulumi did not make is squared by the one edit: the preview shows it as done, the next one no change."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.brokers import until
from tests.drctl.in_process import Done, run
from tests.emulation import RunningEmulator
from tests.engine import pairs, standing
from tests.engine.pairs import FAILOVER as FAILOVER_CALL
from tests.engine.pulumi_cli import kill_all_of
from tests.engine.standing import EAST, FAILOVER, SECRETS, StandingPair

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]

STEADY: dict[str, object] = {"primary": "east", "epoch": 1, "change": "none", "standby": "mirroring"}


def drctl(card: Path, *words: str) -> Done:
    keys = {"KAFKADR_DR_KEY": "OPWEST", "KAFKADR_DR_SECRET": SECRETS["west"]}
    at = 2 if words[0] == "first" else 1
    return run([*words[:at], "--card", str(card), *words[at:]], keys)


def calls(pair: StandingPair) -> list[str]:
    return [f"{method} {template.rsplit('/', 1)[1]}" for _, method, template in pair.mutations()]


def test_a_break_glass_failover_is_adopted_and_an_old_state_or_config_undoes_nothing(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = standing.build(emulator, tmp_path)
    pair.produce("dr-topic", 5)
    pair.commit("app", "dr-topic", 5)
    until(lambda: pair.committed("west", "app"))  # the link has synced the group: the flip has an offset to record
    card, old = tmp_path / "card.json", tmp_path / "old.json"
    card.write_text(pair.stack.run("stack", "output", "--json").text, "utf-8")
    assert pair.stack.run("stack", "export", "--file", str(old)).ok
    emulator.control("POST", f"/clusters/{EAST}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down")
    pair.forget_log()

    # The backend, the program and the passphrase are not used; the source and the cloud API are dead.
    flipped = drctl(card, "first", "failover", "--yes", "--reason", "region lost")
    assert flipped.returncode == 0, flipped.stderr
    assert {r["cluster"] for r in emulator.log()} == {pair.west}
    assert calls(pair) == ["POST mirrors:failover", "PUT configs:alter"]
    pointer, ledger = (tmp_path / "pointer").read_bytes(), pair.ledger()
    assert json.loads(pointer)["why"] == "break-glass failover: region lost"

    pair.forget_log()
    nightly = pair.stack.run("up", "--yes")  # The last commit, applied by a robot that knows nothing (#37).
    assert nightly.ok, nightly.text
    assert calls(pair) == []

    adopted = drctl(card, "adopt", "--json")
    assert adopted.returncode == 0, adopted.stderr
    edit = {k.removeprefix("kafka-dr:"): v for k, v in json.loads(adopted.stdout)["config"].items()}
    assert edit == {k: str(v) for k, v in FAILOVER.items()}
    pair.stack.edit(**edit)
    preview = pair.stack.preview()
    assert preview.ok, preview.text
    assert calls(pair) == []
    up = pair.stack.up()
    assert up.ok, up.text
    assert set(calls(pair)) <= {"PUT configs:alter"}  # The quarantine, said again: saying it twice is saying it once.
    assert (tmp_path / "pointer").read_bytes() == pointer
    assert {k: v for k, v in pair.ledger().items() if k != "state"} == {k: v for k, v in ledger.items() if k != "state"}
    assert pair.ledger()["groups"]
    assert pair.stack.up("--expect-no-changes").ok
    assert pair.stack.outputs()["active"]["site"] == "west"

    # A backup of the state from before the failover (#27): the server, the ledger and the pointer win.
    assert pair.stack.run("stack", "import", "--file", str(old)).ok
    pair.forget_log()
    again = pair.stack.up()
    assert again.ok, again.text
    assert set(calls(pair)) <= {"PUT configs:alter"}
    assert (tmp_path / "pointer").read_bytes() == pointer
    assert pair.stack.up("--expect-no-changes").ok
    pair.stack.edit(**STEADY)
    reverted = pair.stack.preview()
    assert not reverted.ok
    assert "epoch 1 is not above 2" in reverted.text


def test_a_flip_by_hand_that_got_half_way_is_finished_and_its_ledger_is_written(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = pairs.build(emulator, tmp_path, 3)
    pair.want("ACTIVE")
    assert pair.stack.run("up", "--yes", "--skip-preview").ok
    pair.hand("t0", status="STOPPED")
    pair.hand("t2", status="STOPPED")
    pair.want("FAILED_OVER", epoch=2)
    pair.forget_log()

    preview = pair.stack.preview()
    assert preview.ok, preview.text
    assert "failover of 1 mirrors" in preview.text
    # The run that finishes it is killed when its call has had its effect: an operation stays pending in the state.
    fault = emulator.fault({"latency": 60}, apply="after", path=FAILOVER_CALL, query={"validate_only": None}, times=1)
    with pair.stack.start("up", "--yes", "--skip-preview") as process:
        while set(pair.statuses().values()) != {"STOPPED"}:
            assert process.poll() is None
            time.sleep(0.1)
        kill_all_of(process)
    emulator.control("DELETE", f"/faults/{fault}")
    assert len(pair.mutations()) <= 1
    assert pair.stack.run("cancel", "--yes").ok
    assert pair.stack.export()["pending_operations"]

    pair.forget_log()
    up = pair.stack.run("up", "--yes", "--skip-preview")
    assert up.ok, up.text
    assert pair.mutations() == []
    assert not pair.stack.export().get("pending_operations")
    (file,) = (tmp_path / "ledger").rglob("*.json")
    document = json.loads(file.read_text("utf-8"))
    assert (document["state"], sorted(document["topics"])) == ("closed", ["t0", "t1", "t2"])
    assert pair.stack.preview("--expect-no-changes").ok


def test_a_flip_in_the_vendors_console_is_only_written_down(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = pairs.build(emulator, tmp_path, 2)
    pair.want("ACTIVE")
    assert pair.stack.run("up", "--yes", "--skip-preview").ok
    for name in ("t0", "t1"):
        pair.hand(name, status="STOPPED")
    pair.want("FAILED_OVER", epoch=2)
    pair.forget_log()
    up = pair.stack.up()
    assert up.ok, up.text
    assert pair.mutations() == []
    (file,) = (tmp_path / "ledger").rglob("*.json")
    document = json.loads(file.read_text("utf-8"))
    assert (document["state"], document["epoch"], document["groups"]) == ("closed", 2, [])
    assert all(t["status"] == "STOPPED" and t["partitions"] for t in document["topics"].values())
    assert pair.stack.preview("--expect-no-changes").ok
