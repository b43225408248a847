"""The life cycle of a resource, as the bridge runs it: plan, run the handlers, keep what a failure leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.standin import diffs
from emulator.standin.checks import DEFAULTS
from emulator.standin.operation import Configuration, Operation, ProviderError
from emulator.standin.transport import ApiError, Rest
from emulator.standin.waits import WaitError

if TYPE_CHECKING:
    from emulator.standin.fields import Field, Handler, Resource
    from emulator.standin.values import Props

FAILURES = (ApiError, ProviderError, WaitError, KeyError, TypeError)
"""What ends an operation. The last two are answers without the expected fields: the vendor's decoding errors."""


class PartialFailureError(Exception):
    """An operation failed after the resource came to be: it stays in state, with ``state`` as outputs.

    On an update ``state`` holds the *wanted* values. The engine sees no difference the next time, only init errors,
    sends an empty update, which reads and succeeds: a green run that moved nothing.
    """

    def __init__(self, resource_id: str, state: Props, reason: str) -> None:
        super().__init__(reason)
        self.resource_id = resource_id
        self.state = state


@dataclass(frozen=True)
class Life:
    """Runs the operations of all resource types with one provider configuration."""

    config: Configuration
    cloud: Rest

    async def create(self, row: Resource, inputs: Props, urn: str) -> Operation:
        """Create, or raise PartialFailureError once the id is known."""
        op = Operation(self.config, self.cloud, state=diffs.wanted(row, {}, inputs), is_new=True)
        await self._run(row.create, op, f"creating {urn}")
        return op

    async def update(self, row: Resource, resource_id: str, old: Props, new: Props, urn: str) -> Operation:
        """Update to the planned state ``new``; every failure is partial."""
        op = Operation(self.config, self.cloud, id=resource_id, old=old, state=dict(new))
        await self._run(row.update, op, f"updating {urn}")
        if op.gone:
            raise ProviderError(
                f"Resource provider reported that the resource did not exist while updating {urn}.\n\n"
                "This is usually a result of the resource having been deleted outside of Pulumi, and can often be "
                "fixed by running `pulumi refresh` before updating."
            )
        return op

    async def read(self, row: Resource, resource_id: str, state: Props) -> Operation:
        """Refresh when there is state, else import."""
        op = Operation(self.config, self.cloud, id=resource_id, state=dict(state), is_new=not state)
        if op.is_new:
            row.adopt(op)
        async with op.stack:
            await row.read(op)
        return op

    async def delete(self, row: Resource, resource_id: str, state: Props) -> None:
        """Delete with the credentials that state holds."""
        op = Operation(self.config, self.cloud, id=resource_id, state=dict(state))
        async with op.stack:
            await row.delete(op)

    async def _run(self, handler: Handler, op: Operation, doing: str) -> None:
        try:
            async with op.stack:
                await handler(op)
        except (*FAILURES, asyncio.CancelledError) as error:
            if not op.id:
                raise
            raise PartialFailureError(op.id, op.state, f"{doing}: {describe(error)}") from error


def describe(error: BaseException) -> str:
    """Return what the user sees of a failure."""
    if isinstance(error, asyncio.CancelledError):
        return "the operation was cancelled"
    if isinstance(error, KeyError | TypeError):
        return f"the answer could not be decoded: {type(error).__name__} {error}"
    return str(error)


def inputs_after_read(row: Resource, old_inputs: Props, state: Props, *, imported: bool) -> Props:
    """Return the inputs that a read leaves in state.

    After a refresh: the old inputs with live values, so drift shows. After an import: all that can be set.
    """
    fields = row.inputs()
    if imported:
        return {name: _settable(f, state[name]) for name, f in fields.items() if state.get(name) not in (None, "")}
    return {name: _live(fields[name], old, state.get(name)) for name, old in old_inputs.items() if name in fields}


def _settable(field: Field, value: Any) -> Any:
    if field.kind == "block":
        return {n: _settable(f, value[n]) for n, f in field.fields.items() if not f.output and value.get(n) is not None}
    return value


def _live(field: Field, old: Any, live: Any) -> Any:
    if live is None:
        return old if field.kind == "block" else ""
    if field.kind == "block" and isinstance(old, dict) and isinstance(live, dict):
        return {n: _live(field.fields[n], v, live.get(n)) for n, v in old.items() if n in field.fields}
    if field.kind == "blocks":
        return old
    if field.kind == "map" and isinstance(old, dict) and isinstance(live, dict):
        return {name: live[name] for name in old if name in live}  # what others set is seen in outputs alone
    return live


def changes_of(row: Resource, old: Props, new: Props, ignored: Sequence[str]) -> list[diffs.Change]:
    """Return the differences of an update.

    Raises:
        ProviderError: for a change that the vendor refuses at plan time.
    """
    if refusal := row.plan_error(old, {k: v for k, v in new.items() if k != DEFAULTS}):
        raise ProviderError(refusal)
    return diffs.diff(row, old, new, ignored)
