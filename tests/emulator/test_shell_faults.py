"""Faults: which calls they meet, what they do, and whether the call had its effect."""

import socket
import subprocess
import sys
from typing import Any

import httpx2
import pytest

from tests.emulation import RunningEmulator

ENVIRONMENTS = "/org/v2/environments"


def _post(emulator: RunningEmulator) -> httpx2.Response:
    return emulator.cloud().post(ENVIRONMENTS, json={"display_name": "made"})


def _made(emulator: RunningEmulator) -> int:
    return len(emulator.truth()["cloud"]["environments"])


@pytest.mark.parametrize(("apply", "made"), [("before", 0), ("after", 1), ("never", 0)])
@pytest.mark.parametrize("status", [503, 429, 418])
def test_status_before_or_after_the_effect(emulator: RunningEmulator, status: int, apply: str, made: int) -> None:
    fault = emulator.fault({"status": status}, apply, method="POST", path=ENVIRONMENTS)
    answer = _post(emulator)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["status"] == str(status)
    assert _made(emulator) == made
    (entry,) = emulator.log()
    assert entry["faults"] == [fault]
    assert (entry["status"], entry["applied_status"]) == (status, 201 if made else None)


@pytest.mark.parametrize(("apply", "made"), [("before", 0), ("after", 1), ("never", 0)])
@pytest.mark.parametrize(
    ("how", "error"),
    [
        (True, httpx2.ReadError),
        ("rst", httpx2.ReadError),
        ("close", httpx2.RemoteProtocolError),
        ("after_headers", httpx2.RemoteProtocolError),
    ],
)
def test_dropped_connections_over_a_real_socket(
    emulator: RunningEmulator, how: bool | str, error: type[Exception], apply: str, made: int
) -> None:
    emulator.fault({"reset": how}, apply, method="POST", times=1)
    with pytest.raises(error):
        _post(emulator)
    assert _made(emulator) == made
    assert emulator.log()[0]["error"] is None
    assert _post(emulator).status_code == 201


def test_reset_closes_without_a_single_byte(emulator: RunningEmulator) -> None:
    emulator.fault({"reset": "close"}, path=ENVIRONMENTS)
    host, port = emulator.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as sock:
        sock.sendall(f"GET {ENVIRONMENTS} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert sock.recv(1) == b""


@pytest.mark.parametrize(("apply", "made"), [("before", 0), ("after", 1), ("never", 0)])
def test_hanging_calls_stay_silent(emulator: RunningEmulator, apply: str, made: int) -> None:
    emulator.fault({"hang": True}, apply, method="POST")
    with pytest.raises(httpx2.ReadTimeout):
        emulator.cloud().post(ENVIRONMENTS, json={"display_name": "made"}, timeout=0.3)
    assert _made(emulator) == made
    assert emulator.log()[0]["status"] is None


def test_apply_never_drops_a_call_whatever_the_action(emulator: RunningEmulator) -> None:
    emulator.fault({"latency": 0.01}, "never", method="POST")
    with pytest.raises(httpx2.RemoteProtocolError):
        _post(emulator)
    assert _made(emulator) == 0
    assert emulator.log()[0]["error"] is None


def test_latency_lets_the_call_through(emulator: RunningEmulator) -> None:
    emulator.fault({"latency": 0.5}, method="POST")
    with pytest.raises(httpx2.ReadTimeout):
        emulator.cloud().post(ENVIRONMENTS, json={"display_name": "made"}, timeout=0.1)
    assert _post(emulator).status_code == 201


def test_headers_and_bodies_are_as_told(emulator: RunningEmulator) -> None:
    html = "<html>maintenance</html>"
    emulator.fault({"status": 200, "body": html, "headers": {"Retry-After": "7"}}, times=1)
    first = emulator.cloud().get(ENVIRONMENTS)
    assert (first.text, first.headers["content-type"], first.headers["retry-after"]) == (
        html,
        "text/html; charset=utf-8",
        "7",
    )
    emulator.fault({"status": 409, "body": {"errors": []}}, times=1)
    assert emulator.cloud().get(ENVIRONMENTS).json() == {"errors": []}
    emulator.fault({"status": 500, "body": "plain"}, times=1)
    assert emulator.cloud().get(ENVIRONMENTS).text == "plain"
    emulator.fault({"headers": {"X-Extra": "1"}}, times=1)
    extra = emulator.cloud().get(ENVIRONMENTS)
    assert (extra.status_code, extra.headers["x-extra"]) == (200, "1")


def _statuses(emulator: RunningEmulator, count: int) -> list[int]:
    cloud = emulator.cloud()
    return [cloud.get(ENVIRONMENTS).status_code for _ in range(count)]


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({}, [503] * 5),
        ({"times": 2}, [503, 503, 200, 200, 200]),
        ({"nth": 3}, [200, 200, 503, 200, 200]),
        ({"nth": 2, "times": 2}, [200, 503, 503, 200, 200]),
        ({"probability": 0.0}, [200] * 5),
        ({"method": "POST"}, [200] * 5),
        ({"path": "/org/v2/environments/{any}"}, [200] * 5),
        ({"path_regex": "env"}, [503] * 5),
        ({"path_regex": "^/iam"}, [200] * 5),
        ({"family": "kafka"}, [200] * 5),
        ({"cluster": "lkc-a"}, [200] * 5),
        ({"query": {"page_size": "5"}}, [200] * 5),
        ({"query": {"page_size": None}}, [503] * 5),
    ],
)
def test_matching(emulator: RunningEmulator, match: dict[str, Any], expected: list[int]) -> None:
    emulator.fault({"status": 503}, **match)
    assert _statuses(emulator, 5) == expected


