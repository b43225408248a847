"""HTTP as the vendor's SDK clients do it: Basic auth, JSON, and the retries of go-retryablehttp."""

from __future__ import annotations

import email.utils
import json
import ssl
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.standin.waits import Pace

_LONGEST_BACKOFF_S = 30.0
_NOT_IMPLEMENTED = 501
_RETRY_AFTER_STATUSES = (429, 503)


class ApiError(Exception):
    """A call failed.

    Attributes:
        status: the HTTP status, or None when the provider would see no response (retries exhausted, no connection,
            an answer that cannot be decoded): then no "not found" rule applies.
        body: the answer's text, for the rules that look into it.
    """

    def __init__(self, message: str, status: int | None = None, body: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.body = body

    @property
    def gone_from_kafka(self) -> bool:
        """Kafka REST: only 404 means "deleted"."""
        return self.status == 404  # noqa: PLR2004

    @property
    def gone_from_cloud(self) -> bool:
        """Cloud API: 404, or 403 unless the body blames the API key."""
        return self.status == 404 or (self.status == 403 and "invalid API key" not in self.body)  # noqa: PLR2004


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def new_client() -> httpx2.AsyncClient:
    """Open a connection pool.

    No deadline: Go's client has none either, a silent server hangs the real provider for ever. No proxy: Go exempts
    loopback addresses, which is all that a stand-in talks to.
    """
    return httpx2.AsyncClient(verify=_tls(), timeout=None, trust_env=False, follow_redirects=True)


@dataclass(frozen=True)
class Rest:
    """Calls to one base URL with one key. The representation never shows the secret."""

    client: httpx2.AsyncClient
    base: str
    auth: tuple[str, str]
    pace: Pace
    max_retries: int = 4

    def __repr__(self) -> str:
        return f"Rest({self.base!r})"

    async def call(
        self, method: str, path: str, *, body: Any = None, query: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Send one request, retrying as the vendor does, and return the decoded object ({} for an empty body).

        Raises:
            ApiError: for a status of 300 and more, a lost connection, or an answer that is not JSON.
        """
        answer = await self._with_retries(method, self.base + path, body, query)
        if answer.status_code >= 300:  # noqa: PLR2004
            text = answer.text
            reason = f"{answer.status_code} {answer.reason_phrase}"
            raise ApiError(f"{reason}: {_detail(text)}" if _detail(text) else reason, answer.status_code, text)
        if not answer.content:
            return {}
        if "json" not in answer.headers.get("content-type", ""):
            raise ApiError("undefined response type")
        try:
            decoded = answer.json()
        except json.JSONDecodeError as error:
            raise ApiError(f"invalid JSON in the answer: {error}") from error
        return decoded if isinstance(decoded, dict) else {"data": decoded}

    async def _with_retries(self, method: str, url: str, body: Any, query: Mapping[str, str] | None) -> httpx2.Response:
        for attempt in range(self.max_retries + 1):
            answer: httpx2.Response | None = None
            try:
                answer = await self.client.request(
                    method, url, json=body, params=query, auth=self.auth, headers={"Accept": "application/json"}
                )
                problem = f"HTTP {answer.status_code} {answer.reason_phrase}"
            except httpx2.TransportError as error:
                problem = f"{type(error).__name__}: {error}"
            if answer is not None and not _is_retried(answer.status_code):
                return answer
            if attempt < self.max_retries:
                await self.pace.sleep(_pause(attempt, answer))
        # The vendor's handler drops the response here: the server's own message is lost.
        raise ApiError(f"received {problem} (URL: {url}, Method: {method}, Retries: {self.max_retries})")


def _is_retried(status: int) -> bool:
    return status == 429 or (status >= 500 and status != _NOT_IMPLEMENTED)  # noqa: PLR2004


def _pause(attempt: int, answer: httpx2.Response | None) -> float:
    backoff = min(float(2**attempt), _LONGEST_BACKOFF_S)
    if answer is None or answer.status_code not in _RETRY_AFTER_STATUSES:
        return backoff
    wish = answer.headers.get("retry-after", "")
    if wish.isdigit():
        return float(wish)
    sent = answer.headers.get("date", "")
    try:
        until, since = email.utils.parsedate_to_datetime(wish), email.utils.parsedate_to_datetime(sent)
    except ValueError:
        return backoff
    return max((until - since).total_seconds(), 0.0)


def _detail(text: str) -> str:
    """Find the message in any of the service's error bodies."""
    try:
        body = json.loads(text)
    except ValueError:
        return f"could not parse error details; raw response body: {text!r}" if text else ""
    if not isinstance(body, dict):
        return ""
    errors = body.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return str(errors[0].get("detail", ""))
    return str(body.get("message", ""))


def segment(name: str) -> str:
    """Escape one path segment."""
    return quote(name, safe="")
