"""The pointer's document: which site is active, since when, by whom and why. Never a secret in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from kafkadr.remote.errors import DamagedError

_Word = Annotated[str, StringConstraints(min_length=1)]
_Moment = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")


class Target(_Part):
    """The move under way."""

    site: _Word
    cluster_id: _Word
    epoch: Annotated[int, Field(ge=1)]


class Move(_Part):
    """A move that was made: from then on clients belonged to this cluster."""

    epoch: Annotated[int, Field(ge=1)]
    cluster_id: _Word


class SiteHistory(_Part):
    """What is known of a site that is not active; see `kafkadr.model.record.Standing`."""

    cluster_id: _Word
    complete: bool = False
    stale_since: Annotated[int, Field(ge=0)] = 0


class Active(BaseModel):
    """The active site of one pair; JSON with camelCase names, unknown fields ignored (a later version may add some)."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    version: Literal[1] = 1
    """Of the document's form."""
    epoch: Annotated[int, Field(ge=1)]
    """Term number; the pointer never moves to a lower one."""
    site: _Word
    cluster_id: _Word
    bootstrap_endpoint: _Word
    """`SASL_SSL://host:9092` or `host:9092`, as the settings say."""
    rest_endpoint: str
    secrets: str = ""
    """Address of the vault with the clients' keys, for `kafkadr.vault.open_vault`; empty when there is none."""
    who: _Word
    why: str
    when: _Moment
    """RFC 3339, UTC."""
    target: Target | None = None
    """The move under way; clients take no notice of it."""
    moves: tuple[Move, ...] = ()
    """Every move, oldest first."""
    standings: tuple[SiteHistory, ...] = ()
    """The other sites, sorted by cluster id."""

    def place(self) -> tuple[object, ...]:
        """What clients act on: not who, why and when, nor what is remembered for the next move."""
        return (
            self.version,
            self.epoch,
            self.site,
            self.cluster_id,
            self.bootstrap_endpoint,
            self.rest_endpoint,
            self.secrets,
        )

    def to_json(self) -> str:
        """The document as it is stored."""
        empty = {name for name in ("target", "moves", "standings") if not getattr(self, name)}
        return self.model_dump_json(by_alias=True, exclude=empty)


def parse_active(text: str | bytes, address: str) -> Active:
    """Read `Active.to_json`.

    Raises:
        DamagedError: It is something else; says what is wrong with it.
    """
    try:
        return Active.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
    raise DamagedError(
        f"{address} is not a pointer of a known version ({where}: {first['msg']})",
        "Nothing was changed: look at its history, or move it away and run again",
    )


def utc_now() -> str:
    """This moment in the form of `Active.when`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
