"""Settings of one stack: the flip keys and `kafka-dr:settings`, read, checked and frozen. The only reader of config."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, SecretStr, TypeAdapter, ValidationError

from first.stacks import rules
from first.stacks.sections import (
    AclLink,
    Client,
    Flip,
    KeptSite,
    Ledger,
    Link,
    LinkMode,
    Mirroring,
    Onboarding,
    Rebuild,
    Recovery,
    Restore,
    Sync,
    Targets,
    Topology,
)
from first.stacks.sites import Environment, Site
from kafkadr.phase import Change, Kept, Standby, Term
from stacks.addresses import Pointer, Vault
from stacks.fields import Model
from stacks.problems import NAMESPACE, SETTINGS, ConfigError, Problem, did_you_mean
from stacks.translate import translate

if TYPE_CHECKING:
    from pulumi import Config

SITE_PATTERN = r"^[a-z][a-z0-9-]{0,30}$"
SiteName = Annotated[str, Field(pattern=SITE_PATTERN)]


class FlipKeys(Model):
    """Scalar config keys: editing them is the flip, a one-line diff in review (design 4)."""

    primary: SiteName = Field(description="Site that is primary. Editing this line is the flip.")
    epoch: int = Field(
        ge=1, description="Number of the primary's term: plus 1 with each change of primary, else equal."
    )
    change: Change = Field(
        Change.NONE,
        description="How primary changed: failover (unplanned, loss possible), promote (planned, with handover), none. "
        "It stays as it is until the next flip.",
    )
    standby: Standby = Field(
        Standby.MIRRORING,
        description="What the other site does: mirroring; retained (left as the flip found it); clear-armed and"
        " clear-fired (one-way link: its stale topics are named, then deleted); restoring (bidirectional link: its"
        " topics become mirrors again).",
    )
    handover: SecretStr = Field(
        SecretStr(""), description="Token printed by the demotion step; single use, only for promote."
    )
    handover_key: SecretStr = Field(
        SecretStr(""),
        description="Key that signs handover tokens, 32 characters or more; a secret, see docs/promotion.md.",
    )


class PairSettings(Model):
    """The object `kafka-dr:settings`: what the pair is made of."""

    environment: Environment = Field(description="Confluent environment of both clusters.")
    organization: str | None = Field(
        None,
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="Organization id; needed where a cluster is adopted, for the role binding of its manager.",
    )
    topology: Topology = Field(Topology.ACTIVE_PASSIVE, description="Model of the pair.")
    sites: dict[SiteName, Site] = Field(min_length=2, max_length=2, description="Exactly two sites, by name.")
    link: Link = Field(description="The cluster link that carries data.")
    acl_link: AclLink | None = Field(None, description="A second link that copies only ACLs.")
    sync: Sync = Field(Sync(), description="What travels beside the data.")
    onboarding: Onboarding = Field(description="Which topics are mirrored.")
    mirroring: Mirroring = Field(Mirroring.ACTIVE, description="paused holds every mirror still; reversible, no epoch.")
    clients: tuple[Client, ...] = Field((), description="Applications with credentials in both clusters.")
    vault: Vault | None = Field(
        None, description="Where the clients' credentials are stored; none: stack outputs only."
    )
    pointer: Pointer | None = Field(None, description="Where clients learn which site is active; none: stack outputs.")
    ledger: Ledger = Field(description="Where the offsets of a failover are written down.")
    targets: Targets = Field(description="Promised recovery time and point.")
    flip: Flip = Field(Flip(), description="Bounds of a flip.")
    kept: tuple[KeptSite, ...] = Field(
        (), max_length=1, description="The lost site whose link is kept, from the edit in which a new site joins."
    )
    recovery: Recovery = Field(Recovery(), description="What became of the records that flips left behind.")
    rebuild: Rebuild = Field(Rebuild(), description="How the old primary of a one-way link becomes a standby.")
    restore: Restore = Field(Restore(), description="How the old primary of a bidirectional link becomes the mirror.")
    protect: bool = Field(
        True, description="Protect clusters, credentials, links and mirrors from deletion: the first lock."
    )
    retain: bool = Field(
        True,
        description="Second lock: a link or mirror that leaves the program leaves only the state, its topic stays."
        " Both locks must be lifted in an update of their own before a link or topic can be deleted.",
    )


class Settings(PairSettings, FlipKeys):
    """Everything a stack says. Made by `load` or `parse`, which check what the sections must agree on."""

    @property
    def standby_site(self) -> str:
        """The site that is not primary."""
        return next(name for name in self.sites if name != self.primary)

    @property
    def destination(self) -> str:
        """The site the link writes to: the standby, and after a flip the new primary, for the link stays."""
        return self.standby_site if self.standby is Standby.MIRRORING else self.primary

    @property
    def source(self) -> str:
        """The site the link reads."""
        return next(name for name in self.sites if name != self.destination)

    @property
    def away(self) -> bool:
        """Whether the way back of a one-way pair runs."""
        return self.link.back is not None and self.source != self.link.home

    @property
    def term(self) -> Term:
        """The flip keys as the guard compares them."""
        token = self.handover.get_secret_value()
        both_ways, link = self.link.mode is LinkMode.BIDIRECTIONAL, self.link
        names = (link.name, link.back.name if link.back else "")
        running, idle = reversed(names) if self.away else names
        return Term(
            self.primary,
            self.epoch,
            self.change,
            self.standby,
            self.onboarding.topics,
            token,
            sites=tuple(sorted(self.sites)),
            bidirectional=both_ways,
            link=running,
            acknowledged=tuple(sorted(self.recovery.acknowledged)),
            mode=link.mode.value,
            home=(link.home or "") if both_ways else "",
            prefix=link.prefix or "",
            idle=idle,
            kept=tuple(Kept(k.site, k.epoch, k.link, k.home or "", k.built or 0, k.unlocked) for k in self.kept),
            built=link.built or 0,
            released=tuple(sorted(name for name, site in self.sites.items() if site.released)),
        )


def _sections(raw: Mapping[str, Any], broken: set[str]) -> Settings:
    """Those sections that can be read, so that rules about them speak up beside the errors of the others."""
    parts: dict[str, Any] = {}
    for name, field in Settings.model_fields.items():
        if field.alias in broken:
            continue
        adapter: TypeAdapter[Any] = TypeAdapter(field.rebuild_annotation())
        given = field.alias in raw
        parts[name] = adapter.validate_json(json.dumps(raw[str(field.alias)]), strict=True) if given else field.default
    return Settings.model_construct(**parts)


def parse(raw: Mapping[str, Any], secret: bool = False) -> Settings:
    """Check a stack's config.

    Args:
        raw: The flip keys and the keys of `kafka-dr:settings` side by side, as JSON values.
        secret: The config holds secrets where none belong: show no values in problems.

    Raises:
        ConfigError: With every problem found, none of which echoes a secret.
    """
    problems: list[Problem] = []
    try:
        settings = Settings.model_validate_json(json.dumps(raw))
        usable = set(Settings.model_fields)
    except ValidationError as error:
        details = error.errors()
        problems += [translate(each, Settings, secret) for each in details]
        broken = {str(each["loc"][0]) for each in details}
        settings = _sections(raw, broken)
        usable = settings.model_fields_set
    problems += rules.check(settings, usable)
    if problems:
        raise ConfigError(problems)
    return settings


def _unknown_keys(names: list[str]) -> list[Problem]:
    known = [*(str(field.alias) for field in FlipKeys.model_fields.values()), SETTINGS]
    unknown = [name for name in names if name not in known]
    return [Problem(f"{NAMESPACE}:{name}", "is not a known key", did_you_mean(name, known)) for name in unknown]


def load(config: Config) -> Settings:
    """Read and check the config of the running stack.

    Args:
        config: The project's bag, `pulumi.Config("kafka-dr")`.

    Raises:
        ConfigError: With every problem found.
    """
    import pulumi.runtime  # noqa: PLC0415 - so that the model is usable without an SDK

    prefix = f"{NAMESPACE}:"
    names = [key.removeprefix(prefix) for key in pulumi.runtime.get_config_env() if key.startswith(prefix)]
    problems = _unknown_keys(names)
    body, secret = config.get(SETTINGS), pulumi.runtime.is_config_secret(config.full_key(SETTINGS))
    if secret:
        problems.append(
            Problem(
                config.full_key(SETTINGS),
                "holds an encrypted value",
                "Credentials belong in the environment or a vault.",
            )
        )
    raw = _object(body, problems)
    for name, info in FlipKeys.model_fields.items():
        field = info.alias or name
        value = config.get(field)
        if value is not None:
            raw[field] = int(value) if field == "epoch" and value.lstrip("-").isdecimal() else value
    try:
        settings = parse(raw, secret=secret)
    except ConfigError as error:
        raise ConfigError([*problems, *error.problems]) from None
    if problems:
        raise ConfigError(problems)
    places = {"ledger": settings.ledger, "vault": settings.vault, "pointer": settings.pointer}
    return settings.model_copy(update={name: at and at.at(Path.cwd()) for name, at in places.items()})


def _object(body: str | None, problems: list[Problem]) -> dict[str, Any]:
    try:
        value = json.loads(body or "{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        problems.append(Problem(f"{NAMESPACE}:{SETTINGS}", "is not an object", "Write it as nested YAML."))
        return {}
    flip_keys = {info.alias or name for name, info in FlipKeys.model_fields.items()}
    reserved = [key for key in value if key in flip_keys]
    problems += [
        Problem(f"{NAMESPACE}:{SETTINGS}.{key}", "stands in the wrong place", f"Move it to {NAMESPACE}:{key}.")
        for key in reserved
    ]
    return {key: item for key, item in value.items() if key not in reserved}
