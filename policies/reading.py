"""From Pulumi's analyzer protocol to our resources.

Pulumi's own reader for Python takes the marks of secrecy off before a policy sees them, and turns an unknown value into
an exception that skips the policy with an advisory note. Both would blind rules: this one keeps both as values.
"""

from __future__ import annotations

from typing import Any, Final

from policies.resource import Resource
from policies.values import UNKNOWN, Secret

_MARK: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's word for a secret, not one
_UNKNOWNS: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # string
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
"""What the engine sends for a value that is not known yet (sdk/go/common/resource/plugin/rpc.go)."""


def fields(struct: Any) -> dict[str, Any]:
    """The values of a `google.protobuf.Struct`, marks of secrecy and of the unknown kept."""
    return {key: _value(value) for key, value in struct.fields.items()}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in _UNKNOWNS else text
    if kind == "struct_value":
        inner = fields(value.struct_value)
        return Secret(inner.get("value")) if inner.get(_MARK) == _SECRET else inner
    if kind == "list_value":
        return [_value(each) for each in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def of_registration(request: Any) -> Resource:
    """The resource of an `AnalyzeRequest`: its inputs, before anything is done with it."""
    return Resource(
        type=request.type,
        name=request.name,
        urn=request.urn,
        values=fields(request.properties),
        protect=request.options.protect,
        parent=request.options.parent or None,
        secret_outputs=tuple(request.options.additionalSecretOutputs),
    )


def of_stack(found: Any) -> Resource:
    """An `AnalyzerResource` of a whole stack: its outputs, and what they came from."""
    values = fields(found.properties)
    given = values.get("id")
    return Resource(
        type=found.type,
        name=found.name,
        urn=found.urn,
        values=values,
        protect=found.options.protect,
        parent=found.options.parent or None,
        depends=tuple(found.dependencies),
        property_depends={key: tuple(each.urns) for key, each in found.propertyDependencies.items()},
        secret_outputs=tuple(found.options.additionalSecretOutputs),
        id=given if isinstance(given, str) else None,
    )
