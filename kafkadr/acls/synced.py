"""Which ACLs of a cluster belong to the ACL sync of a link.

A link object that has `acl.sync.enable` copies the other end's ACLs that its `acl.filters` select, deletions included.
Whoever else makes or deletes one of these fights with it, so they are left to it and named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from kafkadr.errors import ApiError
from kafkadr.rest import KafkaRest
from kafkadr.wire import Acl


class _Filter(BaseModel):
    model_config = ConfigDict(extra="ignore", alias_generator=to_camel)


class _Resource(_Filter):
    resource_type: str | None = None
    pattern_type: str | None = None
    name: str | None = None


class _Access(_Filter):
    principal: str | None = None
    host: str | None = None
    operation: str | None = None
    permission_type: str | None = None


class _Entry(_Filter):
    resource_filter: _Resource = _Resource()
    access_filter: _Access = _Access()

    def covers(self, acl: Acl) -> bool:
        resource, access = self.resource_filter, self.access_filter
        words = (
            (resource.resource_type, acl.resource_type),
            (resource.pattern_type, acl.pattern_type),
            (access.operation, acl.operation),
            (access.permission_type, acl.permission),
        )
        names = ((resource.name, acl.resource_name), (access.principal, acl.principal), (access.host, acl.host))
        return all(_any(wanted) or str(wanted).upper() == found for wanted, found in words) and all(
            _any(wanted) or wanted == found for wanted, found in names
        )


class _Filters(_Filter):
    acl_filters: list[_Entry] = []


@dataclass(frozen=True)
class Synced:
    """ACL syncs into a cluster.

    Args:
        links: Filters by name of each link that copies ACLs; None for filters that cannot be read, which may select
            anything.
        unreadable: Why the links could not be read, empty when they could.
    """

    links: tuple[tuple[str, tuple[_Entry, ...] | None], ...] = ()
    unreadable: str = ""

    def owner(self, acl: Acl) -> str:
        """Name of the link whose sync owns this ACL here, empty for none."""
        for link, entries in self.links:
            if entries is None or any(entry.covers(acl) for entry in entries):
                return link
        return ""


async def read(rest: KafkaRest) -> Synced:
    """The ACL syncs into this cluster.

    Raises:
        UnreachableError: It does not answer.
    """
    found: list[tuple[str, tuple[_Entry, ...] | None]] = []
    try:
        for link in await rest.links():
            configs = await rest.link_configs(link.link_name)
            if configs.get("acl.sync.enable") == "true":
                found.append((link.link_name, _entries(configs.get("acl.filters"))))
    except ApiError as error:
        return Synced((), error.problem)
    return Synced(tuple(found))


def _entries(text: Any) -> tuple[_Entry, ...] | None:
    try:
        return tuple(_Filters.model_validate_json(text or "{}").acl_filters)
    except ValidationError:
        return None


def _any(wanted: str | None) -> bool:
    return not wanted or wanted.upper() == "ANY"
