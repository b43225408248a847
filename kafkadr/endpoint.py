"""Where an API key may be sent: by HTTPS to any host, in clear to this machine alone."""

from __future__ import annotations

import re
from typing import Annotated

import httpx2
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from kafkadr.errors import DrError, ExitCode
from kafkadr.remote.address import LOOPBACK
from kafkadr.text import clean

_HOST = re.compile(rb"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_REMEDY = "Give https://host[:port]; http:// is for this machine alone, since keys travel on it"


class EndpointError(DrError):
    """The address of a cluster's REST API is none, or would give a key away."""

    exit_code = ExitCode.USAGE


def check_endpoint(url: str) -> str:
    """The address of a REST API that gets a key, checked before the first call.

    Raises:
        EndpointError: It is no address, has credentials in it, or is plain HTTP to another machine. The text of an
            address with credentials in it is not repeated.
    """
    if "@" in url:
        raise EndpointError("the REST endpoint has credentials in it", _REMEDY)
    try:
        found = httpx2.URL(url)
    except httpx2.InvalidURL:
        found = httpx2.URL()
    whole = found.scheme in {"http", "https"} and _HOST.fullmatch(found.raw_host)
    if not whole or found.query or found.fragment:
        raise EndpointError(f"'{clean(url)}' is no REST endpoint", _REMEDY)
    if found.scheme == "http" and found.host not in LOOPBACK:
        raise EndpointError(f"'{clean(url)}' would send the key in clear to another machine", _REMEDY)
    return url


def _field(url: str) -> str:
    try:
        return check_endpoint(url)
    except EndpointError as error:
        raise PydanticCustomError("endpoint", "{told}", {"told": str(error)}) from None


Endpoint = Annotated[str, AfterValidator(_field)]
"""A field that holds such an address."""

OptionalEndpoint = Annotated[str, AfterValidator(lambda url: url and _field(url))]
"""The same, or an empty one."""
