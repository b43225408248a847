"""The hand-written classes of our provider's resources have the very inputs and outputs that the provider serves."""

from __future__ import annotations

import inspect
from typing import Any

import pulumi
import pytest

import first.components.clearing
import first.components.discovery
import first.components.link_guard
import first.components.rebuild
import first.components.resources
from provider.plugin import RESOURCES, VERSION
from provider.schema import package_schema

from .recorder import record

FIRST = [r for r in RESOURCES if not type(r).__module__.startswith("provider.resources.")]
SCHEMA = package_schema(FIRST, VERSION)["resources"]
MODULES = (
    first.components.clearing,
    first.components.discovery,
    first.components.link_guard,
    first.components.rebuild,
    first.components.resources,
)
CLASSES = sorted(
    (
        found
        for module in MODULES
        for found in vars(module).values()
        if inspect.isclass(found) and issubclass(found, pulumi.CustomResource) and found.__module__ == module.__name__
    ),
    key=lambda found: found.__name__,
)


def anything(parameter: inspect.Parameter) -> Any:
    """A value that the class can take apart: of the kind that its annotation names first."""
    kind = str(parameter.annotation)
    if kind.startswith(("collections.abc.Mapping", "typing.Mapping")):
        return {}
    if kind.startswith(("collections.abc.Sequence", "typing.Sequence")):
        return []
    if parameter.default is False:
        return True
    return 1 if kind.startswith(("int", "<class 'int'>")) else "any"


def registered(kind: type[pulumi.CustomResource]) -> dict[str, Any]:
    """The one registration of a resource of this class, made with all arguments that are not sent by default."""
    needed = {
        name: anything(parameter)
        for name, parameter in inspect.signature(kind).parameters.items()
        if parameter.default in (inspect.Parameter.empty, None, False) and name not in {"name", "opts"}
    }
    make: Any = kind
    (found,) = record(lambda: make("one", **needed, opts=pulumi.ResourceOptions())).graph
    return found


def test_every_resource_of_the_provider_has_a_class() -> None:
    tokens = {registered(kind)["type"] for kind in CLASSES}
    assert tokens == set(SCHEMA)
    assert len(CLASSES) == len(SCHEMA)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_a_class_sends_what_the_provider_takes_and_reads_what_it_gives(kind: type[pulumi.CustomResource]) -> None:
    found = registered(kind)
    schema = SCHEMA[found["type"]]
    properties = set(schema["properties"])
    assert set(found["inputs"]) <= properties
    if kind.__module__ != first.components.rebuild.__name__:  # There the pair hands its inputs through in one piece.
        assert set(schema["inputProperties"]) <= set(found["inputs"]), "an input that cannot be given"
    assert {camel(name) for name in kind.__annotations__} <= properties


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
