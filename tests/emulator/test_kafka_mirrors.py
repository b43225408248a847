"""Mirror topics: creation, the verbs, and how a stop ends."""

import itertools

import pytest

from emulator.kafka import levers
from emulator.kafka.lifecycle import TRANSITIONS, Event, Status
from tests.emulator.kafka_world import EAST, WEST, Scene


def _scene(*topics: str, partitions: int = 1, records: int = 0) -> Scene:
    scene = Scene()
    scene.link()
    for name in topics:
        scene.topic(name, partitions=partitions)
        scene.produce(name, records)
        scene.mirror(name)
    scene.world.tick()
    return scene


def test_a_mirror_has_the_records_offsets_partitions_and_configs_of_its_source() -> None:
    scene = Scene()
    scene.link()
    scene.topic("t", partitions=3, cleanup_policy="compact", retention_ms="9")
    scene.produce("t", ["a", "b"], partition=2)
    scene.mirror("t")
    answer = scene.api.get(WEST, "/links/dr/mirrors/t", include_state_transition_errors=True)
    assert answer["mirror_lags"] == [
        {"partition": number, "lag": 0, "last_source_fetch_offset": last} for number, last in ((0, -1), (1, -1), (2, 1))
    ]
    assert (answer["num_partitions"], answer["mirror_status"]) == (3, "ACTIVE")
    assert answer["mirror_state_transition_errors"] == []
    copied = scene.world.kafka[WEST].topics["t"]
    assert copied.configs == {"cleanup.policy": "compact", "retention.ms": "9"}
    assert [batch.record.value for batch in copied.partitions[2].payloads() if batch.record] == [b"a", b"b"]
    assert scene.api.get(WEST, "/topics/t/configs/retention.ms")["source"] == "DYNAMIC_TOPIC_CONFIG"


def test_refused_mirrors() -> None:
    scene = _scene("t")
    scene.topic("u")
    post = scene.api.post
    path = "/links/dr/mirrors"
    assert post(WEST, path, {"source_topic_name": "t"}, expect=400)["error_code"] == 40002
    renamed = {"source_topic_name": "u", "mirror_topic_name": "v"}
    assert post(WEST, path, renamed, expect=400)["error_code"] == 40035
    assert post(WEST, path, {"source_topic_name": "none"}, expect=404)["error_code"] == 40403
    synced = {"source_topic_name": "u", "configs": [{"name": "retention.ms", "value": "1"}]}
    assert post(WEST, path, synced, expect=400)["error_code"] == 40002
    post(WEST, path, {"source_topic_name": "u", "replication_factor": 1}, expect=400)
    post(WEST, "/links/none/mirrors", {"source_topic_name": "u"}, expect=404)
    scene.cloud.roles.clear()
    assert post(WEST, path, {"source_topic_name": "u"}, expect=403)["error_code"] == 40301


def test_prefixed_mirrors_and_configs_that_are_never_synced() -> None:
    scene = Scene()
    scene.link(cluster_link_prefix="east.")
    scene.topic("t")
    own = [{"name": "confluent.value.schema.validation", "value": "true"}]
    body = {"source_topic_name": "t", "mirror_topic_name": "east.t", "configs": own}
    scene.api.post(WEST, "/links/dr/mirrors", body, expect=204)
    assert scene.found("east.t").source_name == "t"
    change = [{"name": "confluent.value.schema.validation", "value": "false"}]
    scene.api.post(WEST, "/topics/east.t/configs:alter", {"data": change}, expect=204)
    synced = [{"name": "retention.ms", "value": "5"}]
    scene.api.post(WEST, "/topics/east.t/configs:alter", {"data": synced}, expect=400)
    scene.api.verb(WEST, "dr", "failover", "east.t")
    scene.api.post(WEST, "/topics/east.t/configs:alter", {"data": synced}, expect=204)


