"""ClusterLink: configs per mode, the checks of the apply, credentials and settings updates."""

from typing import Any

import pytest

from emulator.standin import diffs
from emulator.standin.checks import Naming, check
from emulator.standin.engine import PartialFailureError
from emulator.standin.operation import ProviderError
from emulator.standin.resources.cluster_link import EDITABLE, RESOURCE
from tests.standin.bench import Answer, Service, ok, refuse, run

BASIC = {"id": "lkc-s", "bootstrapEndpoint": "SASL_SSL://s:9092"}
CALLED = {"id": "lkc-d", "restEndpoint": "http://k", "credentials": {"key": "DK", "secret": "DS"}}
KEYED = {**BASIC, "credentials": {"key": "SK", "secret": "SS"}}
PATH = "/kafka/v3/clusters/lkc-d/links"
ALTER = f"PUT {PATH}/dr/configs:alter"
MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule required"


def link(**inputs: Any) -> dict[str, Any]:
    return {"link": "dr", "linkMode": "DESTINATION", "connectionMode": "OUTBOUND", **inputs}


DESTINATION = link(sourceKafkaCluster=KEYED, destinationKafkaCluster=CALLED)
INBOUND = link(connectionMode="INBOUND", sourceKafkaCluster=BASIC, destinationKafkaCluster=CALLED)
SOURCE = link(linkMode="SOURCE", sourceKafkaCluster=CALLED, destinationKafkaCluster=KEYED)
BIDIRECTIONAL = link(linkMode="BIDIRECTIONAL", localKafkaCluster=CALLED, remoteKafkaCluster=KEYED)
BIDIRECTIONAL_INBOUND = {**BIDIRECTIONAL, "connectionMode": "INBOUND", "remoteKafkaCluster": BASIC}

REMOTE_KEY = {
    "security.protocol": "SASL_SSL",
    "sasl.mechanism": "PLAIN",
    "sasl.jaas.config": f'{MODULE} username="SK" password="SS";',
}
LOCAL_KEY = {
    "local.security.protocol": "SASL_SSL",
    "local.sasl.mechanism": "PLAIN",
    "local.sasl.jaas.config": f'{MODULE} username="DK" password="DS";',
}


def configs(items: dict[str, tuple[str, str]]) -> Answer:
    return ok({"data": [{"name": name, "value": value, "source": source} for name, (value, source) in items.items()]})


def service(settings: dict[str, tuple[str, str]] | None = None) -> Service:
    found = {"link_name": "dr", "cluster_link_id": "AAAA"}
    answers = Service().on(f"POST {PATH}", ok(status=204)).on(ALTER, ok(status=204))
    return answers.on(f"GET {PATH}/dr", ok(found)).on(f"GET {PATH}/dr/configs", configs(settings or {}))


@pytest.mark.parametrize(
    ("inputs", "wire", "expected"),
    [
        (DESTINATION, "source_cluster_id", REMOTE_KEY),
        (INBOUND, "source_cluster_id", {}),
        (SOURCE, "destination_cluster_id", {**REMOTE_KEY, **LOCAL_KEY}),
        (
            BIDIRECTIONAL,
            "remote_cluster_id",
            {**REMOTE_KEY, **LOCAL_KEY, "remote.link.connection.mode": "INBOUND"},
        ),
        (BIDIRECTIONAL_INBOUND, "remote_cluster_id", {}),
    ],
)
def test_create_sends_the_configs_of_its_mode(inputs: dict[str, Any], wire: str, expected: dict[str, str]) -> None:
    wires = service()
    op = run(wires.life().create(RESOURCE, {**inputs, "config": {"acl.sync.ms": "5100"}}, "urn"))
    assert wires.queries[0] == {"link_name": "dr"}
    assert set(wires.bodies[0]) == {wire, "configs"}
    assert wires.bodies[0][wire] == "lkc-s"
    assert {item["name"]: item["value"] for item in wires.bodies[0]["configs"]} == {
        "link.mode": inputs["linkMode"],
        "connection.mode": inputs["connectionMode"],
        "bootstrap.servers": BASIC["bootstrapEndpoint"],
        "acl.sync.ms": "5100",
        **expected,
    }
    assert (op.id, op.state["clusterLinkId"]) == ("lkc-d/dr", "AAAA")


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (link(sourceKafkaCluster=BASIC, destinationKafkaCluster=CALLED), '"credentials" must be specified'),
        (link(sourceKafkaCluster=KEYED), '"credentials" must be specified for "destinationKafkaCluster"'),
        ({**INBOUND, "sourceKafkaCluster": KEYED}, "must not be specified"),
        ({**SOURCE, "connectionMode": "INBOUND"}, "source initiated cluster link can't have"),
        ({**SOURCE, "destinationKafkaCluster": BASIC}, '"credentials" must be specified'),
        ({**BIDIRECTIONAL, "remoteKafkaCluster": {"id": "lkc-s"}}, '"bootstrapEndpoint" must be specified'),
    ],
)
def test_blocks_are_checked_against_modes_in_the_apply_only(inputs: dict[str, Any], message: str) -> None:
    wires = service()
    with pytest.raises(ProviderError, match=message):
        run(wires.life().create(RESOURCE, inputs, "urn"))
    assert wires.calls == []


