"""Property values between the engine's protobuf structs and plain Python.

Secrets are unwrapped on the way in: like the bridge, the plugin does not accept secrets, so the engine puts the secret
mark of an input back on the output of the same name by itself. What the schema calls sensitive is marked on the way
out. (The SDK's own ``PropertyValue`` cannot be used: in 3.259 it neither reads nor writes unknown values.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

if TYPE_CHECKING:
    from emulator.standin.fields import Field

Props = dict[str, Any]

# The engine's marks (pulumi sdk, go/common/resource/plugin/rpc.go and resource/sig).
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the engine's mark of a secret, not a secret
_UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        _UNKNOWN_STRING,
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)


class Unknown:
    """A value that is only known after the apply (previews only)."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN = Unknown()


def decode(struct: Struct) -> Props:
    """Turn an engine struct into plain Python: no secrets, no nulls, whole numbers as int, ``UNKNOWN`` for computed."""
    return _plain_map(MessageToDict(struct))


def encode(props: Mapping[str, Any], fields: Mapping[str, Field]) -> Struct:
    """Turn plain Python into an engine struct; fields the schema calls secret are marked."""
    struct = Struct()
    struct.update({name: _wrap(value, fields.get(name)) for name, value in props.items()})
    return struct


def _plain_map(values: Mapping[str, Any]) -> Props:
    return {name: _plain(value) for name, value in values.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return _plain(value["value"]) if value.get(_SIGNATURE) == _SECRET else _plain_map(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return UNKNOWN if isinstance(value, str) and value in _UNKNOWNS else value


def _wrap(value: Any, field: Field | None) -> Any:
    plain: Any = value
    if isinstance(value, Unknown):
        plain = _UNKNOWN_STRING
    elif isinstance(value, Mapping):
        nested = field.fields if field else {}
        plain = {name: _wrap(item, nested.get(name)) for name, item in value.items()}
    elif isinstance(value, list):
        item_field = field.item() if field else None
        plain = [_wrap(item, item_field) for item in value]
    return {_SIGNATURE: _SECRET, "value": plain} if field and field.secret else plain
