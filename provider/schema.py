"""The package schema, made from the pydantic inputs, so that it cannot disagree with the check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from provider.resource import Inputs, Resource

_ANY = {"$ref": "pulumi.json#/Any"}
_SECRET = frozenset({"credentials", "handover", "handoverKey", "values", "oldCredentials", "newCredentials"})


def package_schema(
    resources: Sequence[Resource], version: str, components: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """The schema document that `pulumi package get-schema` shows.

    Args:
        resources: The resource types.
        version: Of the package.
        components: Schema of the components, as the SDK makes it; empty when there are none.

    Raises:
        ValueError: A component has the name of a resource.
    """
    ours, theirs = {r.token: _resource(r) for r in resources}, dict(components.get("resources", {}))
    if both := ours.keys() & theirs.keys():
        raise ValueError(f"{', '.join(sorted(both))}: a resource and a component have the same name")
    return {
        **components,
        "name": "kafkadr",
        "version": version,
        "description": "Disaster recovery for Kafka on Confluent Cloud: sites, links, mirrors, clients, failover.",
        "resources": theirs | ours,
    }


def _resource(resource: Resource) -> dict[str, Any]:
    properties, required = _inputs(resource.inputs)
    return {
        "description": resource.description,
        "inputProperties": properties,
        "requiredInputs": required,
        "properties": properties | resource.outputs,
        "required": sorted([*required, *resource.outputs]),
    }


def _inputs(model: type[Inputs]) -> tuple[dict[str, Any], list[str]]:
    document = model.model_json_schema()
    definitions = document.get("$defs", {})
    properties = {}
    for name, found in document["properties"].items():
        entry = _type(found, definitions)
        if found.get("description"):
            entry["description"] = found["description"]
        if name in _SECRET:
            entry["secret"] = True
        properties[name] = entry
    return properties, sorted(document.get("required", []))


def _type(found: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in found:
        return _type(definitions[found["$ref"].rsplit("/", 1)[-1]], definitions)
    if "anyOf" in found:
        return _type(next(x for x in found["anyOf"] if x.get("type") != "null"), definitions)
    if found.get("type") == "array":
        return {"type": "array", "items": _type(found["items"], definitions)}
    if found.get("type") == "object":
        if isinstance(found.get("additionalProperties"), dict):
            return {"type": "object", "additionalProperties": _type(found["additionalProperties"], definitions)}
        values = [_type(x, definitions) for x in found.get("properties", {}).values()]
        same = values[0] if values and all(v == values[0] for v in values) else _ANY
        return {"type": "object", "additionalProperties": same}
    return {"type": found["type"]} if "type" in found else dict(_ANY)
