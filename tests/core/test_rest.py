"""The REST client keeps to its budget, and its key at home."""

from __future__ import annotations

import logging

import pytest

from kafkadr.budget import Budget
from kafkadr.errors import UnreachableError
from kafkadr.rest import TooLargeError
from tests.core.rest_calls import READS, VERBS, Call, Script, ask, every_call, json_transport
from tests.services.web import Answer, serving

# Bounds.


@pytest.mark.parametrize("after", ["20", "7200", "9" * 400])
def test_a_wait_that_would_outlast_the_budget_is_not_begun(after: str) -> None:
    service, budget = Script(Answer(429, b"<html>", {"Retry-After": after})), Budget(2.0)
    with serving(service) as url, pytest.raises(UnreachableError, match="answered 429 and asks to wait"):
        ask(READS["mirrors"], url, budget)
    assert len(service.seen) == 1
    assert budget.left > 0


def test_the_waits_between_two_tries_end_with_the_budget(caplog: pytest.LogCaptureFixture) -> None:
    service, budget = Script(Answer(503)), Budget(0.5)
    with caplog.at_level(logging.DEBUG, "stamina"), serving(service) as url:
        for _ in range(8):  # the library's own wait is a matter of chance
            budget = Budget(0.5)
            with pytest.raises(UnreachableError, match="answered 503"):
                ask(READS["mirrors"], url, budget)
            assert budget.spent < 2 * budget.seconds
    assert caplog.records == []


@pytest.mark.parametrize(
    "verb", [n for n in VERBS if n not in {"alter_link", "delete_topic", "create_acls", "delete_acl"}]
)
@pytest.mark.parametrize("answer", [Answer(413), Answer.of(400, {"message": "Too many mirror topics"})])
def test_a_verb_that_is_too_large_is_an_unreachable_world_in_one_line(verb: str, answer: Answer) -> None:
    with serving(Script(answer)) as url, pytest.raises(TooLargeError, match="refused as too large") as told:
        ask(VERBS[verb], url, Budget(5))
    assert told.value.exit_code == 3


# The key stays home.


@every_call
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_ends_in_one_clear_error(call: Call, status: int) -> None:
    elsewhere = Script(Answer.of(200, {"data": []}))
    with serving(elsewhere) as other:
        to = other.replace("127.0.0.1", "localhost") + "/x?token=secret"
        home = Script(Answer(status, b"", {"Location": to}))
        with serving(home) as url, pytest.raises(UnreachableError) as told:
            ask(call, url, Budget(5))
    assert elsewhere.seen == []
    assert len(home.seen) == 1
    assert f"answered {status}, a redirect to localhost; the key was not sent there" in told.value.problem
    assert "secret" not in str(told.value)


PAGES = "/kafka/v3/clusters/lkc-1/topics?page_token=2"


@pytest.mark.parametrize(
    "name", ["{other}" + PAGES, "//{host}" + PAGES, "https://pkc.internal:9443" + PAGES, PAGES, "?page_token=2"]
)
def test_the_next_page_is_asked_for_where_the_first_one_was(name: str) -> None:
    elsewhere = Script(Answer.of(200, {"data": []}))
    with serving(elsewhere) as other:
        named = name.format(other=other, host=other.removeprefix("http://"))
        first = Answer.of(200, {"data": [{"topic_name": "a"}], "metadata": {"next": named}})
        home = Script(first, Answer.of(200, {"data": [{"topic_name": "b"}]}))
        with serving(home) as url:
            topics = ask(READS["topics"], url, Budget(5))
    assert [t.topic_name for t in topics] == ["a", "b"]
    assert elsewhere.seen == []
    assert home.seen[1][0] == PAGES


@pytest.mark.parametrize("name", ["http://x:port/y", "/a\x00b", "/" + "a" * 70_000], ids=["port", "control", "long"])
def test_a_next_page_without_an_address_has_a_name(name: str) -> None:
    transport = json_transport({"data": [], "metadata": {"next": name}})
    with pytest.raises(UnreachableError, match="names a next page that is no address"):
        ask(READS["topics"], "https://x.example", Budget(5), transport)
