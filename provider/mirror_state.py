"""`MirrorState`: lifecycle of every mirror topic in scope of one cluster link.

Never deletes a topic, a mirror or a link. A flip is journalled in the ledger before the batch call and closed after
the last poll; an update that did not bring every topic to its target raises, so that the engine keeps the old state
and the next run takes up the rest (failure-modes #8, #28).
"""

from __future__ import annotations

from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pydantic import Field, SecretStr

from kafkadr.budget import Budget
from kafkadr.desired import Desired
from kafkadr.errors import ApiError, DrError
from kafkadr.filters import NameFilter
from kafkadr.flip import look_at
from kafkadr.ledger import LedgerError, open_store
from kafkadr.rest import KafkaRest
from kafkadr.survey import Wish
from provider import flipping
from provider.ledger_guard import refuse_unsettled
from provider.resource import Difference, Inputs, Log, Resource, read_inputs
from provider.values import NOT_KNOWN_YET, Properties, changed, known, wrap

READ_BUDGET_SECONDS = 60.0
NOT_FOUND = 404


class Credentials(Inputs):
    """An API key of the destination cluster."""

    key: str = Field(min_length=1, description="API key.")
    secret: SecretStr = Field(min_length=1, description="Its secret.")


class MirrorStateInputs(Inputs):
    """Inputs of `MirrorState`."""

    rest_endpoint: str = Field(pattern=r"^https?://[^\s/]+", description="Kafka REST endpoint of the destination.")
    cluster_id: str = Field(pattern=r"^lkc-[A-Za-z0-9]+$", description="The destination cluster.")
    link_name: str = Field(min_length=1, description="The cluster link on the destination cluster.")
    credentials: Credentials = Field(description="A key of the destination cluster.")
    desired: Desired = Field(description="ACTIVE, PAUSED, PROMOTED or FAILED_OVER.")
    topics: list[str] = Field(default_factory=list, description="Declared mirror topic names.")
    only_declared: bool = Field(default=False, description="Leave auto-created mirrors alone.")
    groups: list[NameFilter] = Field(default_factory=list, description="Group filters of the offset sync.")
    epoch: int = Field(default=1, ge=1, strict=True, description="Term number the ledger entry belongs to.")
    ledger_url: str = Field(default="", description="file:///folder or s3://bucket/prefix; needed for a flip.")
    budget_seconds: int = Field(default=300, ge=5, le=3600, strict=True, description="Bound of the whole flip, s.")
    chunk_size: int = Field(default=500, ge=1, le=10_000, strict=True, description="Most names in one batch call.")
    rpo_messages: int | None = Field(default=None, ge=0, strict=True, description="Most records to be left behind.")

    def wish(self) -> Wish:
        """What these inputs want of the link."""
        return Wish(self.link_name, self.desired, frozenset(self.topics), self.only_declared)

    def client(self, budget_seconds: float) -> KafkaRest:
        """A client of the destination cluster."""
        secret = self.credentials.secret
        return KafkaRest(self.rest_endpoint, self.cluster_id, self.credentials.key, secret, Budget(budget_seconds))


