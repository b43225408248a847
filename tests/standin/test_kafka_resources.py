"""KafkaTopic, KafkaAcl, KafkaClusterConfig: calls, what is state, and the provider block."""

import base64
from typing import Any

import pytest

from emulator.standin.engine import PartialFailureError
from emulator.standin.operation import ProviderError
from emulator.standin.resources import acl, cluster_config, topic
from tests.standin.bench import Answer, Service, ok, refuse, run

BASE = "/kafka/v3/clusters/lkc-a"
ON: dict[str, Any] = {
    "kafkaCluster": {"id": "lkc-a"},
    "restEndpoint": "http://k",
    "credentials": {"key": "K", "secret": "S"},
}
TOPIC = {**ON, "topicName": "t", "partitionsCount": 6}
ACL = {
    **ON,
    "resourceType": "TOPIC",
    "resourceName": "t",
    "patternType": "LITERAL",
    "principal": "User:sa-1",
    "host": "*",
    "operation": "READ",
    "permission": "ALLOW",
}
ACL_WIRE = {
    "resource_type": "TOPIC",
    "resource_name": "t",
    "pattern_type": "LITERAL",
    "principal": "User:sa-1",
    "host": "*",
    "operation": "READ",
    "permission": "ALLOW",
}


def settings(**found: tuple[str, str]) -> Answer:
    return ok({"data": [{"name": n, "value": value, "source": source} for n, (value, source) in found.items()]})


def topic_service(**found: tuple[str, str]) -> Service:
    service = Service().on(f"POST {BASE}/topics", ok({}, 201)).on(f"PATCH {BASE}/topics/t", ok({}))
    service.on(f"GET {BASE}/topics/t", ok({"topic_name": "t", "partitions_count": 6}))
    service.on(f"POST {BASE}/topics/t/configs:alter", ok(status=204))
    return service.on(f"GET {BASE}/topics/t/configs", settings(**found))


def test_topic_create_always_sends_settings_and_never_a_replication_factor() -> None:
    service = topic_service(x=("1", "DYNAMIC_TOPIC_CONFIG"), y=("2", "DEFAULT_CONFIG"))
    op = run(service.life().create(topic.RESOURCE, TOPIC, "urn"))
    assert service.bodies[0] == {"topic_name": "t", "partitions_count": 6, "configs": []}
    assert service.calls == [f"POST {BASE}/topics", f"GET {BASE}/topics/t", f"GET {BASE}/topics/t/configs"]
    assert (op.id, op.state["config"]) == ("lkc-a/t", {"x": "1"})


def test_the_provider_block_wins_over_the_resource() -> None:
    service = topic_service()
    block = {"kafkaId": "lkc-a", "kafkaRestEndpoint": "http://b", "kafkaApiKey": "BK", "kafkaApiSecret": "BS"}
    run(service.life(test_mode=True, **block).read(topic.RESOURCE, "lkc-a/t", {"topicName": "t"}))
    assert base64.b64decode(service.keys[0].removeprefix("Basic ")) == b"BK:BS"


@pytest.mark.parametrize("left_out", ["kafkaCluster", "restEndpoint", "credentials"])
def test_without_either_the_apply_names_what_is_missing(left_out: str) -> None:
    inputs = {name: value for name, value in TOPIC.items() if name != left_out}
    with pytest.raises(ProviderError, match=left_out):
        run(topic_service().life().create(topic.RESOURCE, inputs, "urn"))


def test_topic_settings_are_altered_removed_and_verified_without_a_read_at_the_end() -> None:
    names = {"retention.ms": ("2", "DYNAMIC_TOPIC_CONFIG")}
    service = topic_service(**names)
    old = {**TOPIC, "config": {"retention.ms": "1", "cleanup.policy": "compact"}}
    run(service.life().update(topic.RESOURCE, "lkc-a/t", old, {**TOPIC, "config": {"retention.ms": "2"}}, "urn"))
    assert service.bodies[0] == {
        "data": [{"name": "cleanup.policy", "operation": "DELETE"}, {"name": "retention.ms", "value": "2"}]
    }
    assert service.calls == [f"POST {BASE}/topics/t/configs:alter", f"GET {BASE}/topics/t/configs"]


def test_a_setting_that_did_not_take_is_an_error() -> None:
    service = topic_service(**{"retention.ms": ("1", "DYNAMIC_TOPIC_CONFIG")})
    new = {**TOPIC, "config": {"retention.ms": "2"}}
    with pytest.raises(PartialFailureError, match="update failed for"):
        run(service.life().update(topic.RESOURCE, "lkc-a/t", TOPIC, new, "urn"))


