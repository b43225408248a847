"""Vaults: where the clients' pre-created keys lie, whichever service keeps them (S10, S34)."""

from __future__ import annotations

from kafkadr.remote.address import Address, parse_address
from kafkadr.remote.errors import AddressError, DamagedError, DeletedError, DeniedError, ReadOnlyError, TooLargeError
from kafkadr.vault.entry import Entry, NameTakenError, Vault, check_name
from kafkadr.vault.file import FileVault

__all__ = [
    "AddressError",
    "DamagedError",
    "DeletedError",
    "DeniedError",
    "Entry",
    "NameTakenError",
    "ReadOnlyError",
    "TooLargeError",
    "Vault",
    "open_entry",
    "open_vault",
]

_FORMS = {
    "file": "file:///folder",
}


def open_vault(url: str) -> Vault:
    """The vault at an address; nothing is sent yet.

    Args:
        url: See the forms that a refusal prints.

    Raises:
        AddressError: The address is of none of these forms.
    """
    return _open(parse_address(url, _FORMS))


def open_entry(address: str) -> tuple[Vault, str]:
    """The vault and the name of the entry at `Vault.address(name)`; nothing is sent yet.

    Raises:
        AddressError: The address is of none of the forms of a vault, or does not end in `<client>/<site>`.
    """
    base, _, site = address.rpartition("/")
    base, _, client = base.rpartition("/")
    return open_vault(base), check_name(f"{client}/{site}")


def _open(address: Address) -> Vault:
    return FileVault(address.folder())
