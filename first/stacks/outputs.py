"""The stack's outputs as a versioned contract: what other stacks and the CLI may rely on."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic.alias_generators import to_camel

from kafkadr.card import Card

VERSION: Literal[1] = 1


class _Output(BaseModel):
    """Frozen; unknown keys are let through, so that a newer stack can be read by an older reader."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, validate_by_name=True, hide_input_in_errors=True
    )


class Active(_Output):
    """The site that clients are to use."""

    site: str
    cluster_id: str
    bootstrap_endpoint: str
    rest_endpoint: str
    epoch: int


class LinkOutput(_Output):
    """The cluster link; `source` and `destination` are site names. The rest is left out where it is not set."""

    name: str
    source: str
    destination: str
    mode: str = ""
    home: str = ""
    """Of a bidirectional link alone."""
    prefix: str = ""
    idle: str = ""
    """The link that waits for its direction."""
    built: int = 0


class Mirrors(_Output):
    """Mirrors in scope, in total and per status as the server last said."""

    total: int
    states: dict[str, int]


class Credentials(_Output):
    """A client's key on one cluster."""

    key: str
    secret: SecretStr


class StackOutputs(_Output):
    """Everything that a stack of this program exports."""

    version: Literal[1]
    active: Active
    pointer: str = ""
    """Address of the service-discovery entry, for `drctl run` and `kafkadr.clients`; empty without one."""
    phase: str
    link: LinkOutput
    mirrors: Mirrors
    forecast: dict[str, Any]
    """What the last flip costs: `messagesAtRisk`, `repeatsAtMost`, rows and more; empty before a flip."""
    ledger: dict[str, Any]
    """`{url, digest, epoch}`; empty before a flip."""
    clients: dict[str, dict[str, Credentials]] | Literal["[secret]"]
    """Per client and site; `[secret]` unless asked for secrets. Empty when a vault holds them."""
    vault: dict[str, dict[str, str]] = {}
    """Per client and site the vault entry, never what is in it; no sites without a vault."""
    released: tuple[str, ...] = ()
    """The lost site, once it may leave the pair."""
    kept: tuple[dict[str, Any], ...] = ()
    """The lost site whose link is kept: `{site, epoch, link, home, built, unlocked}`."""
    card: Card | None = None
    """The site card, for `drctl failover`; None in stacks of an older program."""
