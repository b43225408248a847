"""`Reversal`: a planned move on a bidirectional link; the link turns round, and nothing is lost or deleted.

Waits as a promotion does (`provider.planned`), calls `reverse-and-start-mirror` on the standby's half, polls until the
old primary mirrors the new one, and switches the syncs of the standby's half off: from now on they flow the other way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pydantic import Field

from kafkadr.desired import Desired
from kafkadr.errors import DrError, RefusedError
from kafkadr.filters import NameFilter
from kafkadr.flip import look_at
from kafkadr.handover import Claims
from kafkadr.survey import Finding, Wish, refuse_empty
from kafkadr.turning import Halves, Sight, Stage, Turn, look, to_reverse
from kafkadr.wire import MirrorRow
from kafkadr.words import findings_table
from provider.halves import HalvesInputs
from provider.planned import Planned
from provider.resource import Difference, Inputs, Log, Resource, read_inputs
from provider.sealing import Sealing
from provider.values import NOT_KNOWN_YET, Properties, changed, wrap

READ_BUDGET_SECONDS = 60.0


class NotReversedError(DrError):
    """Some topics have not changed their roles."""


class ReversalInputs(HalvesInputs):
    """Inputs of `Reversal`."""

    epoch: int = Field(ge=1, strict=True, description="The term that begins.")
    ledger_url: str = Field(min_length=1, description="Store in which the demotion left its document.")
    demotion: dict[str, Any] = Field(default_factory=dict, description="What the accepted handover token says.")
    groups: list[NameFilter] = Field(default_factory=list, description="Group filters of the offset sync.")
    offset_sync_ms: int = Field(default=0, ge=0, strict=True, description="Interval of the offset sync; 0: no sync.")
    links: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Config entries as declared, by link name, of the links that turn round."
    )

    @property
    def planned(self) -> Planned:
        """What it waits for."""
        claims = Claims.model_validate(self.demotion) if self.demotion else None
        return Planned(claims, self.epoch, self.ledger_url, self.offset_sync_ms / 1000, float(self.budget_seconds))


class ReversalResource(Resource):
    """See `provider.resource.Resource`."""

    token: ClassVar[str] = "kafkadr:index:Reversal"  # noqa: S105 - a type token
    inputs: ClassVar[type[Inputs]] = ReversalInputs
    description: ClassVar[str] = "Turns a bidirectional link round: planned, without loss, without a delete."
    outputs: ClassVar[dict[str, dict[str, Any]]] = {
        "states": {"type": "object", "additionalProperties": {"type": "integer"}, "description": "Mirrors per status."},
    }

    def check(self, old: Properties, new: Properties) -> list[CheckFailure]:
        """Refuse inputs that cannot be carried out."""
        del old
        return read_inputs(ReversalInputs, new).failures

    async def diff(self, state: Properties, new: Properties) -> Difference:
        """Another term is another reversal; what its wait needed does not matter afterwards."""
        return Difference([n for n in changed(state, new) if n in {"epoch", "newClusterId", "linkName"}])

    async def create(self, new: Properties, log: Log, *, preview: bool) -> tuple[str, dict[str, PropertyValue]]:
        """Turn the link round; in preview, say what it would wait for and what would be refused."""
        asked = read_inputs(ReversalInputs, new).model
        if asked is None:
            return "", dict.fromkeys(self.outputs, NOT_KNOWN_YET)
        async with asked.clients(READ_BUDGET_SECONDS if preview else float(asked.budget_seconds)) as halves:
            states = await (_preview(asked, halves, log) if preview else _run(asked, halves, log))
        found = NOT_KNOWN_YET if states is None else wrap(states)
        return f"{asked.new_cluster_id}/{asked.link_name}/{asked.epoch}", {"states": found}

    async def update(self, state: Properties, new: Properties, log: Log, *, preview: bool) -> dict[str, PropertyValue]:
        """As create: what is done already stays."""
        del state
        return (await self.create(new, log, preview=preview))[1]

    async def read(self, state: Properties, inputs: Properties) -> dict[str, PropertyValue] | None:
        """The mirrors are `MirrorState`'s."""
        del inputs
        return {k: state[k] for k in self.outputs if k in state}


async def _preview(asked: ReversalInputs, halves: Halves, log: Log) -> dict[str, int] | None:
    """The states when nothing is left to do; not known yet otherwise, so that what follows is not judged by today's."""
    sight = await _look(halves)
    todo = sight.names(Stage.TODO)
    if todo:
        seen = await look_at(halves.leader, Wish(halves.link, Desired.PROMOTED, frozenset(todo), only_declared=True))
        await asked.planned.assess(halves.leader, seen, asked.groups, log)
        _refuse(await _turn(asked, halves, log).dry_run(todo), sight)
    say = f"reversal of {len(todo)} topics: {asked.old_cluster_id} mirrors {asked.new_cluster_id} from then on"
    log.info(say)
    return None if todo or sight.names(Stage.WAIT) else sight.states


async def _run(asked: ReversalInputs, halves: Halves, log: Log) -> dict[str, int]:
    sight, turn = await _look(halves), _turn(asked, halves, log)
    todo = sight.names(Stage.TODO)
    if todo:
        seen = await look_at(halves.leader, Wish(halves.link, Desired.PROMOTED, frozenset(todo), only_declared=True))
        refuse_empty(seen)
        await asked.planned.settle(halves.leader, seen, asked.groups, log)
        _refuse(await turn.dry_run(todo), sight)
    if todo or sight.names(Stage.WAIT):
        sight = await turn.carry_out(sight)
    findings = turn.findings(sight)
    if findings:
        raise NotReversedError(
            findings_table(f"{len(findings)} of {len(sight.stages)} topics have not changed their roles", findings),
            "Mend the causes and run the same command again: it takes up only these; the pointer was not moved",
        )
    await Sealing(asked.links, wanted=True).apply(halves.leader, log, must=True)
    return sight.states


def _turn(asked: ReversalInputs, halves: Halves, log: Log) -> Turn:
    return Turn(halves, "reverse-and-start-mirror", to_reverse, asked.chunk_size, log.progress)


async def _look(halves: Halves) -> Sight:
    sight = await look(halves, to_reverse)
    stuck = sight.names(Stage.STUCK)
    if not sight.stages or stuck:
        found = [Finding(n, sight.leading[n], "REFUSED", "only an ACTIVE mirror can be reversed") for n in stuck]
        raise RefusedError(
            findings_table(f"{len(stuck)} of {len(sight.stages)} mirrors cannot be reversed", found),
            "Nothing was changed: mend these mirrors, or promote with standby: retained",
        )
    return sight


def _refuse(rows: Sequence[MirrorRow], sight: Sight) -> None:
    bad = [r for r in rows if r.error_code]
    if bad:
        found = [
            Finding(r.mirror_topic_name, sight.leading[r.mirror_topic_name], str(r.error_code), r.error_message or "")
            for r in bad
        ]
        raise RefusedError(
            findings_table(f"{len(bad)} of {len(sight.stages)} mirrors cannot be reversed", found),
            "Nothing was changed",
        )
