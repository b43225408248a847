"""The environment's card: what break glass needs to know when no state can be read. No secret is in it.

The switch exports it as its output `card`; keep a copy where an operator finds it with a region down.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic.alias_generators import to_camel

from kafkadr.active.document import Place
from kafkadr.budget import Budget
from kafkadr.endpoint import Endpoint
from kafkadr.errors import DrError, ExitCode
from kafkadr.estate.document import LinkDocument
from kafkadr.model.topology import Link, Topology
from kafkadr.rest import KafkaRest

VERSION = 2


class CardError(DrError):
    """The card cannot be used."""

    exit_code = ExitCode.USAGE


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class CardSite(_Part):
    """A site, without its key."""

    cluster_id: str = Field(pattern=r"^lkc-[A-Za-z0-9-]+$")
    rest_endpoint: Endpoint
    bootstrap_endpoint: str = Field(min_length=1)


class Card(_Part):
    """An environment."""

    version: Literal[2]
    environment: str = Field(min_length=1)
    record: str = Field(min_length=1)
    ledger: str = Field(min_length=1)
    vault: str = ""
    sites: dict[str, CardSite] = Field(min_length=1)
    links: dict[str, LinkDocument] = {}
    budget_seconds: int = 300
    chunk_size: int = 500

    def site(self, name: str) -> CardSite:
        """A site by name.

        Raises:
            CardError: There is none.
        """
        if name not in self.sites:
            raise CardError(f"{name} is no site of {self.environment}", f"Use one of {', '.join(sorted(self.sites))}")
        return self.sites[name]

    def place(self, name: str) -> Place:
        """A site as clients have to know it."""
        site = self.site(name)
        return Place(name, site.cluster_id, site.bootstrap_endpoint, site.rest_endpoint, self.vault)

    def client(self, name: str, seconds: float, env: Mapping[str, str] = os.environ) -> KafkaRest:
        """A client of a site, with the operator's key from `KAFKADR_<SITE>_KEY` and `KAFKADR_<SITE>_SECRET`.

        Raises:
            CardError: They are not set.
        """
        site, word = self.site(name), re.sub(r"[^A-Z0-9]", "_", name.upper())
        key, secret = env.get(f"KAFKADR_{word}_KEY", ""), env.get(f"KAFKADR_{word}_SECRET", "")
        if not key or not secret:
            raise CardError(
                f"there is no key for {name}",
                f"Set KAFKADR_{word}_KEY and KAFKADR_{word}_SECRET to a key of its cluster",
            )
        return KafkaRest(site.rest_endpoint, site.cluster_id, key, SecretStr(secret), Budget(seconds))

    @property
    def topology(self) -> Topology:
        """Sites and links as the model knows them."""
        return Topology(
            tuple(sorted((name, site.cluster_id) for name, site in self.sites.items())),
            tuple(sorted(Link(n, k.from_, k.to, k.mode, k.prefix) for n, k in self.links.items())),
        )


def parse_card(text: str) -> Card:
    """Read a card, or a switch's outputs that hold one.

    Raises:
        CardError: It is something else; says what is wrong.
    """
    try:
        found = _Outputs.model_validate_json(text).card or Card.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise CardError(
            f"this is no card of an environment ({where}: {first['msg']})",
            "Give what `pulumi stack output card --json` of the switch prints",
        ) from None
    return found


class _Outputs(_Part):
    card: Card | None = None
