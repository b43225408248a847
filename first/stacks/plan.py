"""Settings -> Plan: every decision about a pair, as values. Pure: no engine, no provider SDK, no clock, no files.

A failover edit may change two things only, `term` (with its `handover`) and `desired`; all else derives from the
link's *source*, which stays what it was before the flip (I6, and a property test).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from first.stacks.coverage import uncovered
from first.stacks.grants import ClientPlan, half_synced, is_synced, plan_client
from first.stacks.sections import (
    AclSync,
    Archive,
    BackLink,
    LinkMode,
    Mirroring,
    OffsetSync,
    Onboarding,
    OnboardingMode,
)
from first.stacks.sites import AdoptCluster, Environment, Site
from kafkadr.desired import Desired
from kafkadr.phase import Change, Kept, Standby, Term
from stacks.addresses import Keys, Pointer, Vault
from stacks.fields import AclFilter, FilterType, GroupFilter, Pattern, TopicFilter, selects

if TYPE_CHECKING:
    from first.stacks.settings import Settings

PAIR = "dr"
"""Pulumi name of the pair: the root of every resource name, so it never changes."""


@dataclass(frozen=True)
class AutoCreatePlan:
    """Topics that the link mirrors by itself; at least one filter."""

    enabled: bool
    filters: tuple[TopicFilter, ...]


@dataclass(frozen=True)
class LinkPlan:
    """The cluster link that carries data; `source`, `destination` and `home` are site names.

    `home` was the source when the link was built; a bidirectional one may run the other way by now, and of a one-way
    pair the link `back` runs then.

    A sync without filters is None; one that is switched off keeps its filters, for the provider refuses to remove a
    link's config keys.
    """

    name: str
    mode: LinkMode
    source: str
    destination: str
    home: str
    prefix: str | None
    topic_config_sync_ms: int | None
    offsets: OffsetSync | None
    acls: AclSync | None
    auto_create: AutoCreatePlan | None
    reads: tuple[Pattern, ...]
    keys: Keys
    built: int | None
    back: BackLink | None

    @property
    def running(self) -> str:
        """Name of the link that runs; a one-way pair that has gone there and back has two."""
        return self.back.name if self.back and self.source != self.home else self.name


@dataclass(frozen=True)
class AclLinkPlan:
    """The link that copies only ACLs, in the direction of the data link."""

    name: str
    acls: AclSync


@dataclass(frozen=True)
class Plan:
    """What is to be deployed."""

    name: str
    environment: Environment
    organization: str | None
    sites: dict[str, Site]
    link: LinkPlan
    acl_link: AclLinkPlan | None
    topics: tuple[str, ...]
    clients: tuple[ClientPlan, ...]
    term: Term
    kept: tuple[Kept, ...]
    released: tuple[str, ...]
    facts: dict[str, str | int]
    handover: SecretStr
    handover_key: SecretStr
    desired: Desired
    groups: tuple[GroupFilter, ...]
    vault: Vault | None
    pointer: Pointer | None
    ledger_url: str
    budget_seconds: int
    chunk_size: int
    rpo_messages: int | None
    protect: bool
    retain: bool
    acknowledged: tuple[str, ...]
    archive: Archive
    clear: tuple[str, ...]
    warnings: tuple[str, ...]

    def crn_of(self, cluster: AdoptCluster) -> str:
        """Resource name of an adopted cluster for role bindings; a cluster made here brings its own."""
        place = f"organization={self.organization}/environment={self.environment.adopt}"
        return f"crn://confluent.cloud/{place}/cloud-cluster={cluster.id}"


def make_plan(settings: Settings) -> Plan:
    """Decide everything about a pair from settings that were checked."""
    return Plan(
        name=PAIR,
        environment=settings.environment,
        organization=settings.organization,
        sites=settings.sites,
        link=_link(settings),
        acl_link=_acl_link(settings),
        topics=tuple(sorted(settings.onboarding.topics)),
        clients=_clients(settings),
        term=Term(settings.primary, settings.epoch, settings.change, settings.standby),
        kept=settings.term.kept,
        released=settings.term.released,
        facts=_facts(settings.term),
        handover=settings.handover,
        handover_key=settings.handover_key,
        desired=_desired(settings),
        groups=settings.sync.offsets.groups if settings.sync.offsets.enabled else (),
        vault=settings.vault,
        pointer=settings.pointer,
        ledger_url=settings.ledger.url,
        budget_seconds=settings.flip.budget_seconds,
        chunk_size=settings.flip.chunk_size,
        rpo_messages=settings.targets.rpo_messages,
        protect=settings.protect,
        retain=settings.retain,
        acknowledged=settings.term.acknowledged,
        archive=settings.restore.archive,
        clear=tuple(sorted(settings.rebuild.clear)),
        warnings=tuple(_warnings(settings)),
    )


def _link(settings: Settings) -> LinkPlan:
    link, sync = settings.link, settings.sync
    return LinkPlan(
        name=link.name,
        mode=link.mode,
        source=settings.source,
        destination=settings.destination,
        home=settings.link.home or settings.source,
        prefix=link.prefix,
        topic_config_sync_ms=link.topic_config_sync_ms,
        offsets=sync.offsets if sync.offsets.groups else None,
        acls=sync.acls if sync.acls.filters else None,
        auto_create=_auto_create(settings.onboarding),
        reads=link.reads,
        keys=link.keys,
        built=link.built,
        back=link.back,
    )


def _facts(term: Term) -> dict[str, str | int]:
    """What the guard knows of the link beside its name, for the outputs; nothing that is not set."""
    facts = {name: getattr(term, name) for name in ("mode", "home", "prefix", "idle", "built")}
    return {name: value for name, value in facts.items() if value}


def _auto_create(onboarding: Onboarding) -> AutoCreatePlan | None:
    if not onboarding.filters:
        return None
    return AutoCreatePlan(onboarding.mode is OnboardingMode.AUTO_CREATE, onboarding.filters)


def _acl_link(settings: Settings) -> AclLinkPlan | None:
    link = settings.acl_link
    if link is None:
        return None
    return AclLinkPlan(link.name, AclSync(enabled=True, intervalMs=link.interval_ms, filters=link.filters))


def _desired(settings: Settings) -> Desired:
    """Follows `change` after a flip, which stays in the file: the same config wants the same state on every run."""
    if settings.standby is Standby.MIRRORING:
        return Desired.PAUSED if settings.mirroring is Mirroring.PAUSED else Desired.ACTIVE
    return Desired.PROMOTED if settings.change is Change.PROMOTE else Desired.FAILED_OVER


def _synced_acls(settings: Settings) -> tuple[AclFilter, ...]:
    if settings.acl_link:
        return settings.acl_link.filters
    return settings.sync.acls.filters if settings.sync.acls.enabled else ()


def _acl_sites(settings: Settings) -> tuple[str, ...]:
    """Where synced ACLs are declared: on the link's source alone, which the sync obeys (I9).

    Once a link has turned they are declared at home as well: whatever flip comes next, it then makes and deletes none,
    for the one site or the other may be the lost one. Both sites say the same, so the sync finds nothing to delete.
    """
    source, home = settings.source, settings.link.home
    reversal = settings.change is Change.PROMOTE and settings.standby is Standby.MIRRORING
    return tuple(sorted(settings.sites)) if home and (reversal or source != home) else (source,)


def _clients(settings: Settings) -> tuple[ClientPlan, ...]:
    source, sites, filters = _acl_sites(settings), tuple(sorted(settings.sites)), _synced_acls(settings)
    return tuple(
        plan_client(client, source if is_synced(client, filters) else sites, settings.link.prefix or "")
        for client in settings.clients
    )


def _warnings(settings: Settings) -> list[str]:
    """Things that are allowed and still worth a line in every preview."""
    return [
        *_internal_topics(settings),
        *half_synced(settings.clients, _synced_acls(settings)),
        *_stores_in_danger(settings),
        *uncovered(settings),
    ]


def _stores_in_danger(settings: Settings) -> list[str]:
    """A warning and no error: with two regions the store that outlived the first loss is in the new primary's."""
    region = settings.sites[settings.primary].region
    stores = {"vault": settings.vault, "pointer": settings.pointer}
    return [
        f"settings.{name}.url is in {region}, the primary's region: when that is lost, clients find nothing there;"
        " use a third region, or the standby's and move it after a failover"
        for name, store in stores.items()
        if store is not None and store.region == region
    ]


def _internal_topics(settings: Settings) -> list[str]:
    filters = settings.onboarding.filters
    probes = ("_confluent-ksql-*", "*-changelog", "*-repartition")
    found = [probe for probe in probes if selects(filters, probe.replace("*", "any"))]
    if not found:
        return []
    wide = [each.name for each in filters if each.filter_type is FilterType.INCLUDE]
    text = (
        f"auto-create filters ({', '.join(wide)}) would also mirror internal topics of Kafka Streams and ksqlDB"
        f" ({', '.join(found)}); exclude the applications that have any"
    )
    return [text]
