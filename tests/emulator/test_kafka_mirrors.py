"""Mirror topics: creation, lists, lag, deletion."""

import pytest

from emulator.kafka import levers
from emulator.kafka.lifecycle import Status
from tests.emulator.kafka_world import EAST, WEST, Scene, mirrored


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
    scene = mirrored("t")
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
    scene = mirrored("t", records=3)
    scene.api.call("PATCH", EAST, "/topics/t", {"partitions_count": 3})
    scene.produce("t", 2, partition=2)
    answer = scene.api.get(WEST, "/links/dr/mirrors/t")
    assert answer["num_partitions"] == 3
    assert [row["last_source_fetch_offset"] for row in answer["mirror_lags"]] == [2, -1, 1]


def test_lists_by_link_by_cluster_and_by_status() -> None:
    scene = mirrored("t", "u")
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
    scene = mirrored("t", records=100)
    levers.set_mirror(scene.world, WEST, "dr", "t", hold_lag={0: 5})
    scene.produce("t", 5)
    (row,) = scene.api.get(WEST, "/links/dr/mirrors/t")["mirror_lags"]
    assert row == {"partition": 0, "lag": 5, "last_source_fetch_offset": 99}
    scene.produce("t", 3)
    (row,) = scene.api.get(WEST, "/links/dr/mirrors/t")["mirror_lags"]
    assert row == {"partition": 0, "lag": 5, "last_source_fetch_offset": 102}
    levers.set_mirror(scene.world, WEST, "dr", "t", hold_lag={})
    assert scene.api.get(WEST, "/links/dr/mirrors/t")["mirror_lags"][0]["lag"] == 0


def test_old_clients_see_five_states() -> None:
    scene = mirrored("t")
    scene.world.settings.new_states = False
    seen = set()
    for status in Status:
        levers.set_mirror(scene.world, WEST, "dr", "t", status=status.value)
        seen.add(scene.status("t"))
    assert seen == {"ACTIVE", "FAILED", "PAUSED", "STOPPED", "PENDING_STOPPED"}


def test_deleting_a_mirror_topic_removes_the_mirror() -> None:
    scene = mirrored("t")
    scene.api.call("DELETE", WEST, "/topics/t", expect=204)
    scene.api.get(WEST, "/links/dr/mirrors/t", expect=404)
    scene.produce("t", 1)
    scene.world.tick()
    scene.mirror("t")
    assert scene.found("t").topic.ends() == [0]
    scene.world.tick()
    assert scene.found("t").topic.ends() == [1]


def test_mirrors_of_mirrors_get_the_records_too() -> None:
    scene = mirrored("t", records=3)
    back = scene.configs(EAST, "DESTINATION", cluster_link_prefix="back.")
    scene.api.post(EAST, "/links", back, expect=204, link_name="back")
    body = {"source_topic_name": "t", "mirror_topic_name": "back.t"}
    scene.api.post(EAST, "/links/back/mirrors", body, expect=204)
    scene.world.tick()
    scene.produce("t", 4)
    scene.world.tick()
    assert scene.world.kafka[EAST].topics["back.t"].ends() == [7]