@pytest.mark.parametrize(("spec", "start"), [("earliest", 0), ("latest", 7), ("2026-01-01T00:00:10Z", 5)])
def test_where_a_new_mirror_starts(spec: str, start: int) -> None:
    scene = Scene()
    scene.topic("t")
    partition = scene.world.kafka[EAST].topics["t"].partitions[0]
    partition.append_count(5, 1767225600_000)
    partition.append_count(2, 1767225610_000)
    scene.link(mirror_start_offset_spec=spec)
    mirror = scene.mirror("t")
    scene.produce("t", 1)
    scene.world.tick()
    assert (mirror.topic.partitions[0].start, mirror.topic.partitions[0].end) == (start, 8)


def test_more_partitions_on_the_source_become_more_on_the_mirror() -> None:
    scene = _scene("t", records=3)
    scene.api.call("PATCH", EAST, "/topics/t", {"partitions_count": 3})
    scene.produce("t", 2, partition=2)
    answer = scene.api.get(WEST, "/links/dr/mirrors/t")
    assert answer["num_partitions"] == 3
    assert [row["last_source_fetch_offset"] for row in answer["mirror_lags"]] == [2, -1, 1]


def test_lists_by_link_by_cluster_and_by_status() -> None:
    scene = _scene("t", "u")
    scene.link("other")
    scene.topic("v")
    scene.mirror("v", link="other")
    scene.api.verb(WEST, "dr", "pause", "u")
    names = [item["mirror_topic_name"] for item in scene.api.get(WEST, "/links/-/mirrors")["data"]]
    assert names == ["t", "u", "v"]
    paused = scene.api.get(WEST, "/links/dr/mirrors", mirror_status="PAUSED")["data"]
    assert [item["mirror_topic_name"] for item in paused] == ["u"]
    scene.api.get(WEST, "/links/dr/mirrors", mirror_status="TIRED", expect=400)
    scene.api.get(WEST, "/links/dr/mirrors/none", expect=404)


def test_a_held_mirror_lags_by_exactly_that_many() -> None:
    scene = _scene("t", records=100)
    levers.set_mirror(scene.world, WEST, "dr", "t", hold_lag={0: 5})
    scene.produce("t", 5)
    (row,) = scene.api.get(WEST, "/links/dr/mirrors/t")["mirror_lags"]
    assert row == {"partition": 0, "lag": 5, "last_source_fetch_offset": 99}
    scene.produce("t", 3)
    (row,) = scene.api.get(WEST, "/links/dr/mirrors/t")["mirror_lags"]
    assert row == {"partition": 0, "lag": 5, "last_source_fetch_offset": 102}
    levers.set_mirror(scene.world, WEST, "dr", "t", hold_lag={})
    assert scene.api.get(WEST, "/links/dr/mirrors/t")["mirror_lags"][0]["lag"] == 0


def test_failover_keeps_the_loss_visible_and_clamps_offsets() -> None:
    scene = _scene("t", records=100)
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
    scene = _scene("t", "u", records=10)
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
    scene = _scene("t")
    scene.api.verb(WEST, "dr", "pause", "t")
    scene.produce("t", 1)
    assert scene.api.verb(WEST, "dr", "promote", "t")["t"]["error_code"] == 400
    scene.api.verb(WEST, "dr", "resume", "t")
    scene.world.tick()
    scene.api.verb(WEST, "dr", "pause", "t")
    assert scene.api.verb(WEST, "dr", "promote", "t")["t"]["error_code"] is None


def test_rows_for_what_is_no_mirror() -> None:
    scene = _scene("t")
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
    scene = _scene("t")
    levers.set_mirror(scene.world, WEST, "dr", "t", status=status)
    forecast = scene.api.verb(WEST, "dr", verb, "t", validate_only=True)["t"]
    assert scene.status("t") == status
    row = scene.api.verb(WEST, "dr", verb, "t")["t"]
    assert row == forecast
    accepted = status in ALLOWED[verb]
    assert row["error_code"] == (None if accepted else 400)
    assert scene.status("t") == (OUTCOME[verb] if accepted else status)


