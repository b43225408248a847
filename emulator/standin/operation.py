"""What a resource type's handlers work with: the provider's configuration and one running operation."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.standin.transport import ApiError, Rest, new_client
from emulator.standin.values import Props
from emulator.standin.waits import Pace

if TYPE_CHECKING:
    import httpx2

DEFAULT_ENDPOINT = "https://api.confluent.cloud"
_LEAST_RETRIES = 4
_KAFKA_SET = ("kafkaApiKey", "kafkaApiSecret", "kafkaRestEndpoint")


class ProviderError(Exception):
    """The provider refuses; the text is what the user sees."""


@dataclass(frozen=True)
class Configuration:
    """The provider block. Reading it makes no HTTP call.

    Attributes:
        values: Pulumi config keys and values, environment defaults filled in.
        pace: cadence of all waits.
        connect: opens a connection pool.
    """

    values: Mapping[str, str] = field(repr=False)
    pace: Pace
    connect: Callable[[], httpx2.AsyncClient] = new_client

    @classmethod
    def read(cls, args: Mapping[str, Any], environ: Mapping[str, str]) -> Configuration:
        """Merge the provider's arguments with the environment.

        Raises:
            ProviderError: when only a part of the Kafka set is given, or max_retries is less than 4.
        """
        values = {
            key: environ[variable]
            for key, variable in {
                "cloudApiKey": "CONFLUENT_CLOUD_API_KEY",
                "cloudApiSecret": "CONFLUENT_CLOUD_API_SECRET",
                "kafkaId": "KAFKA_ID",
                "kafkaApiKey": "KAFKA_API_KEY",
                "kafkaApiSecret": "KAFKA_API_SECRET",
                "kafkaRestEndpoint": "KAFKA_REST_ENDPOINT",
                "maxRetries": "TF_PROVIDER_CONFLUENT_MAX_RETRIES",
            }.items()
            if environ.get(variable)
        }
        values.update({key: str(value) for key, value in args.items() if value not in (None, "")})
        given = [key for key in _KAFKA_SET if values.get(key)]
        if given and len(given) < len(_KAFKA_SET):
            raise ProviderError(f"all 3 of {', '.join(_KAFKA_SET)} must be set, or none; only {', '.join(given)} found")
        if int(values.get("maxRetries", _LEAST_RETRIES)) < _LEAST_RETRIES:
            raise ProviderError(f"maxRetries must be at least {_LEAST_RETRIES}")
        return cls(values, Pace.of_environment(environ))

    @property
    def max_retries(self) -> int:
        """How often a call is sent again."""
        return int(self.values.get("maxRetries", _LEAST_RETRIES))

    @property
    def has_kafka_block(self) -> bool:
        """Tell whether the provider block names a Kafka cluster's endpoint and key."""
        return bool(self.values.get("kafkaRestEndpoint"))


@dataclass
class Operation:
    """One create, read, update or delete.

    Attributes:
        config: the provider block.
        cloud: client of the cloud API, shared by all operations.
        id: resource id; set by a create at the moment the vendor's code sets it. What fails later leaves the resource
            in state with init errors; what fails earlier leaves nothing.
        old: state before the operation.
        state: planned state at first; what the handlers read is written over it.
        is_new: in a create or import, where "not found" is an error rather than a removal.
        gone: set by a read that found nothing.
    """

    config: Configuration
    cloud: Rest
    id: str = ""
    old: Props = field(default_factory=dict, repr=False)
    state: Props = field(default_factory=dict, repr=False)
    is_new: bool = False
    gone: bool = False
    stack: AsyncExitStack = field(default_factory=AsyncExitStack, repr=False)

    @property
    def pace(self) -> Pace:
        """Cadence of the waits."""
        return self.config.pace

    def changed(self, *path: str) -> bool:
        """Tell whether the value at this path differs between old and planned state; unset equals zero values."""
        before, after = _at(self.old, path), _at(self.state, path)
        return bool((before or None) != (after or None))

    def text(self, *path: str) -> str:
        """Return the planned string at this path, "" when unset (as Terraform's ResourceData does)."""
        value = _at(self.state, path)
        return "" if value is None else str(value)

    def cloud_as(self, key: str, secret: str) -> Rest:
        """Return the cloud API with another key."""
        return Rest(self.cloud.client, self.cloud.base, (key, secret), self.pace, self.config.max_retries)

    async def kafka(self, endpoint: str, cluster: str, key: str, secret: str) -> Rest:
        """Open a client of one cluster's REST API: a connection pool of its own for every operation, as the vendor."""
        client = await self.stack.enter_async_context(self.config.connect())
        base = f"{endpoint}/kafka/v3/clusters/{cluster}"
        return Rest(client, base, (key, secret), self.pace, self.config.max_retries)

    async def kafka_of_resource(self) -> Rest:
        """Open the cluster of a topic, ACL or cluster config: the provider block wins over the resource's own.

        Raises:
            ProviderError: when neither names cluster, endpoint and key.
        """
        block = self.config.values
        own = self.config.has_kafka_block
        cluster = block.get("kafkaId") or self.text("kafkaCluster", "id")
        endpoint = block["kafkaRestEndpoint"] if own else self.text("restEndpoint")
        key = block["kafkaApiKey"] if own else self.text("credentials", "key")
        secret = block["kafkaApiSecret"] if own else self.text("credentials", "secret")
        for value, name, setting in (
            (endpoint, "restEndpoint", "kafkaRestEndpoint"),
            (cluster, "kafkaCluster.id", "kafkaId"),
            (key, "credentials", "kafkaApiKey and kafkaApiSecret"),
        ):
            if not value:
                raise ProviderError(f"one of the provider's {setting} or the resource's {name} must be set")
        return await self.kafka(endpoint, cluster, key, secret)

    def missing(self, error: ApiError, *, gone: bool) -> None:
        """End a read that failed: mark the resource as gone, or raise the error.

        Args:
            error: what the call raised.
            gone: whether this family of APIs means "deleted" by it.
        """
        if not gone or self.is_new:
            raise error
        self.gone = True


def import_setting(name: str) -> str:
    """Return an IMPORT_* style environment variable.

    Raises:
        ProviderError: when it is not set.
    """
    value = os.environ.get(name, "")
    if not value:
        raise ProviderError(f"the {name} environment variable must be set for an import")
    return value


def _at(values: Props, path: tuple[str, ...]) -> Any:
    found: Any = values
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


async def status_of(call: Callable[[], Awaitable[Any]], *, gone: Callable[[ApiError], bool]) -> str:
    """Poll for a deletion: "DONE" once the call fails with "not found", else "IN_PROGRESS"."""
    try:
        await call()
    except ApiError as error:
        if gone(error):
            return "DONE"
        raise
    return "IN_PROGRESS"