class MirrorStateResource(Resource):
    """See `provider.resource.Resource`."""

    token: ClassVar[str] = "kafkadr:index:MirrorState"  # noqa: S105 - a type token
    inputs: ClassVar[type[Inputs]] = MirrorStateInputs
    description: ClassVar[str] = "Lifecycle of every mirror topic in scope of one cluster link; never deletes a topic."
    outputs: ClassVar[dict[str, dict[str, Any]]] = {
        "states": {"type": "object", "additionalProperties": {"type": "integer"}, "description": "Mirrors per status."},
        "total": {"type": "integer", "description": "Mirrors in scope."},
        "forecast": {"$ref": "pulumi.json#/Any", "description": "What the flip costs."},
        "ledger": {"$ref": "pulumi.json#/Any", "description": "Where the failover offsets are: url, digest, epoch."},
    }

    def check(self, old: Properties, new: Properties) -> list[CheckFailure]:
        """Refuse inputs that cannot be carried out, before anything is touched."""
        del old
        asked = read_inputs(MirrorStateInputs, new)
        failures = list(asked.failures)
        values, unknown = known(new)
        final = values.get("desired") in {Desired.PROMOTED, Desired.FAILED_OVER}
        url = values.get("ledgerUrl", "")
        if final and not url and "ledgerUrl" not in unknown:
            failures.append(
                CheckFailure("ledgerUrl", "a flip needs a ledger for its offsets: set file:///folder or s3://bucket")
            )
        elif isinstance(url, str) and url:
            try:
                open_store(url)
            except LedgerError as error:
                failures.append(CheckFailure("ledgerUrl", str(error)))
        return failures

    async def diff(self, state: Properties, new: Properties) -> Difference:
        """Inputs that differ; for a flip that is recorded as done, also what the server says today.

        A green run must not hide a topic that is not STOPPED, so the no-change case of a flip costs one list call.
        """
        names = changed(state, new)
        replaces = [n for n in names if n in {"clusterId", "linkName"}]
        if names:
            return Difference(names, replaces)
        asked = read_inputs(MirrorStateInputs, new).model
        if asked is None or not asked.desired.final:
            return Difference()
        async with asked.client(READ_BUDGET_SECONDS) as rest:
            look = await look_at(rest, asked.wish())
        return Difference([] if look.fulfilled else ["states"])

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Take over the mirrors of a link; changes only those that are not where they are wanted."""
        asked = read_inputs(MirrorStateInputs, new)
        if asked.model is None:
            return "", dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        outputs = await self._apply(asked.model, log, preview=preview, fresh=True)
        return f"{asked.model.cluster_id}/{asked.model.link_name}", outputs

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """Carry the mirrors to where they are wanted; in preview, forecast and ask the server what it would refuse."""
        asked = read_inputs(MirrorStateInputs, new)
        if asked.model is None:
            return dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        fresh = known(state)[0].get("desired") != asked.model.desired
        kept = {k: state[k] for k in ("forecast", "ledger") if k in state}
        return kept | await self._apply(asked.model, log, preview=preview, fresh=fresh)

    async def read(self, state: Properties, inputs: Properties) -> dict[str, PropertyValue] | None:
        """Statuses as the server has them now; None when two looks agree that the link is gone."""
        asked = read_inputs(MirrorStateInputs, inputs).model
        if asked is None:
            raise DrError("this resource cannot be read without its inputs", "Declare it in the program instead")
        kept = {k: state[k] for k in ("forecast", "ledger") if k in state}
        async with asked.client(READ_BUDGET_SECONDS) as rest:
            for look_number in (1, 2):
                try:
                    look = await look_at(rest, asked.wish())
                except ApiError as error:
                    # One 404 may be a blip of a gateway; a resource dropped from state is hard to get back (#33).
                    if error.status == NOT_FOUND and look_number == 1:
                        continue
                    if error.status == NOT_FOUND:
                        return None
                    raise
                return kept | {"states": wrap(look.states), "total": wrap(len(look.mirrors))}
        return None

    async def delete(self, state: Properties, log: Log) -> None:
        """Forget, and refuse it while the ledger is not settled: the link, which goes next, has the offsets (I1)."""
        del log
        values, _ = known(state)
        where = (values["clusterId"], values["linkName"], values.get("ledgerUrl", ""))
        await refuse_unsettled(*where, values.get("ledger") or {})

    async def _apply(
        self, asked: MirrorStateInputs, log: Log, *, preview: bool, fresh: bool
    ) -> dict[str, PropertyValue]:
        flip = flipping.Flip(
            asked.wish(), asked.epoch, asked.ledger_url, tuple(asked.groups), asked.chunk_size, asked.rpo_messages
        )
        async with asked.client(READ_BUDGET_SECONDS if preview else float(asked.budget_seconds)) as rest:
            result = await (flip.preview(rest, log) if preview else flip.run(rest, log, fresh=fresh))
        return {name: wrap(value) for name, value in result.items()}
