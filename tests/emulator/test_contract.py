"""Every answer of the emulator is one that the vendor's OpenAPI files describe, but for the gaps named here."""

import re
from pathlib import Path

import httpx2
import pytest
from starlette.routing import Route

from emulator.app import create_app, new_world
from emulator.call import CONTROL_PREFIX, KAFKA_PREFIX, anonymous
from tests import emulation
from tests.emulator import tour
from tests.emulator.vendor import Vendor, folder

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(folder() is None, reason="the vendor's OpenAPI files are not here (set KAFKADR_OPENAPI)"),
]

_KAFKA = "/kafka/v3/clusters/{cluster_id}"
_LINK = f"{_KAFKA}/links/{{link_name}}"
GAPS = {
    ("GET", "/iam/v2/role-bindings/{id}", 403): "recorded from the service: a deleted binding answers in Kafka's shape",
    ("GET", "/org/v2/environments", 503): "an injected fault; the files know 500 only, the provider retries every 5xx",
    ("GET", f"{_LINK}/configs", 200): "recorded from the service: secret and unset values are null, not strings",
    ("GET", _LINK, 404): "the provider finds out that a link is gone by 404",
    ("GET", f"{_LINK}/mirrors/{{mirror_topic_name}}", 404): "the provider finds out that a mirror is gone by 404",
    ("POST", f"{_KAFKA}/links", 409): "Confluent's migration tool reads 409 as 'link exists'; switchable",
    ("POST", f"{_LINK}/mirrors:failover", 413): "no limit is documented; a switch for clients that must split batches",
    ("GET", _LINK, 403): "missing permission: sources say 401 or 403; switchable",
}
"""(method, path template, status): why the emulator answers what the vendor's files do not describe."""

UNDOCUMENTED_ROUTES = {
    "/kafka-quotas/v1/client-quotas": "no file of the client quota API at hand; shapes from the provider's source",
    "/kafka-quotas/v1/client-quotas/{}": "same",
}


@pytest.fixture(scope="module")
def vendor() -> Vendor:
    place = folder()
    assert isinstance(place, Path)
    return Vendor(place)


@pytest.fixture(scope="module")
def answers() -> list[httpx2.Response]:
    with emulation.in_thread() as emulator:
        return tour.run(emulator)


def _path(answer: httpx2.Response) -> str:
    return re.sub(r"^/k/[^/]+", "", answer.request.url.path).rstrip("/")


def test_every_answer_is_documented(vendor: Vendor, answers: list[httpx2.Response]) -> None:
    problems: dict[tuple[str, str, int], str] = {}
    for answer in answers:
        operation = vendor.find(answer.request.method, _path(answer))
        if operation is None:
            continue  # the next test knows these
        decoded = answer.json() if answer.content else None
        kind = answer.headers.get("content-type", "")
        problem = operation.problem(answer.status_code, kind, answer.content, decoded, vendor.registry)
        if problem:
            problems[operation.method, operation.path, answer.status_code] = problem
    assert {key: problem for key, problem in problems.items() if key not in GAPS} == {}
    assert GAPS.keys() - problems.keys() == set(), "gaps that are closed"


def test_the_tour_has_a_good_answer_of_every_route(vendor: Vendor, answers: list[httpx2.Response]) -> None:
    found = [vendor.find(answer.request.method, _path(answer)) for answer in answers if answer.is_success]
    visited = {(op.method, anonymous(op.path)) for op in found if op}
    routes = {
        (method, anonymous(re.sub(r":int}", "}", route.path.removeprefix(KAFKA_PREFIX))))
        for route in create_app(new_world()).routes
        if isinstance(route, Route) and not route.path.startswith(CONTROL_PREFIX)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert {(method, path) for method, path in routes - visited if path not in UNDOCUMENTED_ROUTES} == set()


def test_bodies_are_json_and_204_is_empty(answers: list[httpx2.Response]) -> None:
    for answer in answers:
        if answer.status_code == 204:
            assert answer.content == b""
        elif answer.content:
            assert answer.headers["content-type"].startswith("application/json")
