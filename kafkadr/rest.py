"""Typed client for the part of Confluent's Kafka REST v3 API that a failover needs.

Bounded (connect 3 s, request 15 s, everything within the caller's budget), retried where a repeat is safe to
judge afterwards, and never trusting: bodies are validated, unknown fields ignored, unknown statuses kept as text.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx2
import stamina
from pydantic import SecretStr

from kafkadr.answers import Model, json_object, parse, retry_after
from kafkadr.budget import Budget
from kafkadr.desired import RoleVerb, Verb
from kafkadr.errors import ApiError, UnreachableError
from kafkadr.text import clean
from kafkadr.wire import AlterAnswer, ConsumerGroup, GroupLag, Link, LinkConfig, Mirror, MirrorRow, Page, Topic

CONNECT_SECONDS = 3.0
REQUEST_SECONDS = 15.0
_RETRIED_STATUS = frozenset({429, 500, 502, 503, 504})
_MAX_BACKOFF_SECONDS = 30.0
_ATTEMPTS = 8


class TooLargeError(Exception):
    """The batch call's body was refused for its size (413, or 400 naming the number of topics)."""


class _RetryError(Exception):
    """A try failed in a way that the next may not; carries the wait the server asked for.

    `silent` marks a request that got no answer in time: its next try costs another 15 s, so a read gets one more
    and a batch call none, since the list of mirrors tells what became of it.
    """

    def __init__(self, why: str, after: float | None = None, *, silent: bool = False) -> None:
        super().__init__(why)
        self.after = after
        self.silent = silent


