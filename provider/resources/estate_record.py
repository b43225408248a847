"""`EstateRecord`: the estate as it was last read well, in the switch's own state. A switch plans without its estate."""

from __future__ import annotations

from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pydantic import Field

from kafkadr.errors import DrError
from kafkadr.estate.document import parse
from provider.resource import Difference, Inputs, Log, Resource, Reviewed
from provider.values import Properties, changed, known


class EstateRecordInputs(Inputs):
    """Inputs of `EstateRecord`."""

    document: dict[str, Any] | None = Field(default=None, description="The estate's output `dr`, if it can be read.")
    problem: str = Field(default="", description="Why it cannot be read; empty when it can.")


class EstateRecordResource(Resource):
    """See `provider.resource.Resource`."""

    token: ClassVar[str] = "kafkadr:index:EstateRecord"  # noqa: S105 - a type token
    inputs: ClassVar[type[Inputs]] = EstateRecordInputs
    description: ClassVar[str] = "The estate's document as last read well; answers when today's cannot be used."
    outputs: ClassVar[dict[str, dict[str, Any]]] = {}

    async def review(self, old: Properties, new: Properties, log: Log) -> Reviewed:
        """Today's document if it can be used, else the recorded one with a warning; without either, a failure."""
        values = known(new)[0]
        try:
            parse(values.get("document"))
        except DrError as error:
            problem = values.get("problem") or str(error)
        else:
            return Reviewed({"document": new["document"]})
        if "document" in old:
            say = f"the estate cannot be used today, so its recorded document is: {problem}"
            log.warning(say)
            return Reviewed({"document": old["document"]})
        return Reviewed(new, [CheckFailure("", f"the estate cannot be used, and none is recorded: {problem}")])

    async def compare(self, old: Properties, state: Properties, new: Properties, log: Log) -> Difference:
        """Another document."""
        del state, log
        return Difference(changed(old, new, ("document",)))

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Record it."""
        del new, log, preview
        return "estate", {}

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """Record the newer one."""
        del state, new, log, preview
        return {}

    async def read(self, state: Properties, inputs: Properties) -> dict[str, PropertyValue] | None:
        """What was read last stays until the program reads anew."""
        del state, inputs
        return {}
