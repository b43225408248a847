"""Environments, organisations, and what all lists have in common."""

import httpx2
import pytest

from tests.emulation import RunningEmulator
from tests.emulator.cloud_samples import create_cluster, create_environment


def test_environment_lives_from_create_to_delete(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    env = create_environment(cloud)
    path = f"/org/v2/environments/{env}"
    body = cloud.get(path).json()
    assert (body["id"], body["display_name"]) == (env, "dr")
    assert body["metadata"]["resource_name"].endswith(f"/environment={env}")
    assert "stream_governance_config" not in body
    patched = cloud.patch(path, json={"display_name": "two", "stream_governance_config": {"package": "ADVANCED"}})
    assert patched.status_code == 200
    assert cloud.get(path).json()["display_name"] == "two"
    assert cloud.get(path).json()["stream_governance_config"] == {"package": "ADVANCED"}
    gone = cloud.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    answer = cloud.get(path)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["status"] == "404"


def test_governance_cannot_be_downgraded(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    env = create_environment(cloud, "ADVANCED")
    refused = cloud.patch(f"/org/v2/environments/{env}", json={"stream_governance_config": {"package": "ESSENTIALS"}})
    assert refused.status_code == 400


def test_environment_with_clusters_is_not_deleted(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    env = create_environment(cloud)
    create_cluster(cloud, env)
    assert cloud.delete(f"/org/v2/environments/{env}").status_code == 409
    assert cloud.get(f"/org/v2/environments/{env}").status_code == 200


def _pages(cloud: httpx2.Client, path: str) -> list[list[str]]:
    pages: list[list[str]] = []
    url: str | None = path
    while url:
        body = cloud.get(url).json()
        pages.append([item["id"] for item in body["data"]])
        url = body["metadata"].get("next")
    return pages


def test_pages_follow_metadata_next_and_the_last_has_none(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    made = [create_environment(cloud) for _ in range(5)]
    assert _pages(cloud, "/org/v2/environments?page_size=2") == [made[:2], made[2:4], made[4:]]
    assert _pages(cloud, "/org/v2/environments?page_size=5") == [made]
    last = cloud.get("/org/v2/environments?page_size=99").json()["metadata"]
    assert "next" not in last  # null there makes the provider panic
    assert last["total_size"] == 5


def test_page_size_defaults_to_ten(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    for _ in range(11):
        create_environment(cloud)
    assert [len(page) for page in _pages(cloud, "/org/v2/environments")] == [10, 1]


@pytest.mark.parametrize("query", ["page_size=0", "page_size=101", "page_size=x", "page_token=%21"])
def test_bad_page_parameters_are_refused(emulator: RunningEmulator, query: str) -> None:
    assert emulator.cloud().get(f"/org/v2/environments?{query}").status_code == 400


def test_organization_is_listed_and_read(emulator: RunningEmulator) -> None:
    cloud = emulator.cloud()
    (organization,) = cloud.get("/org/v2/organizations").json()["data"]
    assert cloud.get(f"/org/v2/organizations/{organization['id']}").json() == organization
    assert cloud.get("/org/v2/organizations/other").status_code == 404


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"display_name": 7}', '{"display_name": ""}'])
def test_bad_bodies_are_400_in_the_family_shape(emulator: RunningEmulator, body: str) -> None:
    answer = emulator.cloud().post("/org/v2/environments", content=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["detail"]
