"""`Restoration`: the old primary of a bidirectional link becomes the mirror, without a topic being deleted.

Refuses before anything is touched when the flip's ledger is not settled, when a topic cannot follow, or when records
would be cut that cannot be archived. Then: archive, ledger, call, poll, in this order; a rerun goes on from what the
lists of mirrors say. Nothing is owned: dropping it from the program only forgets it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from typing import Any, ClassVar

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure
from pydantic import Field

from kafkadr.errors import DrError, RefusedError
from kafkadr.ledger import Ledger, LedgerError, now, open_store
from kafkadr.recovery.cluster import Client, cluster_at
from kafkadr.restoring import Archived, Cut, cuts_in, cuts_of, refuse_unsettled, report, with_cuts
from kafkadr.restoring_archive import archive, refuse_unreadable
from kafkadr.survey import Finding
from kafkadr.turning import Halves, Sight, Stage, Turn, look, to_restore
from kafkadr.words import findings_table, table
from provider.halves import HalvesInputs
from provider.resource import Difference, Inputs, Log, Resource, read_inputs
from provider.values import NOT_KNOWN_YET, Properties, changed, wrap

READ_BUDGET_SECONDS = 60.0
_ARCHIVE_TRIES = 5


class Archive(StrEnum):
    """What happens to the records that are cut."""

    REQUIRED = "required"
    WAIVED = "waived"


class UnfinishedError(DrError):
    """Some topics are not mirrors yet."""


class RestorationInputs(HalvesInputs):
    """Inputs of `Restoration`."""

    old_bootstrap_endpoint: str = Field(min_length=1, description="Kafka bootstrap endpoint of the old primary.")
    epoch: int = Field(ge=1, strict=True, description="Term of the flip, which its ledger belongs to.")
    ledger_url: str = Field(min_length=1, description="file:///folder or s3://bucket/prefix; takes the archive, too.")
    archive: Archive = Field(default=Archive.REQUIRED, description="required, or waived: the cut records are lost.")

    @property
    def ledger(self) -> Ledger:
        """The flip's ledger, kept for the cluster that survived."""
        return Ledger(self.ledger_url, self.new_cluster_id, self.link_name, self.epoch)

    @property
    def folder(self) -> str:
        """Where the archive is, in the ledger's store."""
        return self.ledger.name.removesuffix(".json") + "-cut"

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
        try:
            open_store(asked.model.ledger_url)
        except LedgerError as error:
            return [CheckFailure("ledgerUrl", str(error))]
        return []

    async def diff(self, state: Properties, new: Properties) -> Difference:
        """Inputs that differ: another term is another restoration."""
        return Difference(changed(state, new))

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
    async with asked.clients(READ_BUDGET_SECONDS if preview else float(asked.budget_seconds)) as halves:
        run = _Run(asked, halves, log)
        result = await (run.preview() if preview else run.run())
    return {name: wrap(value) for name, value in result.items()}


