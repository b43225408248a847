"""Reading the record and replacing it, bounded in time. Whoever writes names what it has seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from kafkadr.errors import UnreachableError
from kafkadr.pointer import Active, open_pointer
from kafkadr.remote.calls import asked

READ_SECONDS = 10.0
"""How long a run waits for the record before it refuses: a store that is slower counts as one that cannot be read."""
WRITE_SECONDS = 60.0
_ATTEMPTS = 8
_WHAT = "the record"


@dataclass(frozen=True)
class Seen:
    """The record as it was read.

    Args:
        active: The document; None when there is none.
        mark: The service's mark of it, which an exchange compares.
    """

    active: Active | None
    mark: Any


async def read(url: str, seconds: float = READ_SECONDS) -> Seen:
    """The record at an address (see `kafkadr.pointer.open_pointer`).

    A record that was deleted by hand is told as what stood there last: epochs go on all the same.

    Raises:
        AddressError: The address is of no known form.
        UnreachableError: The store does not answer in time.
        DrError: It lets us not, or what is there is no record.
    """
    found = await asked(_WHAT, lambda: open_pointer(url).load(), seconds)
    return Seen(found.active, found.mark)


async def exchange(url: str, seen: Seen, wanted: Active) -> bool:
    """Replace the very record that was seen; False when somebody else wrote since, and nothing was written.

    Raises:
        UnreachableError: The store does not answer; whether it wrote is unknown, the next read tells.
    """
    return await asked(_WHAT, partial(_swap, url, seen.mark, wanted), WRITE_SECONDS)


async def revise(url: str, change: Callable[[Active], Active | None]) -> Active | None:
    """Change what the record remembers, again if another writer came first.

    Args:
        url: Its address.
        change: The new document, or None to leave it; called again with each newer one.

    Returns:
        The record as it stands afterwards; None when there is none.

    Raises:
        UnreachableError: The store does not answer, or others write all the time.
    """
    for _ in range(_ATTEMPTS):
        seen = await read(url)
        wanted = None if seen.active is None else change(seen.active)
        if wanted is None or wanted == seen.active:
            return seen.active
        if await exchange(url, seen, wanted):
            return wanted
    raise UnreachableError(
        f"the record changed under every one of {_ATTEMPTS} attempts to write it", "Find out who writes it"
    )


def _swap(url: str, mark: Any, wanted: Active) -> bool:
    return open_pointer(url).swap(mark, wanted)
