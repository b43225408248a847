"""Kafka clusters and the Schema Registry clusters that follow them."""

from typing import Any

import pytest

from tests.emulation import RunningEmulator
from tests.emulator.cloud_samples import cluster_body, create_cluster, create_environment


def test_cluster_answer_is_what_the_provider_reads(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    env = create_environment(cloud)
    lkc = create_cluster(cloud, env)
    body = cloud.get(f"/cmk/v2/clusters/{lkc}?environment={env}").json()
    assert body["metadata"]["resource_name"].endswith(f"/environment={env}/cloud-cluster={lkc}/kafka={lkc}")
    assert body["spec"]["http_endpoint"] == f"{emulator.url}/k/{lkc}"
    assert body["spec"]["endpoints"]["PUBLIC"]["http_endpoint"] == f"{emulator.url}/k/{lkc}"
    assert body["spec"]["kafka_bootstrap_endpoint"].startswith("SASL_SSL://")
    assert body["spec"]["config"]["kind"] == "Dedicated"
    assert body["spec"]["environment"]["id"] == env
    assert body["status"] == {"phase": "PROVISIONED", "cku": 2}
    assert lkc in emulator.truth()["clusters"]


def test_provisioning_takes_the_time_of_the_clock(emulator: RunningEmulator) -> None:
    emulator.control("POST", "/clock", {"mode": "manual"})
    emulator.settings(provisioning_delay_s=60)
    cloud = emulator.cloud()
    env = create_environment(cloud)
    lkc = create_cluster(cloud, env)
    path = f"/cmk/v2/clusters/{lkc}?environment={env}"
    assert cloud.get(path).json()["status"] == {"phase": "PROVISIONING"}
    emulator.advance(59)
    assert cloud.get(path).json()["status"]["phase"] == "PROVISIONING"
    emulator.advance(1)
    assert cloud.get(path).json()["status"] == {"phase": "PROVISIONED", "cku": 2}


def test_a_cluster_deleted_while_provisioning_never_comes_up(emulator: RunningEmulator) -> None:
    emulator.control("POST", "/clock", {"mode": "manual"})
    emulator.settings(provisioning_delay_s=60)
    cloud = emulator.cloud()
    env = create_environment(cloud)
    lkc = create_cluster(cloud, env)
    assert cloud.delete(f"/cmk/v2/clusters/{lkc}?environment={env}").status_code == 204
    emulator.advance(61)
    assert lkc not in emulator.truth()["clusters"]


def test_resize_shows_the_old_size_until_it_is_done(emulator: RunningEmulator) -> None:
    emulator.control("POST", "/clock", {"mode": "manual"})
    cloud = emulator.cloud()
    env = create_environment(cloud)
    lkc = create_cluster(cloud, env)
    emulator.settings(provisioning_delay_s=60)
    spec = {"config": {"kind": "Dedicated", "cku": 3}, "environment": {"id": env}}
    answer = cloud.patch(f"/cmk/v2/clusters/{lkc}", json={"spec": spec})
    assert answer.status_code == 200
    assert (answer.json()["spec"]["config"]["cku"], answer.json()["status"]["cku"]) == (3, 2)
    emulator.advance(60)
    assert cloud.get(f"/cmk/v2/clusters/{lkc}?environment={env}").json()["status"]["cku"] == 3


@pytest.mark.parametrize(
    ("config", "status"),
    [
        ({"kind": "Standard"}, 200),
        ({"kind": "Basic", "max_ecku": 5}, 200),
        ({"kind": "Dedicated", "cku": 2}, 400),
        ({"kind": "Enterprise"}, 400),
    ],
)
def test_only_basic_to_standard_is_an_upgrade(emulator: RunningEmulator, config: dict[str, Any], status: int) -> None:
    cloud = emulator.cloud()
    env = create_environment(cloud)
    lkc = create_cluster(cloud, env, config={"kind": "Basic"}, availability="LOW")
    answer = cloud.patch(f"/cmk/v2/clusters/{lkc}", json={"spec": {"config": config, "environment": {"id": env}}})
    assert answer.status_code == status
    kept = cloud.get(f"/cmk/v2/clusters/{lkc}?environment={env}").json()["spec"]["config"]
    assert kept == (config if status == 200 else {"kind": "Basic"})


@pytest.mark.parametrize(
    "spec",
    [
        {"config": {"kind": "Dedicated"}},
        {"config": {"kind": "Dedicated", "cku": 1}},
        {"config": {"kind": "Huge"}},
        {"availability": "TRIPLE"},
        {"cloud": "MOON"},
    ],
)
def test_impossible_clusters_are_refused(emulator: RunningEmulator, spec: dict[str, Any]) -> None:
    cloud = emulator.cloud()
    env = create_environment(cloud)
    assert cloud.post("/cmk/v2/clusters", json=cluster_body(env, **spec)).status_code == 400


@pytest.mark.parametrize("kind", ["Basic", "Standard", "Enterprise", "Freight"])
def test_every_kind_can_be_made(emulator: RunningEmulator, kind: str) -> None:
    cloud = emulator.cloud()
    env = create_environment(cloud)
    lkc = create_cluster(cloud, env, config={"kind": kind}, availability="HIGH")
    body = cloud.get(f"/cmk/v2/clusters/{lkc}?environment={env}").json()
    assert body["spec"]["config"] == {"kind": kind}
    assert "cku" not in body["status"]


def test_environment_is_required_and_must_be_the_right_one(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    env, other = create_environment(cloud), create_environment(cloud)
    lkc = create_cluster(cloud, env)
    assert cloud.get(f"/cmk/v2/clusters/{lkc}").status_code == 400
    assert cloud.get("/cmk/v2/clusters").status_code == 400
    assert cloud.get(f"/cmk/v2/clusters/{lkc}?environment={other}").status_code == 403
    assert cloud.get(f"/cmk/v2/clusters?environment={other}").json()["data"] == []
    assert cloud.post("/cmk/v2/clusters", json=cluster_body("env-none")).status_code == 403


def test_deleted_cluster_answers_403_and_takes_data_plane_and_keys_along(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    env = create_environment(cloud)
    lkc = create_cluster(cloud, env)
    emulator.seed({"api_keys": [{"key": "K", "secret": "s", "owner": "sa-1", "resource": lkc}]})
    path = f"/cmk/v2/clusters/{lkc}?environment={env}"
    answer = cloud.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert cloud.get(path).status_code == 403
    assert cloud.get("/iam/v2/api-keys/K").status_code == 403
    assert lkc not in emulator.truth()["clusters"]


def test_deletion_protection_protects_until_lifted(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    env = create_environment(cloud)
    lkc = create_cluster(cloud, env, deletion_protection=True)
    path = f"/cmk/v2/clusters/{lkc}"
    assert cloud.delete(f"{path}?environment={env}").status_code == 409
    lifted = {"spec": {"deletion_protection": False, "environment": {"id": env}}}
    assert cloud.patch(path, json=lifted).status_code == 200
    assert cloud.delete(f"{path}?environment={env}").status_code == 204


def test_schema_registry_follows_the_first_cluster(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    plain, governed = create_environment(cloud), create_environment(cloud, "ESSENTIALS")
    create_cluster(cloud, plain)
    assert cloud.get(f"/srcm/v3/clusters?environment={plain}").json()["data"] == []
    assert cloud.get(f"/srcm/v3/clusters?environment={governed}").json()["data"] == []
    create_cluster(cloud, governed)
    (registry,) = cloud.get(f"/srcm/v3/clusters?environment={governed}").json()["data"]
    assert registry["id"].startswith("lsrc-")
    assert registry["status"] == {"phase": "PROVISIONED"}
    assert registry["spec"]["http_endpoint"] == f"{emulator.url}/sr/{registry['id']}"
    one = cloud.get(f"/srcm/v3/clusters/{registry['id']}?environment={governed}")
    assert one.json() == registry
    assert cloud.get(f"/srcm/v3/clusters/{registry['id']}?environment={plain}").status_code == 403
