"""Topics, their configurations, records, and cluster settings over REST."""

import base64
import json
from typing import Any

import pytest

from tests.emulator.kafka_world import EAST, WEST, Scene


def test_topic_life() -> None:
    scene = Scene()
    made = scene.api.post(EAST, "/topics", {"topic_name": "orders", "configs": []}, expect=201)
    assert made["partitions_count"] == 6
    assert made["replication_factor"] == 3
    assert scene.api.get(EAST, "/topics")["data"] == [made]
    grown = scene.api.call("PATCH", EAST, "/topics/orders", {"partitions_count": 8})
    assert grown["partitions_count"] == 8
    assert len(scene.api.get(EAST, "/topics/orders/partitions")["data"]) == 8
    assert scene.api.get(EAST, "/topics/orders/partitions/7")["partition_id"] == 7
    scene.api.get(EAST, "/topics/orders/partitions/8", expect=404)
    scene.api.call("DELETE", EAST, "/topics/orders", expect=204)
    assert scene.api.get(EAST, "/topics/orders", expect=404)["error_code"] == 40403
    scene.api.call("DELETE", EAST, "/topics/orders", expect=404)


def test_validate_only_makes_nothing_and_answers_200() -> None:
    scene = Scene()
    scene.api.post(EAST, "/topics", {"topic_name": "t", "validate_only": True}, expect=200)
    assert scene.api.get(EAST, "/topics")["data"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"topic_name": "a/b"},
        {"topic_name": "."},
        {"topic_name": "x" * 250},
        {"topic_name": "t", "partitions_count": 0},
        {"topic_name": "t", "replication_factor": 2},
        {"topic_name": "t", "configs": [{"name": "no.such", "value": "1"}]},
        {"topic_name": "t", "configs": [{"name": "compression.type", "value": "gzip"}]},
        {"topic_name": "t", "configs": [{"name": "retention.ms", "value": "soon"}]},
        {"topic_name": "t", "configs": [{"name": "cleanup.policy", "value": "shred"}]},
        {"topic_name": "there"},
    ],
)
def test_refused_topics(body: dict[str, object]) -> None:
    scene = Scene()
    scene.topic("there")
    assert scene.api.post(EAST, "/topics", body, expect=400)["error_code"] == 40002
    assert list(scene.world.kafka[EAST].topics) == ["there"]


def test_partitions_only_grow() -> None:
    scene = Scene()
    scene.topic("t", partitions=3)
    for count in (3, 2):
        answer = scene.api.call("PATCH", EAST, "/topics/t", {"partitions_count": count}, expect=400)
        assert answer["error_code"] == 40002


def test_what_was_set_comes_back_verbatim_and_dynamic_even_when_it_is_the_default() -> None:
    scene = Scene()
    configs = [{"name": "retention.ms", "value": "604800000"}, {"name": "cleanup.policy", "value": "compact"}]
    scene.api.post(EAST, "/topics", {"topic_name": "t", "configs": configs}, expect=201)
    items = {item["name"]: item for item in scene.api.get(EAST, "/topics/t/configs")["data"]}
    explicit = {name: item["value"] for name, item in items.items() if item["source"] == "DYNAMIC_TOPIC_CONFIG"}
    assert explicit == {"retention.ms": "604800000", "cleanup.policy": "compact"}
    assert items["max.message.bytes"]["source"] == "DEFAULT_CONFIG"
    assert items["retention.ms"]["is_default"] is False
    assert items["compression.type"]["is_read_only"] is True


def test_config_changes_one_by_one_and_in_batches() -> None:
    scene = Scene()
    scene.topic("t")
    configs = scene.world.kafka[EAST].topics["t"].configs
    scene.api.call("PUT", EAST, "/topics/t/configs/retention.ms", {"value": "1"}, expect=204)
    batch = [{"name": "retention.ms", "operation": "DELETE"}, {"name": "segment.ms", "value": "5"}]
    scene.api.post(EAST, "/topics/t/configs:alter", {"data": batch, "validate_only": True}, expect=204)
    assert configs == {"retention.ms": "1"}
    scene.api.post(EAST, "/topics/t/configs:alter", {"data": batch}, expect=204)
    assert configs == {"segment.ms": "5"}
    bad = [{"name": "segment.ms", "value": "6"}, {"name": "no.such", "value": "1"}]
    scene.api.post(EAST, "/topics/t/configs:alter", {"data": bad}, expect=400)
    assert configs == {"segment.ms": "5"}
    assert scene.api.get(EAST, "/topics/t/configs/segment.ms")["value"] == "5"
    scene.api.get(EAST, "/topics/t/configs/no.such", expect=404)
    scene.api.call("DELETE", EAST, "/topics/t/configs/segment.ms", expect=204)
    assert configs == {}


def test_configs_of_all_topics_and_defaults_of_a_new_one() -> None:
    scene = Scene()
    scene.topic("t", retention_ms="7")
    everything = scene.api.get(EAST, "/topics/-/configs")["data"]
    assert [item["value"] for item in everything if item["name"] == "retention.ms"] == ["7"]
    fresh = scene.api.get(EAST, "/topics/new/default-configs")["data"]
    assert {item["source"] for item in fresh} == {"DEFAULT_CONFIG"}


