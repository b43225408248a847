"""Components of the package, served beside its resources: the schema of both, and `Construct` and `Call`.

Create, diff and update come from the SDK's experimental servicer; its own `Construct` hands raw property values to the
component and drops most resource options, so that one comes from the stable servicer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import grpc
import pulumi
from pulumi.output import _OutputData
from pulumi.provider.server import ProviderServicer

from provider.engine.door import Door

PACKAGE = "kafkadr"

Offer = Callable[[], Sequence[type[pulumi.ComponentResource]]]


class Components:
    """The components that this process offers, read at the first question about them.

    Args:
        version: Of the package.
        engine: `host:port` of the engine, as given to the plugin.
        offer: Gives the component classes.
    """

    def __init__(self, version: str, engine: str, offer: Offer) -> None:
        self._version = version
        self._engine = engine
        self._offer = offer

    @cached_property
    def door(self) -> Door | None:
        """Their reader; None when there are none."""
        classes = list(self._offer())
        return Door(classes, PACKAGE, version=self._version) if classes else None

    @cached_property
    def _servicer(self) -> ProviderServicer | None:
        return _Servicer(self.door, [], self._engine) if self.door is not None else None

    async def construct(self, request: Any, context: Any) -> Any:
        """Answer the engine's `Construct`."""
        if self._servicer is None:
            return await _refuse(request.type, context)
        return await self._servicer.Construct(request, context)

    async def call(self, request: Any, context: Any) -> Any:
        """Answer the engine's `Call`."""
        if self._servicer is None:
            return await _refuse(request.tok, context)
        return await self._servicer.Call(request, context)


async def _refuse(token: str, context: Any) -> Any:
    said = f"this installation of the package kafkadr has no components, so no {token}"
    await context.abort(grpc.StatusCode.UNIMPLEMENTED, said)


class _Servicer(ProviderServicer):
    @staticmethod
    async def _construct_inputs(inputs: Any, input_dependencies: Any) -> dict[str, Any]:
        read = await ProviderServicer._construct_inputs(inputs, input_dependencies)  # noqa: SLF001
        return {name: await _spread(value) for name, value in read.items()}


async def _spread(value: Any) -> Any:
    """An object or list that is an Output as a whole, as an object or list of Outputs.

    One secret inside is enough for the engine to hand over the whole argument as a secret, and then a component could
    not even read the names of its sites.
    """
    if not isinstance(value, pulumi.Output):
        return value
    whole = await value.future(with_unknowns=True)
    if not isinstance(whole, dict | list):
        return value
    resources, secret = await value.resources(), await value.is_secret()

    def leaf(part: Any) -> Any:
        data: asyncio.Future[_OutputData[Any]] = asyncio.Future()
        data.set_result(_OutputData(resources=resources, value=part, is_known=True, is_secret=secret))
        return pulumi.Output._from_data(data)  # noqa: SLF001

    return _leaves(whole, leaf)


def _leaves(value: Any, leaf: Callable[[Any], Any]) -> Any:
    if isinstance(value, Mapping):
        return {name: _leaves(part, leaf) for name, part in value.items()}
    if isinstance(value, list):
        return [_leaves(part, leaf) for part in value]
    return value if value is None else leaf(value)
