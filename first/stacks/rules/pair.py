"""Rules about the pair as a whole: flip keys, sites, links, syncs, targets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from first.stacks.rules.register import BODY, dead_filters, includes, rule
from first.stacks.sections import LinkMode, Topology
from first.stacks.sites import Kind
from kafkadr.phase import Change, Standby
from stacks.problems import NAMESPACE, Problem

if TYPE_CHECKING:
    from first.stacks.settings import Settings

LINK_DESTINATIONS = {Kind.DEDICATED, Kind.ENTERPRISE}
"""Kinds that can receive a link; data, for the service widened the list before (S8)."""


CLEARS = {Standby.CLEAR_ARMED, Standby.CLEAR_FIRED}
"""What the old primary of a one-way link is while its stale topics make room for mirrors."""


@rule("topology")
def _one_model(settings: Settings) -> Iterator[Problem]:
    if settings.topology is Topology.ACTIVE_ACTIVE:
        yield Problem(
            f"{BODY}.topology",
            "active-active is a separate model, which this version does not deploy",
            "Set topology: active-passive. No path leads from one model to the other.",
            "'active-active'",
        )


@rule("primary", "sites")
def _primary_is_a_site(settings: Settings) -> Iterator[Problem]:
    if settings.primary not in settings.sites:
        # No guess at what was meant: a wrong site taken over from here would be a wrong failover.
        yield Problem(
            f"{NAMESPACE}:primary",
            "is not one of the sites",
            f"Name one of {', '.join(settings.sites)}.",
            repr(settings.primary),
        )


@rule("sites")
def _sites_apart(settings: Settings) -> Iterator[Problem]:
    (one, a), (two, b) = settings.sites.items()
    if (a.cloud, a.region) == (b.cloud, b.region):
        yield Problem(
            f"{BODY}.sites.{two}.region",
            f"both sites are in {a.cloud} {a.region}: one outage would take the standby along",
            f"Put {two} into another region or another cloud than {one}.",
            repr(b.region),
        )
    ids = [site.cluster.adopt.id for site in (a, b) if site.cluster.adopt]
    if len(set(ids)) < len(ids):
        yield Problem(
            f"{BODY}.sites.{two}.cluster.adopt.id",
            "both sites adopt the same cluster",
            "A link to itself is refused; adopt two clusters.",
            repr(ids[0]),
        )


@rule("sites", "environment")
def _adopted_in_new_environment(settings: Settings) -> Iterator[Problem]:
    if settings.environment.create is None:
        return
    for name, site in settings.sites.items():
        if site.cluster.adopt:
            yield Problem(
                f"{BODY}.environment.create",
                f"site {name} adopts a cluster, which cannot be in an environment that does not exist yet",
                "Adopt the environment of that cluster: environment: {adopt: env-...}.",
            )


@rule("sites", "organization")
def _adopted_in_an_organization(settings: Settings) -> Iterator[Problem]:
    adopted = [name for name, site in settings.sites.items() if site.cluster.adopt]
    if settings.organization is None and adopted:
        yield Problem(
            f"{BODY}.organization",
            f"is missing, and role bindings on an adopted cluster ({', '.join(adopted)}) are made out to it",
            "Add the organization's id; `confluent organization list` prints it.",
        )


@rule("epoch", "change", "standby", "handover")
def _term_is_consistent(settings: Settings) -> Iterator[Problem]:
    change, standby = settings.change, settings.standby
    token = bool(settings.handover.get_secret_value())
    if change is Change.FAILOVER and standby is Standby.MIRRORING:
        yield Problem(
            f"{NAMESPACE}:standby",
            f"after change: {change} the old primary cannot go on as a mirroring standby",
            "Set standby: retained in the edit that changes primary; set change: none when the pair is steady.",
            "'mirroring'",
        )
    if change is Change.NONE and standby is not Standby.MIRRORING:
        yield Problem(
            f"{NAMESPACE}:change",
            f"standby: {standby} is the outcome of a flip, yet change says there was none",
            "Leave change as the flip set it (failover or promote) until the next flip.",
            "'none'",
        )
    if change is not Change.NONE and settings.epoch == 1:
        yield Problem(
            f"{NAMESPACE}:epoch",
            f"epoch 1 is the first term of a pair, which cannot begin with change: {change}",
            "Raise epoch by 1 in the edit that changes primary.",
            "1",
        )
    if change is Change.PROMOTE and not token:
        yield Problem(
            f"{NAMESPACE}:handover",
            "change: promote needs the token of the demotion step",
            "Set the token, or change: failover if the primary is lost and records may be.",
        )
    if change is not Change.PROMOTE and token:
        yield Problem(
            f"{NAMESPACE}:handover",
            f"a token is set though change is {change}",
            "Clear it: a token is single use and belongs to change: promote.",
        )


@rule("primary", "standby", "sites", "link")
def _links_can_land(settings: Settings) -> Iterator[Problem]:
    if settings.primary not in settings.sites:
        return
    two_halves = settings.link.mode is not LinkMode.DESTINATION_INITIATED
    both = two_halves or settings.link.back is not None or settings.standby in CLEARS
    landing = [name for name in settings.sites if both or name == settings.destination]
    for name in landing:
        kind = settings.sites[name].kind
        if kind is not None and kind not in LINK_DESTINATIONS:
            why = "the link, or the one back, writes to this site"
            if two_halves:
                why = f"a {settings.link.mode} link has a half on both sites"
            yield Problem(
                f"{BODY}.sites.{name}.cluster.create.kind",
                f"{why}, which this kind of cluster cannot hold",
                "Use Dedicated or Enterprise.",
                repr(str(kind)),
            )


@rule("link", "sync", "acl_link")
def _acls_and_prefix(settings: Settings) -> Iterator[Problem]:
    link, acls, extra = settings.link, settings.sync.acls, settings.acl_link
    if acls.enabled and link.prefix:
        yield Problem(
            f"{BODY}.sync.acls.enabled",
            "a link with a prefix cannot carry ACLs",
            "Switch it off here and declare settings.aclLink: {name, filters}, a second link that copies only ACLs.",
            "true",
        )
    if acls.enabled and extra:
        yield Problem(
            f"{BODY}.aclLink",
            "ACLs would be copied twice, by the data link as well",
            "Keep one: remove aclLink or switch sync.acls off.",
        )
    if extra and extra.name == link.name:
        yield Problem(
            f"{BODY}.aclLink.name", "is the data link's name", "Give the ACL link a name of its own.", repr(extra.name)
        )


@rule("link")
def _prefix_and_direction(settings: Settings) -> Iterator[Problem]:
    if settings.link.prefix and settings.link.mode is LinkMode.BIDIRECTIONAL:
        yield Problem(
            f"{BODY}.link.prefix",
            "a prefixed topic cannot come home over a bidirectional link: it would be prefixed once more",
            "Remove the prefix, or use mode: destination-initiated.",
            repr(settings.link.prefix),
        )


@rule("sync")
def _syncs_have_filters(settings: Settings) -> Iterator[Problem]:
    # The service takes a sync without filter and leaves its task in IN_ERROR, unseen (cli#3072; I11).
    offsets, acls = settings.sync.offsets, settings.sync.acls
    if offsets.enabled and not includes(offsets.groups):
        yield Problem(
            f"{BODY}.sync.offsets.groups",
            "offset sync is enabled without a filter that includes a group, so it would copy nothing",
            "Add groups: [{name: '*'}] for all groups, or name yours; or set enabled: false.",
        )
    if acls.enabled and not acls.filters:
        yield Problem(
            f"{BODY}.sync.acls.filters",
            "ACL sync is enabled without a filter, so it would copy nothing",
            "Add filters: [{}] for all ACLs, or narrower ones; or set enabled: false.",
        )
    yield from dead_filters(f"{BODY}.sync.offsets.groups", offsets.groups)


@rule("targets", "flip")
def _budget_fits(settings: Settings) -> Iterator[Problem]:
    budget, rto = settings.flip.budget_seconds, settings.targets.rto_seconds
    if budget > rto:
        yield Problem(
            f"{BODY}.flip.budgetSeconds",
            f"exceeds the recovery time promised, {rto} s",
            "Lower the budget or raise targets.rtoSeconds.",
            str(budget),
        )
