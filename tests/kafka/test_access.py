"""Who gets in and what they may do: API keys, ACLs, roles, and the guard of mirror topics."""

import pytest
from confluent_kafka import KafkaError, Producer

from tests.brokers import until
from tests.kafka.clients import login, produce, read, refusal
from tests.kafka.pair import Pair, fresh

pytestmark = pytest.mark.kafka
REFUSED = "TOPIC_AUTHORIZATION_FAILED"


def test_the_cloud_api_shows_where_the_broker_listens(pair: Pair) -> None:
    assert pair.bootstrap("east").startswith("SASL_PLAINTEXT://127.0.0.1:")
    assert pair.bootstrap("east") != pair.bootstrap("west")


def test_a_client_without_an_acl_is_refused_until_it_has_one(pair: Pair) -> None:
    topic, app = pair.topic(fresh("closed")), pair.client("east", "APP")
    assert produce(app, topic, ["x"]) == [REFUSED]
    pair.acl("east", "TOPIC", topic, "WRITE")
    assert produce(app, topic, ["x"]) == []
    assert refusal(lambda: read(app, topic)) == REFUSED
    pair.acl("east", "TOPIC", topic, "READ")
    assert [line.value for line in read(app, topic)] == [b"x"]


@pytest.mark.parametrize(("key", "secret"), [("APP-east", "wrong"), ("APP-west", "secret"), ("nobody", "secret")])
def test_a_wrong_key_gets_an_authentication_error(pair: Pair, key: str, secret: str) -> None:
    errors: list[str] = []

    def note(error: KafkaError) -> None:
        errors.append(error.name())

    producer = Producer(login(pair.bootstrap("east"), key, secret) | {"error_cb": note})
    until(lambda: producer.poll(0.1) or "_AUTHENTICATION" in errors)


def test_a_dr_key_reads_mirrors_and_writes_only_after_the_failover(pair: Pair) -> None:
    topic, dr = pair.mirrored("guarded"), pair.client("west", "APP")
    assert produce(pair.client("east"), topic, ["before"]) == []
    for side in ("east", "west"):
        for operation in ("READ", "WRITE"):
            pair.acl(side, "TOPIC", topic, operation)
    pair.caught_up(topic)
    assert [line.value for line in read(dr, topic)] == [b"before"]
    assert produce(dr, topic, ["too early"]) == [REFUSED]
    assert produce(pair.client("west"), topic, ["an admin too"]) == [REFUSED]
    pair.fail_over(topic)
    assert produce(dr, topic, ["after"]) == []
    assert [line.value for line in read(dr, topic)] == [b"before", b"after"]


def test_the_guard_of_a_mirror_is_no_acl(pair: Pair) -> None:
    topic = pair.mirrored("unlisted")
    assert produce(pair.client("west"), topic, ["x"]) == [REFUSED]
    assert pair.west.get("/acls", params={"resource_name": topic}).json()["data"] == []


def test_roles_let_in_and_a_deny_beats_them(pair: Pair) -> None:
    topic, other = pair.topic(fresh("roles")), pair.topic(fresh("roles"))
    cluster = pair.emulator.cloud().get("/cmk/v2/clusters/lkc-east", params={"environment": "env-1"}).json()
    crn = cluster["metadata"]["resource_name"]
    key = {"key": fresh("ROLE"), "secret": "secret", "owner": "sa-role", "resource": "lkc-east"}
    binding = {"principal": "sa-role", "role_name": "DeveloperWrite", "crn_pattern": f"{crn}/topic={topic}"}
    pair.emulator.seed({"api_keys": [key], "role_bindings": [binding]})
    settings = login(pair.bootstrap("east"), str(key["key"]), "secret")
    assert produce(settings, topic, ["x"]) == []
    assert produce(settings, other, ["x"]) == [REFUSED]
    denial = pair.acl("east", "TOPIC", topic, "WRITE", "DENY") | {"principal": "User:sa-role"}
    assert pair.east.post("/acls", json=denial).status_code == 201
    assert produce(settings, topic, ["x"]) == [REFUSED]


def test_a_key_made_and_deleted_over_the_cloud_api_works_and_stops_working(pair: Pair) -> None:
    topic = pair.topic(fresh("keys"))
    pair.acl("east", "TOPIC", topic, "WRITE")
    spec = {"owner": {"id": "sa-app"}, "resource": {"id": "lkc-east"}}
    made = pair.emulator.cloud().post("/iam/v2/api-keys", json={"spec": spec}).json()
    settings = login(pair.bootstrap("east"), made["id"], made["spec"]["secret"])
    assert produce(settings, topic, ["x"]) == []
    assert pair.emulator.cloud().delete(f"/iam/v2/api-keys/{made['id']}").status_code == 204
    errors: list[str] = []
    producer = Producer(settings | {"error_cb": lambda error: errors.append(error.name())})
    until(lambda: producer.poll(0.1) or "_AUTHENTICATION" in errors)
