"""Requests of the cloud API that several tests make."""

from typing import Any

import httpx2


def create_environment(cloud: httpx2.Client, package: str | None = None) -> str:
    body: dict[str, Any] = {"display_name": "dr"}
    if package:
        body["stream_governance_config"] = {"package": package}
    answer = cloud.post("/org/v2/environments", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def cluster_body(environment: str, **spec: Any) -> dict[str, Any]:
    """As the provider sends it, empty ``related`` and ``resource_name`` included."""
    whole = {
        "display_name": "primary",
        "availability": "MULTI_ZONE",
        "cloud": "AWS",
        "region": "eu-west-1",
        "config": {"kind": "Dedicated", "cku": 2},
        "environment": {"id": environment, "related": "", "resource_name": ""},
    }
    return {"spec": whole | spec}


def create_cluster(cloud: httpx2.Client, environment: str, **spec: Any) -> str:
    answer = cloud.post("/cmk/v2/clusters", json=cluster_body(environment, **spec))
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def create_account(cloud: httpx2.Client, name: str = "link") -> str:
    answer = cloud.post("/iam/v2/service-accounts", json={"display_name": name, "description": "d"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def create_key(cloud: httpx2.Client, owner: str, resource: str | None = None) -> dict[str, Any]:
    """The whole answer; api_version is not sent for Kafka keys."""
    spec: dict[str, Any] = {"display_name": "k", "description": "d", "owner": {"id": owner, "kind": "ServiceAccount"}}
    if resource:
        spec["resource"] = {"id": resource, "kind": "Cluster", "related": "", "resource_name": ""}
    answer = cloud.post("/iam/v2/api-keys", json={"spec": spec})
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    return body


def bind(cloud: httpx2.Client, account: str, role: str, crn: str) -> str:
    body = {"principal": f"User:{account}", "role_name": role, "crn_pattern": crn}
    answer = cloud.post("/iam/v2/role-bindings", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
