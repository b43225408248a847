"""Environment, KafkaCluster, ServiceAccount, RoleBinding, KafkaClientQuota: calls, bodies, waits."""

from typing import Any

import pytest

from emulator.standin.engine import PartialFailureError
from emulator.standin.operation import ProviderError
from emulator.standin.resources import client_quota, environment, kafka_cluster, role_binding, service_account
from tests.standin.bench import Service, ok, refuse, run

ENV = "/org/v2/environments"
CLUSTERS = "/cmk/v2/clusters"
CLUSTER: dict[str, Any] = {
    "displayName": "c",
    "availability": "MULTI_ZONE",
    "cloud": "AWS",
    "region": "eu-west-1",
    "environment": {"id": "env-1"},
}


def env_answer(**more: Any) -> dict[str, Any]:
    return {"id": "env-1", "display_name": "e", "metadata": {"resource_name": "crn://x/environment=env-1"}, **more}


def cluster_answer(phase: str = "PROVISIONED", **config: Any) -> dict[str, Any]:
    return {
        "id": "lkc-1",
        "api_version": "cmk/v2",
        "kind": "Cluster",
        "metadata": {"resource_name": "crn://x/cloud-cluster=lkc-1/kafka=lkc-1"},
        "spec": {
            "display_name": "c",
            "availability": "HIGH",
            "cloud": "AWS",
            "region": "eu-west-1",
            "config": config or {"kind": "Basic"},
            "environment": {"id": "env-1"},
            "http_endpoint": "http://k",
            "kafka_bootstrap_endpoint": "SASL_SSL://b:9092",
        },
        "status": {"phase": phase, "cku": config.get("cku", 0)},
    }


def test_environment_create_and_update() -> None:
    service = Service().on(f"POST {ENV}", ok(env_answer(), 201)).on(f"PATCH {ENV}/env-1", ok(env_answer()))
    service.on(f"GET {ENV}/env-1", ok(env_answer(stream_governance_config={"package": "ESSENTIALS"})))
    wanted = {"displayName": "e", "streamGovernance": {"package": "ESSENTIALS"}}
    op = run(service.life().create(environment.RESOURCE, wanted, "urn"))
    assert op.state == {**wanted, "resourceName": "crn://x/environment=env-1"}
    assert service.bodies[0] == {"display_name": "e", "stream_governance_config": {"package": "ESSENTIALS"}}
    run(service.life().update(environment.RESOURCE, "env-1", op.state, {**op.state, "displayName": "f"}, "urn"))
    assert service.bodies[2] == {"display_name": "f"}
    assert service.calls[2:] == [f"PATCH {ENV}/env-1", f"GET {ENV}/env-1"]


@pytest.mark.parametrize(
    ("tier", "config"),
    [
        ({"basic": {}}, {"kind": "Basic"}),
        ({"standard": {"maxEcku": 5}}, {"kind": "Standard", "max_ecku": 5}),
        ({"enterprises": [{}]}, {"kind": "Enterprise"}),
        ({"freights": [{"maxEcku": 9}]}, {"kind": "Freight", "max_ecku": 9}),
        ({"dedicated": {"cku": 2}}, {"kind": "Dedicated", "cku": 2, "release_priority": "REGULAR"}),
    ],
)
def test_cluster_create_of_each_tier(tier: dict[str, Any], config: dict[str, Any]) -> None:
    get = f"GET {CLUSTERS}/lkc-1"
    pending = ok(cluster_answer("PROVISIONING", **config))
    service = Service().on(f"POST {CLUSTERS}", pending).on(get, pending, ok(cluster_answer(**config)))
    service.on(f"GET {ENV}/env-1", ok(env_answer()))
    op = run(service.life().create(kafka_cluster.RESOURCE, {**CLUSTER, **tier}, "urn"))
    assert service.calls == [f"POST {CLUSTERS}", get, get, f"GET {ENV}/env-1", get]
    assert service.queries[1] == {"environment": "env-1"}
    assert service.bodies[0]["spec"]["config"] == config
    assert service.clock.slept == [5, 60]
    assert op.state["rbacCrn"] == "crn://x/cloud-cluster=lkc-1"
    (name, value), *_ = tier.items()
    settings = value[0] if isinstance(value, list) else value
    found = op.state[name][0] if isinstance(value, list) else op.state[name]
    assert settings.items() <= found.items()


def test_with_stream_governance_a_cluster_waits_for_schema_registry_too() -> None:
    service = Service().on(f"POST {CLUSTERS}", ok(cluster_answer())).on(f"GET {CLUSTERS}/lkc-1", ok(cluster_answer()))
    service.on(f"GET {ENV}/env-1", ok(env_answer(stream_governance_config={"package": "ADVANCED"})))
    found = {"data": [{"status": {"phase": "PROVISIONED"}}]}
    service.on("GET /srcm/v3/clusters", ok({"data": []}), ok(found))
    run(service.life(test_mode=True).create(kafka_cluster.RESOURCE, {**CLUSTER, "basic": {}}, "urn"))
    assert service.calls.count("GET /srcm/v3/clusters") == 2
    assert service.clock.slept == [1, 1, 1]


def test_a_failed_provisioning_stays_in_state_with_its_id() -> None:
    service = Service().on(f"POST {CLUSTERS}", ok(cluster_answer()))
    service.on(f"GET {CLUSTERS}/lkc-1", ok(cluster_answer("FAILED")))
    with pytest.raises(PartialFailureError, match="unexpected state 'FAILED'") as failure:
        run(service.life().create(kafka_cluster.RESOURCE, {**CLUSTER, "basic": {}}, "urn"))
    assert failure.value.resource_id == "lkc-1"


