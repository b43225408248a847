"""How arguments of a component come in from another process: the one place where they are read.

On the wire every number is a double, an enum is its value, and any part may be an Output. The SDK's own reader (3.259)
calls `int` and the enum's class with the Output itself, makes an empty object of an object that is an Output, loses the
items of a list of enums, and leaves out without a word what it does not know.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.errors import InputPropertiesError, InputPropertyError
from pulumi.output import Unknown
from pulumi.provider.experimental.analyzer import PropertyDefinition, PropertyType
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.provider import ConstructResult
from pulumi.provider.server import ComponentInitError

Properties = Mapping[str, PropertyDefinition]


class Door(ComponentProvider):
    """The SDK's provider of components, with a reader of its own and our errors told without a traceback."""

    def construct(
        self, name: str, resource_type: str, inputs: Any, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Make the component.

        Raises:
            InputPropertiesError: It refused its arguments, in its own words.
        """
        if resource_type.rsplit(":", 1)[-1] not in self._components:
            raise InputPropertiesError(
                f"this installation of the package kafkadr has no component {resource_type}; those of the estate need"
                " the Python package pulumi-confluentcloud beside it",
                [],
            )
        try:
            return super().construct(name, resource_type, inputs, options)
        except ComponentInitError as error:
            if hasattr(error.inner, "remedy"):  # One of ours, from the core or the components: its text says all.
                raise InputPropertiesError(str(error.inner), []) from None
            raise

    def map_input_properties(
        self,
        inputs: Any,
        properties: dict[str, PropertyDefinition],
        mapping: dict[str, str],
        component_name: str,
        property_path: str,
    ) -> Any:
        """An object's properties under their Python names.

        Raises:
            InputPropertyError: One is missing, unknown, or no value of its type; with its path.
        """
        if not isinstance(inputs, Mapping):
            raise InputPropertyError(property_path, f"'{property_path}' must be an object")
        _refuse_unknown(inputs, properties, component_name, property_path)
        found: dict[str, Any] = {}
        for name, prop in properties.items():
            path, value = f"{property_path}.{name}" if property_path else name, inputs.get(name)
            if value is not None:
                read = self._read(value, prop, component_name, path)
                found |= {} if read is None else {mapping[name]: read}
            elif not prop.optional:
                raise InputPropertyError(path, f"Missing required input '{path}' on '{component_name}'")
        return found

    def _read(self, value: Any, prop: PropertyDefinition, owner: str, path: str) -> Any:
        if isinstance(value, Unknown):
            return pulumi.Output.from_input(value)
        if isinstance(value, pulumi.Output):
            return value.apply(lambda known: None if known is None else self._read(known, prop, owner, path))
        if prop.ref:
            return self._of_type(value, prop, owner, path)
        if prop.items:
            return [self._read(v, prop.items, owner, f"{path}[{i}]") for i, v in enumerate(_list(value, path))]
        if prop.additional_properties:
            each = prop.additional_properties
            return {k: self._read(v, each, owner, f"{path}.{k}") for k, v in _object(value, path).items()}
        return _number(value, path) if prop.type in _NUMBERS else value

    def _of_type(self, value: Any, prop: PropertyDefinition, owner: str, path: str) -> Any:
        kind = self.get_type_definition(prop)
        if kind is None:
            return value
        if kind.enum and prop.optional and value == "":
            return None  # Pulumi YAML has no other way to take a value from config and leave it out.
        if not kind.enum:
            return self.map_input_properties(value, kind.properties, kind.properties_mapping, owner, path)
        try:
            return kind.python_type(value)
        except ValueError:
            legal = ", ".join(repr(member.value) for member in kind.enum)
            raise InputPropertyError(path, f"'{path}' must be one of {legal}, and not {value!r}") from None


_NUMBERS = frozenset({PropertyType.INTEGER})


def _number(value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or int(value) != value:
        raise InputPropertyError(path, f"'{path}' must be a whole number")
    return int(value)


def _list(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputPropertyError(path, f"'{path}' must be a list")
    return value


def _object(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InputPropertyError(path, f"'{path}' must be an object")
    return value


def _refuse_unknown(inputs: Mapping[str, Any], properties: Properties, owner: str, path: str) -> None:
    for name in inputs:
        if name in properties or name.startswith("__"):
            continue
        near = difflib.get_close_matches(name, properties, 1)
        where = f"{path}.{name}" if path else name
        meant = f"; did you mean '{near[0]}'?" if near else f"; it has {', '.join(properties)}"
        raise InputPropertyError(where, f"'{where}' is no input of '{owner}'{meant}")
