"""Data sources."""

from typing import Any

import pytest

from emulator.standin.invokes import FUNCTIONS
from emulator.standin.operation import Operation, ProviderError
from emulator.standin.transport import ApiError
from tests.standin.bench import Service, ok, refuse, run
from tests.standin.test_cloud_resources import CLUSTERS, ENV, cluster_answer, env_answer
from tests.standin.test_kafka_resources import BASE, ON, topic_service


def invoke(service: Service, name: str, **args: Any) -> dict[str, Any]:
    life = service.life()
    op = Operation(life.config, life.cloud, state=args)
    return run(FUNCTIONS[f"confluentcloud:index/{name}:{name}"](op))


def test_environment_by_name_follows_pages() -> None:
    first = {"data": [env_answer(id="env-0", display_name="other")], "metadata": {"next": "http://x?page_token=T1"}}
    service = (
        Service().on(f"GET {ENV}", ok(first), ok({"data": [env_answer()]})).on(f"GET {ENV}/env-1", ok(env_answer()))
    )
    found = invoke(service, "getEnvironment", displayName="e")
    assert (found["id"], found["resourceName"]) == ("env-1", "crn://x/environment=env-1")
    assert service.queries[:2] == [{"page_size": "99"}, {"page_size": "99", "page_token": "T1"}]


def test_an_unknown_name_or_id_is_an_error() -> None:
    with pytest.raises(ProviderError, match="'e' was found"):
        invoke(Service().on(f"GET {ENV}", ok({"data": []})), "getEnvironment", displayName="e")
    with pytest.raises(ApiError, match="404"):
        invoke(Service().on(f"GET {ENV}/env-1", refuse(404)), "getEnvironment", id="env-1")


def test_cluster_blocks_are_lists() -> None:
    service = Service().on(f"GET {CLUSTERS}/lkc-1", ok(cluster_answer()))
    found = invoke(service, "getKafkaCluster", id="lkc-1", environment={"id": "env-1"})
    assert found["basics"] == [{}]
    assert "basic" not in found
    assert (found["networks"], found["byokKeys"]) == ([], [])


def test_service_account_by_name_is_one_unpaged_call() -> None:
    account = {"id": "sa-1", "display_name": "a"}
    path = "GET /iam/v2/service-accounts"
    service = Service().on(path, ok({"data": [account]})).on(f"{path}/sa-1", ok(account))
    assert invoke(service, "getServiceAccount", displayName="a")["id"] == "sa-1"
    assert service.queries[0] == {"display_name": "a"}


def test_organization_comes_from_the_first_environment() -> None:
    crn = "crn://confluent.cloud/organization=o-1/environment=env-1"
    service = Service().on(f"GET {ENV}", ok({"data": [{"metadata": {"resource_name": crn}}]}))
    found = {"id": "o-1", "resourceName": "crn://confluent.cloud/organization=o-1"}
    assert invoke(service, "getOrganization") == found


def test_topic_and_link() -> None:
    assert invoke(topic_service(), "getKafkaTopic", topicName="t", **ON)["partitionsCount"] == 6
    service = Service().on(f"GET {BASE}/links/dr", ok({"link_name": "dr", "link_state": "ACTIVE"}))
    service.on(f"GET {BASE}/links/dr/configs", ok({"data": []}))
    found = invoke(service, "getClusterLink", linkName="dr", **ON)
    assert (found["id"], found["linkState"], found["config"]) == ("lkc-a/dr", "ACTIVE", {})
