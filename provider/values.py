"""Between the engine's property values and plain Python: unknowns stay unknown, secrets stay secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.rpc import UNKNOWN

Properties = Mapping[str, PropertyValue]

# SDK 3.259's PropertyValue knows no unknowns on the wire (`Computed` cannot even be marshalled): they come and go as
# the engine's sentinels, one per type (sdk/go/common/resource/plugin/rpc.go).
_UNKNOWNS = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
NOT_KNOWN_YET = PropertyValue(UNKNOWN)


class UnknownError(Exception):
    """The value or a part of it is not known before the update."""


def plain(value: PropertyValue) -> Any:
    """The value without its wrappers; whole numbers come back as int, as the engine only knows doubles.

    Raises:
        UnknownError: The value or a part of it is not known yet.
    """
    inner = value.value
    if isinstance(inner, str) and inner in _UNKNOWNS:
        raise UnknownError
    if isinstance(inner, float) and inner.is_integer():
        return int(inner)
    if isinstance(inner, Mapping):
        return {k: plain(v) for k, v in inner.items() if v.value is not None}
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        return [plain(v) for v in inner]
    return inner


def holds_secret(value: PropertyValue) -> bool:
    """Whether the value or a part of it is marked secret."""
    if value.is_secret:
        return True
    inner = value.value
    if isinstance(inner, Mapping):
        return any(holds_secret(v) for v in inner.values())
    return isinstance(inner, Sequence) and not isinstance(inner, str) and any(holds_secret(v) for v in inner)


def known(properties: Properties) -> tuple[dict[str, Any], frozenset[str]]:
    """Known properties as plain values, and the names of those that are not known yet; nulls are left out."""
    values: dict[str, Any] = {}
    unknown: set[str] = set()
    for name, value in properties.items():
        try:
            found = plain(value)
        except UnknownError:
            unknown.add(name)
        else:
            if found is not None:
                values[name] = found
    return values, frozenset(unknown)


def known_items(value: PropertyValue) -> list[Any]:
    """Those items of a list that are known already."""
    inner, items = value.value, []
    for item in inner if isinstance(inner, Sequence) and not isinstance(inner, str) else ():
        with suppress(UnknownError):
            items.append(plain(item))
    return items


def wrap(value: Any) -> PropertyValue:
    """Plain Python as a property value."""
    if isinstance(value, bool) or value is None or isinstance(value, str | float):
        return PropertyValue(value)
    if isinstance(value, int):
        return PropertyValue(float(value))
    if isinstance(value, Mapping):
        return PropertyValue({str(k): wrap(v) for k, v in value.items()})
    return PropertyValue([wrap(v) for v in value])


def without_nulls(properties: Properties) -> dict[str, PropertyValue]:
    """Leave out what the program did not set."""
    return {k: v for k, v in properties.items() if v.value is not None}


def changed(old: Properties, new: Properties, names: Iterable[str]) -> list[str]:
    """Which of these inputs differ, come or leave; secrecy and dependencies do not count as a difference.

    Args:
        old: The state, which has the outputs beside the inputs.
        new: The inputs.
        names: All inputs of the resource.
    """
    return sorted(n for n in names if _bare(old.get(n)) != _bare(new.get(n)))


def _bare(value: PropertyValue | None) -> Any:
    try:
        return None if value is None else plain(value)
    except UnknownError:
        return object()  # An unknown equals nothing, itself included.
