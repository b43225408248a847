"""`Restoration`: the old primary of a bidirectional link becomes the mirror, without a topic being deleted.

Refuses before anything is touched when the flip's ledger is not settled, when a topic cannot follow, or when records
would be cut that cannot be archived. Then: archive, ledger, call, poll, in this order; a rerun goes on from what the
lists of mirrors say. Nothing is owned: dropping it from the program only forgets it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pydantic import Field

from kafkadr.ledger import Ledger
from kafkadr.recovery.cluster import Client, cluster_at
from kafkadr.restoring_run import Restore, Said
from provider.halves import HalvesInputs
from provider.ledger_guard import unusable_ledger
from provider.resource import Difference, Inputs, Log, Resource, read_inputs
from provider.values import NOT_KNOWN_YET, Properties, changed, wrap

READ_BUDGET_SECONDS = 60.0


class Archive(StrEnum):
    """What happens to the records that are cut."""

    REQUIRED = "required"
    WAIVED = "waived"


class RestorationInputs(HalvesInputs):
    """Inputs of `Restoration`."""

    old_bootstrap_endpoint: str = Field(min_length=1, description="Kafka bootstrap endpoint of the old primary.")
    epoch: int = Field(ge=1, strict=True, description="Term of the flip, which its ledger belongs to.")
    ledger_url: str = Field(min_length=1, description="file:///folder or s3://bucket/prefix; takes the archive, too.")
    acknowledged: list[str] = Field(default_factory=list, description="Receipts of `drctl recover`, <epoch>:<digest>.")
    archive: Archive = Field(default=Archive.REQUIRED, description="required, or waived: the cut records are lost.")

    @property
    def ledger(self) -> Ledger:
        """The flip's ledger, kept for the cluster that survived."""
        return Ledger(self.ledger_url, self.new_cluster_id, self.link_name, self.epoch)

    def brokers(self) -> Client:
        """The old primary over Kafka's protocol."""
        key = self.old_credentials
        return Client(cluster_at("the old primary", self.old_bootstrap_endpoint, key.key, key.secret))


class RestorationResource(Resource):
    """See `provider.resource.Resource`."""

    token: ClassVar[str] = "kafkadr:index:Restoration"  # noqa: S105 - a type token
    inputs: ClassVar[type[Inputs]] = RestorationInputs
    description: ClassVar[str] = "Makes the old primary of a bidirectional link the mirror: archive, cut, mirror."
    outputs: ClassVar[dict[str, dict[str, Any]]] = {
        "states": {"type": "object", "additionalProperties": {"type": "integer"}, "description": "Mirrors per status."},
        "cut": {"$ref": "pulumi.json#/Any", "description": "Records cut off: records, partitions, rows."},
        "archived": {"$ref": "pulumi.json#/Any", "description": "Where they are: url, records, objects."},
    }

    def check(self, old: Properties, new: Properties) -> list[CheckFailure]:
        """Refuse inputs that cannot be carried out."""
        del old
        asked = read_inputs(RestorationInputs, new)
        if asked.model is None:
            return asked.failures
        return unusable_ledger(asked.model.ledger_url)

    async def diff(self, state: Properties, new: Properties) -> Difference:
        """Inputs that differ: another term is another restoration."""
        return Difference(changed(state, new, self.inputs.names()))

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Restore, or say in preview what would be cut."""
        asked = read_inputs(RestorationInputs, new).model
        if asked is None:
            return "", dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        return f"{asked.old_cluster_id}/{asked.link_name}/{asked.epoch}", await _apply(asked, log, preview=preview)

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """As create: what is done already stays."""
        del state
        return (await self.create(new, log, preview=preview))[1]

    async def read(self, state: Properties, inputs: Properties) -> dict[str, PropertyValue] | None:
        """What a restore cut off stays true; the mirrors are `MirrorState`'s."""
        del inputs
        return {k: state[k] for k in self.outputs if k in state}


async def _apply(asked: RestorationInputs, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
    brokers = asked.brokers if asked.archive is Archive.REQUIRED else None
    said = Said(log.info, log.warning, log.progress)
    async with asked.clients(READ_BUDGET_SECONDS if preview else float(asked.budget_seconds)) as halves:
        restore = Restore(halves, asked.ledger, asked.acknowledged, brokers, asked.chunk_size, said)
        result = await (restore.preview() if preview else restore.run())
    return {name: wrap(value) for name, value in result.items()}