class KafkaRest:
    """One cluster's Kafka REST endpoint, seen with one API key.

    Args:
        endpoint: For example `https://pkc-x.us-east-1.aws.confluent.cloud`.
        cluster_id: `lkc-...`.
        key: API key of that cluster.
        secret: Its secret.
        budget: Deadline shared by every call of the command.
        transport: For tests; the real network when None.
    """

    def __init__(
        self,
        endpoint: str,
        cluster_id: str,
        key: str,
        secret: SecretStr,
        budget: Budget,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.cluster_id = cluster_id
        self.budget = budget
        self._base = f"{endpoint.rstrip('/')}/kafka/v3/clusters/{quote(cluster_id, safe='')}"
        self._host = httpx2.URL(endpoint).host
        self._client = httpx2.AsyncClient(
            auth=httpx2.BasicAuth(key, secret.get_secret_value()),
            timeout=httpx2.Timeout(REQUEST_SECONDS, connect=CONNECT_SECONDS),
            transport=transport,
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection pool."""
        await self._client.aclose()

    async def authenticate(self) -> None:
        """List topics and forget them: what the vendor's provider asks with a new key, answered without any ACL too."""
        await self._call("GET", f"{self._base}/topics", "/topics")

    async def mirrors(self, link: str) -> list[Mirror]:
        """Every mirror topic of a link, with lags: one call per page (S38)."""
        return [m async for m in self._pages(f"/links/{_q(link)}/mirrors", "/links/{link}/mirrors", Mirror)]

    async def every_mirror(self) -> list[Mirror]:
        """The mirror topics of every link of this cluster, stopped ones too; each names its link."""
        return [m async for m in self._pages("/links/-/mirrors", "/links/-/mirrors", Mirror)]

    async def alter_mirrors(
        self,
        link: str,
        verb: Verb | RoleVerb,
        *,
        names: Sequence[str] = (),
        pattern: str | None = None,
        dry_run: bool = False,
    ) -> list[MirrorRow]:
        """One batch call; the rows of its answer, which may refuse single topics inside a 200 (S87, S88).

        Raises:
            TooLargeError: The server wants fewer names in one call.
        """
        body = {"mirror_topic_name_pattern": pattern} if pattern is not None else {"mirror_topic_names": list(names)}
        where = f"/links/{{link}}/mirrors:{verb}"
        params = {"validate_only": "true"} if dry_run else {}
        if verb == "truncate-and-restore":
            params["include_partition_level_truncation_data"] = "true"
        try:
            data = await self._call("POST", f"{self._base}/links/{_q(link)}/mirrors:{verb}", where, body, params)
        except ApiError as error:
            too_many = error.status == httpx2.codes.BAD_REQUEST and "too many" in error.message.lower()
            if error.status == httpx2.codes.CONTENT_TOO_LARGE or too_many:
                raise TooLargeError from error
            raise
        return parse(AlterAnswer, data, f"POST {where}").data

    async def alter_link(self, link: str, configs: Mapping[str, str]) -> None:
        """Set config entries of a link; all of them or none. Saying it twice is saying it once."""
        data = [{"name": name, "value": value, "operation": "SET"} for name, value in sorted(configs.items())]
        where = "/links/{link}/configs:alter"
        await self._call("PUT", f"{self._base}/links/{_q(link)}/configs:alter", where, {"data": data})

    async def link(self, name: str) -> Link:
        """A link as it is."""
        where = "/links/{link}"
        return parse(Link, await self._call("GET", f"{self._base}/links/{_q(name)}", where), f"GET {where}")

    async def link_configs(self, link: str) -> dict[str, str]:
        """Config entries of a link that have a value the caller may see."""
        path, where = f"/links/{_q(link)}/configs", "/links/{link}/configs"
        return {c.name: c.value async for c in self._pages(path, where, LinkConfig) if c.value is not None}

    async def topics(self) -> list[Topic]:
        """Every topic of the cluster that the key may see."""
        return [t async for t in self._pages("/topics", "/topics", Topic)]

    async def delete_topic(self, name: str) -> None:
        """Delete a topic and every record in it; accepted is not done: the list of topics tells."""
        await self._call("DELETE", f"{self._base}/topics/{_q(name)}", "/topics/{topic}")

    async def groups(self) -> list[ConsumerGroup]:
        """Every consumer group of the cluster."""
        return [g async for g in self._pages("/consumer-groups", "/consumer-groups", ConsumerGroup)]

    async def group_lags(self, group: str) -> list[GroupLag]:
        """Committed offset and log end offset of a group, per partition."""
        path = f"/consumer-groups/{_q(group)}/lags"
        return [lag async for lag in self._pages(path, "/consumer-groups/{group}/lags", GroupLag)]

    async def _pages(self, path: str, where: str, model: type[Model]) -> AsyncIterator[Model]:
        url: str | None = self._base + path
        seen: set[str] = set()
        while url is not None:
            if url in seen:
                raise UnreachableError(f"GET {where} at {self._host} pages in a circle", "Report this to the vendor")
            seen.add(url)
            page = parse(Page, await self._call("GET", url, where), f"GET {where}")
            for item in page.data:
                yield parse(model, item, f"GET {where}")
            url = self._next(page, where)

    def _next(self, page: Page, where: str) -> str | None:
        if not page.next:
            return None
        # The answer may name another host (a load balancer's own): the credentials go to the host we were given, only.
        target = httpx2.URL(page.next)
        if target.is_absolute_url and target.host != self._host:
            raise UnreachableError(f"GET {where} points to another host for its next page", "Check the REST endpoint")
        return str(httpx2.URL(self._base).join(page.next))

    async def _call(
        self, method: str, url: str, where: str, body: object = None, params: dict[str, str] | None = None
    ) -> dict[str, Any]:
        try:
            left = max(self.budget.left, 0.001)
            hook = _backoff(silences=0 if method == "POST" else 1)
            async for attempt in stamina.retry_context(on=hook, attempts=_ATTEMPTS, timeout=left):
                with attempt:
                    return await self._once(method, url, where, body, params)
        except _RetryError as error:
            raise UnreachableError(
                f"{method} {where} at {self._host}: {error}", "Check the endpoint and run the same command again"
            ) from None
        raise AssertionError("unreachable: the retry loop returns or raises")

    async def _once(
        self, method: str, url: str, where: str, body: object, params: dict[str, str] | None
    ) -> dict[str, Any]:
        try:
            async with asyncio.timeout(min(REQUEST_SECONDS, max(self.budget.left, 0.001))):
                answer = await self._client.request(method, url, json=body, params=params)
        except TimeoutError:
            raise _RetryError("no answer in time", silent=True) from None
        except httpx2.TransportError as error:
            silent = isinstance(error, httpx2.TimeoutException)
            raise _RetryError(clean(f"{type(error).__name__}: {error}"), silent=silent) from None
        if answer.status_code in _RETRIED_STATUS:
            raise _RetryError(f"answered {answer.status_code}", retry_after(answer))
        return json_object(answer, f"{method} {where}", self._host)


def _q(name: str) -> str:
    return quote(name, safe="")


def _backoff(silences: int) -> Callable[[Exception], bool | float]:
    left = silences

    def hook(error: Exception) -> bool | float:
        nonlocal left
        if not isinstance(error, _RetryError):
            return False
        if error.silent:
            left -= 1
            return left >= 0
        if error.after is None:
            return True
        # Jitter on top of what the server asked for: many clients must not come back in step.
        return min(error.after, _MAX_BACKOFF_SECONDS) + random.random()  # noqa: S311 - jitter, not cryptography

    return hook
