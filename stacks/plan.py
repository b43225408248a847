"""Settings -> Plan: every decision about a pair, as values. Pure: no engine, no provider SDK, no clock, no files.

A failover edit may change two things only, `term` (with its `handover`) and `desired`; all else derives from the
link's *source*, which stays what it was before the flip (I6, and a property test).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import SecretStr

from kafkadr.phase import Change, Standby, Term
from stacks.fields import AclFilter, AclResource, FilterType, GroupFilter, TopicFilter, selects
from stacks.sections import AclSync, Client, LinkMode, Mirroring, OffsetSync, Onboarding, OnboardingMode
from stacks.sites import Environment, Site

if TYPE_CHECKING:
    from stacks.settings import Settings

PAIR = "dr"
"""Pulumi name of the pair: the root of every resource name, so it never changes."""


class Desired(StrEnum):
    """What every mirror of the link is to become."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    PROMOTED = "PROMOTED"
    FAILED_OVER = "FAILED_OVER"


@dataclass(frozen=True)
class AutoCreatePlan:
    """Topics that the link mirrors by itself; at least one filter."""

    enabled: bool
    filters: tuple[TopicFilter, ...]


@dataclass(frozen=True)
class LinkPlan:
    """The cluster link that carries data; `source` and `destination` are site names.

    A sync without filters is None; one that is switched off keeps its filters, for the provider refuses to remove a
    link's config keys.
    """

    name: str
    mode: LinkMode
    source: str
    destination: str
    prefix: str | None
    topic_config_sync_ms: int | None
    offsets: OffsetSync | None
    acls: AclSync | None
    auto_create: AutoCreatePlan | None


@dataclass(frozen=True)
class AclLinkPlan:
    """The link that copies only ACLs, in the direction of the data link."""

    name: str
    acls: AclSync


@dataclass(frozen=True)
class ClientPlan:
    """An application and the sites on which its ACLs are declared: elsewhere the link's ACL sync owns them (I9)."""

    client: Client
    topic_acl_sites: tuple[str, ...]
    group_acl_sites: tuple[str, ...]


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
    handover: SecretStr
    desired: Desired
    groups: tuple[GroupFilter, ...]
    ledger_url: str
    budget_seconds: int
    chunk_size: int
    rpo_messages: int | None
    protect: bool
    warnings: tuple[str, ...]


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
        clients=tuple(_client(client, settings) for client in settings.clients),
        term=Term(settings.primary, settings.epoch, settings.change, settings.standby),
        handover=settings.handover,
        desired=_desired(settings),
        groups=settings.sync.offsets.groups if settings.sync.offsets.enabled else (),
        ledger_url=settings.ledger.url,
        budget_seconds=settings.flip.budget_seconds,
        chunk_size=settings.flip.chunk_size,
        rpo_messages=settings.targets.rpo_messages,
        protect=settings.protect,
        warnings=tuple(_warnings(settings)),
    )


def _source(settings: Settings) -> str:
    return next(name for name in settings.sites if name != settings.destination)


def _link(settings: Settings) -> LinkPlan:
    link, sync = settings.link, settings.sync
    return LinkPlan(
        name=link.name,
        mode=link.mode,
        source=_source(settings),
        destination=settings.destination,
        prefix=link.prefix,
        topic_config_sync_ms=link.topic_config_sync_ms,
        offsets=sync.offsets if sync.offsets.groups else None,
        acls=sync.acls if sync.acls.filters else None,
        auto_create=_auto_create(settings.onboarding),
    )


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


def _client(client: Client, settings: Settings) -> ClientPlan:
    # A filter that names principals is no cover: the service accounts made here have no id yet.
    filters = _synced_acls(settings)
    both, source = tuple(sorted(settings.sites)), (_source(settings),)
    return ClientPlan(
        client,
        topic_acl_sites=source if any(each.covers(AclResource.TOPIC) for each in filters) else both,
        group_acl_sites=source if any(each.covers(AclResource.GROUP) for each in filters) else both,
    )


def _warnings(settings: Settings) -> list[str]:
    """Things that are allowed and still worth a line in every preview."""
    probes = ("_confluent-ksql-*", "*-changelog", "*-repartition")
    found = [probe for probe in probes if selects(settings.onboarding.filters, probe.replace("*", "any"))]
    if not found:
        return []
    wide = [each.name for each in settings.onboarding.filters if each.filter_type is FilterType.INCLUDE]
    text = (
        f"auto-create filters ({', '.join(wide)}) would also mirror internal topics of Kafka Streams and ksqlDB"
        f" ({', '.join(found)}); exclude the applications that have any"
    )
    return [text]
