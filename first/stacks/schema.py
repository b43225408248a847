"""JSON schema of a stack file and the config reference, both made from the settings models.

`python -m first.stacks.schema` writes `first/stacks/schema.json` and `docs/config.md`; a test compares both with the
models.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from first.stacks.settings import FlipKeys, PairSettings
from stacks.problems import NAMESPACE, SETTINGS

DRAFT = "http://json-schema.org/draft-07/schema#"
"""The draft that YAML language servers read best."""
_REF = "#/definitions/{model}"
_ROOT = Path(__file__).resolve().parents[2]
SCHEMA_FILE = _ROOT / "first" / "stacks" / "schema.json"
REFERENCE_FILE = _ROOT / "docs" / "config.md"

Schema = dict[str, Any]


def document_schema() -> Schema:
    """Schema of the whole file `Pulumi.<stack>.yaml`; Pulumi's own keys and other namespaces are let through."""
    flip = FlipKeys.model_json_schema(ref_template=_REF)
    pair = PairSettings.model_json_schema(ref_template=_REF)
    definitions = {**flip.pop("$defs"), **pair.pop("$defs")}
    keys = {f"{NAMESPACE}:{key}": _writable(key, schema) for key, schema in flip["properties"].items()}
    ours = "|".join([*flip["properties"], SETTINGS])
    return {
        "$schema": DRAFT,
        "title": "Stack file of kafka-dr",
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "type": "object",
                "required": [*(f"{NAMESPACE}:{key}" for key in flip["required"]), f"{NAMESPACE}:{SETTINGS}"],
                "properties": {**keys, f"{NAMESPACE}:{SETTINGS}": pair},
                "propertyNames": {"not": {"pattern": f"^{NAMESPACE}:(?!({ours})$)"}},
            }
        },
        "definitions": definitions,
    }


def _writable(key: str, schema: Schema) -> Schema:
    """The forms in which Pulumi itself writes a scalar: quoted by `config set`, encrypted with `--secret`."""
    described = {"description": schema.pop("description"), **_default(schema)}
    if key == "epoch":
        return {**described, "anyOf": [schema, {"type": "string", "pattern": "^[1-9][0-9]*$"}]}
    if key in {"handover", "handoverKey"}:
        plain = {"type": "string"}
        return {
            **described,
            "anyOf": [plain, {"type": "object", "required": ["secure"], "properties": {"secure": plain}}],
        }
    return {**described, **schema}


def _default(schema: Schema) -> Schema:
    return {"default": schema.pop("default")} if "default" in schema else {}


def schema_text() -> str:
    """The schema as it is published."""
    return json.dumps(document_schema(), indent=2, ensure_ascii=False) + "\n"


def reference_text() -> str:
    """The config reference: every key with type, default and meaning, one table per section."""
    document = document_schema()
    config, definitions = document["properties"]["config"], document["definitions"]
    settings = f"{NAMESPACE}:{SETTINGS}"
    flip = {**config, "properties": {k: v for k, v in config["properties"].items() if k != settings}}
    lines = [
        "# Config reference",
        "",
        "Made by `python -m first.stacks.schema` from the settings models; do not edit. The same models check a stack",
        "before anything is deployed; `first/stacks/schema.json` lets an editor check the file while it is written.",
        "",
        "## Flip keys",
        "",
        *_table(flip, definitions),
        f"## `{settings}`",
        "",
        *_table(config["properties"][settings], definitions),
    ]
    for name in _reachable(config["properties"][settings], definitions):
        model = definitions[name]
        lines += [
            f"## {name}",
            "",
            model.get("description", "").replace("\n", " ").strip(),
            "",
            *_table(model, definitions),
        ]
    return "\n".join(lines).rstrip() + "\n"


def _refs(node: Any) -> list[str]:
    """Models that a node speaks of, in order."""
    if isinstance(node, dict):
        own = [node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else []
        return own + [ref for value in node.values() for ref in _refs(value)]
    return [ref for value in node for ref in _refs(value)] if isinstance(node, list) else []


def _reachable(node: Schema, definitions: Schema) -> list[str]:
    """Object models below a node, each once, depth first, so that the reference reads like the file."""
    found: list[str] = []
    for ref in _refs(node.get("properties", {})):
        if "properties" in definitions[ref]:
            found += [ref, *_reachable(definitions[ref], definitions)]
    return list(dict.fromkeys(found))


def _table(model: Schema, definitions: Schema) -> list[str]:
    required = set(model.get("required", []))
    rows = ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    for key, schema in model["properties"].items():
        default = "required" if key in required else _shown_default(schema)
        cells = [f"`{key}`", _type(schema, definitions), default, _meaning(schema, definitions)]
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return [*rows, ""]


def _meaning(schema: Schema, definitions: Schema) -> str:
    """A field's description; pydantic leaves it out where it repeats the model's."""
    model = definitions[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else {}
    meaning: str = schema.get("description") or model["description"]
    return meaning


def _shown_default(schema: Schema) -> str:
    default = schema.get("default")
    return "" if default in (None, "", [], {}) or isinstance(default, dict) else f"`{json.dumps(default)}`"


def _type(schema: Schema, definitions: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        model = definitions[name]
        return f"[{name}](#{name.lower()})" if "properties" in model else " or ".join(f"`{v}`" for v in model["enum"])
    if "anyOf" in schema:
        kinds = [_type(each, definitions) for each in schema["anyOf"] if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(kind for kind in kinds if kind))
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'], definitions)}"
    if schema.get("type") == "object":
        values = schema.get("patternProperties", {}).values()
        return f"name to {_type(next(iter(values)), definitions)}" if values else "secret"
    bounds = {"minimum": "at least {}", "maximum": "at most {}", "maxLength": "up to {} characters"}
    limits = [text.format(schema[key]) for key, text in bounds.items() if key in schema]
    return ", ".join([str(schema["type"]), *limits])


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text())
    REFERENCE_FILE.write_text(reference_text())
