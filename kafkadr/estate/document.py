"""The estate's document, its output `dr`: a versioned contract that the switch reads as data."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic.alias_generators import to_camel

from kafkadr.endpoint import Endpoint
from kafkadr.errors import DrError
from kafkadr.model.topology import LinkMode

VERSION: Final = 1


class DocumentError(DrError):
    """The estate's document cannot be used."""


class _Part(BaseModel):
    # A later version of the estate may add fields; those that are known have to be what they should be.
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Credentials(_Part):
    """An API key."""

    key: str = Field(min_length=1)
    secret: SecretStr = Field(min_length=1)


class SiteDocument(_Part):
    """A site, with the key that the switch uses there."""

    cluster_id: str = Field(pattern=r"^lkc-[A-Za-z0-9-]+$")
    rest_endpoint: Endpoint
    bootstrap_endpoint: str = Field(min_length=1)
    credentials: Credentials


class LinkDocument(_Part):
    """A link all of whose ends exist."""

    from_: str = Field(alias="from")
    to: str
    mode: LinkMode
    prefix: str = ""
    acls_only: bool = False
    """It copies ACLs and mirrors no topic, beside a link with a prefix."""


class EstateDocument(_Part):
    """Sites and links of an environment."""

    version: Literal[1]
    environment: str = Field(min_length=1)
    sites: dict[str, SiteDocument] = Field(min_length=1)
    links: dict[str, LinkDocument]
    vault: str = ""


def parse(document: Any) -> EstateDocument:
    """Read a document.

    Raises:
        DocumentError: It is missing, partial, or of another version; says where. No value is repeated.
    """
    if not isinstance(document, dict):
        raise DocumentError("there is no document", "Run `pulumi up` of the estate")
    if document.get("version") != VERSION:
        raise DocumentError(
            "the document is of another version", "Use the same version of kafka-dr for estate and switch"
        )
    try:
        found = EstateDocument.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DocumentError(
            f"the document does not fit at {where}: {first['msg']}", "Run `pulumi up` of the estate"
        ) from None
    for name, link in found.links.items():
        for end in (link.from_, link.to):
            if end not in found.sites:
                raise DocumentError(f"link {name} ends at {end}, which is no site", "Run `pulumi up` of the estate")
    return found
