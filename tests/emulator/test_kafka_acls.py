"""ACLs over REST, and what they and role bindings allow."""

from typing import Any

import pytest

from emulator.kafka.acls import Acl
from tests.emulator.kafka_world import EAST, WEST, Scene

ENTRY: dict[str, Any] = {
    "resource_type": "TOPIC",
    "resource_name": "orders",
    "pattern_type": "LITERAL",
    "principal": "User:sa-1",
    "host": "*",
    "operation": "READ",
    "permission": "ALLOW",
}


def test_acls_are_a_set_found_by_exact_match() -> None:
    scene = Scene()
    for _ in range(2):
        scene.api.post(EAST, "/acls", ENTRY, expect=201)
    scene.api.post(EAST, "/acls:batch", {"data": [ENTRY, ENTRY | {"operation": "WRITE"}]}, expect=201)
    assert len(scene.api.get(EAST, "/acls")["data"]) == 2
    (found,) = scene.api.get(EAST, "/acls", **ENTRY)["data"]
    assert {name: found[name] for name in ENTRY} == ENTRY
    assert scene.api.get(EAST, "/acls", resource_name="order")["data"] == []
    assert len(scene.api.get(EAST, "/acls", resource_type="ANY", principal="User:sa-1")["data"]) == 2


def test_a_service_account_has_two_forms_and_the_search_chooses() -> None:
    scene = Scene()
    others = [ENTRY | {"principal": name} for name in ("User:1001", "UserV2:sa-1", "User:*", "User:4711")]
    scene.api.post(EAST, "/acls:batch", {"data": [ENTRY, *others]}, expect=201)

    def principals(**query: Any) -> list[str]:
        return [acl["principal"] for acl in scene.api.get(EAST, "/acls", **query)["data"]]

    assert principals() == ["User:1001", "User:*", "User:4711"]
    assert principals(principal="UserV2:*") == ["User:sa-1", "User:*", "User:4711"]
    assert principals(principal="User:1001") == ["User:1001"]
    assert principals(principal="UserV2:sa-1") == principals(principal="User:sa-1") == ["User:sa-1"]
    assert principals(principal="User:*") == ["User:*"]
    scene.api.call("DELETE", EAST, "/acls", expect=400, principal="UserV2:*")
    assert scene.api.call("DELETE", EAST, "/acls", principal="User:1001")["data"][0]["principal"] == "User:1001"
    assert principals() == ["User:*", "User:4711"]


def test_match_searches_by_meaning() -> None:
    scene = Scene()
    prefixed = ENTRY | {"resource_name": "ord", "pattern_type": "PREFIXED"}
    star = ENTRY | {"resource_name": "*"}
    scene.api.post(EAST, "/acls:batch", {"data": [ENTRY, prefixed, star]}, expect=201)
    found = scene.api.get(EAST, "/acls", resource_type="TOPIC", resource_name="orders", pattern_type="MATCH")["data"]
    assert len(found) == 3
    assert len(scene.api.get(EAST, "/acls", resource_name="orders", pattern_type="LITERAL")["data"]) == 1


def test_deleting_answers_what_was_deleted_and_needs_a_filter() -> None:
    scene = Scene()
    scene.api.post(EAST, "/acls", ENTRY, expect=201)
    scene.api.call("DELETE", EAST, "/acls", expect=400)
    scene.api.call("DELETE", EAST, "/acls", expect=400, resource_type="ANY")
    assert len(scene.api.call("DELETE", EAST, "/acls", **ENTRY)["data"]) == 1
    assert scene.api.call("DELETE", EAST, "/acls", **ENTRY)["data"] == []


@pytest.mark.parametrize(
    "change", [{"operation": "FLY"}, {"resource_type": "ANY"}, {"host": ""}, {"principal": None}, {"permission": "ANY"}]
)
def test_refused_acls(change: dict[str, object]) -> None:
    scene = Scene()
    scene.api.post(EAST, "/acls", ENTRY | change, expect=400)
    scene.api.post(EAST, "/acls:batch", {"data": [ENTRY, ENTRY | change]}, expect=400)
    assert scene.world.kafka[EAST].acls == {}


def _add(scene: Scene, principal: str, operation: str, name: str, **more: str) -> None:
    fields = ENTRY | {"principal": f"User:{principal}", "operation": operation, "resource_name": name} | more
    scene.world.kafka[EAST].add_acl(Acl(**fields))


def _may(scene: Scene, operation: str, name: str, kind: str = "TOPIC", who: str = "sa-1") -> bool:
    return scene.world.allowed(who, scene.world.kafka[EAST], operation, (kind, name))


def test_without_a_grant_the_answer_is_no() -> None:
    scene = Scene()
    assert not _may(scene, "READ", "orders")
    _add(scene, "sa-1", "READ", "orders")
    assert _may(scene, "READ", "orders")
    assert _may(scene, "DESCRIBE", "orders")
    assert not _may(scene, "WRITE", "orders")
    assert not _may(scene, "READ", "orders2")
    assert not _may(scene, "READ", "orders", "GROUP")


