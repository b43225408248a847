"""`MirrorState`: lifecycle of every mirror topic in scope of one cluster link.

Never deletes a topic, a mirror or a link. A flip is journalled in the ledger before the batch call and closed after
the last poll; an update that did not bring every topic to its target raises, so that the engine keeps the old state
and the next run takes up the rest (failure-modes #8, #28).
"""

from __future__ import annotations

from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pydantic import Field, SecretStr, ValidationError

from kafkadr import quarantine
from kafkadr.budget import Budget
from kafkadr.desired import Desired
from kafkadr.endpoint import Endpoint
from kafkadr.errors import ApiError, DrError
from kafkadr.filters import NameFilter
from kafkadr.first_look import FirstLook
from kafkadr.flip import look_at
from kafkadr.handover import Claims
from kafkadr.notices import notices
from kafkadr.rest import KafkaRest
from kafkadr.survey import Wish
from provider import flipping
from provider.ledger_guard import refuse_unsettled, unusable_ledger
from provider.planned import Planned
from provider.recorded import require_recorded
from provider.resource import Difference, Inputs, Log, Resource, read_inputs
from provider.sealing import Sealing
from provider.values import NOT_KNOWN_YET, Properties, changed, known, wrap

READ_BUDGET_SECONDS = 60.0
_LEDGER = "Where the failover offsets are: url, digest, epoch; while they are not written: problem, command, firstLook."
NOT_FOUND = 404


class Credentials(Inputs):
    """An API key of the destination cluster."""

    key: str = Field(min_length=1, description="API key.")
    secret: SecretStr = Field(min_length=1, description="Its secret.")


