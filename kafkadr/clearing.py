"""The stale topics of an old primary are deleted, by name and one by one, so that mirrors can take their place (S102).

Of all that this project does it is the only thing that deletes topics. So both clusters are asked first, and a single
reason against a single name holds all of them back. What the lists of topics no longer have is done; a call that got no
answer is decided by them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Iterator, Mapping, Sequence
from typing import TypeVar

from kafkadr.errors import ApiError, DrError, RefusedError, UnreachableError
from kafkadr.flip import Progress, before_look
from kafkadr.rest import KafkaRest
from kafkadr.survey import Finding
from kafkadr.turning import Halves
from kafkadr.words import findings_table

_STOPPED = "STOPPED"
_NOT_FOUND = 404
_AT_ONCE = 4
_THERE = "THERE"
_NOTHING = "Nothing was deleted"

_T = TypeVar("_T")


async def look(sides: Halves, names: Collection[str]) -> dict[str, int]:
    """Ask both clusters whether these topics may be deleted on the old primary (`follower`).

    Args:
        sides: Both clusters, and the link whose mirrors stopped on the new primary (`leader`).
        names: Topics that are to be deleted; they must be all that the link mirrored, and no others.

    Returns:
        Number of partitions of those that are still there.

    Raises:
        RefusedError: Every reason against it, by topic.
        UnreachableError: The old primary does not answer, or is not the cluster that it should be.
    """
    if sides.follower.cluster_id == sides.leader.cluster_id:
        raise RefusedError(
            f"old and new primary are both {sides.leader.cluster_id}: its topics are live",
            f"{_NOTHING}: check the ids of the sites' clusters",
        )
    await _refuse_other_link(sides)
    mirrored = {m.source: m.mirror_status for m in await sides.leader.mirrors(sides.link)}
    findings = [*_inexact(sides.link, names, mirrored), *await _sources(sides, names)]
    topics = {t.topic_name: t.partitions_count for t in await _asked(sides.follower, sides.follower.topics())}
    findings += [
        Finding(m.mirror_topic_name, m.mirror_status, "MIRROR", f"it is a mirror on link {m.link_name} already")
        for m in await _asked(sides.follower, sides.follower.every_mirror())
        if m.mirror_topic_name in names and m.mirror_status != _STOPPED
    ]
    if findings:
        in_order = sorted(findings, key=lambda f: (f.topic, f.code))
        raise RefusedError(
            findings_table(f"{len({f.topic for f in findings})} topics forbid to clear the old primary", in_order),
            f"{_NOTHING}: mend each of them; all topics of the pair are cleared together, or none",
        )
    return {name: topics[name] for name in sorted(names) if name in topics}


async def delete(old: KafkaRest, names: Sequence[str], progress: Progress) -> list[Finding]:
    """Delete topics, a few at a time, and wait until the cluster no longer lists them.

    Returns:
        Every topic that is still there, with the reason.
    """
    gate = asyncio.Semaphore(_AT_ONCE)
    refused: dict[str, Finding] = {}
    unsure: dict[str, str] = {}

    async def one(name: str) -> None:
        async with gate:
            try:
                await old.delete_topic(name)
            except ApiError as error:
                if error.status != _NOT_FOUND:
                    refused[name] = Finding(name, _THERE, str(error.code), error.message)
            except UnreachableError as error:
                unsure[name] = error.problem

    await asyncio.gather(*(one(name) for name in names))
    progress(f"delete: {len(names) - len(refused)} of {len(names)} topics accepted")
    there = await _until_gone(old, set(names) - refused.keys(), unsure.keys(), progress)
    why = f"not gone within {old.budget.seconds:.0f} s: run the same command again"
    left = {name: Finding(name, _THERE, "NOT_DONE", unsure.get(name, why)) for name in there}
    return [found for _, found in sorted((left | refused).items())]


async def _until_gone(old: KafkaRest, names: set[str], unsure: Collection[str], progress: Progress) -> set[str]:
    """Those that are still there when the budget is used up, or when only calls without an answer are left."""
    step = 0
    while True:
        there = names & {t.topic_name for t in await old.topics()}
        if not there - set(unsure):
            return there
        if not await before_look(old.budget, step):
            return there
        step += 1
        progress(f"{len(there)} topics are not gone yet, {old.budget.left:.0f} s left")


async def _asked(old: KafkaRest, call: Awaitable[_T]) -> _T:
    try:
        return await call
    except DrError as error:
        raise UnreachableError(
            f"the old primary {old.cluster_id} cannot be asked: {error.problem}",
            f"{_NOTHING}: a topic is deleted only where the cluster itself says what it is. Run again when the old"
            " primary is back, or set standby: retained",
        ) from None


async def _refuse_other_link(sides: Halves) -> None:
    source = (await sides.leader.link(sides.link)).source
    if source is not None and source != sides.follower.cluster_id:
        raise RefusedError(
            f"link {sides.link} came from {source}, not from {sides.follower.cluster_id}: that is not the old primary",
            f"{_NOTHING}: check the ids of the sites' clusters",
        )


def _inexact(link: str, names: Collection[str], mirrored: Mapping[str, str]) -> Iterator[Finding]:
    """The names must be those of the link's mirrors, which all have to have stopped."""
    for name in mirrored.keys() - set(names):
        yield Finding(name, mirrored[name], "NOT_NAMED", f"link {link} mirrored it: add it to rebuild.clear")
    for name in set(names) - mirrored.keys():
        yield Finding(name, "NO_MIRROR", "UNKNOWN", f"link {link} never mirrored it: take it out of rebuild.clear")
    for name in set(names) & mirrored.keys():
        if mirrored[name] != _STOPPED:
            yield Finding(name, mirrored[name], "NOT_STOPPED", "its mirror has not stopped: run the flip again")


async def _sources(sides: Halves, names: Collection[str]) -> list[Finding]:
    """Topics that the new primary still mirrors over another link: deleting the source would break that mirror."""
    found = [
        m
        for m in await sides.leader.every_mirror()
        if m.source in names and m.mirror_status != _STOPPED and m.link_name != sides.link
    ]
    origin = {link: (await sides.leader.link(link)).source for link in sorted({m.link_name for m in found})}
    return [
        Finding(m.source, m.mirror_status, "SOURCE", f"{m.mirror_topic_name} mirrors it over link {m.link_name}")
        for m in found
        if origin[m.link_name] in {sides.follower.cluster_id, None}
    ]
