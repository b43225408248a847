"""Where the pointer is kept, and the one way in which it is moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from kafkadr.errors import UnreachableError
from kafkadr.pointer.active import Active
from kafkadr.pointer.rule import may_replace

READ_SECONDS = 10.0
"""How long a flip waits for the pointer before it begins: a store that is slower counts as one that cannot be read."""
_ATTEMPTS = 8
_Token = TypeVar("_Token")


@dataclass(frozen=True)
class Found(Generic[_Token]):
    """What a backend found.

    Args:
        active: What stands there, or what stood there last.
        mark: The service's mark of it, which a swap compares.
        stands: False when it was deleted by hand and `active` is only remembered: epochs go on all the same.
    """

    active: Active | None
    mark: _Token
    stands: bool = True


class PointerStore(Protocol):
    """The service-discovery entry of one pair (S10, S11): compare-and-set on epoch, read in one call.

    Calls block; each request behind them ends within a minute at worst. Every method raises
    `UnreachableError` when the service does not answer, `DeniedError` when it lets us not, and `DamagedError` when
    what is there is no pointer.
    """

    def read(self) -> Active | None:
        """The pointer, None before its first move."""

    def move(self, wanted: Active) -> Active:
        """Move the pointer and return what stands there now, which is the first writer's where two agreed.

        Raises:
            LostRaceError: Another site has this epoch.
            StaleEpochError: The pointer is in a later epoch.
            ReadOnlyError: We may not write.
        """

    def history(self) -> list[Active]:
        """Every move that the service still remembers, newest first; the first is what stands there now."""

    def address(self) -> str:
        """What `kafkadr.pointer.open_pointer` takes."""

    def load(self) -> Found[Any]:
        """The pointer with the service's mark of it."""

    def swap(self, mark: Any, wanted: Active) -> bool:
        """Write, if the service's mark is still this one; False when someone else was faster."""


class Slot(Protocol[_Token]):
    """What a backend must be able to do for `move`."""

    def load(self) -> Found[_Token]:
        """Read the pointer."""

    def swap(self, mark: _Token, wanted: Active) -> bool:
        """Write, if the service's mark is still this one; False when someone else was faster."""

    def address(self) -> str:
        """See `PointerStore`."""


def move(slot: Slot[_Token], wanted: Active) -> Active:
    """Move the pointer of a backend; see `PointerStore.move`.

    Whoever loses a swap reads again and asks the rule again, which then names the winner. The same happens after a
    write whose answer got lost, which the rule then finds done.
    """
    for _ in range(_ATTEMPTS):
        found = slot.load()
        replace = may_replace(found.active, wanted)
        if found.active is not None and found.stands and not replace:
            return found.active
        if slot.swap(found.mark, wanted):
            return wanted
    raise UnreachableError(
        f"{slot.address()} changed under every one of {_ATTEMPTS} attempts to move it", "Find out who writes it"
    )
