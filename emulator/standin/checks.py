"""Check: defaults, auto-naming and everything the vendor validates at plan time."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from emulator.standin.values import UNKNOWN, Props

if TYPE_CHECKING:
    from emulator.standin.fields import Field, Resource

DEFAULTS = "__defaults"
"""Bridge bookkeeping inside the inputs: the names whose values the provider filled in."""

NamingMode = Literal["propose", "enforce", "disable"]
_SUFFIX_DIGITS = 7
_PYTHON_TYPES: Mapping[str, type] = {
    "string": str,
    "int": int,
    "bool": bool,
    "map": dict,
    "block": dict,
    "blocks": list,
    "strings": list,
}


@dataclass(frozen=True)
class Naming:
    """How a missing name is made: the resource's Pulumi name, the engine's seed, and the project's auto-naming wish."""

    name: str
    seed: bytes = b""
    mode: NamingMode = "propose"
    proposed: str = ""

    def make(self) -> str | None:
        """Return a name, the same one for the same seed (so a preview and its update agree)."""
        if self.mode == "disable":
            return None
        if self.proposed:
            return self.proposed
        suffix = hashlib.sha256(self.seed).hexdigest() if self.seed else secrets.token_hex()
        return f"{self.name}-{suffix[:_SUFFIX_DIGITS]}"


def check(resource: Resource, olds: Props, news: Props, naming: Naming) -> tuple[Props, list[tuple[str, str]]]:
    """Return the inputs with names and defaults filled in, and (property path, reason) of every failure."""
    inputs = {name: value for name, value in news.items() if not name.startswith("__")}
    filled: list[str] = []
    for name, field in resource.inputs().items():
        if name in inputs:
            continue
        value = _kept_name(name, olds) or naming.make() if field.autoname else field.default
        if value is not None:
            inputs[name] = value
            filled.append(name)
    failures = _failures(resource.inputs(), inputs, "")
    failures.extend(resource.validate(inputs))
    return {**inputs, DEFAULTS: filled}, failures


def _kept_name(name: str, olds: Props) -> str | None:
    """Return the name made earlier. Inputs that a refresh wrote carry no bookkeeping: then any old value counts."""
    old = olds.get(name)
    return old if isinstance(old, str) and name in olds.get(DEFAULTS, [name]) else None


def _failures(fields: Mapping[str, Field], values: Props, prefix: str) -> list[tuple[str, str]]:
    found = [
        (f"{prefix}{name}", "invalid or unknown key") for name in values if name not in fields and name != DEFAULTS
    ]
    for name, field in fields.items():
        path = f"{prefix}{name}"
        if name not in values:
            if field.required:
                found.append((path, f"Missing required property {name!r}"))
            continue
        found.extend(_value_failures(field, values[name], path))
    return found


def _value_failures(field: Field, value: Any, path: str) -> list[tuple[str, str]]:
    if value is UNKNOWN:
        return []
    if not isinstance(value, _PYTHON_TYPES[field.kind]) or (field.kind == "int" and isinstance(value, bool)):
        return [(path, f"expected {field.kind}, got {type(value).__name__}")]
    if isinstance(value, dict) and field.kind == "block":
        return _failures({n: f for n, f in field.fields.items() if not f.output}, value, f"{path}.")
    if isinstance(value, list) and field.kind == "blocks":
        item = field.item()
        return [f for i, v in enumerate(value) if item for f in _value_failures(item, v, f"{path}[{i}]")]
    reason = field.rule(value) if field.rule else None
    return [(path, reason)] if reason else []
