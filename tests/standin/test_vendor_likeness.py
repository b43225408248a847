"""Details of the state in which the stand-in must not differ from the vendor's plugin (compared side by side)."""

from typing import Any

import pytest

from emulator.standin.checks import DEFAULTS, Naming, check
from emulator.standin.resources import TABLE
from emulator.standin.resources.kafka_cluster import RESOURCE
from tests.standin.bench import Service, ok, run

CLUSTER: dict[str, Any] = {
    "id": "lkc-a",
    "api_version": "cmk/v2",
    "kind": "Cluster",
    "metadata": {"resource_name": "crn://c/organization=o/environment=env-1/cloud-cluster=lkc-a/kafka=lkc-a"},
    "spec": {
        "display_name": "a",
        "availability": "LOW",
        "cloud": "AWS",
        "region": "eu-west-1",
        "config": {"kind": "Basic"},
        "environment": {"id": "env-1"},
        "endpoints": {"PUBLIC": {"http_endpoint": "http://a", "connection_type": "PUBLIC"}},
    },
    "status": {"phase": "PROVISIONED"},
}


def test_an_access_point_keeps_the_name_the_service_gave_it() -> None:
    wires = Service().on("GET /cmk/v2/clusters/lkc-a", ok(CLUSTER))
    op = run(wires.life().read(RESOURCE, "lkc-a", {"environment": {"id": "env-1"}}))
    assert [point["accessPointId"] for point in op.state["endpoints"]] == ["PUBLIC"]


@pytest.mark.parametrize("kind", ["apiKey:ApiKey", "roleBinding:RoleBinding"])
def test_the_switch_of_a_wait_is_no_input_unless_the_program_sets_it(kind: str) -> None:
    inputs, _ = check(TABLE[f"confluentcloud:index/{kind}"], {}, {}, Naming("x", b"\x01"))
    assert "disableWaitForReady" not in inputs
    assert "disableWaitForReady" not in inputs[DEFAULTS]
