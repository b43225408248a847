"""A component with every shape of argument, which says what came in; served as the real ones are."""

import json
from enum import Enum
from typing import Any, NotRequired, TypedDict

import pulumi

from kafkadr.errors import RefusedError


class Colour(Enum):
    """An enum."""

    RED = "red"
    """Red."""
    BLUE = "blue"
    """Blue."""


class Part(TypedDict):
    """A nested object."""

    name_of: pulumi.Input[str]
    """Its name."""
    interval_ms: NotRequired[pulumi.Input[int]]
    """Milliseconds."""
    from_: NotRequired[str]
    """A word that Python reserves."""


class SampleArgs(TypedDict):
    """Arguments."""

    epoch: pulumi.Input[int]
    """A whole number."""
    colour: NotRequired[pulumi.Input[Colour]]
    """An enum."""
    colours: NotRequired[list[Colour]]
    """A list of them."""
    part: NotRequired[pulumi.Input[Part]]
    """An object."""
    parts: NotRequired[dict[str, Part]]
    """Objects by name."""
    share: NotRequired[float]
    """Any number."""


class Sample(pulumi.ComponentResource):
    """Says what it was told."""

    told: pulumi.Output[str]
    """What came in, as JSON of Python's own texts."""

    def __init__(self, name: str, args: SampleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kafkadr:index:Sample", name, {}, opts)
        if args.get("share") == -1:
            raise RefusedError("a share of -1 is none", "Give another")
        # Reading the names at once is what real components do.
        names = {key: sorted(part) for key, part in args.get("parts", {}).items()}
        self.told = pulumi.Output.from_input(args).apply(lambda a: json.dumps([_shown(a), names]))
        self.register_outputs({})


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _shown(v) for k, v in value.items()}
    return [_shown(v) for v in value] if isinstance(value, list) else repr(value)


__all__ = ["Sample"]
