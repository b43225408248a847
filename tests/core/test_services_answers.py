"""Vault and Consul: what they answer is taken or has a name, and their tokens and secrets go nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from pydantic import SecretStr

from kafkadr.errors import DrError, UnreachableError
from kafkadr.pointer import open_pointer
from kafkadr.vault import open_vault
from tests.core.pointer.samples import active
from tests.services.web import Answer, Request, serving

Deed = Callable[[str], object]
DEEDS: dict[str, Deed] = {
    "vault-read": lambda url: open_vault(f"vault+{url}/kv").read("a/b"),
    "vault-reserve": lambda url: open_vault(f"vault+{url}/kv").reserve("a/b", "me"),
    "vault-write": lambda url: open_vault(f"vault+{url}/kv").write("a/b", {"key": SecretStr("canary")}, "me"),
    "vault-pointer-read": lambda url: open_pointer(f"vault+{url}/kv/p").read(),
    "vault-pointer-move": lambda url: open_pointer(f"vault+{url}/kv/p").move(active(1, "east")),
    "vault-pointer-history": lambda url: open_pointer(f"vault+{url}/kv/p").history(),
    "consul-read": lambda url: open_pointer(f"consul+{url}/p").read(),
    "consul-move": lambda url: open_pointer(f"consul+{url}/p").move(active(1, "east")),
    "consul-history": lambda url: open_pointer(f"consul+{url}/p").history(),
}
every_deed = pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
JSON = {"Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def _tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "canary")
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", "canary")


class Script:
    """Answers the same to everybody."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.seen: list[Request] = []

    def answer(self, request: Request) -> Answer:
        self.seen.append(request)
        return self._answer


@every_deed
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_with_token_and_body(deed: Deed, status: int) -> None:
    elsewhere = Script(Answer(404))
    with serving(elsewhere) as other:
        home = Script(Answer(status, b"", {"Location": f"{other.replace('127.0.0.1', 'localhost')}/x?token=canary"}))
        with serving(home) as url, pytest.raises(UnreachableError) as told:
            deed(url)
    assert elsewhere.seen == []
    assert len(home.seen) == 1
    assert f"answered {status}, a redirect to localhost; the token was not sent there" in told.value.problem
    assert "canary" not in str(told.value)


@pytest.mark.parametrize("deed", [DEEDS["vault-read"], DEEDS["consul-read"]], ids=["vault", "consul"])
def test_a_token_for_this_machine_does_not_pass_a_proxy(deed: Deed, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, home = Script(Answer(404)), Script(Answer(404))
    with serving(proxy) as elsewhere, serving(home) as url:
        monkeypatch.setenv("HTTP_PROXY", elsewhere)
        monkeypatch.setenv("http_proxy", elsewhere)
        with suppress(DrError):
            deed(url)
    assert proxy.seen == []
    assert home.seen != []


@pytest.mark.parametrize("deed", [DEEDS["vault-read"], DEEDS["consul-read"]], ids=["vault", "consul"])
def test_a_wait_that_the_service_asks_for_is_cut(deed: Deed, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    busy = Script(Answer(503, b"", {"Retry-After": "86400"}))
    with serving(busy) as url, pytest.raises(UnreachableError):
        deed(url)
    assert len(busy.seen) == 3
    assert max(waits) <= 2


ODD: dict[str, Answer] = {
    "nothing": Answer(200),
    "no-content": Answer(204),
    "html": Answer(200, b"<html>log in first</html>"),
    "html-as-json": Answer(200, b"<html>", JSON),
    "null": Answer(200, b"null", JSON),
    "list": Answer(200, b"[]", JSON),
    "rows": Answer(200, b"[1, null]", JSON),
    "text": Answer(200, b'"x"', JSON),
    "empty": Answer(200, b"{}", JSON),
    "null-data": Answer(200, b'{"data": null}', JSON),
    "odd-data": Answer(200, b'{"data": {"data": [], "metadata": {"version": null}}}', JSON),
    "odd-value": Answer(200, b'[{"Key": null, "Value": "!", "ModifyIndex": null}]', JSON),
    "false-gzip": Answer(200, b"[]", {**JSON, "Content-Encoding": "gzip"}),
    "false-text": Answer(200, b"\xff\xfe", JSON),
    "odd-index": Answer(200, b"[{}]", {**JSON, "X-Consul-Index": "\xb2"}),
    "error-list": Answer(404, b"[]", JSON),
    "error-null": Answer(404, b'{"data": null, "errors": null}', JSON),
    "error-text": Answer(400, b'{"errors": "x"}', JSON),
    "teapot": Answer(418, b"\xff", JSON),
    "odd-wait": Answer(503, b"", {"Retry-After": "\xb2"}),
}


@every_deed
@pytest.mark.parametrize("answer", ODD.values(), ids=ODD)
def test_an_odd_answer_is_taken_or_has_a_name(deed: Deed, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    told: Any = None
    with serving(Script(answer)) as url:
        try:
            deed(url)
        except DrError as error:  # Any other exception fails the test.
            told = error
    assert "\n" not in (told.problem if told else "")
    assert "canary" not in str(told)
