"""A failover on the real engine: one edit of three keys, and nobody but the survivor is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.engine.second.switching import CLUSTERS, MESH, ONE_WAY, TWO, standing

pytestmark = pytest.mark.engine
FAILOVER: dict[str, object] = {"primary": "west", "epoch": 2, "change": "failover"}


def test_birth_makes_mirrors_and_the_next_preview_shows_no_change(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path)
    assert world.statuses("west") == {"orders": "ACTIVE", "payments": "ACTIVE"}
    assert world.entries("west") == {
        "acl.filters": '{"aclFilters":[{"accessFilter":{"operation":"any","permissionType":"any"},'
        '"resourceFilter":{"patternType":"any","resourceType":"any"}}]}',
        "acl.sync.enable": "true",
        "acl.sync.ms": "1000",
        "consumer.offset.group.filters": '{"groupFilters":[{"filterType":"INCLUDE","name":"*",'
        '"patternType":"LITERAL"}]}',
        "consumer.offset.sync.enable": "true",
        "consumer.offset.sync.ms": "1000",
    }
    record = world.record()
    assert (record.site, record.epoch, record.target) == ("east", 1, None)
    assert [(s.cluster_id, s.complete, s.stale_since) for s in record.standings] == [(CLUSTERS["west"], True, 0)]
    ran = world.unchanged()
    assert ran.ok, ran.text
    assert world.mutations() == []


def test_a_failover_is_three_keys_and_asks_nobody_but_the_survivor(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path)
    world.produce("east", "orders", 10)
    world.hold("west", "dr-link", "orders", 3)
    world.produce("east", "orders", 3)
    world.down("east")
    world.cloud_down()
    world.edit(**FAILOVER)
    assert world.edits[-1] == {"kafka-dr:primary", "kafka-dr:epoch", "kafka-dr:change"}
    world.forget_log()

    preview = world.preview()
    assert preview.ok, preview.text
    assert "3 messages at risk" in preview.text
    assert world.mutations() == []

    ran = world.up()
    assert ran.ok, ran.text
    assert world.asked() == {CLUSTERS["west"]}
    assert world.statuses("west") == {"orders": "STOPPED", "payments": "STOPPED"}
    assert {k: v for k, v in world.entries("west").items() if k.endswith("enable")} == {
        "acl.sync.enable": "false",
        "consumer.offset.sync.enable": "false",
    }
    record = world.record()
    assert (record.site, record.epoch, record.target) == ("west", 2, None)
    assert [(s.cluster_id, s.complete, s.stale_since) for s in record.standings] == [(CLUSTERS["east"], True, 2)]
    ledger = world.ledger(2)
    assert (ledger["state"], ledger["target"], ledger["leaves"]) == ("closed", CLUSTERS["west"], CLUSTERS["east"])
    assert ledger["topics"]["orders"]["from"] == CLUSTERS["east"]
    assert ledger["topics"]["orders"]["partitions"][0]["missing"] == [10, 12]

    world.forget_log()
    ran = world.unchanged()
    assert ran.ok, ran.text
    assert world.mutations() == []


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"primary": "east", "epoch": 1, "change": None}, "set primary west and epoch 2"),
        ({"primary": "east", "epoch": 2, "change": "failover"}, "the epoch must be 3"),
    ],
    ids=["git revert", "an epoch used twice"],
)
def test_what_goes_back_is_refused_and_the_way_out_works(
    emulator: RunningEmulator, tmp_path: Path, edit: dict[str, object], said: str
) -> None:
    world = standing(emulator, tmp_path)
    world.edit(**FAILOVER)
    assert world.up().ok
    world.edit(**edit)
    world.forget_log()
    refused = world.preview()
    assert not refused.ok
    assert said in " ".join(refused.text.split())
    assert world.mutations() == []
    world.edit(**FAILOVER)
    assert world.unchanged().ok


def test_a_second_disaster_is_four_keys(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path, MESH)
    world.down("east")
    world.edit(**FAILOVER)
    assert world.up().ok
    world.produce("west", "orders", 5)
    world.down("west")
    world.edit(primary="north", epoch=3, change="failover")
    refused = world.preview()
    assert not refused.ok
    assert "set acceptLoss to 2" in " ".join(refused.text.split())
    world.edit(primary="west", epoch=2)
    world.edit(primary="north", epoch=3, acceptLoss=2)
    ran = world.up()
    assert ran.ok, ran.text
    record = world.record()
    assert (record.site, record.epoch) == ("north", 3)
    ledger = world.ledger(3)
    assert ledger["staleSince"] == 2
    assert ledger["elsewhere"] == {CLUSTERS["west"]: ["orders", "payments"]}


def test_a_state_that_was_lost_adopts_the_record(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = standing(emulator, tmp_path, TWO)
    world.edit(**FAILOVER)
    assert world.up().ok
    for step in (["state", "delete", "--all", "--yes", "--force"],):
        ran = world.stack.run(*step)
        assert ran.ok, ran.text
    world.edit(primary="east", epoch=1, change=None)
    refused = world.preview()
    assert not refused.ok
    assert "Adopt it first" in " ".join(refused.text.split())
    world.edit(**FAILOVER)
    world.forget_log()
    ran = world.up()
    assert ran.ok, ran.text
    assert world.mutations() == []


def test_the_first_primary_can_be_failed_over_to_although_it_mirrors_nothing(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    world = standing(emulator, tmp_path, ONE_WAY)
    world.down("east")
    world.edit(**FAILOVER)
    assert world.up().ok
    world.produce("west", "orders", 5)
    world.back("east")
    world.down("west")
    world.edit(primary="east", epoch=3, acceptLoss=2)
    ran = world.up()
    assert ran.ok, ran.text
    record = world.record()
    assert (record.site, record.epoch) == ("east", 3)
    assert world.ledger(3)["elsewhere"] == {CLUSTERS["west"]: ["orders", "payments"]}
