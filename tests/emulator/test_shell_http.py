"""What every path has in common: authentication, unknown routes, bodies, the log, unexpected errors."""

import base64
import logging
from urllib.parse import quote

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import request_response

from emulator.app import create_app, new_world
from emulator.cloud import org
from emulator.server import EmulatorServer
from tests.emulation import CLOUD_KEY, RunningEmulator

ENVIRONMENTS = "/org/v2/environments"
WORLD = {
    "clusters": [{"id": "lkc-a", "environment": "env-1"}, {"id": "lkc-b", "environment": "env-1"}],
    "api_keys": [
        {"key": "KA", "secret": "sa", "owner": "u-admin", "resource": "lkc-a"},
        {"key": "KB", "secret": "sb", "owner": "u-admin", "resource": "lkc-b"},
        {"key": "KG", "secret": "sg", "owner": "u-admin", "resource": "global"},
    ],
}


@pytest.mark.parametrize("auth", [None, ("NOBODY", "x"), (CLOUD_KEY[0], "wrong"), (CLOUD_KEY[0], ""), ("KA", "sa")])
def test_cloud_api_wants_a_cloud_key(emulator: RunningEmulator, auth: tuple[str, str] | None) -> None:
    emulator.seed(WORLD)
    answer = emulator.client(emulator.url, auth).get(ENVIRONMENTS)
    assert answer.status_code == 401  # a 403 would make the provider drop the resource
    assert answer.json()["errors"][0]["status"] == "401"


@pytest.mark.parametrize("auth", [("NOBODY", "x"), ("KA", "wrong"), ("KB", "sb"), CLOUD_KEY])
def test_kafka_rest_wants_a_key_of_the_cluster(emulator: RunningEmulator, auth: tuple[str, str]) -> None:
    emulator.seed(WORLD)
    answer = emulator.kafka("lkc-a", *auth).get("/topics")
    assert answer.status_code == 401
    assert answer.json()["error_code"] == 40101


@pytest.mark.parametrize("auth", [("KA", "sa"), ("KG", "sg")])
def test_the_clusters_own_key_and_a_global_key_are_good(emulator: RunningEmulator, auth: tuple[str, str]) -> None:
    emulator.seed(WORLD)
    assert emulator.kafka("lkc-a", *auth).get("/topics").status_code == 200


@pytest.mark.parametrize("header", ["Bearer x", "Basic", "Basic ?", "Basic " + base64.b64encode(b"nocolon").decode()])
def test_malformed_authorization_is_401(emulator: RunningEmulator, header: str) -> None:
    answer = emulator.client(emulator.url).get(ENVIRONMENTS, headers={"Authorization": header})
    assert answer.status_code == 401


def test_paths_of_clusters_that_do_not_exist(emulator: RunningEmulator) -> None:
    emulator.seed(WORLD)
    client = emulator.client(emulator.url, ("KG", "sg"))
    for path in ("/k/lkc-none/kafka/v3/clusters/lkc-none/topics", "/k/lkc-a/kafka/v3/clusters/lkc-b/topics"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["error_code"]) == (404, 404)


@pytest.mark.parametrize(
    ("method", "path", "shape"),
    [
        ("GET", "/connect/v1/environments/env-1/clusters/lkc-a/connectors", "errors"),
        ("PUT", ENVIRONMENTS, "errors"),
        ("GET", "/", "errors"),
        ("GET", "/k/lkc-a/kafka/v3/clusters/lkc-a/share-groups", "error_code"),
        ("POST", "/k/lkc-a/kafka/v3/clusters/lkc-a/links/l/mirrors:explode", "error_code"),
        ("GET", "/sr/lsrc-1/subjects", "error_code"),
        ("GET", "/_emulator/nothing", "errors"),
    ],
)
def test_unknown_routes_are_501_json(emulator: RunningEmulator, method: str, path: str, shape: str) -> None:
    answer = emulator.client(emulator.url).request(method, path)
    assert answer.status_code == 501
    assert shape in answer.json()
    assert answer.headers["content-type"].startswith("application/json")


def test_trailing_slash_is_accepted_on_collections(emulator: RunningEmulator) -> None:
    emulator.seed(WORLD)
    assert emulator.cloud().get(f"{ENVIRONMENTS}/").status_code == 200
    assert emulator.kafka("lkc-a", "KA", "sa").get("/topics/").status_code == 200


