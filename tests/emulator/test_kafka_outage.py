"""Outages of clusters, lost topics, and what the truth says about it."""

import json
from collections.abc import Callable

import pytest

from emulator.errors import KafkaError
from emulator.kafka import levers
from tests.emulator.kafka_world import EAST, SYNC_ALL, WEST, Scene


def _scene() -> Scene:
    scene = Scene()
    scene.topic("t")
    scene.produce("t", 10)
    scene.link(consumer_offset_sync_enable="true", consumer_offset_group_filters=SYNC_ALL)
    scene.mirror("t")
    scene.world.tick()
    return scene


def test_a_link_notices_an_outage_after_its_threshold_and_recovers_by_itself() -> None:
    scene = _scene()
    levers.take_down(scene.world, EAST)
    scene.world.clock.advance(299)
    assert scene.status("t") == "ACTIVE"
    scene.world.clock.advance(1)
    assert scene.status("t") == "SOURCE_UNAVAILABLE"
    link = scene.api.get(WEST, "/links/dr", include_tasks=True)
    assert (link["link_state"], link["link_error"]) == ("UNAVAILABLE", "BOOTSTRAP_TCP_CONNECTION_FAILED_ERROR")
    assert {task["state"] for task in link["tasks"]} == {"LINK_UNAVAILABLE", "NOT_CONFIGURED"}
    scene.produce("t", 2)
    levers.bring_up(scene.world, EAST)
    assert scene.status("t") == "ACTIVE"
    assert scene.found("t").topic.ends() == [12]


def test_checks_and_threshold_are_configurable_and_can_be_skipped() -> None:
    scene = _scene()
    scene.alter({"availability.check.ms": "1000", "availability.check.consecutive.failure.threshold": "2"})
    levers.take_down(scene.world, EAST)
    scene.world.clock.advance(2)
    assert scene.status("t") == "SOURCE_UNAVAILABLE"
    levers.bring_up(scene.world, EAST)
    scene.world.settings.availability_threshold = 1
    levers.take_down(scene.world, EAST)
    scene.world.clock.advance(1)
    assert scene.status("t") == "SOURCE_UNAVAILABLE"
    levers.bring_up(scene.world, EAST)
    scene.world.settings.availability_threshold = None
    levers.take_down(scene.world, EAST, now=True)
    assert scene.status("t") == "SOURCE_UNAVAILABLE"


def test_failed_checks_before_a_recovery_do_not_count() -> None:
    scene = _scene()
    scene.alter({"availability.check.ms": "1000", "availability.check.consecutive.failure.threshold": "2"})
    for _ in range(3):
        levers.take_down(scene.world, EAST)
        scene.world.clock.advance(1)
        assert scene.status("t") == "ACTIVE"
        levers.bring_up(scene.world, EAST)


def test_nothing_crosses_while_the_source_is_down_and_lag_is_what_was_last_seen() -> None:
    scene = _scene()
    scene.found("t").hold = {0: 4}
    scene.produce("t", 4)
    levers.take_down(scene.world, EAST)
    scene.produce("t", 50)
    scene.commit("g", "t", 60, lkc=EAST)
    scene.world.clock.advance(40)
    (lag,) = scene.api.get(WEST, "/links/dr/mirrors/t")["mirror_lags"]
    assert (lag["lag"], lag["last_source_fetch_offset"]) == (4, 9)
    assert scene.offset("g", "t") is None
    row = scene.api.verb(WEST, "dr", "failover", "t")["t"]
    assert row["mirror_lags"] == [lag]
    scene.found("t").hold = {}
    levers.bring_up(scene.world, EAST)
    assert scene.found("t").topic.ends() == [10]
    assert scene.api.get(WEST, "/links/dr/mirrors/t")["mirror_lags"] == [lag]


def test_paused_mirrors_stay_paused_through_an_outage_and_resume_into_it() -> None:
    scene = _scene()
    scene.api.verb(WEST, "dr", "pause", "t")
    levers.take_down(scene.world, EAST, now=True)
    assert scene.status("t") == "PAUSED"
    scene.api.verb(WEST, "dr", "resume", "t")
    assert scene.status("t") == "SOURCE_UNAVAILABLE"


def test_a_destination_that_is_down_runs_nothing() -> None:
    scene = _scene()
    levers.take_down(scene.world, WEST)
    scene.produce("t", 5)
    scene.commit("g", "t", 3, lkc=EAST)
    scene.world.clock.advance(600)
    assert scene.found("t").topic.ends() == [10]
    assert scene.offset("g", "t") is None
    levers.bring_up(scene.world, WEST)
    assert scene.found("t").topic.ends() == [15]


