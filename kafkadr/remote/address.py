"""Addresses of vaults, pointers and ledgers: `scheme://where/path`, checked once for every backend."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kafkadr.remote.errors import AddressError

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Hosts that are this machine."""


@dataclass(frozen=True)
class Address:
    """An address taken apart.

    Args:
        scheme: For example `aws-sm` or `vault+https`.
        host: Host name, region for `aws-sm`, bucket for `s3`, empty for files.
        port: None where the address names none.
        path: Without slashes at either end, percent escapes undone.
    """

    scheme: str
    host: str
    port: int | None
    path: str

    @property
    def origin(self) -> str:
        """`https://host:port` of an address like `vault+https://host:port/path`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme.partition('+')[2]}://{host}" + (f":{self.port}" if self.port else "")

    def folder(self) -> Path:
        """The absolute file path of a `file:` address."""
        return Path("/" + self.path)


def parse_address(url: str, allowed: dict[str, str]) -> Address:
    """Take an address apart.

    Args:
        url: What the settings say.
        allowed: Scheme to its form, which a refusal prints.

    Raises:
        AddressError: Unknown scheme, a missing part, credentials inside, or plain HTTP to another machine. The text
            of an address with credentials in it is not repeated.
    """
    forms = "Use " + " or ".join(dict.fromkeys(allowed.values()))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressError("the address is none" if "@" in url else f"{url!r} is no address", forms) from None
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise AddressError("the address has credentials, a query or a fragment in it", f"Leave them out. {forms}")
    if parts.scheme not in allowed:
        raise AddressError(f"{url!r} has an unknown scheme", forms)
    address = Address(parts.scheme, parts.hostname or "", port, unquote(parts.path).strip("/"))
    if (parts.scheme == "file") == bool(address.host) or (parts.scheme == "file" and not address.path):
        raise AddressError(f"{url!r} is incomplete", forms)
    if port is not None and "+" not in parts.scheme:
        raise AddressError(f"{url!r} has a port, which means nothing there", forms)
    if parts.scheme.endswith("+http") and address.host not in LOOPBACK:
        raise AddressError(
            f"{url!r} would send credentials in clear to another machine", f"Use {parts.scheme}s; http is for loopback"
        )
    return address
