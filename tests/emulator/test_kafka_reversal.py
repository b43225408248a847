"""Role changes on bidirectional links."""

import pytest

from emulator.kafka import levers
from tests.emulator.kafka_world import EAST, SYNC_ALL, WEST, Scene

REVERSE = "reverse-and-start-mirror"
RESTORE = "truncate-and-restore"


def _pair(records: int = 10) -> Scene:
    scene = Scene()
    scene.pair()
    scene.topic("t")
    scene.produce("t", records)
    scene.mirror("t")
    scene.world.tick()
    return scene


@pytest.mark.parametrize(("verb", "status"), [(REVERSE, "ACTIVE"), ("reverse-and-pause-mirror", "PAUSED")])
def test_a_reversal_swaps_the_roles(verb: str, status: str) -> None:
    scene = _pair()
    forecast = scene.api.verb(WEST, "dr", verb, "t", validate_only=True)
    assert scene.status("t") == "ACTIVE"
    assert scene.api.verb(WEST, "dr", verb, "t") == forecast
    assert scene.status("t") == "STOPPED"
    assert scene.status("t", lkc=EAST) == status
    scene.produce("t", 5, lkc=WEST)
    scene.world.tick()
    assert scene.world.kafka[EAST].topics["t"].ends() == ([15] if status == "ACTIVE" else [10])


def test_and_back_again() -> None:
    scene = _pair()
    scene.api.verb(WEST, "dr", REVERSE, "t")
    scene.produce("t", 5, lkc=WEST)
    scene.world.tick()
    assert scene.api.verb(EAST, "dr", REVERSE, "t")["t"]["error_code"] is None
    assert (scene.status("t"), scene.status("t", lkc=EAST)) == ("ACTIVE", "STOPPED")
    scene.produce("t", 1)
    scene.world.tick()
    assert scene.world.kafka[WEST].topics["t"].ends() == [16]


def test_a_reversal_passes_through_its_pending_states_on_the_clock() -> None:
    scene = _pair()
    scene.world.settings.role_change_s = 30
    scene.api.verb(WEST, "dr", REVERSE, "t")
    assert (scene.status("t"), scene.status("t", lkc=EAST)) == ("PENDING_SYNCHRONIZE", "PENDING_MIRROR")
    assert scene.world.kafka[EAST].topics["t"].read_only
    scene.world.clock.advance(30)
    assert (scene.status("t"), scene.status("t", lkc=EAST)) == ("STOPPED", "PENDING_MIRROR")
    scene.world.clock.advance(30)
    assert scene.status("t", lkc=EAST) == "ACTIVE"


def test_offsets_committed_until_the_roles_change_come_along() -> None:
    scene = _pair()
    scene.alter({"consumer.offset.sync.enable": "true", "consumer.offset.group.filters": SYNC_ALL})
    scene.world.settings.role_change_s = 5
    scene.api.verb(WEST, "dr", REVERSE, "t")
    scene.commit("g", "t", 8, lkc=EAST)
    scene.world.clock.advance(5)
    assert scene.offset("g", "t") == 8


def test_a_new_mirror_follows_a_link_that_was_paused_meanwhile() -> None:
    scene = _pair()
    scene.world.settings.role_change_s = 5
    scene.api.verb(WEST, "dr", REVERSE, "t")
    scene.alter({"cluster.link.paused": "true"}, lkc=EAST)
    scene.world.clock.advance(10)
    assert scene.status("t", lkc=EAST) == "LINK_PAUSED"


def test_reversals_that_are_refused() -> None:
    scene = _pair()
    scene.topic("plain", lkc=WEST)
    levers.set_mirror(scene.world, WEST, "dr", "t", hold_lag={0: 1})
    scene.produce("t", 1)
    rows = scene.api.verb(WEST, "dr", REVERSE, "t", "plain", "none")
    assert {name: row["error_code"] for name, row in rows.items()} == {"t": 400, "plain": 400, "none": 404}
    levers.set_mirror(scene.world, WEST, "dr", "t", hold_lag={})
    scene.world.tick()
    levers.take_down(scene.world, EAST)
    assert scene.api.verb(WEST, "dr", REVERSE, "t")["t"]["error_code"] == 400
    levers.bring_up(scene.world, EAST)
    scene.api.verb(WEST, "dr", "pause", "t")
    assert scene.api.verb(WEST, "dr", REVERSE, "t")["t"]["error_code"] == 400


def test_one_way_links_know_no_role_change() -> None:
    scene = Scene()
    scene.link()
    scene.topic("t")
    scene.mirror("t")
    assert scene.api.verb(WEST, "dr", REVERSE, "t")["t"]["error_code"] == 400
    scene.api.verb(WEST, "dr", "failover", "t")
    assert scene.api.verb(WEST, "dr", RESTORE, "t")["t"]["error_code"] == 400
    assert scene.status("t") == "STOPPED"


