"""A planned promotion on the real engine: no token, no promotion; with one, nothing is lost and nothing read twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.engine.gating import STEADY, Gate
from tests.engine.pulumi_cli import Ran
from tests.engine.standing import EAST, LINK, PROMOTE, SECRETS, SIGNING_KEY, StandingPair, build

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]


def refused(pair: StandingPair, token: str, said: str) -> Ran:
    """Preview and update refuse, and no request changed anything."""
    pair.stack.edit(**PROMOTE, handover=token)
    pair.forget_log()
    ran = pair.stack.preview()
    assert not ran.ok
    assert said in " ".join(ran.text.split()), ran.text
    assert not pair.stack.run("up", "--yes", "--skip-preview").ok
    assert pair.mutations() == []
    assert set(pair.statuses().values()) == {"ACTIVE"}
    return ran


def test_a_promotion_loses_nothing_repeats_nothing_and_needs_the_token_of_its_own_demotion(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = build(emulator, tmp_path)
    pair.produce("dr-topic", 100)
    for partition in range(3):
        pair.produce("orders", 10 + partition, partition)
    pair.commit("app", "dr-topic", 100)

    refused(pair, "", "change: promote needs the token of the demotion step")
    first = pair.token()
    refused(pair, first[:-1] + ("A" if first[-1] != "A" else "B"), "signature does not fit")
    foreign = pair.demote(KAFKADR_HANDOVER_KEY="another-key-of-somebody-0123456789abc")
    refused(pair, json.loads(foreign.stdout)["handover"], "signature does not fit")
    refused(pair, first, "is not the one this token was made with")  # a later demotion took its place

    second = pair.token()
    pair.produce("orders", 1, 2)
    ran = refused(pair, second, "orders partition 2: from 12 to 13")
    assert "Legal from here" not in ran.text  # the guard had nothing against it: the mirrors had

    third = pair.token()
    pair.stack.edit(**PROMOTE, handover=third)
    pair.forget_log()
    preview = pair.stack.preview()
    assert preview.ok, preview.text
    assert "promotion: lag 0, then one offset-sync interval of 1 s" in preview.text
    up = pair.stack.up()
    assert up.ok, up.text

    assert set(pair.statuses().values()) == {"STOPPED"}
    assert {r["cluster"] for r in emulator.log()} == {pair.west}  # the survivor alone, the cloud API not at all
    assert [m for m in pair.mutations() if "mirrors" in m[2]] == [
        (pair.west, "POST", "/kafka/v3/clusters/{cluster_id}/links/{link_name}/mirrors:promote")
    ]
    assert pair.ends(EAST) == pair.ends(pair.west) == {"dr-topic": [100], "orders": [10, 11, 13]}
    assert pair.committed("west", "app") == {("dr-topic", 0): (100, 100)}  # all read, none again
    assert all(p["missing"] is None for t in pair.ledger()["topics"].values() for p in t["partitions"])
    assert pair.stack.outputs()["active"]["site"] == "west"
    assert pair.stack.outputs()["phase"] == "promoted"
    assert pair.stack.up("--expect-no-changes").ok

    pair.forget_log()
    pair.stack.edit(primary="east", epoch=1, change="none", standby="mirroring", handover="")
    reverted = pair.stack.preview()
    assert not reverted.ok
    assert "epoch 1 is not above 2, in which west is primary" in reverted.text
    pair.stack.edit(**(PROMOTE | {"primary": "east", "epoch": 3}), handover=third)
    again = pair.stack.preview()
    assert not again.ok
    assert "was used already, to enter epoch 2" in " ".join(again.text.split())
    assert pair.mutations() == []

    written = "".join(p.read_text("utf-8", "replace") for p in (tmp_path / "state").rglob("*") if p.is_file())
    shown = "".join(r.text for r in (preview, up, reverted, again))
    for secret in (SIGNING_KEY, *SECRETS.values(), third):
        assert secret not in written
        assert secret not in shown


def test_a_demotion_refuses_while_anything_moves_and_a_promotion_does_when_the_source_is_lost(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = build(emulator, tmp_path)
    pair.produce("dr-topic", 5)
    hand = f"/clusters/{pair.west}/links/{LINK}/mirrors/dr-topic"
    emulator.control("PUT", hand, {"hold_lag": {"0": 2}})
    pair.produce("dr-topic", 2)
    lagging = pair.demote("--budget-seconds", "5")
    assert lagging.returncode == 4
    assert "2 records are not mirrored yet" in lagging.stdout
    emulator.control("PUT", hand, {"hold_lag": {}})
    token = pair.token()

    emulator.control("PUT", hand, {"hold_lag": {"0": 1}})
    pair.produce("dr-topic", 1)
    refused(pair, token, "dr-topic partition 0: from 7 to 8")
    emulator.control("PUT", hand, {"hold_lag": {}})
    # The guard had accepted the term before the mirrors refused it: staying with east is an edit of its own.
    Gate(pair).goes("withdraw", term=STEADY | {"epoch": 3})
    assert pair.stack.outputs()["active"]["site"] == "east"
    token = pair.token(epoch=3)

    emulator.control("POST", f"/clusters/{EAST}/down", {"how": "close", "now": True})
    pair.stack.edit(**(PROMOTE | {"epoch": 4}), handover=token)
    lost = pair.stack.preview()
    assert not lost.ok
    assert "the source cluster cannot be reached: a promotion needs both clusters" in " ".join(lost.text.split())
    gone = pair.demote("--budget-seconds", "5")
    assert gone.returncode == 4
    assert "dr-topic is SOURCE_UNAVAILABLE" in gone.stdout

    pair.stack.edit(**(PROMOTE | {"change": "failover", "epoch": 4}), handover="")
    failed_over = pair.stack.up()
    assert failed_over.ok, failed_over.text
    assert set(pair.statuses().values()) == {"STOPPED"}