def test_percent_encoded_names_are_the_same_names(emulator: RunningEmulator) -> None:
    topic = {"cluster": "lkc-a", "name": "my.topic-1"}
    emulator.seed(WORLD | {"topics": [topic]})
    client = emulator.client(emulator.url, ("KA", "sa"))
    answer = client.get("/k/lkc%2Da/kafka/v3/clusters/lkc%2Da/topics/my%2Etopic%2D1")
    assert answer.json()["topic_name"] == "my.topic-1"


def test_a_world_that_cannot_go_on_is_logged_and_shown_to_callers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    world = new_world()
    monkeypatch.setattr(world, "tick", broken)
    with EmulatorServer(create_app(world)) as server, RunningEmulator(server.url) as emulator:
        assert emulator.cloud().get(ENVIRONMENTS).status_code == 500
    assert "the world cannot go on" in caplog.text


def test_public_url_replaces_the_callers_url_in_answers() -> None:
    with EmulatorServer(create_app(new_world(), "http://outside:1")) as server, RunningEmulator(server.url) as emulator:
        emulator.seed(WORLD)
        path = "/cmk/v2/clusters/lkc-a?environment=env-1"
        assert emulator.cloud().get(path).json()["spec"]["http_endpoint"] == "http://outside:1/k/lkc-a"


def test_log_knows_template_digest_status_and_caller(emulator: RunningEmulator) -> None:
    emulator.seed(WORLD)
    cloud = emulator.cloud()
    cloud.get(f"{ENVIRONMENTS}/env-1?x=%2A&y=")
    cloud.get(f"{ENVIRONMENTS}/env-2")
    cloud.post(ENVIRONMENTS, content=b'{"display_name": "a"}')
    cloud.post(ENVIRONMENTS, content=b'{"display_name": "b"}')
    first, second, third, fourth = emulator.log()
    assert (first["method"], first["template"], first["status"]) == ("GET", f"{ENVIRONMENTS}/{{id}}", 200)
    assert first["query"] == [["x", "*"], ["y", ""]]
    assert (first["key"], first["cluster"], first["family"]) == (CLOUD_KEY[0], None, "cloud")
    assert second["status"] == 404
    assert len({third["body_sha256"], fourth["body_sha256"]}) == 2
    assert third["body_size"] == 21
    assert emulator.counters() == {f"GET {ENVIRONMENTS}/{{id}}": 2, f"POST {ENVIRONMENTS}": 2}
    assert [entry["seq"] for entry in emulator.log(status="404")] == [second["seq"]]
    emulator.control("DELETE", "/log")
    assert (emulator.log(), emulator.counters()) == ([], {})


def test_log_names_kafka_paths_as_the_vendor_does(emulator: RunningEmulator) -> None:
    emulator.seed(WORLD)
    emulator.kafka("lkc-a", "KA", "sa").get("/topics")
    (entry,) = emulator.log()
    assert entry["template"] == "/kafka/v3/clusters/{cluster_id}/topics"
    assert (entry["cluster"], entry["path"]) == ("lkc-a", "/k/lkc-a/kafka/v3/clusters/lkc-a/topics")


def test_log_has_virtual_and_real_time(emulator: RunningEmulator) -> None:
    emulator.control("POST", "/clock", {"mode": "manual"})
    cloud = emulator.cloud()
    cloud.get(ENVIRONMENTS)
    emulator.advance(3600)
    cloud.get(ENVIRONMENTS)
    first, second = emulator.log()
    assert second["virtual_ms"] - first["virtual_ms"] == 3_600_000
    assert second["real_ms"] >= first["real_ms"]


def test_unexpected_exceptions_are_500_json_and_logged(
    emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_request: Request) -> Response:
        raise ZeroDivisionError("the detail stays in the log")

    (route,) = [route for route in org.routes if route.path == ENVIRONMENTS and "GET" in (route.methods or ())]
    monkeypatch.setattr(route, "endpoint", broken)
    monkeypatch.setattr(route, "app", request_response(broken))
    with caplog.at_level(logging.ERROR, "emulator"):
        answer = emulator.cloud().get(ENVIRONMENTS)
    assert answer.status_code == 500
    assert "detail stays" not in answer.text
    assert answer.json()["errors"]
    assert "ZeroDivisionError" in caplog.text
    assert emulator.log()[0]["error"] == "ZeroDivisionError"


