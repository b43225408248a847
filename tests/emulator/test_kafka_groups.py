"""Consumer groups over REST."""

from tests.emulator.kafka_world import EAST, Scene


def _scene() -> Scene:
    scene = Scene()
    scene.topic("t", partitions=2)
    scene.produce("t", 100)
    scene.produce("t", 10, partition=1)
    scene.commit("g", "t", 95, lkc=EAST)
    scene.commit("g", "t", 10, lkc=EAST, partition=1)
    return scene


def test_group_and_its_lags() -> None:
    scene = _scene()
    assert [group["consumer_group_id"] for group in scene.api.get(EAST, "/consumer-groups")["data"]] == ["g"]
    assert scene.api.get(EAST, "/consumer-groups/g")["state"] == "EMPTY"
    lags = scene.api.get(EAST, "/consumer-groups/g/lags")["data"]
    assert [(lag["partition_id"], lag["current_offset"], lag["log_end_offset"], lag["lag"]) for lag in lags] == [
        (0, 95, 100, 5),
        (1, 10, 10, 0),
    ]
    assert scene.api.get(EAST, "/consumer-groups/g/lags/t/partitions/0")["lag"] == 5
    summary = scene.api.get(EAST, "/consumer-groups/g/lag-summary")
    assert (summary["max_lag"], summary["max_lag_partition_id"], summary["total_lag"]) == (5, 0, 5)


def test_active_groups_have_a_consumer() -> None:
    scene = _scene()
    assert scene.api.get(EAST, "/consumer-groups/g/consumers")["data"] == []
    scene.world.kafka[EAST].groups["g"].active = True
    assert scene.api.get(EAST, "/consumer-groups/g")["state"] == "STABLE"
    (consumer,) = scene.api.get(EAST, "/consumer-groups/g/consumers")["data"]
    assert scene.api.get(EAST, f"/consumer-groups/g/consumers/{consumer['consumer_id']}") == consumer
    scene.api.get(EAST, "/consumer-groups/g/consumers/other", expect=404)


def test_unknown_groups_topics_and_partitions_are_404() -> None:
    scene = _scene()
    assert scene.api.get(EAST, "/consumer-groups/x", expect=404)["error_code"] == 40403
    scene.api.get(EAST, "/consumer-groups/g/lags/t/partitions/2", expect=404)
    scene.api.get(EAST, "/consumer-groups/g/lags/u/partitions/0", expect=404)


def test_offsets_of_a_deleted_topic_are_gone() -> None:
    scene = _scene()
    scene.api.call("DELETE", EAST, "/topics/t", expect=204)
    scene.topic("t", partitions=2)
    assert scene.api.get(EAST, "/consumer-groups/g/lags")["data"] == []
    scene.api.get(EAST, "/consumer-groups/g/lag-summary", expect=404)