def test_names_or_pattern_but_not_both_or_neither() -> None:
    scene = _scene("orders", "orders.eu", "audit")
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
    scene = _scene("t", "u", "v")
    scene.world.settings.max_names = 2
    scene.api.post(WEST, "/links/dr/mirrors:pause", {"mirror_topic_names": ["t", "u", "v"]}, expect=413)
    rows = scene.api.post(WEST, "/links/dr/mirrors:pause", {"mirror_topic_names": ["t", "t"]})["data"]
    assert [row["error_code"] for row in rows] == [None]


def test_timed_stops() -> None:
    scene = _scene("t")
    scene.world.settings.stop_mode, scene.world.settings.stop_after_s = "timed", 3
    scene.api.verb(WEST, "dr", "failover", "t")
    scene.world.clock.advance(2.9)
    assert scene.status("t") == "PENDING_STOPPED"
    assert "being stopped" in scene.api.verb(WEST, "dr", "failover", "t")["t"]["error_message"]
    scene.world.clock.advance(0.2)
    assert scene.status("t") == "STOPPED"


def test_stops_by_hand() -> None:
    scene = _scene("t", "u")
    scene.world.settings.stop_mode = "manual"
    scene.api.verb(WEST, "dr", "failover", "t", "u")
    scene.world.clock.advance(10_000)
    assert scene.status("t") == "PENDING_STOPPED"
    assert levers.release_stops(scene.world, WEST, "dr") == 2
    assert scene.status("t") == "STOPPED"


def test_stops_after_reads() -> None:
    scene = _scene("t")
    scene.world.settings.stop_mode, scene.world.settings.stop_after_reads = "reads", 2
    scene.api.verb(WEST, "dr", "failover", "t")
    assert [scene.status("t") for _ in range(4)] == ["PENDING_STOPPED", "PENDING_STOPPED", "STOPPED", "STOPPED"]


def test_a_promote_that_cannot_finish_stays_pending_says_why_and_finishes_later() -> None:
    scene = _scene("t", records=5)
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


def test_old_clients_see_five_states() -> None:
    scene = _scene("t")
    scene.world.settings.new_states = False
    seen = set()
    for status in Status:
        levers.set_mirror(scene.world, WEST, "dr", "t", status=status.value)
        seen.add(scene.status("t"))
    assert seen == {"ACTIVE", "FAILED", "PAUSED", "STOPPED", "PENDING_STOPPED"}


def test_deleting_a_mirror_topic_removes_the_mirror() -> None:
    scene = _scene("t")
    scene.api.call("DELETE", WEST, "/topics/t", expect=204)
    scene.api.get(WEST, "/links/dr/mirrors/t", expect=404)
    scene.produce("t", 1)
    scene.world.tick()
    scene.mirror("t")
    assert scene.found("t").topic.ends() == [0]
    scene.world.tick()
    assert scene.found("t").topic.ends() == [1]


def test_the_table_is_closed_and_stopped_is_final_without_a_bidirectional_link() -> None:
    assert {status for status, _ in TRANSITIONS} == set(Status)
    from_stopped = {event for status, event in TRANSITIONS if status is Status.STOPPED}
    assert from_stopped == {Event.BECOME_MIRROR, Event.RESTORE}


def test_mirrors_of_mirrors_get_the_records_too() -> None:
    scene = _scene("t", records=3)
    back = scene.configs(EAST, "DESTINATION", cluster_link_prefix="back.")
    scene.api.post(EAST, "/links", back, expect=204, link_name="back")
    body = {"source_topic_name": "t", "mirror_topic_name": "back.t"}
    scene.api.post(EAST, "/links/back/mirrors", body, expect=204)
    scene.world.tick()
    scene.produce("t", 4)
    scene.world.tick()
    assert scene.world.kafka[EAST].topics["back.t"].ends() == [7]
