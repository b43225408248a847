"""One resource without the engine, called in the engine's order: check, diff, preview, then create or update."""

from __future__ import annotations

import asyncio
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue

from provider.resource import Log, Resource
from provider.values import known, plain, without_nulls, wrap

Properties = dict[str, PropertyValue]


class RefusedByCheckError(Exception):
    """The check found failures, in its words."""


class OneResource:
    """State and inputs of one resource, and what it said to the operator."""

    def __init__(self, resource: Resource, **inputs: Any) -> None:
        self.kind = resource
        self.base = inputs
        self.id = ""
        self.state: Properties | None = None
        self.inputs: Properties = {}
        self.said: list[str] = []
        self.log = Log(self.said.append, self.said.append, self.said.append)

    def want(self, **changes: Any) -> Properties:
        """Inputs with changes; a PropertyValue is taken as it is, for unknowns and secrets."""
        found = {k: v if isinstance(v, PropertyValue) else wrap(v) for k, v in (self.base | changes).items()}
        return without_nulls(found)

    def failures(self, **changes: Any) -> list[tuple[str, str]]:
        """What the check says."""
        return [(f.property, f.reason) for f in self.kind.check(self.inputs, self.want(**changes))]

    def remarks(self, **changes: Any) -> list[str]:
        """What it says although nothing changes."""
        before = len(self.said)
        asyncio.run(self.kind.remark(self.want(**changes), self.log))
        return self.said[before:]

    def changes(self, **changes: Any) -> list[str]:
        """What the diff says."""
        assert self.state is not None
        return asyncio.run(self.kind.diff(self.state, self.want(**changes))).changes

    def replaces(self, **changes: Any) -> list[str]:
        """Which of it makes another thing of it."""
        assert self.state is not None
        return asyncio.run(self.kind.diff(self.state, self.want(**changes))).replaces

    def preview(self, **changes: Any) -> Properties:
        """The outputs that a preview shows."""
        return self._run(self._checked(changes), preview=True)

    def up(self, **changes: Any) -> dict[str, Any]:
        """Preview, then the deed; the outputs in plain."""
        new = self._checked(changes)
        self._run(new, preview=True)
        return self.up_without_preview(**changes)

    def up_without_preview(self, **changes: Any) -> dict[str, Any]:
        """The deed alone."""
        new = self._checked(changes)
        outputs = self._run(new, preview=False)
        self.inputs, self.state = new, new | outputs
        return known(outputs)[0]

    def refresh(self) -> dict[str, Any] | None:
        """Read; None when the resource left the state."""
        assert self.state is not None
        found = asyncio.run(self.kind.read(self.state, self.inputs))
        self.state = None if found is None else self.inputs | found
        return None if found is None else known(found)[0]

    def delete(self) -> None:
        """Delete."""
        assert self.state is not None
        asyncio.run(self.kind.delete(self.state, self.log))

    def adopt(self, name: str) -> dict[str, Any]:
        """Import by id; the inputs in plain."""
        self.id = name
        self.inputs = dict(asyncio.run(self.kind.imported(name)))
        self.state = dict(self.inputs)
        self.refresh()
        return {k: plain(v) for k, v in self.inputs.items()}

    def _checked(self, changes: dict[str, Any]) -> Properties:
        new = self.want(**changes)
        failures = self.kind.check(self.inputs, new)
        if failures:
            raise RefusedByCheckError("; ".join(f"{f.property}: {f.reason}" for f in failures))
        return new

    def _run(self, new: Properties, *, preview: bool) -> Properties:
        if self.state is None:
            name, outputs = asyncio.run(self.kind.create(new, self.log, preview=preview))
            self.id = name
            return outputs
        return asyncio.run(self.kind.update(self.state, new, self.log, preview=preview))
