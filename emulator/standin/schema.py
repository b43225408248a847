"""The package schema of the table, for languages that read one: Pulumi YAML checks a program against it.

The vendor's own describes each property and has more types; what is here has the vendor's tokens and names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.standin.fields import Field
from emulator.standin.resources import TABLE

_PLAIN = {"string": "string", "int": "integer", "bool": "boolean"}
_TEXT = {"type": "string"}


def package_schema(version: str) -> dict[str, Any]:
    """The schema document.

    Args:
        version: Of the package.
    """
    types: dict[str, Any] = {}
    resources = {
        token: {
            "properties": _properties(row.fields, _name(token), types),
            "required": sorted(row.fields),
            "inputProperties": _properties(row.inputs(), _name(token), types),
            "requiredInputs": sorted(name for name, f in row.inputs().items() if f.required and not f.autoname),
        }
        for token, row in TABLE.items()
    }
    # The vendor's tokens: module `index/kafkaTopic`, which a program may write as `confluentcloud:KafkaTopic`.
    meta = {"moduleFormat": "(.*)(?:/[^/]*)"}
    return {"name": "confluentcloud", "version": version, "meta": meta, "types": types, "resources": resources}


def _name(token: str) -> str:
    return token.rsplit(":", 1)[-1]


def _properties(fields: Mapping[str, Field], owner: str, types: dict[str, Any]) -> dict[str, Any]:
    return {name: _property(f, owner + name[0].upper() + name[1:], types) for name, f in fields.items()}


def _property(found: Field, name: str, types: dict[str, Any]) -> dict[str, Any]:
    kind: dict[str, Any]
    if found.kind in {"block", "blocks"}:
        token = f"confluentcloud:index/{name}:{name}"
        needed = sorted(member for member, f in found.fields.items() if f.required)
        types[token] = {"type": "object", "properties": _properties(found.fields, name, types), "required": needed}
        kind = {"$ref": f"#/types/{token}"}
        kind = {"type": "array", "items": kind} if found.kind == "blocks" else kind
    elif found.kind == "map":
        kind = {"type": "object", "additionalProperties": _TEXT}
    elif found.kind == "strings":
        kind = {"type": "array", "items": _TEXT}
    else:
        kind = {"type": _PLAIN[found.kind]}
    return kind | ({"secret": True} if found.secret else {})
