"""What `MirrorTopics` does on the destination: look, make what is missing, put settings right, wait until caught up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kafkadr.active import document, store
from kafkadr.errors import DrError
from kafkadr.mirrors import completing, syncs
from kafkadr.mirrors.creating import create
from kafkadr.model.record import Record, Standing
from kafkadr.pointer import Active
from kafkadr.rest import KafkaRest
from kafkadr.stopping import IncompleteError
from kafkadr.tasks import glance
from kafkadr.text import clean
from kafkadr.wire import Mirror
from kafkadr.words import findings_table
from provider.resource import Log
from provider.resources.mirror_inputs import MirrorTopicsInputs
from provider.resources.run import RUN
from provider.resources.sites import SiteInputs

LOOK_SECONDS = 30.0
CATCH_UP_SECONDS = 60.0
_SHOWN = 5


@dataclass(frozen=True)
class Direction:
    """Which way data flows over the link.

    Args:
        name: Name of the destination.
        site: The destination.
        source: Cluster id of the active site.
        standing: What the record knows of the destination.
    """

    name: str
    site: SiteInputs
    source: str
    standing: Standing


@dataclass(frozen=True)
class Found:
    """What is different on the destination.

    Args:
        missing: Source topic by name of each mirror that could be made.
        settings: The link's entries that differ.
        completes: The destination follows and the record does not say so yet.
        changes: The same for the engine, as names of inputs.
        lines: The same for the reader of a preview.
        warnings: What keeps something from being done.
    """

    missing: dict[str, str]
    settings: syncs.Difference
    completes: bool
    lines: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def changes(self) -> list[str]:
        """Names of inputs that an update would do something about."""
        settings = ["sync"] if self.settings else []
        return [*settings, *(["topics"] if self.missing or self.completes else [])]


async def under_way(record_url: str) -> bool:
    """Whether a move stands in the record, for a stack that has no guard of its own."""
    seen = await store.read(record_url)
    return seen.active is not None and seen.active.target is not None


async def direction_of(asked: MirrorTopicsInputs) -> Direction | None:
    """Which way data flows, by the record alone; None when the active site feeds nobody over this link.

    Raises:
        DrError: The record cannot be read.
    """
    seen = await store.read(asked.record_url)
    record = document.record_of(seen.active) if seen.active else None
    active = record.cluster_id if record else RUN.active(asked.record_url)
    name = asked.destination(active)
    if not name:
        return None
    site = asked.sites[name]
    known = record.standing(site.cluster_id) if record else Standing(site.cluster_id)
    return Direction(name, site, active, known)


async def look(rest: KafkaRest, asked: MirrorTopicsInputs, direction: Direction) -> Found:
    """Compare the destination with what is wanted; changes nothing.

    Raises:
        DrError: It does not answer, or refuses.
    """
    mirrors = await rest.every_mirror()
    ours = {m.mirror_topic_name: m for m in mirrors if m.link_name == asked.link.name}
    wanted = asked.mirrors()
    absent = {name: source for name, source in wanted.items() if name not in {m.mirror_topic_name for m in mirrors}}
    stale = sorted(m.mirror_topic_name for m in mirrors if m.mirror_status == "STOPPED")
    plain = await _plain(rest, absent) if absent else set()
    missing = {name: source for name, source in absent.items() if name not in plain}
    # A site without mirrors that is not stale is new: with auto-create its link makes them.
    follows = not stale and (bool(ours) or not direction.standing.stale_since)
    settings = syncs.Difference({}, (), ())
    if asked.sync is not None and follows:
        settings = await syncs.compare(rest, asked.link.name, asked.sync.entries())
    known = direction.standing
    completes = (
        follows
        and bool(ours)
        and not absent
        and (not known.complete or bool(known.stale_since))
        and not _fed_by_none(ours.values())
    )
    lines = [f"{len(missing)} mirrors to be made on {direction.name}"] if missing else []
    lines += [f"link {asked.link.name} on {direction.name}: {line}" for line in settings.lines]
    warnings = _warnings(direction, stale, sorted(plain))
    warnings += (await glance(rest, asked.link.name)).warnings() if follows else []
    return Found(missing, settings, completes, tuple(lines), tuple(warnings))


async def forecast(asked: MirrorTopicsInputs, direction: Direction, out: Log) -> None:
    """Say in a preview what would be done."""
    try:
        async with direction.site.client(LOOK_SECONDS) as rest:
            found = await look(rest, asked, direction)
    except DrError as error:
        out.warning(f"{direction.name} cannot be looked at: {error}")
        return
    for line in found.lines:
        out.info(line)
    for line in found.warnings:
        out.warning(line)


async def apply(asked: MirrorTopicsInputs, direction: Direction, out: Log) -> None:
    """Make what is missing, put the settings right, and record that the destination has caught up.

    Raises:
        IncompleteError: Some mirrors could not be made; the others are, and stay.
    """
    async with direction.site.client(float(asked.budget_seconds)) as rest:
        try:
            found = await look(rest, asked, direction)
        except DrError as error:
            out.warning(f"nothing is done on {direction.name}, which cannot be looked at: {error}")
            return
        made = await create(rest, asked.link.name, found.missing, out.progress)
        if made.names:
            out.info(f"{len(made.names)} mirrors made on {direction.name}")
        if made.findings:
            title = f"{len(made.findings)} mirrors could not be made on {direction.name}"
            raise IncompleteError(
                findings_table(title, made.findings), "Mend the causes and run the same command again"
            )
        await _settle(rest, asked, direction, out)


async def _settle(rest: KafkaRest, asked: MirrorTopicsInputs, direction: Direction, out: Log) -> None:
    found = await look(rest, asked, direction)
    for line in found.warnings:
        out.warning(line)
    if asked.sync is not None and found.settings:
        for line in (await syncs.apply(rest, asked.link.name, asked.sync.entries())).lines:
            out.info(f"set on link {asked.link.name}: {line}")
    if not found.completes:
        return
    behind = await completing.wait(rest, asked.link.name, asked.mirrors(), CATCH_UP_SECONDS, out.progress)
    if behind:
        some = ", ".join(behind[:_SHOWN])
        out.warning(
            f"{direction.name} is no standby yet: {len(behind)} mirrors have not caught up ({some}); the next update"
            " looks again, and a failover to it needs acceptLoss until then"
        )
        return
    await store.revise(asked.record_url, lambda active: _complete(active, direction))


def _complete(active: Active, direction: Direction) -> Active | None:
    """The record with the destination as a standby, unless it has moved or is about to."""
    record: Record = document.record_of(active)
    if record.cluster_id != direction.source or record.target:
        return None
    cluster = direction.site.cluster_id
    known = replace(record.standing(cluster), complete=True, stale_since=0)
    others = [s for s in record.standings if s.cluster_id != cluster]
    return document.remembering(active, [*others, known])


async def _plain(rest: KafkaRest, absent: dict[str, str]) -> set[str]:
    return {t.topic_name for t in await rest.topics()} & absent.keys()


def _fed_by_none(mirrors: Iterable[Mirror]) -> bool:
    """Whether the source does not answer: what was fetched cannot be compared with anything."""
    return any(m.mirror_status == "SOURCE_UNAVAILABLE" for m in mirrors)


def _warnings(direction: Direction, stale: list[str], plain: list[str]) -> list[str]:
    said = []
    if stale:
        since = direction.standing.stale_since
        when = f" since epoch {since}" if since else ""
        said.append(
            f"{clean(direction.name)} is stale{when}: {len(stale)} of its mirrors are stopped; they are left alone"
        )
    if plain:
        some = ", ".join(plain[:_SHOWN])
        said.append(f"{len(plain)} topics of {clean(direction.name)} are no mirrors and are left alone: {some}")
    return said
