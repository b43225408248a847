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
    "aws-sm": "aws-sm://<region>/<name>",
    "consul+https": "consul+https://host:port/<key>",
    "consul+http": "consul+https://host:port/<key>",
    "file": "file:///path/to/file",
    "vault+https": "vault+https://host:port/<mount>/<path>",
    "vault+http": "vault+https://host:port/<mount>/<path>",
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
    """A service's library is imported by whoever has that service: all of them together take half a second."""
    if not address.path:
        raise AddressError(
            "the address of a pointer needs a path", "Use " + " or ".join(dict.fromkeys(_FORMS.values()))
        )
    if address.scheme == "aws-sm":
        from kafkadr.pointer.aws import AwsPointer  # noqa: PLC0415 - see _open

        return AwsPointer(address.host, address.path)
    if address.scheme == "file":
        return FilePointer(address.folder())
    if address.scheme.startswith("consul+"):
        from kafkadr.pointer.consul import ConsulPointer  # noqa: PLC0415 - see _open

        return ConsulPointer(address)
    mount, _, path = address.path.partition("/")
    if not path:
        raise AddressError(f"{address.origin}/{mount} has no path after the mount", f"Use {_FORMS['vault+https']}")
    from kafkadr.pointer.hashicorp import HashicorpPointer  # noqa: PLC0415 - see _open

    return HashicorpPointer(f"vault+{address.origin}", mount, path)