def test_cluster_settings_show_only_what_was_set_and_need_a_dedicated_cluster() -> None:
    scene = Scene()
    scene.world.create_cluster("lkc-small", "Standard")
    change = {"data": [{"name": "num.partitions", "value": "3"}]}
    scene.api.post(EAST, "/broker-configs:alter", change, expect=204)
    (item,) = scene.api.get(EAST, "/broker-configs")["data"]
    assert (item["name"], item["value"], item["source"]) == ("num.partitions", "3", "DYNAMIC_DEFAULT_BROKER_CONFIG")
    scene.api.post("lkc-small", "/broker-configs:alter", change, expect=400)
    scene.api.post(EAST, "/broker-configs:alter", {"data": [{"name": "x", "value": "1"}]}, expect=400)
    scene.api.call("PUT", EAST, "/broker-configs/log.retention.ms", {"value": "9"}, expect=204)
    scene.api.call("DELETE", EAST, "/broker-configs/num.partitions", expect=204)
    assert [item["name"] for item in scene.api.get(EAST, "/broker-configs")["data"]] == ["log.retention.ms"]
    assert scene.api.get(EAST, "/broker-configs/num.partitions")["is_default"] is True


def test_many_records_in_one_request_each_with_its_own_answer() -> None:
    scene = Scene()
    scene.topic("t", partitions=2)
    binary = base64.b64encode(b"\x00\xff").decode()
    body = (
        '{"partition_id":1,"key":{"type":"STRING","data":"k"},"value":{"type":"JSON","data":{"a":1}}}\n'
        f'{{"partition_id":1,"value":{{"type":"BINARY","data":"{binary}"}},"headers":[{{"name":"h","value":"{binary}"}}]}}'
        '{"partition_id":9,"value":{"type":"STRING","data":"lost"}}'
        '{"partition_id":0,"value":{"type":"AVRO","data":"x"}} {"partition_id":0} nonsense'
    )
    answers = _lines(scene, "/topics/t/records", body)
    assert [answer["error_code"] for answer in answers] == [200, 200, 40403, 422, 200, 400]
    assert [answer.get("offset") for answer in answers[:2]] == [0, 1]
    assert answers[0]["key"] == {"type": "STRING", "size": 1}
    batches = list(scene.world.kafka[EAST].topics["t"].partitions[1].payloads())
    assert [batch.record.value for batch in batches if batch.record] == [b'{"a":1}', b"\x00\xff"]


def test_a_key_always_goes_to_the_same_partition_and_large_records_are_refused() -> None:
    scene = Scene()
    scene.topic("t", partitions=4, max_message_bytes="10")
    record = '{"key":{"type":"STRING","data":"customer"},"value":{"type":"STRING","data":"%s"}}'
    answers = _lines(scene, "/topics/t/records", record % "a" + record % "b" + record % ("x" * 11))
    assert answers[0]["partition_id"] == answers[1]["partition_id"]
    assert answers[2]["error_code"] == 413


def test_nobody_writes_to_a_mirror_until_it_is_stopped() -> None:
    scene = Scene()
    scene.topic("t")
    scene.link()
    scene.mirror("t")
    record = '{"value":{"type":"STRING","data":"v"}}'
    assert _lines(scene, "/topics/t/records", record, lkc=WEST)[0]["error_code"] == 40002
    scene.api.call("PATCH", WEST, "/topics/t", {"partitions_count": 3}, expect=400)
    scene.api.verb(WEST, "dr", "failover", "t")
    assert _lines(scene, "/topics/t/records", record, lkc=WEST)[0]["error_code"] == 200


def test_cluster_description_and_a_cluster_behind_the_wrong_endpoint() -> None:
    scene = Scene()
    described = scene.api.get(EAST, "")
    assert described["cluster_id"] == EAST
    assert described["topics"]["related"].endswith(f"/clusters/{EAST}/topics")
    headers = {"x-principal": "u", "x-admin": "True"}
    answer = scene.client.get(f"/k/{EAST}/kafka/v3/clusters/{WEST}/topics", headers=headers)
    assert answer.status_code == 404


def test_lists_in_pages() -> None:
    scene = Scene()
    for name in "abcde":
        scene.topic(name)
    scene.world.settings.page_size = 2
    names: list[str] = []
    query: dict[str, Any] = {}
    while True:
        page = scene.api.get(EAST, "/topics", **query)
        names += [item["topic_name"] for item in page["data"]]
        if page["metadata"]["next"] is None:
            break
        query = {"page_token": page["metadata"]["next"].split("page_token=")[1]}
    assert names == list("abcde")


def test_bad_json_is_400() -> None:
    scene = Scene()
    assert scene.api.post(EAST, "/topics", "{", expect=400)["error_code"] == 400
    scene.api.post(EAST, "/topics", {"topic_name": 5}, expect=400)
    scene.api.post(EAST, "/topics", {"topic_name": "t", "partitions_count": "6"}, expect=400)


def _lines(scene: Scene, path: str, body: str, lkc: str = EAST) -> list[dict[str, object]]:
    headers = {"x-principal": "u", "x-admin": "True"}
    answer = scene.client.post(f"/k/{lkc}/kafka/v3/clusters/{lkc}{path}", content=body, headers=headers)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]
