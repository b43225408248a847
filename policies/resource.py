"""One resource of a program, and how a rule reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.values import UNKNOWN, Values, bare

CLUSTER = "KafkaCluster"
KEY = "ApiKey"
LINK = "ClusterLink"
KEPT_LINK = "ClusterLink of a lost site"
"""A link that is kept for its offsets alone: what holds for links that run does not hold for it."""
MIRROR = "KafkaMirrorTopic"
TOPIC = "KafkaTopic"
ACL = "KafkaAcl"
ROLE = "RoleBinding"
ACCOUNT = "ServiceAccount"
CONNECTOR = "Connector"
GUARD = "Transition"
STATE = "MirrorState"
POINTER = "ActivePointer"
STACK = "Stack"
CLIENT = "kafkadr-components:index:ClientCredentials"
"""Type of the component that has a client application's account, keys and rights."""
LINK_ACCOUNT = "kafkadr-components:index:LinkAccount"
"""Type of the component that has a link's own account and key."""

_PACKAGES = {"confluentcloud", "kafkadr"}


class UndecidableError(Exception):
    """A rule met a value that is not known before the update.

    Args:
        path: Where the value stands, for example `config["acl.filters"]`.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True)
class Resource:
    """A resource as the engine registers it.

    `depends` and `property_depends` hold URNs; they tell which cluster or account an id will belong to that is not
    known yet.
    """

    type: str
    name: str
    urn: str
    values: Values
    protect: bool = False
    parent: str | None = None
    depends: tuple[str, ...] = ()
    property_depends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secret_outputs: tuple[str, ...] = ()
    id: str | None = None

    @property
    def kind(self) -> str:
        """Class name of a Confluent or kafkadr resource, `Stack` for the stack, else empty."""
        return kind_of(self.type)

    def peek(self, *path: str) -> Any:
        """The value at `path`, None when it is absent, `UNKNOWN` when only the update will tell."""
        found: Any = self.values
        for step in path:
            found = bare(found)
            if found is UNKNOWN:
                return UNKNOWN
            found = found.get(step) if isinstance(found, Mapping) else None
        return bare(found)

    def get(self, *path: str) -> Any:
        """The value at `path`, None when it is absent.

        Raises:
            UndecidableError: It is not known at preview.
        """
        found = self.peek(*path)
        if found is UNKNOWN:
            raise UndecidableError(where(path))
        return found

    def text(self, *path: str) -> str:
        """The string at `path`, empty when it is absent."""
        found = self.get(*path)
        return found if isinstance(found, str) else ""


def kind_of(type_: str) -> str:
    """As `Resource.kind`, of a type."""
    if type_ == "pulumi:pulumi:Stack":
        return STACK
    package, _, rest = type_.partition(":")
    return rest.rpartition(":")[2] if package in _PACKAGES else ""


def where(path: tuple[str, ...]) -> str:
    """A property path as a program would write it."""
    return "".join(step if not i else f'["{step}"]' if "." in step else f".{step}" for i, step in enumerate(path))
