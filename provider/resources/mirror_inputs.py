"""Inputs of `MirrorTopics`, and the config entries that they want of the link."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from kafkadr.model.topology import Link
from provider.resource import Inputs
from provider.resources.sites import LinkInputs, SiteInputs

_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")
LEAST_MS = 1000


class PatternType(StrEnum):
    """How a filter's name is meant."""

    LITERAL = "LITERAL"
    PREFIXED = "PREFIXED"


class FilterType(StrEnum):
    """Whether a filter adds names or takes them away."""

    INCLUDE = "INCLUDE"
    EXCLUDE = "EXCLUDE"


class NameFilterInputs(Inputs):
    """A filter of topics or groups."""

    name: str = Field(min_length=1, description="A name, a prefix, or `*`.")
    pattern_type: PatternType = Field(default=PatternType.LITERAL, description="LITERAL or PREFIXED.")
    filter_type: FilterType = Field(default=FilterType.INCLUDE, description="INCLUDE or EXCLUDE.")

    def wire(self) -> dict[str, str]:
        """As the service spells it."""
        return {"name": self.name, "patternType": self.pattern_type.value, "filterType": self.filter_type.value}


class AclFilterInputs(Inputs):
    """ACLs that are copied; what is left out matches anything."""

    resource_type: str = Field(default="any", description="any, topic, group, cluster or transactional_id.")
    pattern_type: str = Field(default="any", description="any, literal or prefixed.")
    name: str | None = Field(default=None, description="Name of the resource.")
    principal: str | None = Field(default=None, description="Whose ACLs, `User:sa-...`.")
    operation: str = Field(default="any", description="Kafka operation in small letters.")
    permission_type: str = Field(default="any", description="any, allow or deny.")

    def wire(self) -> dict[str, Any]:
        """As the service spells it."""
        resource = {"resourceType": self.resource_type, "patternType": self.pattern_type}
        access = {"operation": self.operation, "permissionType": self.permission_type}
        return {
            "resourceFilter": resource | ({"name": self.name} if self.name else {}),
            "accessFilter": access | ({"principal": self.principal} if self.principal else {}),
        }


class OffsetSyncInputs(Inputs):
    """Consumer group offsets are copied."""

    groups: list[NameFilterInputs] = Field(min_length=1, description="Which groups; at least one filter.")
    interval_ms: int = Field(default=30_000, ge=LEAST_MS, strict=True, description="Milliseconds between two syncs.")


class AclSyncInputs(Inputs):
    """ACLs are copied, deletions included."""

    filters: list[AclFilterInputs] = Field(min_length=1, description="Which ACLs; `[{}]` is all of them.")
    interval_ms: int = Field(default=5_000, ge=LEAST_MS, strict=True, description="Milliseconds between two syncs.")


class SyncInputs(Inputs):
    """What the link copies beside the data."""

    offsets: OffsetSyncInputs | None = Field(default=None, description="Consumer group offsets.")
    acls: AclSyncInputs | None = Field(default=None, description="ACLs; not over a link with a prefix.")
    auto_create: list[NameFilterInputs] | None = Field(
        default=None, min_length=1, description="Topics that the link mirrors by itself."
    )
    topic_config_ms: int | None = Field(
        default=None, ge=LEAST_MS, strict=True, description="Milliseconds between two syncs of topic configs."
    )

    def entries(self) -> dict[str, str]:
        """The link's config entries that say so; filters in one spelling."""
        found: dict[str, str] = {}
        if self.offsets:
            found |= _on("consumer.offset.sync", self.offsets.interval_ms)
            found["consumer.offset.group.filters"] = _json("groupFilters", self.offsets.groups)
        if self.acls:
            found |= _on("acl.sync", self.acls.interval_ms)
            found["acl.filters"] = _json("aclFilters", self.acls.filters)
        if self.auto_create:
            found["auto.create.mirror.topics.enable"] = "true"
            found["auto.create.mirror.topics.filters"] = _json("topicFilters", self.auto_create)
        if self.topic_config_ms:
            found["topic.config.sync.ms"] = str(self.topic_config_ms)
        return found


class NamedLinkInputs(LinkInputs):
    """A cluster link with its name."""

    name: str = Field(min_length=1, description="Its name on each cluster.")


class MirrorTopicsInputs(Inputs):
    """Inputs of `MirrorTopics`."""

    record_url: str = Field(min_length=1, description="The record of the active cluster; it says which way data flows.")
    link: NamedLinkInputs = Field(description="The link.")
    sites: dict[str, SiteInputs] = Field(min_length=2, max_length=2, description="The link's ends, by name.")
    topics: list[str] = Field(default_factory=list, description="Topics of the active site, sorted, each once.")
    sync: SyncInputs | None = Field(default=None, description="Owned by one set of a link; left out by all others.")
    budget_seconds: int = Field(default=300, ge=5, le=3600, strict=True, description="Bound of an update, s.")

    @field_validator("topics")
    @classmethod
    def _names(cls, names: list[str]) -> list[str]:
        wrong = sorted({n for n in names if not _NAME.fullmatch(n)})
        if wrong:
            raise ValueError(f"{', '.join(wrong[:5])}: not a topic name (letters, digits, `.`, `_`, `-`; at most 249)")
        twice = sorted({n for n in names if names.count(n) > 1}) if len(set(names)) < len(names) else []
        if twice:
            raise ValueError(f"{', '.join(twice[:5])} is named twice")
        return sorted(names)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if set(self.sites) != {self.link.from_, self.link.to}:
            ends = f"{self.link.from_} and {self.link.to}"
            raise ValueError(f"sites has {', '.join(sorted(self.sites))}, and the link is between {ends}")
        if self.link.prefix and self.sync and self.sync.acls:
            raise ValueError("sync.acls is not possible over a link with a prefix: use an ACL-only link")
        return self

    def as_link(self) -> Link:
        """The link as the model knows it."""
        return self.link.link(self.link.name)

    def destination(self, active: str) -> str:
        """Name of the site that gets the mirrors; empty when the active cluster feeds no site over this link.

        Args:
            active: Cluster id of the active site.
        """
        link = self.as_link()
        source = next((name for name, site in self.sites.items() if site.cluster_id == active), "")
        other = link.other(source) if source in link.ends else ""
        return other if other and link.carries(source, other) else ""

    def mirrors(self) -> dict[str, str]:
        """Source topic by mirror name."""
        return {self.link.prefix + name: name for name in self.topics}


def _on(name: str, interval_ms: int) -> dict[str, str]:
    return {f"{name}.enable": "true", f"{name}.ms": str(interval_ms)}


def _json(key: str, filters: list[Any]) -> str:
    return json.dumps({key: [f.wire() for f in filters]}, sort_keys=True, separators=(",", ":"))
