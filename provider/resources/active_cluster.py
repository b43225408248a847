"""`ActiveCluster`: the guard of the switch, its record and its moves; the root after the estate's record."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pydantic import Field, field_validator

from kafkadr.model.edit import Approval, Change, Edit
from kafkadr.model.table import Kind
from provider.ledger_guard import unusable_ledger
from provider.recorded import read_recorded
from provider.resource import Difference, Inputs, Log, Resource, Reviewed, read_inputs
from provider.resources import moves
from provider.resources.run import RUN
from provider.resources.sites import LinkInputs, SiteInputs, topology_of
from provider.values import NOT_KNOWN_YET, Properties, changed, wrap

_APPROVED = re.compile(r"([1-9][0-9]*):([0-9a-f]{16})")
_KEYS = ("primary", "epoch", "change", "approved", "acceptLoss")
_TAKEN_UP = ("sites", "links", "recordUrl", "ledgerUrl", "vaultUrl", "environment")


class ActiveClusterInputs(Inputs):
    """Inputs of `ActiveCluster`."""

    environment: str = Field(min_length=1, description="Name of the environment; ledgers lie in a folder of this name.")
    primary: str = Field(min_length=1, description="Site that is to be active.")
    epoch: int = Field(ge=1, strict=True, description="One more with each move.")
    change: Change | None = Field(default=None, description="How primary changed: failover or promote.")
    approved: str | None = Field(
        default=None, pattern=f"^{_APPROVED.pattern}$", description="Plan of a promotion, <epoch>:<digest>."
    )
    accept_loss: int = Field(default=0, ge=0, strict=True, description="Epoch since which the target may lack records.")
    record_url: str = Field(min_length=1, description="The record of the active cluster.")
    ledger_url: str = Field(
        min_length=1, description="Store of ledgers and plans: file:///folder or s3://bucket/prefix."
    )
    vault_url: str = Field(default="", description="The vault with the clients' keys; empty without one.")
    sites: dict[str, SiteInputs] = Field(min_length=1, description="Sites of the estate, by name.")
    links: dict[str, LinkInputs] = Field(default_factory=dict, description="Links of the estate, by name.")
    topics: list[str] = Field(default_factory=list, description="Names of the declared mirrors.")
    budget_seconds: int = Field(default=300, ge=5, le=3600, strict=True, description="Bound of a whole move, s.")
    chunk_size: int = Field(default=500, ge=1, le=10_000, strict=True, description="Most names in one batch call.")

    @field_validator("primary")
    @classmethod
    def _one_word(cls, name: str) -> str:
        return name.strip()

    @property
    def edit(self) -> Edit:
        """The keys as the model knows them."""
        found = _APPROVED.fullmatch(self.approved or "")
        approved = Approval(int(found[1]), found[2]) if found else None
        return Edit(self.primary, self.epoch, self.change, approved, self.accept_loss)


class ActiveClusterResource(Resource):
    """See `provider.resource.Resource`."""

    token: ClassVar[str] = "kafkadr:index:ActiveCluster"  # noqa: S105 - a type token
    inputs: ClassVar[type[Inputs]] = ActiveClusterInputs
    description: ClassVar[str] = "Guard of an environment: decides by the record what an edit means, and moves."
    outputs: ClassVar[dict[str, dict[str, Any]]] = {
        "site": {"type": "string", "description": "Name of the active site."},
        "clusterId": {"type": "string", "description": "Its cluster."},
        "ledger": {
            "$ref": "pulumi.json#/Any",
            "description": "Ledger of the last move: url, digest; empty before one.",
        },
    }

    async def review(self, old: Properties, new: Properties, log: Log) -> Reviewed:
        """Decide what the edit means; refuse what must not be. A move records the topology that it went by."""
        asked = read_inputs(ActiveClusterInputs, new)
        if asked.model is None:
            early = sorted(asked.unknown - {"sites", "links", "topics"})
            unknown = [CheckFailure(n, "must be known at preview: take it from the stack's config") for n in early]
            return Reviewed(new, [*asked.failures, *unknown])
        before = read_recorded(ActiveClusterInputs, old)
        failures = before.failures or unusable_ledger(asked.model.ledger_url) or _renamed(before.model, asked.model)
        if failures:
            return Reviewed(new, failures)
        decided = await moves.decide(asked.model, before.model, log)
        if isinstance(decided, CheckFailure):
            return Reviewed(new, [decided])
        RUN.decided(asked.model.record_url, decided.decision.kind, decided.decision.state.cluster_id)
        if decided.decision.kind is not Kind.MOVE:
            return Reviewed(new)
        for line in _pending(old, new):
            log.warning(line)
        return Reviewed({**new, **{name: old[name] for name in _TAKEN_UP if name in old}})

    async def compare(self, old: Properties, state: Properties, new: Properties, log: Log) -> Difference:
        """A move or an adoption by its keys; at rest what the estate has changed. Keys that are left over are inert."""
        del state, log
        asked = read_inputs(ActiveClusterInputs, new).model
        kind = RUN.kind(asked.record_url) if asked else None
        moving = changed(old, new, ("primary", "epoch"))
        if moving or kind in {Kind.MOVE, Kind.ADOPT}:
            return Difference(changed(old, new, _KEYS))
        return Difference(changed(old, new, _TAKEN_UP))

    async def remark(self, new: Properties, log: Log) -> None:
        """What is wrong although nothing moves: an active site that takes no writes, a ledger that is missing."""
        asked = read_inputs(ActiveClusterInputs, new).model
        if asked is not None:
            await moves.remark(asked, log)

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Write the first record, or adopt the one that is there."""
        asked = read_inputs(ActiveClusterInputs, new).model
        if asked is None:
            return "", dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        if not preview:
            await moves.begin(asked, log)
        return asked.environment, _outputs(asked, {})

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """Move, adopt, or take up what the estate has changed."""
        asked = read_inputs(ActiveClusterInputs, new).model
        if asked is None:
            return dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        before = read_recorded(ActiveClusterInputs, {k: v for k, v in state.items() if k in self.inputs.names()})
        if before.model is None:
            raise moves.unreadable(before.failures)
        ledger = await (moves.preview if preview else moves.update)(asked, before.model, log)
        kept = {} if ledger is not None else {"ledger": state["ledger"]} if "ledger" in state else {}
        return _outputs(asked, ledger or {}) | kept

    async def read(self, state: Properties, inputs: Properties) -> dict[str, PropertyValue] | None:
        """State is what the guard compares with; a refresh changes nothing of it."""
        del inputs
        return {k: state[k] for k in self.outputs if k in state}


def _renamed(before: ActiveClusterInputs | None, asked: ActiveClusterInputs) -> list[CheckFailure]:
    if before is None or before.environment == asked.environment:
        return []
    said = f"the environment was {before.environment!r}: its ledgers lie under that name, which is fixed at birth"
    return [CheckFailure("environment", said)]


def _pending(old: Properties, new: Properties) -> list[str]:
    names = changed(old, new, _TAKEN_UP)
    if not names:
        return []
    said = f"{', '.join(names)} changed as well; this update moves and does nothing else, the next one takes them up"
    return [said]


def _outputs(asked: ActiveClusterInputs, ledger: dict[str, Any]) -> dict[str, PropertyValue]:
    cluster = topology_of(asked.sites, asked.links).cluster_of(asked.primary)
    return {"site": wrap(asked.primary), "clusterId": wrap(cluster), "ledger": wrap(ledger)}
