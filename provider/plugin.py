"""The provider `kafkadr`: dispatches the engine's calls to its resource types and bounds them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, TypeVar

from pulumi.provider.experimental import provider as p

from kafkadr.errors import DrError
from provider.active_pointer import ActivePointerResource
from provider.clearance import ClearanceResource
from provider.engine_log import EngineLog
from provider.key_ring import KeyRingResource
from provider.link_guard import LinkGuardResource
from provider.mirror_state import MirrorStateResource
from provider.resource import Resource
from provider.resources.active_cluster import ActiveClusterResource
from provider.resources.client_acls import ClientAclsResource
from provider.resources.estate_record import EstateRecordResource
from provider.resources.mirror_topics import MirrorTopicsResource
from provider.restoration import RestorationResource
from provider.reversal import ReversalResource
from provider.transition import TransitionResource
from provider.values import Properties, without_nulls
from provider.vault_secret import VaultSecretResource
from provider.vault_slot import VaultSlotResource

VERSION = "0.1.0"
RESOURCES: tuple[Resource, ...] = (
    TransitionResource(),
    MirrorStateResource(),
    ActivePointerResource(),
    VaultSlotResource(),
    VaultSecretResource(),
    KeyRingResource(),
    RestorationResource(),
    ReversalResource(),
    ClearanceResource(),
    LinkGuardResource(),
    EstateRecordResource(),
    ActiveClusterResource(),
    MirrorTopicsResource(),
    ClientAclsResource(),
)

OLD_INPUTS: ContextVar[Properties] = ContextVar("OLD_INPUTS", default=MappingProxyType({}))
"""Inputs that the engine sends with a Diff and the SDK's DiffRequest (3.259) leaves out. Each call is a task."""

T = TypeVar("T")


class CancelledByOperatorError(DrError):
    """The operator stopped the update."""


class KafkaDrProvider(p.Provider):
    """See design section 3."""

    def __init__(self, log: EngineLog) -> None:
        self._log = log
        self._types = {r.token: r for r in RESOURCES}
        self._running: set[asyncio.Task[Any]] = set()

    async def check_config(self, request: p.CheckRequest) -> p.CheckResponse:
        """The provider has no configuration: credentials belong to the resources."""
        return p.CheckResponse(inputs=request.new_inputs)

    async def diff_config(self, request: p.DiffRequest) -> p.DiffResponse:
        """Nothing to compare."""
        del request
        return p.DiffResponse(changes=False)

    async def configure(self, request: p.ConfigureRequest) -> p.ConfigureResponse:
        """Ask for secrets and for updates in preview."""
        del request
        return p.ConfigureResponse(accept_secrets=True, supports_preview=True, accept_resources=True)

    async def check(self, request: p.CheckRequest) -> p.CheckResponse:
        """Validate inputs; a failure here stops the resource and all that depends on it, in preview."""
        old, new = without_nulls(request.old_inputs), without_nulls(request.new_inputs)
        found = await self._bounded(self._type(request.type).review(old, new, self._log.of(request.urn)))
        return p.CheckResponse(dict(found.inputs), found.failures)

    async def diff(self, request: p.DiffRequest) -> p.DiffResponse:
        """Compare recorded inputs with new ones."""
        kind = self._type(request.type)
        log = self._log.of(request.urn)
        old = without_nulls(OLD_INPUTS.get())
        found = await self._bounded(kind.compare(old, request.old_state, request.new_inputs, log))
        if not found.changes:
            await self._bounded(kind.remark(request.new_inputs, log))
        if found.detail is not None:
            detail = {path: p.PropertyDiff(each, input_diff=True) for path, each in found.detail.items()}
            return p.DiffResponse(bool(found.changes), found.replaces, diffs=found.changes, detailed_diff=detail)
        left = kind.inputs.names() - set(request.new_inputs)
        what = dict.fromkeys(found.changes, p.PropertyDiffKind.UPDATE)
        what |= {name: p.PropertyDiffKind.DELETE for name in found.changes if name in left}
        what |= dict.fromkeys(found.replaces, p.PropertyDiffKind.UPDATE_REPLACE)
        kinds = {name: p.PropertyDiff(each, input_diff=name in kind.inputs.names()) for name, each in what.items()}
        return p.DiffResponse(bool(found.changes), found.replaces, diffs=found.changes, detailed_diff=kinds)

    async def create(self, request: p.CreateRequest) -> p.CreateResponse:
        """Create, or say in preview what would be."""
        log = self._log.of(request.urn)
        call = self._type(request.type).create(request.properties, log, preview=request.preview)
        name, outputs = await self._bounded(call)
        return p.CreateResponse(name, {**request.properties, **outputs})

    async def update(self, request: p.UpdateRequest) -> p.UpdateResponse:
        """Update, or forecast in preview. A raised error leaves the recorded state as it was."""
        log = self._log.of(request.urn)
        call = self._type(request.type).update(request.olds, request.news, log, preview=request.preview)
        return p.UpdateResponse({**request.news, **await self._bounded(call)})

    async def read(self, request: p.ReadRequest) -> p.ReadResponse:
        """Read outputs from the world; an empty id tells the engine that the resource is gone."""
        kind = self._type(request.type)
        inputs = request.inputs or {k: v for k, v in request.properties.items() if k in kind.inputs.names()}
        if not inputs:  # An import knows the id alone.
            inputs = await self._bounded(kind.imported(request.resource_id))
        outputs = await self._bounded(kind.read(request.properties, inputs))
        if outputs is None:
            return p.ReadResponse("", {}, {})
        return p.ReadResponse(request.resource_id, {**inputs, **outputs}, inputs)

    async def delete(self, request: p.DeleteRequest) -> None:
        """Delete what the resource owns; most own nothing and are only forgotten."""
        kind = self._type(request.type)
        await self._bounded(kind.delete(request.properties, self._log.of(request.urn)))

    async def cancel(self) -> None:
        """End every running call now; each tells the engine that it was cancelled."""
        for task in tuple(self._running):
            task.cancel()

    def _type(self, qualified: str) -> Resource:
        token = qualified.rsplit("$", 1)[-1]  # A URN's type names the types of the parents, too.
        try:
            return self._types[token]
        except KeyError:
            raise DrError(f"the provider kafkadr has no resource type {token}", "Check its version") from None

    async def _bounded(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            raise CancelledByOperatorError(
                "cancelled by the operator", "Run the same command again: it goes on from what the server says"
            ) from None
        finally:
            self._running.discard(task)