def test_only_thirteen_settings_pass_the_plan() -> None:
    assert len(EDITABLE) == 13
    config = {"cluster.link.paused": "true", "acl.sync.enable": "true"}
    _, failures = check(RESOURCE, {}, {**DESTINATION, "config": config}, Naming("l"))
    assert [path for path, _ in failures] == ["config"]
    assert "'cluster.link.paused' cannot be set" in failures[0][1]


@pytest.mark.parametrize("endpoints", [{}, {"restEndpoint": "http://k", "bootstrapEndpoint": "b"}])
def test_a_block_needs_exactly_one_endpoint_at_plan_time(endpoints: dict[str, str]) -> None:
    _, failures = check(RESOURCE, {}, link(sourceKafkaCluster={"id": "lkc-s", **endpoints}), Naming("l"))
    assert [path for path, _ in failures] == ["sourceKafkaCluster"]


def test_read_keeps_what_is_editable_and_was_set() -> None:
    settings = {
        "acl.sync.ms": ("5000", "DYNAMIC_CLUSTER_LINK_CONFIG"),
        "consumer.offset.sync.ms": ("30000", "DEFAULT_CONFIG"),
        "bootstrap.servers": ("s:9092", "DYNAMIC_CLUSTER_LINK_CONFIG"),
    }
    op = run(service(settings).life().read(RESOURCE, "lkc-d/dr", DESTINATION))
    assert op.state["config"] == {"acl.sync.ms": "5000"}
    assert op.state["sourceKafkaCluster"] == KEYED


def change(wires: Service, old: dict[str, Any], new: dict[str, Any]) -> None:
    run(wires.life().update(RESOURCE, "lkc-d/dr", old, diffs.wanted(RESOURCE, old, new), "urn"))


@pytest.mark.parametrize("block", ["sourceKafkaCluster", "destinationKafkaCluster"])
def test_any_changed_key_sends_the_credential_settings_alone(block: str) -> None:
    wires = service()
    new = {**DESTINATION, block: {**DESTINATION[block], "credentials": {"key": "NEW", "secret": "NS"}}}
    assert [c.replaces for c in diffs.diff(RESOURCE, DESTINATION, new)] == [False, False]
    change(wires, DESTINATION, new)
    assert wires.calls[0] == ALTER
    assert {(i["name"], i["operation"]) for i in wires.bodies[0]["data"]} == {
        ("sasl.mechanism", "SET"),
        ("sasl.jaas.config", "SET"),
    }


def test_keys_of_an_inbound_half_cannot_be_rotated() -> None:
    new = {**INBOUND, "destinationKafkaCluster": {**CALLED, "credentials": {"key": "NEW", "secret": "NS"}}}
    with pytest.raises(PartialFailureError, match=r"len\(credentialConfigs\) is 0"):
        change(service(), INBOUND, new)


def test_a_changed_setting_sends_all_settings_without_operation() -> None:
    wires = service()
    old = {**DESTINATION, "config": {"acl.sync.ms": "1", "acl.sync.enable": "true"}}
    change(wires, old, {**DESTINATION, "config": {"acl.sync.ms": "2", "acl.sync.enable": "true"}})
    assert sorted(wires.bodies[0]["data"], key=lambda item: str(item["name"])) == [
        {"name": "acl.sync.enable", "value": "true"},
        {"name": "acl.sync.ms", "value": "2"},
    ]


def test_a_removed_setting_is_an_error_in_the_apply_but_leaving_config_out_is_no_change() -> None:
    old = {**DESTINATION, "config": {"acl.sync.ms": "1", "acl.sync.enable": "true"}}
    assert diffs.diff(RESOURCE, old, DESTINATION) == []
    wires = service()
    with pytest.raises(PartialFailureError, match=r"not supported at the moment: acl\.sync\.ms"):
        change(wires, old, {**DESTINATION, "config": {"acl.sync.enable": "true"}})
    assert wires.calls == []


def test_delete_is_unforced_and_polls_until_404() -> None:
    wires = Service().on(f"DELETE {PATH}/dr", ok({})).on(f"GET {PATH}/dr", ok({"link_name": "dr"}), refuse(404))
    run(wires.life().delete(RESOURCE, "lkc-d/dr", DESTINATION))
    assert wires.queries[0] == {}
    assert wires.calls == [f"DELETE {PATH}/dr", f"GET {PATH}/dr", f"GET {PATH}/dr"]


def test_import_of_a_bidirectional_link_reads_from_the_local_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPORT_LOCAL_KAFKA_REST_ENDPOINT", "http://k")
    monkeypatch.setenv("IMPORT_LOCAL_KAFKA_API_KEY", "DK")
    monkeypatch.setenv("IMPORT_LOCAL_KAFKA_API_SECRET", "DS")
    monkeypatch.setenv("IMPORT_REMOTE_KAFKA_BOOTSTRAP_ENDPOINT", BASIC["bootstrapEndpoint"])
    op = run(service().life().read(RESOURCE, "dr/BIDIRECTIONAL/INBOUND/lkc-d/lkc-s", {}))
    assert op.state == {**BIDIRECTIONAL_INBOUND, "clusterLinkId": "AAAA", "config": {}}
    assert op.id == "lkc-d/dr"
