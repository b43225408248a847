from typing import Any

import pytest

from first.components import ClientCredentials, ClientSite, ComponentError, LinkAccount, PatternType, TopicAccess

from .recorder import CANARY, Recorder, golden, is_secret, plain, record
from .samples import cluster

CRN = "crn://confluent.cloud/organization=o/environment=e/cloud-cluster="


def site(name: str, *, acls: bool = True) -> ClientSite:
    return {"cluster": cluster(name), "environment_id": "env-1", "rbac_crn": CRN + name, "acls": acls}


def client(**more: Any) -> ClientCredentials:
    args: Any = {"sites": {"east": site("east"), "west": site("west", acls=False)}}
    return ClientCredentials("shop", args | more)


def build(**more: Any) -> Recorder:
    return record(lambda: client(**more))


def acls(recorder: Recorder) -> set[tuple[str, str, str]]:
    inputs = [r["inputs"] for r in recorder.of_type("KafkaAcl")]
    return {(a["patternType"], a["resourceName"], a["operation"]) for a in inputs}


def test_a_client_is_the_golden_graph() -> None:
    golden(
        "client",
        build(
            topics=[{"name": "orders"}, {"name": "shop.", "pattern_type": PatternType.PREFIXED}],
            groups=[{"name": "*"}],
            roles=[{"role_name": "DeveloperRead", "resource": "topic=orders"}, {"role_name": "Operator"}],
        ),
    )


@pytest.mark.parametrize(
    ("access", "operations"),
    [
        (TopicAccess.READ, {"READ", "DESCRIBE"}),
        (TopicAccess.WRITE, {"WRITE", "DESCRIBE"}),
        (TopicAccess.READ_WRITE, {"READ", "WRITE", "DESCRIBE"}),
    ],
)
def test_access_is_operations_on_topics(access: TopicAccess, operations: set[str]) -> None:
    assert acls(build(topics=[{"name": "t", "access": access}])) == {("LITERAL", "t", o) for o in operations}


def test_groups_are_read_and_described() -> None:
    found = acls(build(groups=[{"name": "g", "pattern_type": PatternType.PREFIXED}]))
    assert found == {("PREFIXED", "g", "READ"), ("PREFIXED", "g", "DESCRIBE")}


def test_grants_that_overlap_are_one_acl() -> None:
    topics = [{"name": "t", "access": TopicAccess.READ}, {"name": "t", "access": TopicAccess.WRITE}]
    assert len(build(topics=topics).of_type("KafkaAcl")) == 3


def test_keys_are_a_secret_per_site() -> None:
    assert is_secret(lambda: client().keys)
    keys = plain(lambda: client().keys)
    assert keys["west"] == {"key": "id-shop-west-key", "secret": f"{CANARY}-shop-west-key"}
    assert set(keys) == {"east", "west"}


def test_keys_are_protected_and_need_not_be_probed() -> None:
    keys = build(disable_wait_for_ready=True).of_type("ApiKey")
    assert all(k["protect"] and k["inputs"]["disableWaitForReady"] for k in keys)
    assert not any(k.get("protect") for k in build(protect=False).of_type("ApiKey"))


def test_refuses_roles_without_a_resource_name() -> None:
    bare: Any = site("west")
    del bare["rbac_crn"]
    with pytest.raises(ComponentError, match="site west has no rbac_crn"):
        build(sites={"east": site("east"), "west": bare}, roles=[{"role_name": "DeveloperRead"}])


def test_refuses_a_client_without_sites() -> None:
    with pytest.raises(ComponentError, match="has no site"):
        build(sites={})


def test_a_link_account_is_the_golden_graph() -> None:
    args: Any = {
        "cluster": cluster("east"),
        "environment_id": "env-1",
        "topics": [{"name": "*"}],
        "groups": [{"name": "shop", "pattern_type": PatternType.PREFIXED}],
        "cluster_describe": True,
    }
    golden("link_account", record(lambda: LinkAccount("reader", args)))


def test_a_service_account_whose_name_the_service_would_refuse_is_refused_with_the_limit() -> None:
    build(display_name="a" * 64)
    with pytest.raises(ComponentError, match=r"'a{65}' \(shop-account\) has a name of 65 characters.* takes 64"):
        build(display_name="a" * 65)