class MirrorStateInputs(Inputs):
    """Inputs of `MirrorState`."""

    rest_endpoint: Endpoint = Field(description="Kafka REST endpoint of the destination.")
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
    demotion: dict[str, Any] = Field(default_factory=dict, description="What the accepted handover token says.")
    offset_sync_ms: int = Field(default=0, ge=0, strict=True, description="Interval of the offset sync; 0: no sync.")
    links: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Config entries as declared, by link name, of each link to be quarantined."
    )
    quarantine: bool = Field(default=False, description="Switch off the syncs of these links after the flip.")
    reopen: bool = Field(default=False, description="Give these links what is declared whenever mirrors go on.")

    def wish(self) -> Wish:
        """What these inputs want of the link."""
        return Wish(self.link_name, self.desired, frozenset(self.topics), self.only_declared)

    def flip(self, *, quarantined_before: bool, first_look: FirstLook | None) -> flipping.Flip:
        """The wish with all that is needed to carry it out."""
        return flipping.Flip(
            self.wish(),
            self.epoch,
            self.ledger_url,
            tuple(self.groups),
            self.chunk_size,
            self.rpo_messages,
            Planned(
                Claims.model_validate(self.demotion) if self.demotion else None,
                self.epoch,
                self.ledger_url,
                self.offset_sync_ms / 1000,
                float(self.budget_seconds),
            ),
            Sealing(self.links, self.quarantine, quarantined_before or self.reopen),
            first_look,
        )

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
        "ledger": {"$ref": "pulumi.json#/Any", "description": _LEDGER},
        "quarantined": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Per link: quarantined, open, or why it is neither.",
        },
    }

    def check(self, old: Properties, new: Properties) -> list[CheckFailure]:
        """Refuse inputs that cannot be carried out, before anything is touched."""
        del old
        asked = read_inputs(MirrorStateInputs, new)
        failures = list(asked.failures)
        values, unknown = known(new)
        final = values.get("desired") in {Desired.PROMOTED, Desired.FAILED_OVER}
        if values.get("quarantine") and values.get("onlyDeclared"):
            failures.append(
                CheckFailure("quarantine", "stops the link's syncs for every mirror: not together with onlyDeclared")
            )
        failures += _demotion_failures(values.get("demotion"))
        url = values.get("ledgerUrl", "")
        if final and not url and "ledgerUrl" not in unknown:
            failures.append(
                CheckFailure("ledgerUrl", "a flip needs a ledger for its offsets: set file:///folder or s3://bucket")
            )
        elif isinstance(url, str) and url:
            failures += unusable_ledger(url)
        return failures

    async def diff(self, state: Properties, new: Properties) -> Difference:
        """Inputs that differ; for a flip that is recorded as done, also what the server says today.

        A green run must not hide a topic that is not STOPPED, so the no-change case of a flip costs one list call.
        """
        names = changed(state, new, self.inputs.names())
        recorded = known(state)[0]
        asks = known(new)[0]
        if not (recorded.get("quarantine") or asks.get("quarantine") or asks.get("reopen")):
            # Only what a quarantine would need: an edit of the link's settings is the link's own update.
            names = [n for n in names if n != "links"]
        replaces = [n for n in names if n in {"clusterId", "linkName"}]
        if names:
            return Difference(names, replaces)
        asked = read_inputs(MirrorStateInputs, new).model
        if asked is None or not asked.desired.final:
            return Difference()
        async with asked.client(READ_BUDGET_SECONDS) as rest:
            look = await look_at(rest, asked.wish())
        stale = [] if look.fulfilled else ["states"]
        unsealed = ["quarantined"] if quarantine.failures(recorded.get("quarantined", {}), asked.quarantine) else []
        unwritten = ["ledger"] if recorded.get("ledger", {}).get("command") else []
        return Difference(stale + unsealed + unwritten)

    async def remark(self, new: Properties, log: Log) -> None:
        """Tell of syncs that fail while the mirrors go on: nothing else shows it before the disaster."""
        asked = read_inputs(MirrorStateInputs, new).model
        if asked is None or asked.desired.final:
            return
        async with asked.client(READ_BUDGET_SECONDS) as rest:
            flipping.tell(await notices(rest, {asked.link_name, *asked.links}), log)

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Take over the mirrors of a link; changes only those that are not where they are wanted."""
        asked = read_inputs(MirrorStateInputs, new)
        if asked.model is None:
            return "", dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        try:
            flip = asked.model.flip(quarantined_before=False, first_look=None)
            outputs = await self._apply(asked.model, flip, log, preview=preview, fresh=True)
        except ApiError as error:
            # A build that broke off: the cluster is there, and the link comes in this very update.
            if preview and error.status == NOT_FOUND:
                return "", dict.fromkeys(self.outputs, NOT_KNOWN_YET)
            raise
        return f"{asked.model.cluster_id}/{asked.model.link_name}", outputs

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """Carry the mirrors to where they are wanted; in preview, forecast and ask the server what it would refuse."""
        asked = read_inputs(MirrorStateInputs, new)
        if asked.model is None:
            return dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        recorded = known(state)[0]
        fresh, sealed = recorded.get("desired") != asked.model.desired, bool(recorded.get("quarantine"))
        seen = "" if fresh else (recorded.get("ledger") or {}).get("firstLook", "")
        flip = asked.model.flip(quarantined_before=sealed, first_look=FirstLook.parse(seen) if seen else None)
        kept = {k: state[k] for k in ("forecast", "ledger") if k in state}
        return kept | await self._apply(asked.model, flip, log, preview=preview, fresh=fresh)

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
                sealed = await quarantine.found(rest, asked.links) if asked.quarantine else {}
                now = {"states": look.states, "total": len(look.mirrors), "quarantined": sealed}
                return kept | {name: wrap(value) for name, value in now.items()}
        return None

    async def delete(self, state: Properties, log: Log) -> None:
        """Forget, and refuse it while the ledger is not settled: the link, which goes next, has the offsets (I1)."""
        del log
        recorded = require_recorded(MirrorStateInputs, state, self.outputs)
        where = (recorded.cluster_id, recorded.link_name, recorded.ledger_url)
        await refuse_unsettled(*where, known(state)[0].get("ledger") or {})

    async def _apply(
        self, asked: MirrorStateInputs, flip: flipping.Flip, log: Log, *, preview: bool, fresh: bool
    ) -> dict[str, PropertyValue]:
        async with asked.client(READ_BUDGET_SECONDS if preview else float(asked.budget_seconds)) as rest:
            result = await (flip.preview(rest, log) if preview else flip.run(rest, log, fresh=fresh))
        return {name: wrap(value) for name, value in result.items()}


def _demotion_failures(demotion: Any) -> list[CheckFailure]:
    if not demotion:
        return []
    try:
        Claims.model_validate(demotion)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return [CheckFailure("demotion", f"is not what the guard puts out: {first['loc']}: {first['msg']}")]
    return []
