"""Service accounts, role bindings, client quotas, and who may change what."""

from typing import Any

import pytest

from tests.emulation import RunningEmulator
from tests.emulator.cloud_samples import bind, cluster_body, create_account, create_cluster, create_environment


def test_service_account_lives_from_create_to_delete(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    account = create_account(cloud, "link")
    path = f"/iam/v2/service-accounts/{account}"
    body = cloud.get(path).json()
    assert (body["kind"], body["display_name"], body["description"]) == ("ServiceAccount", "link", "d")
    assert cloud.patch(path, json={"description": ""}).json()["description"] == ""
    assert cloud.patch(path, json={"display_name": "new"}).json()["display_name"] == "new"
    assert cloud.delete(path).status_code == 204
    assert cloud.get(path).status_code == 404


def test_display_names_are_unique(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    create_account(cloud, "a")
    other = create_account(cloud, "b")
    assert cloud.post("/iam/v2/service-accounts", json={"display_name": "a"}).status_code == 409
    assert cloud.patch(f"/iam/v2/service-accounts/{other}", json={"display_name": "a"}).status_code == 409
    assert cloud.patch(f"/iam/v2/service-accounts/{other}", json={"display_name": "b"}).status_code == 200


def test_accounts_are_found_by_name(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    create_account(cloud, "a")
    wanted = create_account(cloud, "b")
    found = cloud.get("/iam/v2/service-accounts", params={"display_name": "b"}).json()["data"]
    assert [item["id"] for item in found] == [wanted]


def test_deleting_an_account_takes_its_keys_and_bindings_along(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    account = create_account(cloud)
    emulator.seed({"api_keys": [{"key": "K", "secret": "s", "owner": account}]})
    binding = bind(cloud, account, "OrganizationAdmin", "crn://confluent.cloud/organization=o")
    cloud.delete(f"/iam/v2/service-accounts/{account}")
    assert cloud.get("/iam/v2/api-keys/K").status_code == 403
    assert cloud.get(f"/iam/v2/role-bindings/{binding}").status_code == 403


def test_role_binding_lives_from_create_to_delete(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    crn = "crn://confluent.cloud/organization=o/environment=e/cloud-cluster=lkc-1"
    binding = bind(cloud, "sa-1", "CloudClusterAdmin", crn)
    path = f"/iam/v2/role-bindings/{binding}"
    body = cloud.get(path).json()
    assert (body["principal"], body["role_name"], body["crn_pattern"]) == ("User:sa-1", "CloudClusterAdmin", crn)
    same = {"principal": "User:sa-1", "role_name": "CloudClusterAdmin", "crn_pattern": crn}
    assert cloud.post("/iam/v2/role-bindings", json=same).status_code == 409
    gone = cloud.delete(path)
    assert (gone.status_code, gone.json()["id"]) == (200, binding)
    answer = cloud.get(path)
    assert (answer.status_code, answer.json()["error_code"]) == (403, 40301)


def test_role_bindings_are_listed_by_scope(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    root = "crn://confluent.cloud/organization=o/environment=e"
    first = bind(cloud, "sa-1", "EnvironmentAdmin", root)
    second = bind(cloud, "sa-2", "CloudClusterAdmin", f"{root}/cloud-cluster=lkc-1")

    def found(**query: str) -> list[str]:
        return [item["id"] for item in cloud.get("/iam/v2/role-bindings", params=query).json()["data"]]

    assert found(crn_pattern=root) == [first]
    assert found(crn_pattern=f"{root}*") == [first, second]
    assert found(crn_pattern=f"{root}*", principal="User:sa-2") == [second]
    assert found(crn_pattern=f"{root}*", role_name="EnvironmentAdmin") == [first]
    assert cloud.get("/iam/v2/role-bindings").status_code == 400


def _quota_spec(env: str, lkc: str) -> dict[str, Any]:
    return {
        "display_name": "q",
        "description": "d",
        "throughput": {"ingress_byte_rate": "5000", "egress_byte_rate": "6000"},
        "cluster": {"id": lkc},
        "environment": {"id": env},
        "principals": [{"id": "<default>"}],
    }


def test_client_quota_lives_from_create_to_delete(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    env = create_environment(cloud)
    lkc = create_cluster(cloud, env)
    made = cloud.post("/kafka-quotas/v1/client-quotas", json={"spec": _quota_spec(env, lkc)})
    assert made.status_code == 202
    path = f"/kafka-quotas/v1/client-quotas/{made.json()['id']}"
    assert cloud.get(path).json()["spec"]["principals"][0]["id"] == "<default>"
    change = {"throughput": {"ingress_byte_rate": "1", "egress_byte_rate": "2"}, "principals": [{"id": "sa-1"}]}
    assert cloud.patch(path, json={"spec": change}).status_code == 200
    spec = cloud.get(path).json()["spec"]
    assert (spec["throughput"]["egress_byte_rate"], spec["principals"][0]["id"], spec["display_name"]) == (
        "2",
        "sa-1",
        "q",
    )
    listed = cloud.get("/kafka-quotas/v1/client-quotas", params={"environment": env, "spec.cluster": lkc})
    assert len(listed.json()["data"]) == 1
    assert cloud.delete(path).status_code == 204
    assert cloud.get(path).status_code == 404
    refused = cloud.post("/kafka-quotas/v1/client-quotas", json={"spec": _quota_spec(env, "lkc-none")})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("role", "scope", "on_env", "on_org"),
    [
        ("OrganizationAdmin", "org", 200, 201),
        ("EnvironmentAdmin", "env", 200, 403),
        ("CloudClusterAdmin", "cluster", 403, 403),
        ("DeveloperRead", "env", 403, 403),
        (None, "", 403, 403),
    ],
)
def test_changes_need_an_admin_role_that_covers_the_object(
    emulator: RunningEmulator, role: str | None, scope: str, on_env: int, on_org: int
) -> None:
    admin = emulator.cloud()
    env = create_environment(admin)
    lkc = create_cluster(admin, env)
    crn = admin.get(f"/org/v2/environments/{env}").json()["metadata"]["resource_name"]
    scopes = {"org": crn.split("/environment=")[0], "env": crn, "cluster": f"{crn}/cloud-cluster={lkc}"}
    emulator.seed({"api_keys": [{"key": "WEAK", "secret": "s", "owner": "sa-weak"}]})
    if role:
        bind(admin, "sa-weak", role, scopes[scope])
    weak = emulator.cloud(("WEAK", "s"))
    assert weak.get(f"/org/v2/environments/{env}").status_code == 200
    assert weak.patch(f"/org/v2/environments/{env}", json={"display_name": "n"}).status_code == on_env
    assert weak.post("/iam/v2/service-accounts", json={"display_name": "n"}).status_code == on_org
    own_cluster = {"spec": {"display_name": "n", "environment": {"id": env}}}
    expected = 403 if role in {None, "DeveloperRead"} else 200
    assert weak.patch(f"/cmk/v2/clusters/{lkc}", json=own_cluster).status_code == expected


WHOLE = "crn://confluent.cloud/organization=o/environment=e/cloud-cluster={lkc}"


def binding(emulator: RunningEmulator, role: str, crn: str) -> int:
    body = {"principal": "User:sa-1", "role_name": role, "crn_pattern": crn}
    return emulator.cloud().post("/iam/v2/role-bindings", json=body).status_code


@pytest.mark.parametrize("role", ["DeveloperReader", "cloudclusteradmin", "ClusterAdmin"])
def test_a_role_that_there_is_not_is_refused(emulator: RunningEmulator, role: str) -> None:
    assert binding(emulator, role, WHOLE.format(lkc="lkc-1")) == 400


@pytest.mark.parametrize("role", ["DeveloperRead", "DeveloperWrite", "DeveloperManage", "ResourceOwner"])
def test_a_role_of_resources_is_refused_on_a_whole_cluster(emulator: RunningEmulator, role: str) -> None:
    whole = WHOLE.format(lkc="lkc-1")
    assert binding(emulator, role, whole) == 400
    assert binding(emulator, role, f"{whole}/kafka=lkc-1/topic=orders") == 201


def test_a_basic_cluster_has_no_roles_on_topics(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    spec = {"availability": "SINGLE_ZONE", "config": {"kind": "Basic"}}
    basic = create_cluster(cloud, create_environment(cloud), **spec)
    whole = WHOLE.format(lkc=basic)
    assert binding(emulator, "DeveloperRead", f"{whole}/kafka={basic}/topic=*") == 400
    assert binding(emulator, "CloudClusterAdmin", whole) == 201


def test_display_names_have_at_most_64_characters(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    account = create_account(cloud, "a" * 64)
    assert cloud.post("/iam/v2/service-accounts", json={"display_name": "b" * 65}).status_code == 400
    assert cloud.patch(f"/iam/v2/service-accounts/{account}", json={"display_name": "b" * 65}).status_code == 400
    assert cloud.post("/org/v2/environments", json={"display_name": "e" * 65}).status_code == 400
    body = cluster_body(create_environment(cloud), display_name="c" * 65)
    assert cloud.post("/cmk/v2/clusters", json=body).status_code == 400
