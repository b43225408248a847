"""Property values as a rule sees them at preview: plain JSON, plus two marks that JSON has no word for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Values = Mapping[str, Any]
"""Property name to str, int, float, bool, None, list, dict, `Secret` or `UNKNOWN`."""


class Unknown:
    """A value that only the update will bring, for instance the id of a cluster that is not there yet."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, repr=False)
class Secret:
    """A value that Pulumi keeps encrypted. Never shown, not even by accident."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(...)"


def bare(value: Any) -> Any:
    """The value without its mark of secrecy."""
    return value.value if isinstance(value, Secret) else value