def test_reset_forgets_world_faults_log_and_switches(emulator: RunningEmulator) -> None:
    emulator.seed(WORLD | {"settings": {"key_propagation_delay_s": 60}})
    emulator.fault({"status": 503})
    emulator.control("POST", "/cloud/down", {"how": "503"})
    assert emulator.cloud().get(ENVIRONMENTS).status_code == 503
    emulator.reset()
    assert emulator.cloud().get(ENVIRONMENTS).json()["data"] == []
    assert emulator.control("GET", "/settings")["key_propagation_delay_s"] == 0
    assert emulator.control("GET", "/faults") == {"faults": []}
    assert len(emulator.log()) == 1


def test_settings_are_changed_all_or_none(emulator: RunningEmulator) -> None:
    control = emulator.client(f"{emulator.url}/_emulator")
    bad = control.patch("/settings", json={"key_propagation_delay_s": 5, "no_such_switch": 1})
    assert bad.status_code == 400
    assert control.patch("/settings", json=[]).status_code == 400
    assert control.patch("/settings", content="{").status_code == 400
    assert control.get("/settings").json()["key_propagation_delay_s"] == 0
    assert emulator.control("PATCH", "/settings", {"key_propagation_delay_s": 5})["key_propagation_delay_s"] == 5


def test_world_document_is_idempotent_and_strict(emulator: RunningEmulator) -> None:
    document = WORLD | {
        "environments": [{"id": "env-1", "display_name": "one", "stream_governance": "ESSENTIALS"}],
        "service_accounts": [{"id": "sa-1"}],
        "role_bindings": [{"principal": "sa-1", "role_name": "CloudClusterAdmin", "cluster": "lkc-a"}],
        "topics": [{"cluster": "lkc-a", "name": "t", "partitions": 2, "configs": {"retention.ms": "1000"}}],
        "acls": [
            {
                "cluster": "lkc-a",
                "resource_type": "TOPIC",
                "resource_name": "t",
                "principal": "User:sa-1",
                "operation": "READ",
            }
        ],
        "groups": [{"cluster": "lkc-a", "group": "g", "topic": "t", "offset": 5}],
    }
    emulator.control("POST", "/clock", {"mode": "manual"})
    emulator.seed(document)
    once = emulator.truth()
    emulator.seed(document)
    assert emulator.truth() == once
    control = emulator.client(f"{emulator.url}/_emulator")
    no_scope = {"role_bindings": [{"principal": "x", "role_name": "r"}]}
    assert control.post("/world", json={"clustres": []}).status_code == 400
    assert control.post("/world", json=no_scope).status_code == 400
    assert control.post("/world", json={"topics": [{"cluster": "lkc-none", "name": "t"}]}).status_code == 404


def test_seeded_secrets_do_not_come_back_in_errors(emulator: RunningEmulator) -> None:
    bad = {"api_keys": [{"key": "K", "secret": {"canary": "S3CR3T"}, "owner": "sa-1"}]}
    answer: httpx2.Response = emulator.client(f"{emulator.url}/_emulator").post("/world", json=bad)
    assert answer.status_code == 400
    assert "S3CR3T" not in answer.text


@pytest.mark.parametrize("name", ["a/b", "%2F", "a b", "/", "ümläut", "x/lags"])
def test_any_name_of_a_group_can_stand_in_a_path(emulator: RunningEmulator, name: str) -> None:
    emulator.seed(WORLD | {"topics": [{"cluster": "lkc-a", "name": "t", "partitions": 1}]})
    quoted = quote(name, safe="")
    emulator.control("PUT", f"/clusters/lkc-a/groups/{quoted}", {"offsets": {"t": {"0": 0}}, "active": True})
    kafka = emulator.kafka("lkc-a", "KA", "sa")
    assert kafka.get(f"/consumer-groups/{quoted}").json()["consumer_group_id"] == name
    (lag,) = kafka.get(f"/consumer-groups/{quoted}/lags").json()["data"]
    assert (lag["consumer_group_id"], lag["current_offset"]) == (name, 0)
    (consumer,) = kafka.get(f"/consumer-groups/{quoted}/consumers").json()["data"]
    assert kafka.get(consumer["metadata"]["self"]).json() == consumer
    templates = {entry["template"] for entry in emulator.log()}
    assert "/kafka/v3/clusters/{cluster_id}/consumer-groups/{consumer_group_id}/lags" in templates
