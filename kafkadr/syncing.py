"""The offset sync of a link, read from the link's own config. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from kafkadr.filters import NameFilter


@dataclass(frozen=True)
class Syncing:
    """What the link copies beside the data.

    Args:
        seconds: Interval of the offset sync; 0 when it is off.
        groups: Filters of the groups.
        prefix: What goes before the groups' names on the destination.
    """

    seconds: float = 0.0
    groups: tuple[NameFilter, ...] = ()
    prefix: str = ""


class _Filters(BaseModel):
    groupFilters: list[NameFilter] = []  # noqa: N815 - the wire's name


def syncing_of(configs: Mapping[str, str]) -> Syncing:
    """The offset sync that a link's config asks for."""
    if configs.get("consumer.offset.sync.enable") != "true":
        return Syncing()
    try:
        filters = _Filters.model_validate_json(configs.get("consumer.offset.group.filters") or "{}")
    except ValidationError:
        filters = _Filters()
    prefixed = configs.get("consumer.group.prefix.enable") == "true"
    return Syncing(
        int(configs.get("consumer.offset.sync.ms") or 30_000) / 1000,
        tuple(filters.groupFilters),
        configs.get("cluster.link.prefix", "") if prefixed else "",
    )