def test_probability_is_reproducible(emulator: RunningEmulator) -> None:
    runs = []
    for seed in (1, 1, 2):
        fault = emulator.fault({"status": 503}, probability=0.5, seed=seed)
        runs.append(_statuses(emulator, 20))
        emulator.control("DELETE", f"/faults/{fault}")
    assert runs[0] == runs[1] != runs[2]
    assert set(runs[0]) == {200, 503}


def test_faults_are_listed_with_counts_and_lifted(emulator: RunningEmulator) -> None:
    fault = emulator.fault({"status": 503}, nth=2)
    _statuses(emulator, 3)
    (listed,) = emulator.control("GET", "/faults")["faults"]
    assert (listed["id"], listed["seen"], listed["fired"]) == (fault, 3, 1)
    emulator.control("DELETE", f"/faults/{fault}")
    control = emulator.client(f"{emulator.url}/_emulator")
    assert control.delete(f"/faults/{fault}").status_code == 404
    emulator.fault({"status": 503})
    emulator.control("DELETE", "/faults")
    assert _statuses(emulator, 1) == [200]


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"action": {"explode": True}},
        {"action": {"status": 99}},
        {"action": {"signal": {"pid": 1}}},
        {"action": {}, "match": {"path_regex": "("}},
        {"action": {}, "match": {"probability": 2}},
        {"action": {}, "apply": "sometimes"},
    ],
)
def test_bad_faults_are_refused(emulator: RunningEmulator, bad: dict[str, Any]) -> None:
    assert emulator.client(f"{emulator.url}/_emulator").post("/faults", json=bad).status_code == 400


def test_throttle_admits_bursts_and_refills_with_the_clock(emulator: RunningEmulator) -> None:
    emulator.control("POST", "/clock", {"mode": "manual"})
    emulator.fault({"throttle": {"rate": 2, "burst": 3}})
    assert _statuses(emulator, 5) == [200, 200, 200, 429, 429]
    emulator.advance(1)
    assert _statuses(emulator, 3) == [200, 200, 429]
    refused = emulator.cloud().get(ENVIRONMENTS)
    assert refused.headers["retry-after"] == "1"
    assert refused.json()["errors"][0]["status"] == "429"


def test_kafka_429_is_an_html_page_without_headers(emulator: RunningEmulator) -> None:
    emulator.seed({"clusters": [{"id": "lkc-a", "environment": "env-1"}]})
    emulator.fault({"throttle": {"rate": 0.001, "burst": 1}}, cluster="lkc-a")
    kafka = emulator.kafka("lkc-a", "K", "s")
    assert kafka.get("/topics").status_code == 401
    refused = kafka.get("/topics")
    assert refused.status_code == 429
    assert refused.headers["content-type"].startswith("text/html")
    assert "retry-after" not in refused.headers


def test_mutations_are_reproducible_and_varied(emulator: RunningEmulator) -> None:
    _post(emulator)
    cloud = emulator.cloud()
    real = cloud.get(ENVIRONMENTS).text
    answers: list[str] = []
    for seed in [*range(20), *range(20)]:
        fault = emulator.fault({"mutate_json": seed})
        answer = cloud.get(ENVIRONMENTS)
        assert answer.status_code == 200
        answers.append(answer.text)
        emulator.control("DELETE", f"/faults/{fault}")
    assert answers[:20] == answers[20:]
    assert len(set(answers)) > 5
    assert sum(answer == real for answer in answers) < 10
    assert any("<html>" in answer for answer in answers)


def test_faults_compose(emulator: RunningEmulator) -> None:
    emulator.fault({"headers": {"X-A": "1"}}, "after")
    emulator.fault({"status": 503}, "after")
    answer = _post(emulator)
    assert (answer.status_code, answer.headers["x-a"]) == (503, "1")
    assert _made(emulator) == 1


@pytest.mark.parametrize(("apply", "made"), [("before", 1), ("after", 1), ("never", 0)])
def test_kill_ends_the_named_process_at_this_very_call(emulator: RunningEmulator, apply: str, made: int) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as victim:
        emulator.fault({"signal": {"pid": victim.pid, "sig": 9}}, apply, method="POST", times=1)
        if apply == "never":
            with pytest.raises(httpx2.RemoteProtocolError):
                _post(emulator)
        else:
            assert _post(emulator).status_code == 201
        assert victim.wait(10) == -9
    assert _made(emulator) == made


@pytest.mark.parametrize("how", ["close", "hang", "503"])
def test_cloud_api_can_be_down_alone(emulator: RunningEmulator, how: str) -> None:
    emulator.seed({"clusters": [{"id": "lkc-a", "environment": "env-1"}]})
    emulator.control("POST", "/cloud/down", {"how": how})
    cloud = emulator.cloud()
    if how == "503":
        assert cloud.get(ENVIRONMENTS).status_code == 503
    else:
        with pytest.raises(httpx2.TransportError):
            cloud.get(ENVIRONMENTS, timeout=0.3)
    assert emulator.kafka("lkc-a", "K", "s").get("/topics").status_code == 401
    emulator.control("POST", "/cloud/up")
    assert cloud.get(ENVIRONMENTS).status_code == 200
