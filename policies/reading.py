"""From pulumi-policy's arguments to our resources.

The vendor's reader takes the marks of secrecy off before a policy sees them, and turns an unknown value into an
exception that skips the policy with an advisory note. Both would blind rules, so its reading of property values is
replaced by one that keeps both as values. It also reads the whole stack anew for each policy, which at 1,000 resources
costs as much as all else together (bench/policies.py); so each message is read once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pulumi_policy.policy as vendor
from google.protobuf import json_format
from google.protobuf.message import Message
from pulumi_policy import deserialize, proxy

from policies.graph import Graph
from policies.resource import Resource
from policies.values import UNKNOWN, Secret

_UNKNOWNS: Final = frozenset(
    value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_") and name.endswith("_VALUE")
)


class NarrowedError(proxy.UnknownValueError):  # type: ignore[misc] # untyped outside its own environment
    """Pulumi's own way to say at preview, as an advisory note, that a policy could not see everything."""

    def __init__(self, rule: str, notes: list[str]) -> None:
        super().__init__(proxy.UNKNOWN_STRING_VALUE, [rule])
        self.message = "; ".join(notes)


class Read(Mapping[str, Any]):
    """Property values, read. Not a `dict`, which the vendor would wrap once more."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class _Once:
    """Protobuf's JSON conversion and our reading of it, once per message. Holds the messages: their ids stay theirs."""

    def __init__(self) -> None:
        self._dicts: dict[int, tuple[Message, dict[str, Any]]] = {}
        self._reads: dict[int, Read] = {}

    def MessageToDict(self, message: Message) -> dict[str, Any]:  # noqa: N802 - protobuf's name
        """As `google.protobuf.json_format.MessageToDict`."""
        if id(message) not in self._dicts:
            self._dicts[id(message)] = (message, json_format.MessageToDict(message))
        return self._dicts[id(message)][1]

    def read(self, properties: dict[str, Any], proxy_secrets: bool = False) -> Any:
        """As `pulumi_policy.deserialize.deserialize_properties`, with marks."""
        if proxy_secrets:  # remediations, of which this pack has none
            return deserialize.deserialize_properties(properties, proxy_secrets)
        if id(properties) not in self._reads:
            self._reads[id(properties)] = Read({key: _value(value) for key, value in properties.items()})
        return self._reads[id(properties)]


def adapt() -> None:
    """Make pulumi-policy hand us secrets and unknowns as what they are, and read each resource once.

    Raises:
        RuntimeError: This version of pulumi-policy reads values in another way.
    """
    known = getattr(vendor, "deserialize_properties", None) is deserialize.deserialize_properties
    if not known or getattr(vendor, "json_format", None) is not json_format:
        raise RuntimeError("this pulumi-policy reads properties in another way; install policies/requirements.txt")
    once = _Once()
    vendor.deserialize_properties = once.read
    vendor.json_format = once


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(deserialize.SPECIAL_SIG_KEY) == deserialize.SPECIAL_SECRET_SIG:
            return Secret(_value(value.get("value")))
        return {key: _value(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_value(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return UNKNOWN if isinstance(value, str) and value in _UNKNOWNS else value


def of_registration(args: vendor.ResourceValidationArgs) -> Resource:
    """The resource that a resource policy is asked about, with its inputs."""
    return Resource(
        type=args.resource_type,
        name=args.name,
        urn=args.urn,
        values=args.props,
        protect=bool(args.opts.protect),
        parent=args.opts.parent,
        secret_outputs=tuple(args.opts.additional_secret_outputs),
    )


def of_stack(found: vendor.PolicyResource) -> Resource:
    """A resource that a stack policy sees: outputs, and what they came from."""
    given = found.props.get("id")
    return Resource(
        type=found.resource_type,
        name=found.name,
        urn=found.urn,
        values=found.props,
        protect=bool(found.opts.protect),
        parent=found.opts.parent,
        depends=tuple(d.urn for d in found.dependencies),
        property_depends={k: tuple(d.urn for d in v) for k, v in found.property_dependencies.items()},
        secret_outputs=tuple(found.opts.additional_secret_outputs),
        id=given if isinstance(given, str) else None,
    )


class Stacks:
    """The graph of the stack that is analysed: the same for each of its policies, so it is made once."""

    def __init__(self) -> None:
        self._key: tuple[int, ...] = ()
        self._graph = Graph(())

    def graph(self, resources: Sequence[vendor.PolicyResource]) -> Graph:
        """The graph of these resources."""
        key = tuple(id(found.props) for found in resources)
        if key != self._key:
            self._key, self._graph = key, Graph(map(of_stack, resources))
        return self._graph
