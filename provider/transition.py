"""`Transition`: the guard at the root of the graph. It changes nothing; it refuses what must not happen."""

from __future__ import annotations

from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pydantic import Field, SecretStr

from kafkadr.errors import DrError, RefusedError
from kafkadr.handover import verify
from kafkadr.phase import Change, Evidence, Kept, Phase, Refusal, Standby, Term, Verdict, judge
from provider import pointing
from provider.recorded import read_recorded, require_recorded
from provider.resource import Difference, Inputs, Log, Resource, read_inputs
from provider.values import Properties, changed, known, wrap

_PROPERTY_OF = {
    "settings.onboarding.topics": "topics",
    "settings.sites": "sites",
    "settings.link.name": "link",
    "settings.link.mode": "mode",
    "settings.link.home": "home",
    "settings.link.prefix": "prefix",
    "settings.link.back": "idle",
    "settings.link.built": "built",
    "settings.kept": "kept",
    "settings.recovery.acknowledged": "acknowledged",
}


class KeptInputs(Inputs):
    """A lost site whose link is kept."""

    site: str = Field(min_length=1, description="Name of the site.")
    epoch: int = Field(ge=1, strict=True, description="Term in which it was failed over.")
    link: str = Field(min_length=1, description="Name of its link.")
    home: str = Field(default="", description="The link's home, for a bidirectional one.")
    built: int = Field(default=0, ge=0, strict=True, description="Term in which its link was built; 0: the first one.")
    unlocked: bool = Field(default=False, description="Its locks are lifted.")


class TransitionInputs(Inputs):
    """Inputs of `Transition`."""

    sites: list[str] = Field(min_length=2, max_length=2, description="Both site names, sorted.")
    primary: str = Field(description="The site that is to be primary.")
    epoch: int = Field(ge=1, strict=True, description="Term number; rises by one with each change of primary.")
    change: Change = Field(default=Change.NONE, description="none, failover or promote.")
    standby: Standby = Field(
        default=Standby.MIRRORING, description="mirroring, retained, clear-armed, clear-fired or restoring."
    )
    handover: str = Field(default="", description="Token of the demotion step, for promote.")
    handover_key: SecretStr = Field(default=SecretStr(""), description="Key that signs handover tokens.")
    topics: list[str] = Field(default_factory=list, description="Declared topics.")
    link: str = Field(default="", description="Name of the link that runs.")
    bidirectional: bool = Field(default=False, description="Whether the link can turn round; it never changes.")
    mode: str = Field(default="", description="Mode of the link; it never changes.")
    home: str = Field(default="", description="The site that built a bidirectional link as primary; it never changes.")
    prefix: str = Field(default="", description="Prefix of the link; it never changes.")
    idle: str = Field(default="", description="The one-way link that waits for its direction, once there are two.")
    kept: list[KeptInputs] = Field(default_factory=list, description="Lost sites whose links are kept.")
    built: int = Field(default=0, ge=0, strict=True, description="Term in which the link was built; 0: the first one.")
    released: list[str] = Field(default_factory=list, description="The lost site, once it may leave the pair.")
    acknowledged: list[str] = Field(default_factory=list, description="Receipts of `drctl recover`, <epoch>:<digest>.")
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
            sites=tuple(sorted(self.sites)),
            bidirectional=self.bidirectional,
            link=self.link,
            kept=tuple(Kept(**k.model_dump()) for k in self.kept),
            acknowledged=tuple(sorted(self.acknowledged)),
            mode=self.mode,
            home=self.home,
            prefix=self.prefix,
            idle=self.idle,
            built=self.built,
            released=tuple(sorted(self.released)),
        )

    def evidence(self, history: list[dict[str, Any]]) -> Evidence:
        """What is known of the token, and which tokens were used."""
        used = frozenset(str(entry["nonce"]) for entry in history if "nonce" in entry)
        if not self.handover:
            return Evidence(used=used)
        try:
            return Evidence(claims=verify(self.handover, self.handover_key), used=used)
        except DrError as flaw:
            return Evidence(flaw=flaw, used=used)


