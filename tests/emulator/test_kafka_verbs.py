"""The verbs of a mirror in every state, and how a stop ends."""

import itertools

import pytest

from emulator.kafka import levers
from emulator.kafka.lifecycle import TRANSITIONS, Event, Status
from tests.emulator.kafka_world import EAST, WEST, mirrored


def test_failover_keeps_the_loss_visible_and_clamps_offsets() -> None:
    scene = mirrored("t", records=100)
    levers.set_mirror(scene.world, WEST, "dr", "t", hold_lag={0: 5})
    scene.produce("t", 5)
    for group, offset in (("ahead", 105), ("behind", 95)):
        scene.commit(group, "t", offset, lkc=WEST)
    scene.commit("ahead", "other", 900, lkc=WEST)
    row = scene.api.verb(WEST, "dr", "failover", "t")["t"]
    assert (row["error_code"], row["mirror_lags"][0]["lag"]) == (None, 5)
    assert scene.status("t") == "STOPPED"
    assert scene.world.kafka[EAST].topics["t"].followers == []
    assert (scene.offset("ahead", "t"), scene.offset("behind", "t"), scene.offset("ahead", "other")) == (100, 95, 900)
    scene.produce("t", 50)
    scene.produce("t", 9, lkc=WEST)
    (lag,) = scene.api.get(WEST, "/links/dr/mirrors/t")["mirror_lags"]
    assert lag == {"partition": 0, "lag": 5, "last_source_fetch_offset": 99}
    assert scene.world.kafka[WEST].topics["t"].ends() == [109]


def test_promote_needs_lag_zero_and_a_source_that_answers() -> None:
    scene = mirrored("t", "u", records=10)
    levers.set_mirror(scene.world, WEST, "dr", "t", hold_lag={0: 1})
    scene.produce("t", 1)
    rows = scene.api.verb(WEST, "dr", "promote", "t", "u")
    assert (rows["t"]["error_code"], rows["u"]["error_code"]) == (400, None)
    assert (scene.status("t"), scene.status("u")) == ("ACTIVE", "STOPPED")
    levers.set_mirror(scene.world, WEST, "dr", "t", hold_lag={})
    levers.take_down(scene.world, EAST)
    assert scene.api.verb(WEST, "dr", "promote", "t")["t"]["error_code"] == 400
    assert scene.status("t") == "ACTIVE"


def test_a_paused_mirror_may_be_promoted_when_nothing_is_missing() -> None:
    scene = mirrored("t")
    scene.api.verb(WEST, "dr", "pause", "t")
    scene.produce("t", 1)
    assert scene.api.verb(WEST, "dr", "promote", "t")["t"]["error_code"] == 400
    scene.api.verb(WEST, "dr", "resume", "t")
    scene.world.tick()
    scene.api.verb(WEST, "dr", "pause", "t")
    assert scene.api.verb(WEST, "dr", "promote", "t")["t"]["error_code"] is None


def test_rows_for_what_is_no_mirror() -> None:
    scene = mirrored("t")
    scene.topic("plain", lkc=WEST)
    scene.api.verb(WEST, "dr", "failover", "t")
    rows = scene.api.verb(WEST, "dr", "failover", "t", "plain", "none")
    assert {name: row["error_code"] for name, row in rows.items()} == {"t": 400, "plain": 400, "none": 404}
    assert rows["t"]["error_message"] == "Topic 't' has already stopped its mirror from 'dr'."


_FAILOVER_YES = {
    "ACTIVE",
    "PAUSED",
    "LINK_PAUSED",
    "LINK_FAILED",
    "SOURCE_UNAVAILABLE",
    "FAILED",
    "PENDING_MIRROR",
    "PENDING_SYNCHRONIZE",
}
ALLOWED = {"failover": _FAILOVER_YES, "promote": {"ACTIVE", "PAUSED"}, "pause": {"ACTIVE"}, "resume": {"PAUSED"}}
OUTCOME = {"failover": "STOPPED", "promote": "STOPPED", "pause": "PAUSED", "resume": "ACTIVE"}


@pytest.mark.parametrize(("verb", "status"), list(itertools.product(ALLOWED, Status.__members__)))
def test_every_verb_in_every_state_and_its_forecast(verb: str, status: str) -> None:
    scene = mirrored("t")
    levers.set_mirror(scene.world, WEST, "dr", "t", status=status)
    forecast = scene.api.verb(WEST, "dr", verb, "t", validate_only=True)["t"]
    assert scene.status("t") == status
    row = scene.api.verb(WEST, "dr", verb, "t")["t"]
    assert row == forecast
    accepted = status in ALLOWED[verb]
    assert row["error_code"] == (None if accepted else 400)
    assert scene.status("t") == (OUTCOME[verb] if accepted else status)