def _diverged() -> Scene:
    """East lost 5 records at the failover to west, which took 3 of its own."""
    scene = _pair(100)
    levers.set_mirror(scene.world, WEST, "dr", "t", hold_lag={0: 5})
    scene.produce("t", 5)
    levers.take_down(scene.world, EAST, now=True)
    scene.api.verb(WEST, "dr", "failover", "t")
    scene.produce("t", 3, lkc=WEST)
    levers.bring_up(scene.world, EAST)
    return scene


def test_restore_cuts_what_never_arrived_and_mirrors_from_there() -> None:
    scene = _diverged()
    scene.commit("g", "t", 105, lkc=EAST)
    query = {"include_partition_level_truncation_data": True}
    forecast = scene.api.verb(EAST, "dr", RESTORE, "t", validate_only=True, **query)["t"]
    assert scene.world.kafka[EAST].topics["t"].ends() == [105]
    row = scene.api.verb(EAST, "dr", RESTORE, "t", **query)["t"]
    assert row == forecast
    assert row["messages_truncated"] == 5
    assert row["partition_level_truncation_data"] == [
        {"partition_id": 0, "offset_truncated_to": 100, "messages_truncated": 5}
    ]
    scene.world.tick()
    assert scene.status("t", lkc=EAST) == "ACTIVE"
    assert scene.status("t") == "STOPPED"
    assert scene.world.kafka[EAST].topics["t"].ends() == [103]
    assert scene.offset("g", "t", lkc=EAST) == 100


def test_a_restored_mirror_can_be_promoted_back_home() -> None:
    scene = _diverged()
    scene.api.verb(EAST, "dr", RESTORE, "t")
    scene.world.tick()
    assert scene.api.verb(EAST, "dr", "promote", "t")["t"]["error_code"] is None
    assert scene.status("t", lkc=EAST) == "STOPPED"


def test_restore_passes_through_its_pending_states_and_refuses_other_verbs_meanwhile() -> None:
    scene = _diverged()
    scene.world.settings.role_change_s = 30
    scene.api.verb(EAST, "dr", RESTORE, "t")
    for status in ("PENDING_SETUP_FOR_RESTORE", "PENDING_RESTORE"):
        assert scene.status("t", lkc=EAST) == status
        assert scene.api.verb(EAST, "dr", "failover", "t")["t"]["error_code"] == 400
        scene.world.clock.advance(30)
    assert scene.status("t", lkc=EAST) == "ACTIVE"


def test_a_restored_mirror_knows_how_far_it_has_the_other_log() -> None:
    scene = _pair(100)
    scene.api.verb(WEST, "dr", "failover", "t")
    scene.produce("t", 7)
    scene.api.verb(EAST, "dr", RESTORE, "t")
    (row,) = scene.api.get(EAST, "/links/dr/mirrors/t")["mirror_lags"]
    assert row == {"partition": 0, "lag": 0, "last_source_fetch_offset": 99}


def test_restores_that_are_refused() -> None:
    scene = _pair()
    assert scene.api.verb(EAST, "dr", RESTORE, "t")["t"]["error_code"] == 400  # its mirror still runs
    assert scene.api.verb(WEST, "dr", RESTORE, "t")["t"]["error_code"] == 400  # a mirror already
    assert scene.api.verb(EAST, "dr", RESTORE, "none")["none"]["error_code"] == 404
    scene.api.verb(WEST, "dr", "failover", "t")
    scene.commit("g", "t", 3, lkc=EAST)
    scene.world.kafka[EAST].groups["g"].active = True
    assert scene.api.verb(EAST, "dr", RESTORE, "t")["t"]["error_code"] == 400  # a consumer is on it
    scene.world.kafka[EAST].groups["g"].active = False
    levers.take_down(scene.world, WEST)
    assert scene.api.verb(EAST, "dr", RESTORE, "t")["t"]["error_code"] == 400  # nowhere to mirror from
    assert not scene.world.kafka[EAST].topics["t"].read_only


def test_a_failover_during_a_reversal_wins() -> None:
    scene = _pair()
    scene.world.settings.role_change_s = 30
    scene.api.verb(WEST, "dr", REVERSE, "t")
    assert scene.api.verb(WEST, "dr", "failover", "t")["t"]["error_code"] is None
    scene.world.clock.advance(60)
    assert scene.status("t") == "STOPPED"
    assert scene.status("t", lkc=EAST) == "ACTIVE"
