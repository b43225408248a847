"""The pointer: which site is active, for clients that start and for wrappers that watch (S10, S11, S14)."""

from __future__ import annotations

from kafkadr.pointer.active import Active, utc_now
from kafkadr.pointer.file import FilePointer
from kafkadr.pointer.rule import LostRaceError, StaleEpochError, may_replace
from kafkadr.pointer.store import PointerStore
from kafkadr.remote.address import Address, parse_address
from kafkadr.remote.errors import AddressError, DamagedError, DeletedError, DeniedError, ReadOnlyError

__all__ = [
    "Active",
    "AddressError",
    "DamagedError",
    "DeletedError",
    "DeniedError",
    "LostRaceError",
    "PointerStore",
    "ReadOnlyError",
    "StaleEpochError",
    "may_replace",
    "open_pointer",
    "utc_now",
]

_FORMS = {
    "file": "file:///path/to/file",
}


def open_pointer(url: str) -> PointerStore:
    """The pointer at an address; nothing is sent yet.

    Args:
        url: See the forms that a refusal prints.

    Raises:
        AddressError: The address is of none of these forms.
    """
    return _open(parse_address(url, _FORMS))


def _open(address: Address) -> PointerStore:
    return FilePointer(address.folder())
