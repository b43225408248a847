"""Cluster Linking's name filters: INCLUDE and EXCLUDE, LITERAL and PREFIXED, `*` for all (confluent-api 10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class NameFilter(BaseModel):
    """One filter of a list; an EXCLUDE wins over any INCLUDE."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    name: str
    pattern_type: Literal["LITERAL", "PREFIXED"] = "LITERAL"
    filter_type: Literal["INCLUDE", "EXCLUDE"] = "INCLUDE"

    def matches(self, name: str) -> bool:
        """Whether this one filter speaks of `name`."""
        if self.pattern_type == "PREFIXED":
            return name.startswith(self.name)
        return self.name in {"*", name}


def literal_names(filters: Sequence[NameFilter]) -> list[str] | None:
    """Every name the filters can mean, sorted; None when a prefix or `*` is among them and only a list can tell."""
    include = [f for f in filters if f.filter_type == "INCLUDE"]
    if any(f.pattern_type == "PREFIXED" or f.name == "*" for f in include):
        return None
    return select({f.name for f in include}, filters)


def select(names: Iterable[str], filters: Sequence[NameFilter]) -> list[str]:
    """The names that some INCLUDE matches and no EXCLUDE does, sorted."""
    include = [f for f in filters if f.filter_type == "INCLUDE"]
    exclude = [f for f in filters if f.filter_type == "EXCLUDE"]
    return sorted(n for n in names if any(f.matches(n) for f in include) and not any(f.matches(n) for f in exclude))
