"""Typed client for the part of Confluent's Kafka REST v3 API that a failover needs.

Bounded: 3 s to connect, 15 s for a request, and a call with its retries and waits ends with the caller's budget. The
key goes to the endpoint that was given and nowhere else: no redirect is followed, and of the address of a next page
only path and query are used. Bodies are validated, unknown fields ignored, unknown statuses kept as text.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx2
import stamina
from pydantic import SecretStr

from kafkadr.answers import Model, json_object, parse, retry_after
from kafkadr.budget import Budget
from kafkadr.desired import RoleVerb, Verb
from kafkadr.endpoint import check_endpoint
from kafkadr.errors import ApiError, UnreachableError
from kafkadr.text import clean
from kafkadr.wire import (
    Acl,
    AclRow,
    AlterAnswer,
    ConsumerGroup,
    GroupLag,
    Link,
    LinkConfig,
    Mirror,
    MirrorRow,
    Page,
    Topic,
)

CONNECT_SECONDS = 3.0
REQUEST_SECONDS = 15.0
_RETRIED_STATUS = frozenset({429, 500, 502, 503, 504})
_MAX_BACKOFF_SECONDS = 30.0
_ATTEMPTS = 8


# It would write each retry to the root logger: raw on the operator's terminal, and into the engine's diagnostics. What
# the last try met is in the error.
stamina.instrumentation.set_on_retry_hooks([])


class TooLargeError(UnreachableError):
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
        endpoint: For example `https://pkc-x.us-east-1.aws.confluent.cloud`, see `kafkadr.endpoint`.
        cluster_id: `lkc-...`.
        key: API key of that cluster.
        secret: Its secret.
        budget: Deadline shared by every call of the command.
        transport: For tests; the real network when None.

    Raises:
        EndpointError: The key must not go there.
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
        self._base = f"{check_endpoint(endpoint).rstrip('/')}/kafka/v3/clusters/{quote(cluster_id, safe='')}"
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
                raise TooLargeError(
                    f"POST {where} at {self._host} was refused as too large: {error.message}",
                    "Set a smaller chunkSize, or look for a proxy that limits the size of a request",
                ) from error
            raise
        return parse(AlterAnswer, data, f"POST {where}").data

    async def create_mirror(self, link: str, source: str, name: str) -> None:
        """Make a mirror topic; accepted is not ACTIVE: the list of mirrors tells."""
        body = {"source_topic_name": source, "mirror_topic_name": name}
        await self._call("POST", f"{self._base}/links/{_q(link)}/mirrors", "/links/{link}/mirrors", body)

    async def alter_link(self, link: str, configs: Mapping[str, str], delete: Sequence[str] = ()) -> None:
        """Set config entries of a link and take others back to their default; all of them or none.

        Saying it twice is saying it once.
        """
        data = [{"name": name, "value": value, "operation": "SET"} for name, value in sorted(configs.items())]
        data += [{"name": name, "operation": "DELETE"} for name in sorted(delete)]
        where = "/links/{link}/configs:alter"
        await self._call("PUT", f"{self._base}/links/{_q(link)}/configs:alter", where, {"data": data})

    async def mirror(self, link: str, name: str) -> Mirror:
        """One mirror topic, with the reasons why a change of its state does not succeed."""
        where, params = "/links/{link}/mirrors/{mirror}", {"include_state_transition_errors": "true"}
        url = f"{self._base}/links/{_q(link)}/mirrors/{_q(name)}"
        return parse(Mirror, await self._call("GET", url, where, params=params), f"GET {where}")

    async def links(self) -> list[Link]:
        """Every link that has an object on this cluster; without its tasks."""
        return [found async for found in self._pages("/links", "/links", Link)]

    async def link(self, name: str, *, tasks: bool = False) -> Link:
        """A link as it is; its sync tasks are told only when they are asked for."""
        where, params = "/links/{link}", {"include_tasks": "true"} if tasks else {}
        url = f"{self._base}/links/{_q(name)}"
        return parse(Link, await self._call("GET", url, where, params=params), f"GET {where}")

    async def link_configs(self, link: str) -> dict[str, str]:
        """Config entries of a link that have a value the caller may see."""
        path, where = f"/links/{_q(link)}/configs", "/links/{link}/configs"
        return {c.name: c.value async for c in self._pages(path, where, LinkConfig) if c.value is not None}

    async def link_overrides(self, link: str) -> dict[str, str]:
        """Config entries of a link that somebody has set, as far as the caller may see their values."""
        path, where = f"/links/{_q(link)}/configs", "/links/{link}/configs"
        found = [c async for c in self._pages(path, where, LinkConfig)]
        return {c.name: c.value for c in found if c.value is not None and not c.is_default}

    async def topics(self) -> list[Topic]:
        """Every topic of the cluster that the key may see."""
        return [t async for t in self._pages("/topics", "/topics", Topic)]

    async def delete_topic(self, name: str) -> None:
        """Delete a topic and every record in it; accepted is not done: the list of topics tells."""
        await self._call("DELETE", f"{self._base}/topics/{_q(name)}", "/topics/{topic}")

    async def acls(self, principal: str) -> list[Acl]:
        """Every ACL of one principal."""
        return [found async for found in self._pages(f"/acls?principal={_q(principal)}", "/acls", Acl)]

    async def create_acls(self, acls: Sequence[Acl]) -> list[AclRow]:
        """Make ACLs in one call, all or none; those that are there already stay as they are.

        Returns:
            A row for each, in order, if the service answers with rows; else none. A row may be a refusal.
        """
        body = {"data": [acl.model_dump() for acl in acls]}
        data = await self._call("POST", f"{self._base}/acls:batch", "/acls:batch", body)
        rows = data.get("data", [])
        return [parse(AclRow, row, "POST /acls:batch") for row in rows] if isinstance(rows, list) else []

    async def delete_acl(self, acl: Acl) -> None:
        """Delete this very ACL; deleting one that is not there is no error."""
        await self._call("DELETE", f"{self._base}/acls", "/acls", params=acl.model_dump())

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
            url = self._next(url, page, where)

    def _next(self, url: str, page: Page, where: str) -> str | None:
        if not page.next:
            return None
        asked = httpx2.URL(url)
        try:
            # The answer may name another host, scheme or port (those of a load balancer, or of somebody who wants the
            # key): the next page is asked for where this one was.
            return str(asked.copy_with(raw_path=asked.join(page.next).raw_path))
        except httpx2.InvalidURL:
            raise UnreachableError(
                f"GET {where} at {self._host} names a next page that is no address", "Report this to the vendor"
            ) from None

    async def _call(
        self, method: str, url: str, where: str, body: object = None, params: dict[str, str] | None = None
    ) -> dict[str, Any]:
        patience = _Patience(self.budget, silences=0 if method == "POST" else 1)
        try:
            # The retry library looks at its own timeout between two tries only, and then waits beyond it.
            async with asyncio.timeout(max(self.budget.left, 0.001)):
                async for attempt in stamina.retry_context(on=patience.goes_on, attempts=_ATTEMPTS, timeout=None):
                    with attempt:
                        return await self._once(method, url, where, body, params)
        except (_RetryError, TimeoutError):
            said = f"{method} {where} at {self._host}: {patience.last}"
            raise UnreachableError(said, "Check the endpoint and run the same command again") from None
        raise AssertionError("unreachable: the retry loop returns or raises")

    async def _once(
        self, method: str, url: str, where: str, body: object, params: dict[str, str] | None
    ) -> dict[str, Any]:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                answer = await self._client.request(method, url, json=body, params=params)
        except TimeoutError:
            raise _RetryError("no answer in time", silent=True) from None
        except httpx2.RequestError as error:
            # No connection, or an answer that cannot be read: broken off, or not encoded as it says.
            silent = isinstance(error, httpx2.TimeoutException)
            raise _RetryError(clean(f"{type(error).__name__}: {error}"), silent=silent) from None
        if answer.status_code in _RETRIED_STATUS:
            after = retry_after(answer)
            asks = f" and asks to wait {after:.0f} s" if after else ""
            raise _RetryError(f"answered {answer.status_code}{asks}", after)
        return json_object(answer, f"{method} {where}", self._host)


def _q(name: str) -> str:
    return quote(name, safe="")


class _Patience:
    """Whether and when a failed call is tried again, and what it met last."""

    def __init__(self, budget: Budget, silences: int) -> None:
        self.last = "no answer in time"
        self._budget = budget
        self._silences = silences

    def goes_on(self, error: Exception) -> bool | float:
        """For the retry library: whether to try again, or after how many seconds."""
        if not isinstance(error, _RetryError):
            return False
        self.last = str(error)
        if error.silent:
            self._silences -= 1
            return self._silences >= 0
        if error.after is None:
            return True
        # Jitter on top of what the server asked for: many clients must not come back in step.
        wait = min(error.after, _MAX_BACKOFF_SECONDS) + random.random()  # noqa: S311 - jitter, not cryptography
        # No wait for a try that would come after the end: what is left of the budget serves the caller better.
        return wait if wait < self._budget.left else False
