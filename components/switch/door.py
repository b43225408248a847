"""Arguments of components on their way to our resources: camel case, enums as their values, numbers as they come.

From another language numbers arrive as doubles, and an enum or an integer may be an Output: both are read here alone.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import pulumi

_NAMES = {"from_": "from"}


def plain(value: Any) -> Any:
    """A value as our resources take it; what is not given is left out.

    Args:
        value: Dicts with snake-case keys, lists, enums, Outputs of any of these.
    """
    if isinstance(value, pulumi.Output):
        return value.apply(plain)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {camel(str(key)): plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    return value


def named(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a mapping whose keys are the user's own names, which stay as they are."""
    return {name: plain(value) for name, value in values.items()}


def camel(name: str) -> str:
    """`cluster_id` as `clusterId`."""
    if name in _NAMES:
        return _NAMES[name]
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