class TransitionResource(Resource):
    """See `provider.resource.Resource`."""

    token: ClassVar[str] = "kafkadr:index:Transition"  # noqa: S105 - a type token
    inputs: ClassVar[type[Inputs]] = TransitionInputs
    description: ClassVar[str] = "Guard of a pair: holds primary, epoch and history; refuses illegal moves."
    outputs: ClassVar[dict[str, dict[str, Any]]] = {
        "phase": {"type": "string", "description": f"{', '.join(Phase)}."},
        "demotion": {
            "$ref": "pulumi.json#/Any",
            "description": "What the accepted handover token says; empty without.",
        },
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
        before = read_recorded(TransitionInputs, old)
        if before.failures:
            return before.failures
        recorded = before.model.term() if before.model else None
        return _failures(judge(recorded, asked.model.term(), asked.model.evidence([])))

    async def diff(self, state: Properties, new: Properties) -> Difference:
        """A new term is an update in place. The history, which knows the tokens that were used, has to be readable."""
        require_recorded(TransitionInputs, state, self.outputs)
        return Difference(changed(state, new, self.inputs.names()))

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Record the first term."""
        del preview
        await _ask_the_pointer(new, log)
        return "transition", _outputs(new, {})

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """Record the next term, unless the pointer knows a later one or its token was used in any earlier one."""
        del preview
        await _ask_the_pointer(new, log)
        before = known(state)[0]
        _refuse_used(new, before.get("history", []))
        return _outputs(new, before)

    async def read(self, state: Properties, inputs: Properties) -> dict[str, PropertyValue] | None:
        """State is the only place where a term is recorded."""
        del inputs
        return {k: state[k] for k in self.outputs if k in state}


def _failures(verdict: Verdict) -> list[CheckFailure]:
    found = [_failure(r) for r in verdict.refusals]
    if found and verdict.ways:
        ways = "\n".join(f"  - {way}" for way in verdict.ways)
        found.append(CheckFailure("", f"Legal from here:\n{ways}"))
    return found


def _failure(refusal: Refusal) -> CheckFailure:
    if refusal.key == "handover":  # The engine prints the value of a property that a failure names.
        return CheckFailure("", f"handover: {refusal}")
    key = "released" if refusal.key.startswith("settings.sites.") else refusal.key
    return CheckFailure(_PROPERTY_OF.get(key, key), str(refusal))


async def _ask_the_pointer(new: Properties, log: Log) -> None:
    """Before anything else is touched, without a preview as well: epoch in the pointer beats epoch in state (Q7)."""
    asked = TransitionInputs.model_validate(known(new)[0])
    if asked.pointer_url:
        await pointing.gate(asked.pointer_url, asked.epoch, asked.primary, log)


def _refuse_used(new: Properties, history: list[dict[str, Any]]) -> None:
    """The check sees the last term alone; the history knows every token."""
    asked = TransitionInputs.model_validate(known(new)[0])
    claims = asked.evidence(history).claims
    used = next((e for e in history if claims and e.get("nonce") == claims.nonce), None)
    if used is not None and used["epoch"] != asked.epoch:
        raise RefusedError(
            f"the handover token was used already, to enter epoch {used['epoch']}",
            "Run `drctl demote` now and set handover to the token it prints",
        )


def _outputs(new: Properties, before: dict[str, Any]) -> dict[str, PropertyValue]:
    asked = TransitionInputs.model_validate(known(new)[0])
    term, claims, history = asked.term(), asked.evidence([]).claims, list(before.get("history", []))
    demotion = claims.model_dump() if claims else {}
    if term.handover and not claims:
        demotion = before.get("demotion", {})  # The key was changed since: what was accepted stays accepted.
    entry: dict[str, Any] = {
        "epoch": term.epoch,
        "primary": term.primary,
        "change": term.change.value,
        "standby": term.standby.value,
    } | ({"nonce": demotion["nonce"]} if demotion else {})
    if not history or history[-1] != entry:
        history = [*history, entry]
    return {"phase": wrap(term.phase.value), "demotion": wrap(demotion), "history": wrap(history)}
