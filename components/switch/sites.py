"""Sites and links as the components hand them on."""

from enum import Enum
from typing import NotRequired, TypedDict

import pulumi


class LinkMode(Enum):
    """Which cluster opens the connection, and which way data may flow."""

    DESTINATION_INITIATED = "destination-initiated"
    """One link object, on the destination; the source may be of any kind."""
    SOURCE_INITIATED = "source-initiated"
    """Two link objects; for a source that cannot be reached from outside."""
    BIDIRECTIONAL = "bidirectional"
    """Two link objects; both clusters Dedicated or Enterprise. The link can turn round."""


class SiteCredentials(TypedDict):
    """An API key of a cluster."""

    key: pulumi.Input[str]
    """API key."""
    secret: pulumi.Input[str]
    """Its secret."""


class Site(TypedDict):
    """A Kafka cluster in a region."""

    cluster_id: pulumi.Input[str]
    """Cluster id, `lkc-...`."""
    rest_endpoint: pulumi.Input[str]
    """Kafka REST endpoint."""
    bootstrap_endpoint: pulumi.Input[str]
    """Bootstrap servers."""
    credentials: SiteCredentials
    """A key that may alter links and mirrors there."""


class Link(TypedDict):
    """A cluster link between two sites."""

    from_: str
    """Site that has the data when the link is made."""
    to: str
    """Site that gets the mirrors when the link is made."""
    mode: NotRequired[LinkMode]
    """Default destination-initiated."""
    prefix: NotRequired[str]
    """Put before the name of every mirror topic."""
