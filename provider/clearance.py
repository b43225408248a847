"""`Clearance`: the stale topics of an old primary are deleted, so that a link the other way can mirror onto it.

Two updates: the first one arms it, which asks both clusters and deletes nothing; the second one fires it, with the very
names that were armed. `kafkadr.clearing_run` is what it does. Dropping it from the program only forgets it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pydantic import Field

from kafkadr.clearing_run import Clearance
from kafkadr.ledger import Ledger
from kafkadr.recovery.cluster import Client, cluster_at
from kafkadr.turning import Halves
from provider import pointing
from provider.halves import SidesInputs
from provider.ledger_guard import unusable_ledger
from provider.recorded import read_recorded
from provider.resource import Difference, Inputs, Log, Resource, read_inputs
from provider.values import NOT_KNOWN_YET, Properties, changed, wrap

READ_BUDGET_SECONDS = 60.0


class ClearanceInputs(SidesInputs):
    """Inputs of `Clearance`."""

    link_name: str = Field(min_length=1, description="The link whose mirrors stopped on the new primary.")
    old_bootstrap_endpoint: str = Field(min_length=1, description="Kafka bootstrap endpoint of the old primary.")
    topics: list[str] = Field(min_length=1, description="Topics to delete there: all that the link mirrored.")
    fire: bool = Field(default=False, description="Delete them; only what an earlier update has armed.")
    epoch: int = Field(ge=1, strict=True, description="Term of the flip, which its ledger belongs to.")
    primary: str = Field(min_length=1, description="Site that is primary in this term.")
    ledger_url: str = Field(min_length=1, description="file:///folder or s3://bucket/prefix of the flip's ledger.")
    acknowledged: list[str] = Field(default_factory=list, description="Receipts of `drctl recover`, <epoch>:<digest>.")
    pointer_url: str = Field(default="", description="The pair's pointer, asked whether the term is the newest one.")

    def brokers(self) -> Client:
        """The old primary over Kafka's protocol."""
        key = self.old_credentials
        return Client(cluster_at("the old primary", self.old_bootstrap_endpoint, key.key, key.secret))

    async def current(self) -> None:
        """Refuse a term that is over. Unlike a flip, a deletion does not go on when the pointer cannot be read."""
        if self.pointer_url:
            pointing.refuse(await pointing.read(self.pointer_url), self.epoch, self.primary)

    def clearance(self, sides: Halves, log: Log) -> Clearance:
        """What is to be done."""
        ledger = Ledger(self.ledger_url, self.new_cluster_id, self.link_name, self.epoch)
        return Clearance(
            sides,
            sorted(self.topics),
            ledger,
            self.ledger_url,
            self.acknowledged,
            self.brokers,
            self.current,
            log.info,
            log.warning,
            log.progress,
        )


class ClearanceResource(Resource):
    """See `provider.resource.Resource`."""

    token: ClassVar[str] = "kafkadr:index:Clearance"  # noqa: S105 - a type token
    inputs: ClassVar[type[Inputs]] = ClearanceInputs
    description: ClassVar[str] = "Deletes the named stale topics of an old primary, once they were armed."
    outputs: ClassVar[dict[str, dict[str, Any]]] = {
        "armed": {"$ref": "pulumi.json#/Any", "description": "What was there: topics, partitions, records, rows."},
        "cleared": {"$ref": "pulumi.json#/Any", "description": "What was deleted: topics, partitions, records, rows."},
    }

    def check(self, old: Properties, new: Properties) -> list[CheckFailure]:
        """Refuse inputs that cannot be carried out, and firing what was not armed."""
        asked = read_inputs(ClearanceInputs, new)
        if asked.model is None:
            return asked.failures
        failures = [
            CheckFailure("topics", f"names {name} {count} times")
            for name, count in sorted(Counter(asked.model.topics).items())
            if count > 1
        ]
        if asked.model.fire:
            armed = read_recorded(ClearanceInputs, old)
            failures += armed.failures or _unarmed(armed.model, asked.model)
        return failures + unusable_ledger(asked.model.ledger_url)

    async def diff(self, state: Properties, new: Properties) -> Difference:
        """Inputs that differ."""
        return Difference(changed(state, new, self.inputs.names()))

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Arm, which asks and counts."""
        asked = read_inputs(ClearanceInputs, new).model
        if asked is None:
            return "", dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        name = f"{asked.old_cluster_id}/{asked.link_name}/{asked.epoch}"
        return name, await _apply(asked, {}, log, preview=preview)

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """Fire, or arm once more."""
        asked = read_inputs(ClearanceInputs, new).model
        if asked is None:
            return dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        return await _apply(asked, state, log, preview=preview)

    async def read(self, state: Properties, inputs: Properties) -> dict[str, PropertyValue] | None:
        """What was deleted stays deleted; what may take its place is the mirrors' affair."""
        del inputs
        return {k: state[k] for k in self.outputs if k in state}


async def _apply(asked: ClearanceInputs, state: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
    async with asked.clients(READ_BUDGET_SECONDS if preview else float(asked.budget_seconds)) as sides:
        clearance = asked.clearance(sides, log)
        if not asked.fire:
            return {"armed": wrap(await clearance.forecast(fire=False)), "cleared": wrap({})}
        found = await (clearance.forecast(fire=True) if preview else clearance.run())
        return {"armed": state["armed"], "cleared": wrap(found)}


def _unarmed(armed: ClearanceInputs | None, asked: ClearanceInputs) -> list[CheckFailure]:
    """Two locks: what is deleted was named, and seen, in an update that deleted nothing."""
    if armed is None:
        return [
            CheckFailure(
                "fire", "nothing was armed: run an update of its own with standby: clear-armed first, then this one"
            )
        ]
    more, less = set(asked.topics) - set(armed.topics), set(armed.topics) - set(asked.topics)
    failures = [CheckFailure("topics", f"{name} was not armed: only what was may be deleted") for name in sorted(more)]
    failures += [CheckFailure("topics", f"{name} was armed and is left out: all go, or none") for name in sorted(less)]
    for name in ("old_cluster_id", "new_cluster_id", "link_name", "epoch"):
        if getattr(asked, name) != getattr(armed, name):
            path = ClearanceInputs.model_fields[name].alias or name
            failures.append(CheckFailure(path, f"was {getattr(armed, name)} when the topics were armed"))
    return failures
