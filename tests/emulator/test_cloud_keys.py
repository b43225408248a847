"""API keys: shapes, secrets, and where a key is good."""

import pytest

from tests.emulation import CLOUD_KEY, RunningEmulator
from tests.emulator.cloud_samples import bind, create_account, create_cluster, create_environment, create_key


def _cluster(emulator: RunningEmulator) -> str:
    cloud = emulator.cloud()
    return create_cluster(cloud, create_environment(cloud))


def test_kafka_key_answer_names_owner_and_resource(emulator: RunningEmulator) -> None:
    cloud, lkc = emulator.cloud(), _cluster(emulator)
    account = create_account(cloud)
    key = create_key(cloud, account, lkc)
    assert key["spec"]["secret"]
    assert (key["spec"]["owner"]["id"], key["spec"]["owner"]["kind"]) == (account, "ServiceAccount")
    resource = key["spec"]["resource"]
    assert (resource["id"], resource["api_version"], resource["kind"]) == (lkc, "cmk/v2", "Cluster")


def test_key_without_resource_is_a_cloud_key(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    key = create_key(cloud, create_account(cloud))
    resource = key["spec"]["resource"]
    assert (resource["id"], resource["api_version"], resource["kind"]) == ("cloud", "iam/v2", "Cloud")
    assert emulator.cloud((key["id"], key["spec"]["secret"])).get("/org/v2/environments").status_code == 200


def test_schema_registry_key_names_its_registry(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    env = create_environment(cloud, "ESSENTIALS")
    create_cluster(cloud, env)
    registry = cloud.get(f"/srcm/v3/clusters?environment={env}").json()["data"][0]["id"]
    resource = create_key(cloud, create_account(cloud), registry)["spec"]["resource"]
    assert (resource["id"], resource["api_version"], resource["kind"]) == (registry, "srcm/v3", "Cluster")


def test_secret_is_shown_once(emulator: RunningEmulator) -> None:
    cloud, lkc = emulator.cloud(), _cluster(emulator)
    key = create_key(cloud, create_account(cloud), lkc)
    secret = key["spec"]["secret"]
    seen = [
        cloud.get(f"/iam/v2/api-keys/{key['id']}").text,
        cloud.get("/iam/v2/api-keys").text,
        cloud.patch(f"/iam/v2/api-keys/{key['id']}", json={"spec": {"description": "x"}}).text,
        str(emulator.truth()),
        str(emulator.log()),
    ]
    assert all(secret not in text for text in seen)
    assert all(CLOUD_KEY[1] not in text for text in seen)


def test_key_lives_from_create_to_delete(emulator: RunningEmulator) -> None:
    cloud, lkc = emulator.cloud(), _cluster(emulator)
    key = create_key(cloud, create_account(cloud), lkc)
    path = f"/iam/v2/api-keys/{key['id']}"
    assert cloud.patch(path, json={"spec": {"display_name": "new"}}).json()["spec"]["display_name"] == "new"
    assert cloud.get(path).json()["spec"]["description"] == "d"
    assert cloud.delete(path).status_code == 204
    assert cloud.get(path).status_code == 403
    rest = emulator.kafka(lkc, key["id"], key["spec"]["secret"])
    assert rest.get("/topics").status_code == 401


def test_keys_are_listed_by_owner_and_resource(emulator: RunningEmulator) -> None:
    cloud, lkc = emulator.cloud(), _cluster(emulator)
    mine, other = create_account(cloud, "mine"), create_account(cloud, "other")
    first, second = create_key(cloud, mine, lkc)["id"], create_key(cloud, mine)["id"]
    create_key(cloud, other, lkc)

    def found(**query: str) -> list[str]:
        params = {name.replace("_", "."): value for name, value in query.items()}
        return [item["id"] for item in cloud.get("/iam/v2/api-keys", params=params).json()["data"]]

    assert found(spec_owner=mine) == [first, second]
    assert found(spec_owner=mine, spec_resource=lkc) == [first]


def test_replayed_create_makes_a_second_key(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    account = create_account(cloud)
    assert create_key(cloud, account)["id"] != create_key(cloud, account)["id"]


@pytest.mark.parametrize(("owner", "resource"), [("sa-none", None), ("u-admin", "lkc-none"), ("u-admin", "lsrc-none")])
def test_keys_for_nobody_or_nothing_are_refused(emulator: RunningEmulator, owner: str, resource: str | None) -> None:
    spec = {"owner": {"id": owner}} | ({"resource": {"id": resource}} if resource else {})
    assert emulator.cloud().post("/iam/v2/api-keys", json={"spec": spec}).status_code == 400


def test_a_new_key_propagates_before_it_works(emulator: RunningEmulator) -> None:
    emulator.control("POST", "/clock", {"mode": "manual"})
    emulator.settings(key_propagation_delay_s=60)
    cloud, lkc = emulator.cloud(), _cluster(emulator)
    account = create_account(cloud)
    crn = cloud.get("/org/v2/organizations").json()["data"][0]["metadata"]["resource_name"]
    bind(cloud, account, "OrganizationAdmin", crn)
    key = create_key(cloud, account, lkc)
    rest = emulator.kafka(lkc, key["id"], key["spec"]["secret"])
    emulator.advance(59)
    assert rest.get("/topics").status_code == 401
    emulator.advance(1)
    assert rest.get("/topics").status_code == 200
