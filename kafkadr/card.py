"""The site card: all that a failover needs to know when Pulumi, its state or the program cannot be had. No secret.

The stack exports it as `card`; it is kept where the primary's region does not matter, next to the runbook.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from kafkadr.endpoint import Endpoint
from kafkadr.errors import DrError, ExitCode
from kafkadr.filters import NameFilter


class CardError(DrError):
    """The file is no site card."""

    exit_code = ExitCode.USAGE


class _Entry(BaseModel):
    """Frozen; unknown keys are let through, so that a newer program's card can be read by an older command."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True
    )


class CardSite(_Entry):
    """One site of the pair, as clients have to know it."""

    site: str = Field(min_length=1)
    cluster_id: str = Field(min_length=1)
    bootstrap_endpoint: str = Field(min_length=1)
    rest_endpoint: str = ""


class Standby(CardSite):
    """The site that a failover acts on; its REST endpoint is a must."""

    rest_endpoint: Endpoint


class Card(_Entry):
    """A pair in one term."""

    version: Literal[1]
    link: str = Field(min_length=1)
    epoch: Annotated[int, Field(ge=1)]
    """Term number when the card was written."""
    mirroring: bool
    """Whether the standby mirrors the primary, so that it can be failed over to."""
    primary: CardSite
    standby: Standby
    topics: tuple[str, ...] = ()
    only_declared: bool = False
    groups: tuple[NameFilter, ...] = ()
    """Groups whose offsets the link syncs."""
    links: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Config entries as declared, by link name, of each link to be quarantined."""
    ledger: str = Field(min_length=1)
    pointer: str = ""
    secrets: str = ""
    """The vault with the clients' keys, which the pointer names."""
    budget_seconds: int = Field(default=300, ge=5, le=3600)
    chunk_size: int = Field(default=500, ge=1, le=10_000)
    rpo_messages: int | None = Field(default=None, ge=0)

    @property
    def quarantined_links(self) -> dict[str, dict[str, str]]:
        """Links to be quarantined; none while some mirrors go on."""
        return {} if self.only_declared else self.links


def parse_card(text: str) -> Card:
    """Read a card, or the outputs of a stack, which hold one.

    Raises:
        CardError: It is neither; one problem, with its path.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise CardError(f"this is no JSON ({error})", _REMEDY) from None
    if isinstance(document, dict) and isinstance(document.get("card"), dict):
        document = document["card"]
    try:
        return Card.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise CardError(f"this is no site card: {where}: {first['msg']}", _REMEDY) from None


_REMEDY = "Give it what `pulumi stack output --json` printed, or the card alone; see docs/break-glass.md"
