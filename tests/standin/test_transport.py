"""Retries and error texts of the vendor's HTTP clients."""

import pytest

from emulator.standin.transport import ApiError, Rest
from tests.standin.bench import Answer, Service, lost, ok, refuse, run

PATH = "GET /x"


def rest(service: Service, retries: int = 4) -> Rest:
    return Rest(service.client(), "http://h", ("key", "canary-secret"), service.clock.pace(), retries)


@pytest.mark.parametrize("trouble", [refuse(429), refuse(500), refuse(503), lost])
def test_rate_limits_server_errors_and_lost_connections_are_retried(trouble: Answer) -> None:
    service = Service().on(PATH, trouble, trouble, ok({"a": 1}))
    assert run(rest(service).call("GET", "/x")) == {"a": 1}
    assert service.clock.slept == [1, 2]


def test_after_four_retries_status_and_message_of_the_server_are_lost() -> None:
    service = Service().on(PATH, refuse(503, "the reason"))
    with pytest.raises(ApiError, match=r"received HTTP 503 .*Retries: 4") as failure:
        run(rest(service).call("GET", "/x"))
    assert failure.value.status is None
    assert "the reason" not in str(failure.value)
    assert service.clock.slept == [1, 2, 4, 8]


@pytest.mark.parametrize("status", [400, 401, 404, 501])
def test_client_errors_and_501_are_not_retried(status: int) -> None:
    service = Service().on(PATH, refuse(status, "the reason"))
    with pytest.raises(ApiError, match="the reason") as failure:
        run(rest(service).call("GET", "/x"))
    assert failure.value.status == status
    assert service.clock.slept == []


@pytest.mark.parametrize(("status", "pause"), [(429, 7), (503, 7), (500, 1)])
def test_retry_after_counts_on_429_and_503_only(status: int, pause: int) -> None:
    def answer(request: object) -> object:
        response = refuse(status)(request)  # type: ignore[arg-type]
        response.headers["retry-after"] = "7"
        return response

    service = Service().on(PATH, answer, ok({}))  # type: ignore[arg-type]
    run(rest(service).call("GET", "/x"))
    assert service.clock.slept == [pause]


def test_a_post_is_retried_too_although_it_may_have_been_applied() -> None:
    service = Service().on("POST /x", refuse(500), ok({}))
    run(rest(service).call("POST", "/x", body={"a": 1}))
    assert service.bodies == [{"a": 1}, {"a": 1}]


def test_cloud_errors_show_their_detail() -> None:
    service = Service().on(PATH, ok({"errors": [{"detail": "quota reached"}]}, 402))
    with pytest.raises(ApiError, match="402 Payment Required: quota reached"):
        run(rest(service).call("GET", "/x"))


def test_an_answer_that_is_not_json_is_an_error_without_status() -> None:
    def html(request: object) -> object:
        response = ok({})(request)  # type: ignore[arg-type]
        response.headers["content-type"] = "text/html"
        return response

    service = Service().on(PATH, html)  # type: ignore[arg-type]
    with pytest.raises(ApiError, match="undefined response type"):
        run(rest(service).call("GET", "/x"))


@pytest.mark.parametrize(
    ("status", "body", "cloud", "kafka"),
    [
        (404, "", True, True),
        (403, "Forbidden", True, False),
        (403, "invalid API key", False, False),
        (401, "", False, False),
    ],
)
def test_not_found_rules_of_the_two_families(status: int, body: str, *, cloud: bool, kafka: bool) -> None:
    error = ApiError("x", status, body)
    assert (error.gone_from_cloud, error.gone_from_kafka) == (cloud, kafka)


def test_the_secret_is_in_no_representation() -> None:
    assert "canary" not in repr(rest(Service()))
