"""Entries of a vault: what one client needs for one site, and whose they are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from kafkadr.errors import RefusedError
from kafkadr.remote.errors import AddressError, DamagedError, TooLargeError

_OWNER = "_owner"
_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9_.@+=-]{0,99}"
_NAME = re.compile(rf"{_SEGMENT}/{_SEGMENT}")
_VALUE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class Entry:
    """One entry as it was read.

    Args:
        values: Flat map; empty when the entry was only reserved. All of it counts as secret.
        version: The service's name of this version, opaque.
        owner: Who reserved it.
    """

    values: dict[str, SecretStr]
    version: str
    owner: str


class NameTakenError(RefusedError):
    """The name belongs to someone else, who is told in `owner`; nothing was written."""

    def __init__(self, address: str, owner: str) -> None:
        super().__init__(
            f"{address} belongs to {owner}",
            "Give this environment a vault prefix of its own, or remove that entry if nobody needs it any more",
        )
        self.owner = owner


class Vault(Protocol):
    """Where clients find their keys: one entry per client and site, named `<client>/<site>` (S10, S34).

    Calls block; each request behind them ends within a minute at worst. Every method raises
    `UnreachableError` when the service does not answer and `DeniedError` when it lets us not.
    """

    def reserve(self, name: str, owner: str) -> None:
        """Prove that the name can be written before a key exists for it; the entry is then empty and owned.

        For an entry of the same owner this proves the right to write once more and changes nothing.

        Raises:
            NameTakenError: Another owner's.
            ReadOnlyError: We may not write.
            DeletedError: It was deleted by hand and still blocks its name.
        """

    def write(self, name: str, values: Mapping[str, SecretStr], owner: str) -> str:
        """Store the values as the entry's newest version and return that version; reserves the name if need be.

        The values that are there already are not written again: the version stays.

        Raises:
            NameTakenError: Another owner's.
            ReadOnlyError: We may not write.
            TooLargeError: More than the service takes; nothing was sent.
            DeletedError: It was deleted by hand and still blocks its name.
        """

    def read(self, name: str) -> Entry | None:
        """The newest version; None when there is none or it was deleted.

        Raises:
            DamagedError: What is there was not written by a vault of ours.
        """

    def delete(self, name: str, owner: str) -> None:
        """Remove the entry for good, if it is there.

        Raises:
            NameTakenError: Another owner's: it stays.
        """

    def address(self, name: str) -> str:
        """Where a human or another program finds the entry; `kafkadr.vault.open_entry` takes it."""


def check_name(name: str) -> str:
    """The name, if it is `<client>/<site>` in characters that every service takes.

    Raises:
        AddressError: It is not.
    """
    if not _NAME.fullmatch(name):
        raise AddressError(
            f"{name!r} cannot name a vault entry", "Use <client>/<site>: letters, digits and _ . @ + = -, 100 at most"
        )
    return name


def check_owner(found: Entry, owner: str, address: str) -> None:
    """Refuse another owner's entry.

    Raises:
        NameTakenError: It is another's.
    """
    if found.owner != owner:
        raise NameTakenError(address, found.owner)


def same_values(found: Entry, values: Mapping[str, SecretStr]) -> bool:
    """Whether the entry already says all this and nothing else."""
    return found.values == dict(values)


def to_document(values: Mapping[str, SecretStr], owner: str) -> dict[str, str]:
    """What is stored: the values in clear, flat, so that any program can use them, and the owner beside them.

    Raises:
        AddressError: A value's name cannot be one.
    """
    for name in values:
        if not _VALUE_NAME.fullmatch(name):
            raise AddressError(f"{name!r} cannot name a value", "Use letters, digits and _ . - after a letter")
    return {_OWNER: owner, **{name: value.get_secret_value() for name, value in values.items()}}


def to_json(document: Mapping[str, str], address: str, limit: int) -> str:
    """The document as text.

    Args:
        document: What is to be stored.
        address: Where, for the refusal.
        limit: Bytes that the service takes.

    Raises:
        TooLargeError: It has more.
    """
    text = json.dumps(document, sort_keys=True)
    if (size := len(text.encode())) > limit:
        raise TooLargeError(
            f"{address} would have {size} bytes and the service takes {limit}",
            "Store less in it: a client needs its key, its secret and where to connect",
        )
    return text


def from_json(text: str | bytes, version: str, address: str) -> Entry:
    """Read the text of `to_json`.

    Raises:
        DamagedError: It is something else. The error neither shows the text nor is chained to one that does.
    """
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    return from_document(document, version, address)


def from_document(document: object, version: str, address: str) -> Entry:
    """Read what `to_document` made.

    Raises:
        DamagedError: It is something else.
    """
    if not isinstance(document, dict) or not all(isinstance(value, str) for value in document.values()):
        document = {}
    owner = document.get(_OWNER, "")
    if not owner:
        raise DamagedError(
            f"{address} holds something that was not written by this program",
            "Move it away, or give this environment a vault prefix of its own",
        )
    values = {name: SecretStr(value) for name, value in document.items() if not name.startswith("_")}
    return Entry(values, version, owner)
