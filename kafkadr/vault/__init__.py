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
    "aws-sm": "aws-sm://<region>/<prefix>",
    "file": "file:///folder",
    "vault+https": "vault+https://host:port/<mount>/<prefix>",
    "vault+http": "vault+https://host:port/<mount>/<prefix>",
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
    """A service's library is imported by whoever has that service: all of them together take half a second."""
    if address.scheme == "aws-sm":
        from kafkadr.vault.aws import AwsVault  # noqa: PLC0415 - see _open

        return AwsVault(address.host, address.path)
    if address.scheme == "file":
        return FileVault(address.folder())
    mount, _, prefix = address.path.partition("/")
    if not mount:
        raise AddressError(f"{address.origin} is a Vault without a mount", f"Use {_FORMS['vault+https']}")
    from kafkadr.vault.hashicorp import HashicorpVault  # noqa: PLC0415 - see _open

    return HashicorpVault(f"vault+{address.origin}", mount, prefix)
