"""ApiKey: what is sent, how readiness is waited for, and when the key enters the state."""

import base64
from typing import Any

import pytest

from emulator.standin.engine import PartialFailureError
from emulator.standin.resources.api_key import RESOURCE
from emulator.standin.transport import ApiError
from tests.standin.bench import Answer, Service, ok, refuse, run

TOPICS = "GET /kafka/v3/clusters/lkc-a/topics"
CLUSTER = "GET /cmk/v2/clusters/lkc-a"
INPUTS: dict[str, Any] = {
    "displayName": "k",
    "owner": {"id": "sa-1", "kind": "ServiceAccount", "apiVersion": "iam/v2"},
    "managedResource": {"id": "lkc-a", "kind": "Cluster", "apiVersion": "cmk/v2", "environment": {"id": "env-1"}},
    "disableWaitForReady": False,
}


def spec(resource: dict[str, str]) -> dict[str, Any]:
    owner = {"id": "sa-1", "kind": "ServiceAccount", "api_version": "iam/v2"}
    return {"display_name": "k", "description": "", "owner": owner, "resource": resource}


KAFKA = spec({"id": "lkc-a", "kind": "Cluster", "api_version": "cmk/v2"})
CLOUD = spec({"id": "cloud", "kind": "Cloud", "api_version": "iam/v2"})


def service(found: dict[str, Any], *probes: Answer) -> Service:
    made = Service().on("POST /iam/v2/api-keys", ok({"id": "KEY", "spec": {**found, "secret": "canary"}}, 202))
    made.on("GET /iam/v2/api-keys/KEY", ok({"id": "KEY", "spec": found}))
    made.on(CLUSTER, ok({"spec": {"http_endpoint": "http://k"}}))
    return made.on(TOPICS, *probes).on("GET /org/v2/environments", *probes)


def test_a_kafka_key_is_probed_with_itself_until_two_answers_in_a_row_are_good() -> None:
    wires = service(KAFKA, refuse(401), ok({"data": []}), refuse(403), ok({"data": []}))
    op = run(wires.life().create(RESOURCE, INPUTS, "urn"))
    assert wires.calls == ["POST /iam/v2/api-keys", CLUSTER, *[TOPICS] * 5, "GET /iam/v2/api-keys/KEY"]
    assert wires.queries[1] == {"environment": "env-1"}
    assert base64.b64decode(wires.keys[2].removeprefix("Basic ")) == b"KEY:canary"
    assert wires.clock.slept == [60] * 5
    assert (op.id, op.state["secret"]) == ("KEY", "canary")
    assert op.state["managedResource"] == INPUTS["managedResource"]


def test_api_version_and_environment_are_not_sent() -> None:
    wires = service(KAFKA, ok({"data": []}))
    run(wires.life(test_mode=True).create(RESOURCE, INPUTS, "urn"))
    reference = {"related": "", "resource_name": ""}
    assert wires.bodies[0]["spec"]["resource"] == {"id": "lkc-a", "kind": "Cluster", **reference}
    assert wires.bodies[0]["spec"]["owner"] == {"id": "sa-1", "kind": "ServiceAccount", **reference}


def test_the_wait_can_be_switched_off() -> None:
    wires = service(KAFKA)
    run(wires.life().create(RESOURCE, {**INPUTS, "disableWaitForReady": True}, "urn"))
    assert wires.calls == ["POST /iam/v2/api-keys", "GET /iam/v2/api-keys/KEY"]


def test_a_failed_wait_orphans_the_key_outside_the_state() -> None:
    wires = service(KAFKA, refuse(400, "broken"))
    with pytest.raises(ApiError, match="broken"):
        run(wires.life().create(RESOURCE, INPUTS, "urn"))


def test_a_failed_read_after_the_wait_keeps_the_key() -> None:
    wires = service(KAFKA, ok({"data": []})).on("GET /iam/v2/api-keys/KEY", refuse(400))
    with pytest.raises(PartialFailureError) as failure:
        run(wires.life().create(RESOURCE, INPUTS, "urn"))
    assert (failure.value.resource_id, failure.value.state["secret"]) == ("KEY", "canary")
    assert "canary" not in str(failure.value)


def test_a_cloud_key_is_no_managed_resource_and_probes_the_cloud_api() -> None:
    wires = service(CLOUD, refuse(401), ok({"data": []}))
    inputs = {name: value for name, value in INPUTS.items() if name != "managedResource"}
    op = run(wires.life().create(RESOURCE, inputs, "urn"))
    assert "resource" not in wires.bodies[0]["spec"]
    assert wires.clock.slept == [15, 60]
    assert "managedResource" not in op.state


@pytest.mark.parametrize(("status", "gone"), [(404, True), (403, True)])
def test_a_deleted_key_leaves_the_state(status: int, *, gone: bool) -> None:
    wires = Service().on("GET /iam/v2/api-keys/KEY", refuse(status))
    assert run(wires.life().read(RESOURCE, "KEY", INPUTS)).gone is gone


def test_only_names_are_patched() -> None:
    wires = service(KAFKA).on("PATCH /iam/v2/api-keys/KEY", ok({}))
    run(wires.life().update(RESOURCE, "KEY", INPUTS, {**INPUTS, "description": "new"}, "urn"))
    assert wires.bodies[0] == {"spec": {"description": "new"}}


def test_import_takes_the_secret_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY_SECRET", "canary")
    op = run(service(KAFKA).life().read(RESOURCE, "env-1/KEY", {}))
    assert op.id == "KEY"
    assert (op.state["secret"], op.state["managedResource"]) == ("canary", INPUTS["managedResource"])