def test_a_read_only_setting_is_an_error_at_update() -> None:
    new = {**TOPIC, "config": {"flush.ms": "2"}}
    with pytest.raises(PartialFailureError, match=r'"flush\.ms" topic setting is read-only'):
        run(topic_service().life().update(topic.RESOURCE, "lkc-a/t", TOPIC, new, "urn"))


def test_refused_partitions_put_the_old_count_back_into_state() -> None:
    service = topic_service().on(f"PATCH {BASE}/topics/t", refuse(400))
    with pytest.raises(PartialFailureError) as failure:
        run(service.life().update(topic.RESOURCE, "lkc-a/t", TOPIC, {**TOPIC, "partitionsCount": 8}, "urn"))
    assert failure.value.state["partitionsCount"] == 6
    assert service.bodies == [{"partitions_count": 8}]


def test_topic_delete_of_what_is_gone_is_an_error() -> None:
    service = Service().on(f"DELETE {BASE}/topics/t", refuse(404, "no such topic"))
    with pytest.raises(Exception, match="no such topic"):
        run(service.life().delete(topic.RESOURCE, "lkc-a/t", TOPIC))


def test_acl_is_searched_and_deleted_by_all_seven_members() -> None:
    one = ok({"data": [ACL_WIRE]})
    service = Service().on(f"POST {BASE}/acls", ok({}, 201)).on(f"GET {BASE}/acls", one).on(f"DELETE {BASE}/acls", one)
    op = run(service.life().create(acl.RESOURCE, ACL, "urn"))
    assert op.id == "lkc-a/TOPIC#t#LITERAL#User:sa-1#*#READ#ALLOW"
    run(service.life().delete(acl.RESOURCE, op.id, op.state))
    assert service.bodies[0] == ACL_WIRE
    assert service.queries[1:] == [ACL_WIRE, ACL_WIRE]


def test_acl_found_not_at_all_or_twice() -> None:
    assert run(Service().on(f"GET {BASE}/acls", ok({"data": []})).life().read(acl.RESOURCE, "x", ACL)).gone
    twice = Service().on(f"GET {BASE}/acls", ok({"data": [ACL_WIRE, ACL_WIRE]}))
    with pytest.raises(ProviderError, match="multiple Kafka ACLs"):
        run(twice.life().read(acl.RESOURCE, "x", ACL))


def test_acl_credentials_change_in_place_by_reading_alone() -> None:
    service = Service().on(f"GET {BASE}/acls", ok({"data": [ACL_WIRE]}))
    new = {**ACL, "credentials": {"key": "N", "secret": "S"}}
    run(service.life().update(acl.RESOURCE, "x", ACL, new, "urn"))
    assert service.calls == [f"GET {BASE}/acls"]


def test_cluster_settings_keep_all_that_is_listed_and_outlive_their_resource() -> None:
    alter, listed = f"POST {BASE}/broker-configs:alter", f"GET {BASE}/broker-configs"
    service = Service().on(alter, ok(status=204))
    service.on(listed, settings(a=("1", "DEFAULT_CONFIG"), b=("2", "DYNAMIC_DEFAULT_BROKER_CONFIG")))
    inputs = {**ON, "config": {"num.partitions": "4"}}
    op = run(service.life().create(cluster_config.RESOURCE, inputs, "urn"))
    assert (op.id, op.state["config"]) == ("lkc-a", {"a": "1", "b": "2"})
    run(service.life().delete(cluster_config.RESOURCE, "lkc-a", inputs))
    assert service.calls == [alter, listed]
    with pytest.raises(PartialFailureError, match="not supported at the moment"):
        run(service.life().update(cluster_config.RESOURCE, "lkc-a", inputs, {**ON, "config": {}}, "urn"))


@pytest.mark.parametrize(
    ("row", "resource_id", "service", "expected"),
    [
        (topic.RESOURCE, "lkc-a/t", topic_service(), {"topicName": "t", "partitionsCount": 6, "config": {}}),
        (
            acl.RESOURCE,
            "lkc-a/TOPIC#t#LITERAL#User:sa-1#*#READ#ALLOW",
            Service().on(f"GET {BASE}/acls", ok({"data": [ACL_WIRE]})),
            {"operation": "READ"},
        ),
    ],
)
def test_imports(
    row: Any, resource_id: str, service: Service, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("REST_ENDPOINT", "http://k"), ("API_KEY", "K"), ("API_SECRET", "S")):
        monkeypatch.setenv(f"IMPORT_KAFKA_{name}", value)
    op = run(service.life().read(row, resource_id, {}))
    assert {**ON, **expected}.items() <= op.state.items()


def test_an_import_id_of_the_wrong_form_says_the_right_one() -> None:
    with pytest.raises(ProviderError, match="expected '<Kafka cluster ID>/<topic name>'"):
        run(topic_service().life().read(topic.RESOURCE, "t", {}))