@pytest.mark.parametrize(
    ("recreate", "error"), [(False, "SOURCE_TOPIC_MAY_BE_DELETED"), (True, "SOURCE_TOPIC_ID_CHANGED")]
)
def test_a_lost_source_topic_fails_the_mirror_after_the_retry_time(recreate: bool, error: str) -> None:
    scene = _scene()
    if recreate:
        levers.recreate_topic(scene.world, EAST, "t")
        scene.produce("t", 99)
    else:
        levers.delete_topic(scene.world, EAST, "t")
    scene.world.clock.advance(299)
    assert scene.status("t") == "ACTIVE"
    scene.world.clock.advance(2)
    answer = scene.api.get(WEST, "/links/dr/mirrors/t")
    assert (answer["mirror_status"], answer["mirror_topic_error"]) == ("FAILED", error)
    assert scene.found("t").topic.ends() == [10]
    assert scene.api.verb(WEST, "dr", "failover", "t")["t"]["error_code"] is None
    assert scene.status("t") == "STOPPED"


def test_nothing_is_fetched_from_a_deleted_topic() -> None:
    scene = _scene()
    levers.set_mirror(scene.world, WEST, "dr", "t", hold_lag={0: 5})
    scene.produce("t", 5)
    levers.delete_topic(scene.world, EAST, "t")
    levers.set_mirror(scene.world, WEST, "dr", "t", hold_lag={})
    assert scene.api.get(WEST, "/links/dr/mirrors/t")["mirror_lags"][0]["lag"] == 5
    assert scene.found("t").topic.ends() == [10]


def test_a_mirror_that_was_stopped_does_not_fail_afterwards() -> None:
    scene = _scene()
    scene.world.settings.topic_failure_delay_s = 1
    levers.delete_topic(scene.world, EAST, "t")
    scene.api.verb(WEST, "dr", "failover", "t")
    scene.world.clock.advance(10)
    assert scene.status("t") == "STOPPED"


def test_a_deleted_source_cluster_makes_the_link_unavailable() -> None:
    scene = _scene()
    scene.world.delete_cluster(EAST)
    assert scene.status("t") == "SOURCE_UNAVAILABLE"
    assert scene.api.get(WEST, "/links/dr")["link_error"] == "UNRESOLVABLE_BOOTSTRAP_ERROR"


def test_a_deleted_destination_leaves_nothing_behind() -> None:
    scene = _scene()
    jobs = [job for _, job in scene.world.kafka[WEST].links["dr"].jobs.values()]
    scene.world.delete_cluster(WEST)
    assert all(job.cancelled for job in jobs)
    scene.produce("t", 5)
    scene.world.clock.advance(600)
    assert scene.world.kafka[EAST].topics["t"].followers == []


def test_writes_arrive_after_the_fetch_delay() -> None:
    scene = _scene()
    scene.world.settings.fetch_delay_s = 2
    scene.produce("t", 1)
    assert scene.api.get(WEST, "/links/dr/mirrors/t")["mirror_lags"][0]["lag"] == 1
    scene.world.clock.advance(2)
    assert scene.api.get(WEST, "/links/dr/mirrors/t")["mirror_lags"][0]["lag"] == 0


def test_levers_on_what_does_not_exist() -> None:
    scene = _scene()
    calls: tuple[Callable[[], None], ...] = (
        lambda: levers.take_down(scene.world, "lkc-none"),
        lambda: levers.set_mirror(scene.world, WEST, "dr", "none"),
        lambda: levers.delete_link(scene.world, WEST, "none"),
        lambda: levers.delete_topic(scene.world, EAST, "none"),
    )
    for call in calls:
        with pytest.raises(KafkaError) as refused:
            call()
        assert refused.value.status == 404
    with pytest.raises(KafkaError):
        levers.set_mirror(scene.world, WEST, "dr", "t", status="ASLEEP")


def test_a_link_deleted_by_hand_leaves_an_ordinary_topic() -> None:
    scene = _scene()
    levers.delete_link(scene.world, WEST, "dr")
    scene.api.get(WEST, "/links/dr/mirrors/t", expect=404)
    assert not scene.world.kafka[WEST].topics["t"].read_only


def test_the_truth_is_json_and_complete() -> None:
    scene = _scene()
    scene.commit("g", "t", 4, lkc=EAST)
    truth = json.loads(json.dumps(scene.world.truth()))
    east, west = truth["clusters"][EAST], truth["clusters"][WEST]
    assert east["topics"]["t"]["partitions"] == [{"start": 0, "end": 10}]
    assert east["groups"] == {"g": {"active": False, "offsets": {"t": {"0": 4}}}}
    mirror = west["topics"]["t"]["mirror"]
    assert (mirror["status"], mirror["link"], mirror["source_cluster"]) == ("ACTIVE", "dr", EAST)
    assert mirror["lags"] == [{"partition": 0, "lag": 0, "last_source_fetch_offset": 9}]
    assert west["links"]["dr"]["tasks"]["ConsumerOffsetSync"] == {"state": "ACTIVE", "errors": []}


def test_reset_empties_the_world_and_its_switches() -> None:
    scene = _scene()
    setattr(scene.world.settings, "page_size", 3)  # noqa: B010 (else mypy thinks it stays 3)
    scene.world.reset()
    assert scene.world.kafka == {}
    assert scene.world.settings.page_size is None
    scene.world.clock.advance(600)
