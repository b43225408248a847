"""A move of the record: the intent, the look before each step, and the move itself; each by compare-and-set."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from kafkadr.active import document, store
from kafkadr.active.document import Place
from kafkadr.active.store import Seen
from kafkadr.errors import DrError, RefusedError, UnreachableError
from kafkadr.model.record import Standing
from kafkadr.pointer import Active
from kafkadr.text import clean

Result = TypeVar("Result")
Still = Callable[[], Awaitable[None]]
"""Looks whether the record is still the one that the run saw; raises when it is not."""


class RecordChangedError(RefusedError):
    """Somebody else wrote the record while this run was under way."""

    def __init__(self, now: Active | None) -> None:
        stands = "is gone" if now is None else f"says {told(now)}"
        super().__init__(
            f"the record changed while this run was under way: it {stands}",
            "Find out who else moves this environment; then run `pulumi preview`, which says what is possible now",
        )


def told(active: Active) -> str:
    """The record in words."""
    text = f"{clean(active.site)}, epoch {active.epoch}"
    target = active.target
    return f"{text}, with a move to {clean(target.site)}, epoch {target.epoch}, under way" if target else text


async def birth(url: str, seen: Seen, place: Place, epoch: int, who: str) -> Active:
    """Write the record of a new environment.

    Raises:
        RecordChangedError: There is one by now.
    """
    wanted = document.first(place, epoch, who)
    if await store.exchange(url, seen, wanted):
        return wanted
    raise RecordChangedError((await store.read(url)).active)


async def intend(url: str, seen: Seen, site: str, cluster_id: str, epoch: int) -> Seen:
    """Write the target of a move that was accepted; a rerun finds its own and writes nothing.

    Raises:
        RecordChangedError: The record is not the one that was seen.
    """
    if seen.active is None:
        raise RecordChangedError(None)
    wanted = document.intended(seen.active, site, cluster_id, epoch)
    if wanted == seen.active:
        return seen
    written = await store.exchange(url, seen, wanted)
    now = await store.read(url)
    if not written or now.active != wanted:
        raise RecordChangedError(now.active)
    return now


async def still(url: str, seen: Seen) -> None:
    """Look whether the record is the one that was seen; a store that does not answer keeps nobody on a dead site.

    Raises:
        RecordChangedError: It is another one.
    """
    try:
        now = await store.read(url)
    except UnreachableError:
        return
    if now.active != seen.active:
        raise RecordChangedError(now.active)


async def move(
    url: str, seen: Seen, place: Place, epoch: int, *, who: str, why: str, standings: Iterable[Standing]
) -> Active:
    """Move the record from the very value that was seen. Clients follow it from here on.

    Raises:
        RecordChangedError: It is another one.
        DrError: The store cannot be used; the next run goes on here.
    """
    if seen.active is None:
        raise RecordChangedError(None)
    wanted = document.moved(seen.active, place, epoch, who, why, standings)
    try:
        if await store.exchange(url, seen, wanted):
            return wanted
    except RecordChangedError:
        raise
    except DrError as error:
        raise UnreachableError(
            f"the mirrors are stopped and clients do not follow yet, the record cannot be moved: {error.problem}",
            "Mend the store and run the same command again: it does only this",
        ) from None
    now = (await store.read(url)).active
    if now is not None and (now.epoch, now.cluster_id) == (epoch, place.cluster_id):
        return now  # the write succeeded and its answer got lost
    raise RecordChangedError(now)


@dataclass(frozen=True)
class Target:
    """Where a move leads.

    Args:
        place: The site that becomes active.
        epoch: Epoch of the move.
        why: For whoever reads the record later, `failover` or `promote`.
        who: Who moves.
        standings: What the record says of the other sites from then on.
    """

    place: Place
    epoch: int
    why: str
    who: str
    standings: tuple[Standing, ...]


async def carry_out(url: str, seen: Seen, target: Target, work: Callable[[Still], Awaitable[Result]]) -> Result:
    """Write the intent, do the work on the clusters, move the record; what the work returned.

    Args:
        url: Address of the record.
        seen: The record that the move was decided on.
        target: Where it leads.
        work: Stops the mirrors. It is given what looks at the record again, for before each of its steps.

    Raises:
        RecordChangedError: Somebody else wrote the record.
        DrError: What the work raises; the record has not moved then, and the same command goes on.
    """
    place = target.place
    now = await intend(url, seen, place.site, place.cluster_id, target.epoch)
    result = await work(partial(still, url, now))
    await move(url, now, place, target.epoch, who=target.who, why=target.why, standings=target.standings)
    return result
