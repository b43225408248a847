"""`LinkGuard`: a pair's links go only when what was acknowledged is what stands in their ledgers (I1, S94).

Every other resource of a pair that knows a ledger is about one direction, and leaves when the link turns or a standby
is rebuilt; no receipt could reach it any more. This one stays as long as the links do. It depends on all that uses
them, so that a destroy stops here before anything else is touched; it records its inputs and calls nobody.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pydantic import Field

from provider.ledger_guard import refuse_unacknowledged, refuse_unended, unusable_ledger
from provider.recorded import require_recorded
from provider.resource import Difference, Inputs, Log, Resource, read_inputs
from provider.values import Properties, changed, known, known_items


class Place(Inputs):
    """Where a link's ledgers lie in their store."""

    cluster_id: str = Field(pattern=r"^lkc-[A-Za-z0-9]+$", description="The cluster that has the mirrors.")
    link_name: str = Field(min_length=1, description="Its cluster link.")


class KeptPlace(Place):
    """The same of a link that is kept from a loss."""

    epoch: int = Field(ge=1, strict=True, description="Term in which its site was failed over.")
    unlocked: bool = Field(default=False, description="The link's locks are lifted: it is answered for.")


class LinkGuardInputs(Inputs):
    """Inputs of `LinkGuard`."""

    ledgers: list[Place] = Field(description="Of each direction: the cluster that has the mirrors, and the link.")
    kept: list[KeptPlace] = Field(default_factory=list, description="The same of links that are kept from a loss.")
    ledger_url: str = Field(default="", description="Store of the ledgers; empty when there never can be a flip.")
    acknowledged: list[str] = Field(default_factory=list, description="Receipts of `drctl recover`, <epoch>:<digest>.")


class LinkGuardResource(Resource):
    """See `provider.resource.Resource`."""

    token: ClassVar[str] = "kafkadr:index:LinkGuard"  # noqa: S105 - a type token
    inputs: ClassVar[type[Inputs]] = LinkGuardInputs
    description: ClassVar[str] = "Refuses to let links go before their ledgers are answered for, by receipt."
    outputs: ClassVar[dict[str, dict[str, Any]]] = {}

    def check(self, old: Properties, new: Properties) -> list[CheckFailure]:
        """Refuse what could not be asked later."""
        del old
        failures = list(read_inputs(LinkGuardInputs, new).failures)
        url = known(new)[0].get("ledgerUrl", "")
        if isinstance(url, str) and url:
            failures += unusable_ledger(url)
        return failures

    async def diff(self, state: Properties, new: Properties) -> Difference:
        """Whatever differs is recorded."""
        return Difference(changed(state, new, self.inputs.names()))

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Record the places and the receipts."""
        del log, preview
        places = known(new)[0].get("ledgers", [])
        return "+".join(f"{place['clusterId']}/{place['linkName']}" for place in places), {}

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """Record them; a link that is no longer guarded has to be answered for, in preview, too."""
        del log, preview
        require_recorded(LinkGuardInputs, state, self.outputs)
        recorded, asked = known(state)[0], known(new)[0]
        # A new site's cluster has no id at preview: what is asked for is compared as far as it is known.
        places = known_items(new["ledgers"]) if "ledgers" in new else []
        url, kept, was = asked.get("ledgerUrl", ""), asked.get("kept", []), recorded.get("kept", [])
        for place in kept:
            if _key(place) not in map(_key, was):
                await refuse_unended(*_key(place), place["epoch"], url)
        moved = url != recorded.get("ledgerUrl", "")
        stay = {_key(place) for place in [*places, *(k for k in kept if not k.get("unlocked"))]}
        gone = [place for place in _places(recorded) if moved or _key(place) not in stay]
        await refuse_unacknowledged(gone, recorded.get("ledgerUrl", ""), asked.get("acknowledged", []))
        return {}

    async def read(self, state: Properties, inputs: Properties) -> dict[str, PropertyValue] | None:
        """State is the only place where it is recorded."""
        del state, inputs
        return {}

    async def delete(self, state: Properties, log: Log) -> None:
        """Forget, and refuse it while a ledger is not answered for by the receipts that were recorded last."""
        del log
        require_recorded(LinkGuardInputs, state, self.outputs)
        values, _ = known(state)
        await refuse_unacknowledged(_places(values), values.get("ledgerUrl", ""), values.get("acknowledged", []))


def _places(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [*values.get("ledgers", []), *values.get("kept", [])]


def _key(place: dict[str, Any]) -> tuple[str, str]:
    return place["clusterId"], place["linkName"]
