"""`Transition`: the guard at the root of the graph. It changes nothing; it refuses what must not happen."""

from __future__ import annotations

from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pydantic import Field

from kafkadr.phase import Change, Standby, Term, legal
from provider import pointing
from provider.resource import Difference, Inputs, Log, Resource, read_inputs
from provider.values import Properties, changed, known, wrap

_PROPERTY_OF = {"settings.onboarding.topics": "topics"}


class TransitionInputs(Inputs):
    """Inputs of `Transition`."""

    sites: list[str] = Field(min_length=2, max_length=2, description="Both site names, sorted.")
    primary: str = Field(description="The site that is to be primary.")
    epoch: int = Field(ge=1, strict=True, description="Term number; rises by one with each change of primary.")
    change: Change = Field(default=Change.NONE, description="none, failover or promote.")
    standby: Standby = Field(default=Standby.MIRRORING, description="mirroring, retained or rebuilding.")
    handover: str = Field(default="", description="Token of the demotion step, for promote.")
    topics: list[str] = Field(default_factory=list, description="Declared topics.")
    pointer_url: str = Field(default="", description="The pair's pointer, asked before a term is accepted.")

    def term(self) -> Term:
        """The term these inputs ask for."""
        return Term(
            primary=self.primary,
            epoch=self.epoch,
            change=self.change,
            standby=self.standby,
            topics=tuple(self.topics),
            handover=self.handover,
        )


class TransitionResource(Resource):
    """See `provider.resource.Resource`."""

    token: ClassVar[str] = "kafkadr:index:Transition"  # noqa: S105 - a type token
    inputs: ClassVar[type[Inputs]] = TransitionInputs
    description: ClassVar[str] = "Guard of a pair: holds primary, epoch and history; refuses illegal moves."
    outputs: ClassVar[dict[str, dict[str, Any]]] = {
        "phase": {"type": "string", "description": "steady, failed-over or rebuilding."},
        "history": {
            "type": "array",
            "items": {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}},
            "description": "Every accepted term, oldest first.",
        },
    }

    def check(self, old: Properties, new: Properties) -> list[CheckFailure]:
        """Refuse bad inputs and illegal moves; the old inputs are the recorded term."""
        asked = read_inputs(TransitionInputs, new)
        if asked.model is None:
            return asked.failures or [
                CheckFailure(name, "must be known at preview: take it from the stack config, not from a resource")
                for name in sorted(asked.unknown)
            ]
        if asked.model.primary not in asked.model.sites:
            return [CheckFailure("primary", f"{asked.model.primary!r} is none of {', '.join(asked.model.sites)}")]
        recorded = read_inputs(TransitionInputs, old).model if old else None
        return [
            CheckFailure(_PROPERTY_OF.get(r.key, r.key), str(r))
            for r in legal(recorded.term() if recorded else None, asked.model.term())
        ]

    async def diff(self, state: Properties, new: Properties) -> Difference:
        """A new term is an update in place."""
        return Difference(changed(state, new))

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Record the first term."""
        del preview
        await _ask_the_pointer(new, log)
        return "transition", _outputs(new, [])

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """Record the next term, unless the pointer knows a later one."""
        del preview
        await _ask_the_pointer(new, log)
        return _outputs(new, known(state)[0].get("history", []))

    async def read(self, state: Properties, inputs: Properties) -> dict[str, PropertyValue] | None:
        """State is the only place where a term is recorded."""
        del inputs
        return {k: state[k] for k in self.outputs if k in state}


async def _ask_the_pointer(new: Properties, log: Log) -> None:
    """Before anything else is touched, without a preview as well: epoch in the pointer beats epoch in state (Q7)."""
    asked = TransitionInputs.model_validate(known(new)[0])
    if asked.pointer_url:
        await pointing.gate(asked.pointer_url, asked.epoch, asked.primary, log)


def _outputs(new: Properties, history: list[dict[str, Any]]) -> dict[str, PropertyValue]:
    term = TransitionInputs.model_validate(known(new)[0]).term()
    entry = {
        "epoch": term.epoch,
        "primary": term.primary,
        "change": term.change.value,
        "standby": term.standby.value,
    }
    if not history or history[-1] != entry:
        history = [*history, entry]
    return {"phase": wrap(term.phase.value), "history": wrap(history)}
