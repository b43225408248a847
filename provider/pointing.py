"""What the guard and `ActivePointer` both ask of the pointer store: who was there first, in words."""

from __future__ import annotations

from kafkadr.errors import DrError, RefusedError
from kafkadr.pointer import Active, may_replace, open_pointer, utc_now
from kafkadr.pointer.store import READ_SECONDS
from kafkadr.remote.calls import asked
from kafkadr.text import clean
from provider.resource import Log


async def read(url: str) -> Active | None:
    """The document at an address; the store's client is slow to make, so that happens in the thread as well."""
    return await asked("the pointer", lambda: open_pointer(url).read(), READ_SECONDS)


async def read_or_warn(url: str, log: Log) -> Active | None:
    """The document, or None with a warning when the store cannot tell.

    A dead store must not keep topics read-only: the flip goes on, its run ends red at the pointer, and the same run
    again moves it.
    """
    try:
        return await read(url)
    except RefusedError:
        raise
    except DrError as error:
        say = f"the pointer cannot be read, so clients will not follow until it can be, and this run will fail: {error}"
        log.warning(say)
        return None


def refuse(found: Active | None, epoch: int, site: str) -> None:
    """Refuse a term that lost a race or is over (Q7), with who won it and when.

    Raises:
        LostRaceError: Another site has this epoch.
        StaleEpochError: The pointer is in a later epoch.
    """
    place = "not looked at"
    wanted = Active(
        epoch=epoch,
        site=site,
        cluster_id=place,
        bootstrap_endpoint=place,
        rest_endpoint="",
        who=place,
        why="",
        when=utc_now(),
    )
    may_replace(found, wanted)


async def gate(url: str, epoch: int, site: str, log: Log) -> None:
    """Let a term pass that the pointer could follow; nothing is written."""
    refuse(await read_or_warn(url, log), epoch, site)


def words(found: Active | None) -> str:
    """A document in one line."""
    if found is None:
        return "nobody (there is no pointer yet)"
    why = f", {clean(found.why)}" if found.why else ""
    return f"{clean(found.site)} (epoch {found.epoch}, {clean(found.who)} at {found.when}{why})"
