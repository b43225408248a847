"""References that components take and give: a cluster, a key on it, a named part of it."""

from enum import Enum
from typing import Any, NotRequired, TypedDict

import pulumi


class PatternType(Enum):
    """How a name selects resources."""

    LITERAL = "LITERAL"
    """The name itself; `*` alone means every name."""
    PREFIXED = "PREFIXED"
    """Every name that begins with it."""


class Credentials(TypedDict):
    """An API key of one Kafka cluster."""

    key: pulumi.Input[str]
    """The key's id."""
    secret: pulumi.Input[str]
    """The key's secret; kept as a Pulumi secret."""


class ClusterRef(TypedDict):
    """One Kafka cluster and a key on it."""

    id: pulumi.Input[str]
    """Cluster id, `lkc-...`."""
    rest_endpoint: pulumi.Input[str]
    """Kafka REST endpoint, for example `https://pkc-x.us-east-1.aws.confluent.cloud:443`."""
    bootstrap_endpoint: pulumi.Input[str]
    """Bootstrap endpoint, for example `SASL_SSL://pkc-x.us-east-1.aws.confluent.cloud:9092`."""
    credentials: Credentials
    """Key that manages the cluster over REST."""


class ResourcePattern(TypedDict):
    """A set of topics or consumer groups, by name."""

    name: str
    """Name, prefix, or `*`."""
    pattern_type: NotRequired[PatternType]
    """Default `LITERAL`."""


def secret_credentials(credentials: Credentials) -> pulumi.Output[dict[str, Any]]:
    """The key as one secret value: the SDK marks nested credentials of links and mirror topics not by itself."""
    block: dict[str, Any] = {"key": credentials["key"], "secret": credentials["secret"]}
    return pulumi.Output.secret(block)


def pattern_of(pattern: ResourcePattern) -> str:
    """The wire word of the pattern's type."""
    return pattern.get("pattern_type", PatternType.LITERAL).value