class _Run:
    def __init__(self, asked: RestorationInputs, halves: Halves, log: Log) -> None:
        self.asked = asked
        self.log = log
        self.turn = Turn(halves, "truncate-and-restore", to_restore, asked.chunk_size, log.progress)

    async def preview(self) -> dict[str, Any]:
        """Everything that would refuse the update, and what it would cut; no mutation."""
        sight = await self._look()
        todo = sight.names(Stage.TODO)
        if not todo:
            return await self._outcome(sight)
        await self._settled()
        cuts = await self._planned(todo)
        if self.asked.archive is Archive.REQUIRED:
            await asyncio.to_thread(refuse_unreadable, self.asked.brokers(), cuts)
        self.log.info(_told(len(todo), cuts, self.asked.archive))
        expected = {"ACTIVE": len(sight.stages)}
        return {"states": expected, "cut": report(cuts), "archived": {}}

    async def run(self) -> dict[str, Any]:
        """Archive, journal, call, poll.

        Raises:
            RefusedError: Before anything was touched.
            UnfinishedError: Some topics are not mirrors, each named with the reason.
        """
        sight = await self._look()
        todo = sight.names(Stage.TODO)
        if todo:
            await self._settled()
            cuts = await self._archived(todo)
            sight = await self.turn.carry_out(todo)
            self._compare(cuts)
        elif sight.names(Stage.WAIT):
            sight = await self.turn.carry_out([])
        findings = self.turn.findings(sight)
        if findings:
            raise UnfinishedError(
                findings_table(f"{len(findings)} of {len(sight.stages)} topics are not mirrors", findings),
                "Mend the causes and run the same command again: it takes up only these",
            )
        return await self._outcome(sight)

    async def _look(self) -> Sight:
        sight = await look(self.turn.halves, to_restore)
        stuck = sight.names(Stage.STUCK)
        if not sight.stages:
            raise RefusedError(f"link {self.asked.link_name} has no mirrors", "Check the link's name")
        if stuck:
            found = [Finding(n, sight.statuses[n], "REFUSED", _why(sight, n)) for n in stuck]
            self._refuse(found, len(sight.stages))
        return sight

    async def _settled(self) -> None:
        refuse_unsettled(await self.asked.ledger.read(), self.asked.ledger.address)

    async def _planned(self, todo: Sequence[str]) -> list[Cut]:
        rows = await self.turn.dry_run(todo)
        refused = [
            Finding(r.mirror_topic_name, "", str(r.error_code), r.error_message or "") for r in rows if r.error_code
        ]
        missing = sorted(set(todo) - {r.mirror_topic_name for r in rows})
        refused += [Finding(name, "", "NO_ROW", "the server's answer does not speak of it") for name in missing]
        self._refuse(refused, len(todo))
        return cuts_of(rows)

    async def _archived(self, todo: Sequence[str]) -> list[Cut]:
        """Archive exactly what the server would cut now; again when somebody wrote to the old primary meanwhile."""
        for _ in range(_ARCHIVE_TRIES):
            cuts = await self._planned(todo)
            objects: dict[tuple[str, int], list[Archived]] = {}
            if cuts and self.asked.archive is Archive.REQUIRED:
                store, brokers = self.asked.ledger.store, self.asked.brokers()
                await asyncio.to_thread(refuse_unreadable, brokers, cuts)
                objects = await asyncio.to_thread(archive, brokers, store, self.asked.folder, cuts)
            await self.asked.ledger.update(partial(self._journal, cuts, objects))
            if await self._planned(todo) == cuts:
                return cuts
            self.log.progress("somebody writes to the old primary: archiving again")
        raise RefusedError(
            "the old primary does not come to rest: records arrive faster than they are archived",
            "Nothing was cut: stop its producers (`drctl divergence` names their partitions) and run again",
        )

    def _journal(
        self, cuts: Sequence[Cut], objects: dict[tuple[str, int], list[Archived]], document: dict[str, Any] | None
    ) -> dict[str, Any]:
        return with_cuts(refuse_unsettled(document, self.asked.ledger.address), cuts, objects, now())

    def _compare(self, planned: Sequence[Cut]) -> None:
        """What was really cut, by the rows of the call, against what was archived."""
        done, before = cuts_of(self.turn.rows.values()), {cut.place: cut for cut in planned}
        more = [cut for cut in done if cut.records > (before[cut.place].records if cut.place in before else 0)]
        for cut in more:
            known = before[cut.place].records if cut.place in before else 0
            say = (
                f"{cut.topic} partition {cut.partition}: {cut.records} records were cut, {known} were known before:"
                " somebody wrote to the old primary in the last moment"
            )
            self.log.warning(say)

    async def _outcome(self, sight: Sight) -> dict[str, Any]:
        found = cuts_in(await self.asked.ledger.read() or {"topics": {}})
        parts = [part for _, objects in found for part in objects]
        place = self.asked.ledger.store.address(self.asked.folder) if parts else ""
        archived = {"url": place, "records": sum(p.records for p in parts), "objects": len(parts)}
        return {"states": sight.states, "cut": report(cut for cut, _ in found), "archived": archived}

    def _refuse(self, findings: Sequence[Finding], total: int) -> None:
        if findings:
            raise RefusedError(
                findings_table(f"{len(findings)} of {total} topics cannot become mirrors", findings),
                "Nothing was changed",
            )


def _why(sight: Sight, name: str) -> str:
    if sight.leading[name] != "STOPPED":
        return f"its mirror on the new primary is {sight.leading[name]}, not STOPPED: run the flip again"
    return "its mirror has failed: mend the link, or leave the topic out"


def _told(topics: int, cuts: Sequence[Cut], archiving: Archive) -> str:
    total = sum(cut.records for cut in cuts)
    fate = "archived first" if archiving is Archive.REQUIRED else "LOST: the archive is waived"
    head = f"restore of {topics} topics: {total} records in {len(cuts)} partitions are cut"
    if not cuts:
        return f"{head}\n"
    rows = [[cut.topic, str(cut.partition), str(cut.first), str(cut.records)] for cut in cuts[:100]]
    more = f"\n  and {len(cuts) - 100} more" if len(cuts) > 100 else ""  # noqa: PLR2004 - as many rows as shown
    return f"{head}, {fate}\n{table(['topic', 'partition', 'cut from', 'records'], rows)}{more}\n"