def test_a_multi_zone_dedicated_cluster_needs_two_ckus_in_the_apply() -> None:
    service = Service()
    with pytest.raises(ProviderError, match="at least 2 CKUs"):
        run(service.life().create(kafka_cluster.RESOURCE, {**CLUSTER, "dedicated": {"cku": 1}}, "urn"))
    assert service.calls == []


def cluster_update(old: dict[str, Any], new: dict[str, Any], **config: Any) -> Service:
    service = Service().on(f"PATCH {CLUSTERS}/lkc-1", ok({}))
    service.on(f"GET {CLUSTERS}/lkc-1", ok(cluster_answer(**config)))
    run(service.life().update(kafka_cluster.RESOURCE, "lkc-1", {**CLUSTER, **old}, {**CLUSTER, **new}, "urn"))
    return service


def patches(service: Service) -> list[dict[str, Any]]:
    bodies = [body["spec"] for body in service.bodies if body]
    assert all(spec.pop("environment") == {"id": "env-1"} for spec in bodies)
    return bodies


def test_each_kind_of_cluster_change_is_one_patch() -> None:
    named = cluster_update({"basic": {}}, {"basic": {"maxEcku": 3}, "displayName": "d"}, kind="Basic")
    assert patches(named) == [{"display_name": "d", "config": {"kind": "Basic", "max_ecku": 3}}]
    raised = cluster_update({"basic": {}}, {"standard": {}, "deletionProtection": True}, kind="Standard")
    assert patches(raised) == [{"config": {"kind": "Standard"}}, {"deletion_protection": True}]
    nothing = cluster_update({"basic": {}}, {"basic": {}}, kind="Basic")
    assert nothing.calls == [f"GET {CLUSTERS}/lkc-1"]


def test_a_resize_waits_until_the_wanted_count_runs() -> None:
    resized = cluster_update({"dedicated": {"cku": 2}}, {"dedicated": {"cku": 3}}, kind="Dedicated", cku=3)
    assert patches(resized) == [{"config": {"kind": "Dedicated", "cku": 3}}]
    assert resized.clock.slept == [5]


def test_cluster_delete_polls_until_forbidden_or_unknown() -> None:
    get = f"GET {CLUSTERS}/lkc-1"
    service = Service().on(f"DELETE {CLUSTERS}/lkc-1", ok(status=204)).on(get, ok(cluster_answer()), refuse(403))
    run(service.life().delete(kafka_cluster.RESOURCE, "lkc-1", CLUSTER))
    assert service.calls == [f"DELETE {CLUSTERS}/lkc-1", get, get]
    assert service.clock.slept == [60, 60]


def test_service_account_owner_is_a_query_parameter() -> None:
    found = {"id": "sa-1", "display_name": "a", "description": "", "api_version": "iam/v2", "kind": "ServiceAccount"}
    path = "/iam/v2/service-accounts"
    service = Service().on(f"POST {path}", ok(found)).on(f"GET {path}/sa-1", ok(found))
    inputs = {"displayName": "a", "assignedResourceOwner": "u-1"}
    op = run(service.life().create(service_account.RESOURCE, inputs, "urn"))
    assert service.queries[0] == {"assigned_resource_owner": "u-1"}
    assert service.bodies[0] == {"display_name": "a"}
    assert (op.id, op.state["kind"], op.state["apiVersion"]) == ("sa-1", "ServiceAccount", "iam/v2")


@pytest.mark.parametrize(("patience", "slept"), [({}, [90]), ({"disableWaitForReady": True}, [])])
def test_role_binding_waits_90_seconds_unless_told_not_to(patience: dict[str, Any], slept: list[float]) -> None:
    wire = {"principal": "User:sa-1", "role_name": "CloudClusterAdmin", "crn_pattern": "crn://x"}
    path = "/iam/v2/role-bindings"
    service = Service().on(f"POST {path}", ok({"id": "rb-1"})).on(f"GET {path}/rb-1", ok({"id": "rb-1", **wire}))
    inputs = {"principal": "User:sa-1", "roleName": "CloudClusterAdmin", "crnPattern": "crn://x", **patience}
    op = run(service.life().create(role_binding.RESOURCE, inputs, "urn"))
    assert service.bodies[0] == wire
    assert service.clock.slept == slept
    assert op.id == "rb-1"


def test_client_quota_create_and_update() -> None:
    inputs: dict[str, Any] = {
        "displayName": "q",
        "kafkaCluster": {"id": "lkc-1"},
        "environment": {"id": "env-1"},
        "principals": ["sa-1", "<default>"],
        "throughput": {"ingressByteRate": "1", "egressByteRate": "2"},
    }
    spec = {
        "display_name": "q",
        "description": "",
        "throughput": {"ingress_byte_rate": "1", "egress_byte_rate": "2"},
        "principals": [{"id": "sa-1"}, {"id": "<default>"}],
    }
    scope = {"cluster": {"id": "lkc-1"}, "environment": {"id": "env-1"}}
    found = ok({"id": "cq-1", "spec": {**spec, **scope}})
    path = client_quota.PATH
    service = Service().on(f"POST {path}", found).on(f"GET {path}/cq-1", found).on(f"PATCH {path}/cq-1", found)
    op = run(service.life().create(client_quota.RESOURCE, inputs, "urn"))
    assert service.bodies[0] == {"spec": {**spec, **scope}}
    assert op.state == {**inputs, "description": ""}
    run(service.life().update(client_quota.RESOURCE, "cq-1", op.state, op.state, "urn"))
    assert service.bodies[2] == {"spec": spec}
    assert service.clock.slept == [30, 15]