def test_prefixes_wildcards_and_the_star_user() -> None:
    scene = Scene()
    _add(scene, "sa-1", "ALL", "ord", pattern_type="PREFIXED")
    _add(scene, "*", "DESCRIBE_CONFIGS", "*")
    assert _may(scene, "ALTER_CONFIGS", "orders")
    assert not _may(scene, "READ", "xord")
    assert _may(scene, "DESCRIBE_CONFIGS", "anything", who="sa-2")


def test_a_denial_beats_every_grant_even_of_an_administrator() -> None:
    scene = Scene()
    scene.cloud.roles["sa-1"] = [("CloudClusterAdmin", scene.cloud.rbac_crn(EAST))]
    assert _may(scene, "WRITE", "orders")
    _add(scene, "sa-1", "WRITE", "orders", permission="DENY")
    assert not _may(scene, "WRITE", "orders")
    assert _may(scene, "READ", "orders")


@pytest.mark.parametrize(
    ("role", "crn", "yes"),
    [
        ("CloudClusterAdmin", "crn://confluent.cloud/organization=o/environment=env-1/cloud-cluster=lkc-east", True),
        ("CloudClusterAdmin", "crn://confluent.cloud/organization=o/environment=env-1/cloud-cluster=lkc-west", False),
        ("EnvironmentAdmin", "crn://confluent.cloud/organization=o/environment=env-1", True),
        ("EnvironmentAdmin", "crn://confluent.cloud/organization=o/environment=env-11", False),
        ("OrganizationAdmin", "crn://confluent.cloud/organization=o", True),
        ("MetricsViewer", "crn://confluent.cloud/organization=o", False),
    ],
)
def test_administrators(role: str, crn: str, yes: bool) -> None:
    scene = Scene()
    scene.cloud.roles["sa-1"] = [(role, crn)]
    assert _may(scene, "ALTER", "kafka-cluster", "CLUSTER") is yes


def test_developer_roles_on_topics_and_groups() -> None:
    scene = Scene()
    root = f"{scene.cloud.rbac_crn(EAST)}/kafka={EAST}"
    scene.cloud.roles["sa-1"] = [
        ("DeveloperRead", f"{root}/topic=orders*"),
        ("DeveloperWrite", f"{root}/topic=audit"),
        ("DeveloperManage", f"{root}/topic=new*"),
        ("ResourceOwner", f"{root}/group=g*"),
    ]
    assert _may(scene, "READ", "orders.eu")
    assert not _may(scene, "WRITE", "orders.eu")
    assert _may(scene, "WRITE", "audit")
    assert not _may(scene, "WRITE", "audit2")
    assert _may(scene, "CREATE", "new1")
    assert not _may(scene, "READ", "new1")
    assert _may(scene, "READ", "g1", "GROUP")


def test_rest_enforces_rights_and_lists_leave_out_what_may_not_be_seen() -> None:
    scene = Scene()
    scene.topic("orders")
    scene.topic("secret")
    client = scene.api_of("sa-1")
    assert client.get(EAST, "/topics")["data"] == []
    assert client.get(EAST, "/topics/orders", expect=403)["error_code"] == 40301
    _add(scene, "sa-1", "DESCRIBE", "orders")
    assert [topic["topic_name"] for topic in client.get(EAST, "/topics")["data"]] == ["orders"]
    seen = client.get(EAST, "/topics/orders", include_authorized_operations=True)
    assert seen["authorized_operations"] == ["DESCRIBE"]
    for method, path in (
        ("POST", "/links/dr/mirrors:failover"),
        ("POST", "/links"),
        ("GET", "/links"),
        ("POST", "/acls"),
        ("GET", "/acls"),
        ("GET", "/consumer-groups/g"),
        ("PUT", "/links/dr/configs:alter"),
    ):
        client.call(method, WEST, path, {}, expect=403)
    scene.world.settings.denied_status, scene.world.settings.denied_code = 401, 40101
    client.get(WEST, "/links", expect=401)


def test_topics_may_be_created_with_a_right_on_the_topic_or_on_the_cluster() -> None:
    scene = Scene()
    client = scene.api_of("sa-1")
    client.post(EAST, "/topics", {"topic_name": "t"}, expect=403)
    _add(scene, "sa-1", "CREATE", "t")
    client.post(EAST, "/topics", {"topic_name": "t"}, expect=201)
    client.post(EAST, "/topics", {"topic_name": "u"}, expect=403)
    _add(scene, "sa-1", "CREATE", "kafka-cluster", resource_type="CLUSTER")
    client.post(EAST, "/topics", {"topic_name": "u"}, expect=201)