def test_names_or_pattern_but_not_both_or_neither() -> None:
    scene = mirrored("orders", "orders.eu", "audit")
    path = "/links/dr/mirrors:pause"
    both = {"mirror_topic_names": ["audit"], "mirror_topic_name_pattern": ".*"}
    for body in ({}, both, {"mirror_topic_name_pattern": "("}, {"mirror_topic_names": "audit"}):
        scene.api.post(WEST, path, body, expect=400)
    rows = scene.api.post(WEST, path, {"mirror_topic_name_pattern": "orders"})["data"]
    assert [row["mirror_topic_name"] for row in rows] == ["orders"]
    rows = scene.api.post(WEST, path, {"mirror_topic_name_pattern": "orders.*"})["data"]
    assert [row["error_code"] for row in rows] == [400, None]
    assert scene.api.post(WEST, path, {"mirror_topic_name_pattern": "x.*"})["data"] == []


def test_too_many_names_are_413_and_repeated_ones_count_once() -> None:
    scene = mirrored("t", "u", "v")
    scene.world.settings.max_names = 2
    scene.api.post(WEST, "/links/dr/mirrors:pause", {"mirror_topic_names": ["t", "u", "v"]}, expect=413)
    rows = scene.api.post(WEST, "/links/dr/mirrors:pause", {"mirror_topic_names": ["t", "t"]})["data"]
    assert [row["error_code"] for row in rows] == [None]


def test_timed_stops() -> None:
    scene = mirrored("t")
    scene.world.settings.stop_mode, scene.world.settings.stop_after_s = "timed", 3
    scene.api.verb(WEST, "dr", "failover", "t")
    scene.world.clock.advance(2.9)
    assert scene.status("t") == "PENDING_STOPPED"
    assert "being stopped" in scene.api.verb(WEST, "dr", "failover", "t")["t"]["error_message"]
    scene.world.clock.advance(0.2)
    assert scene.status("t") == "STOPPED"


def test_stops_by_hand() -> None:
    scene = mirrored("t", "u")
    scene.world.settings.stop_mode = "manual"
    scene.api.verb(WEST, "dr", "failover", "t", "u")
    scene.world.clock.advance(10_000)
    assert scene.status("t") == "PENDING_STOPPED"
    assert levers.release_stops(scene.world, WEST, "dr") == 2
    assert scene.status("t") == "STOPPED"


def test_stops_after_reads() -> None:
    scene = mirrored("t")
    scene.world.settings.stop_mode, scene.world.settings.stop_after_reads = "reads", 2
    scene.api.verb(WEST, "dr", "failover", "t")
    assert [scene.status("t") for _ in range(4)] == ["PENDING_STOPPED", "PENDING_STOPPED", "STOPPED", "STOPPED"]


def test_a_promote_that_cannot_finish_stays_pending_says_why_and_finishes_later() -> None:
    scene = mirrored("t", records=5)
    scene.world.settings.stop_mode = "timed"
    scene.api.verb(WEST, "dr", "promote", "t")
    levers.take_down(scene.world, EAST)
    scene.world.clock.advance(20)
    answer = scene.api.get(WEST, "/links/dr/mirrors/t", include_state_transition_errors=True)
    assert answer["mirror_status"] == "PENDING_STOPPED"
    assert answer["mirror_state_transition_errors"][0]["error_code"] == "INTERNAL_ERROR"
    levers.bring_up(scene.world, EAST)
    scene.produce("t", 3)
    scene.world.clock.advance(2)
    assert scene.status("t") == "STOPPED"
    assert scene.world.kafka[WEST].topics["t"].ends() == [8]


def test_a_promote_waits_for_records_written_after_it_was_accepted() -> None:
    scene = mirrored("t", records=5)
    scene.world.settings.stop_mode = "timed"
    scene.api.verb(WEST, "dr", "promote", "t")
    levers.set_mirror(scene.world, WEST, "dr", "t", hold_lag={0: 2})
    scene.produce("t", 2)
    scene.world.clock.advance(5)
    answer = scene.api.get(WEST, "/links/dr/mirrors/t", include_state_transition_errors=True)
    assert answer["mirror_status"] == "PENDING_STOPPED"
    (error,) = answer["mirror_state_transition_errors"]
    assert error["error_code"] == "INTERNAL_ERROR"
    assert "lags 2" in error["error_message"]


def test_the_table_is_closed_and_stopped_is_final_without_a_bidirectional_link() -> None:
    assert {status for status, _ in TRANSITIONS} == set(Status)
    from_stopped = {event for status, event in TRANSITIONS if status is Status.STOPPED}
    assert from_stopped == {Event.BECOME_MIRROR, Event.RESTORE}
