"""Plan -> components: the only module that brings values and resources together. No decision is taken here."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pulumi
import pulumi_confluentcloud as confluent

from first import components as dr
from first.stacks.grants import ClientPlan
from first.stacks.outputs import VERSION
from first.stacks.plan import LinkPlan, Plan
from first.stacks.sections import AclSync
from first.stacks.sites import Site
from kafkadr.phase import Kept
from stacks.addresses import Keys
from stacks.fields import AclFilter, GroupFilter, TopicFilter


def deploy(plan: Plan) -> None:
    """Register the pair and export the stack's outputs, the contract in outputs.py."""
    for warning in plan.warnings:
        pulumi.log.warn(warning)
    environment = _environment(plan)
    pair = dr.ActivePassivePair(plan.name, pair_args(plan, environment, pulumi.get_stack()))
    for name, value in outputs(plan, pair).items():
        pulumi.export(name, value)


def outputs(plan: Plan, pair: dr.ActivePassivePair) -> dict[str, Any]:
    """The stack's outputs by name; they are validated by `StackOutputs`."""
    return {
        "version": VERSION,
        "active": pair.active.apply(
            lambda active: {
                "site": active["site"],
                "clusterId": active["clusterId"],
                "bootstrapEndpoint": active["bootstrap"],
                "restEndpoint": active["rest"],
                "epoch": active["epoch"],
            }
        ),
        "pointer": pair.pointer,
        "phase": pair.phase,
        "link": {
            "name": plan.link.running,
            "source": plan.link.source,
            "destination": plan.link.destination,
            **plan.facts,
        },
        "mirrors": pair.states.apply(lambda states: {"total": sum(states.values()), "states": states}),
        "forecast": pair.forecast,
        "ledger": pair.ledger,
        "clients": pulumi.Output.secret(pair.clients),
        "vault": pair.vault,
        "card": pair.card,
        "released": list(plan.released),
        "kept": [asdict(each) for each in plan.kept],
    }


def _environment(plan: Plan) -> pulumi.Input[str]:
    if plan.environment.create is None:
        return plan.environment.adopt or ""
    made = confluent.Environment(
        f"{plan.name}-environment",
        display_name=plan.environment.create.display_name,
        opts=pulumi.ResourceOptions(protect=plan.protect),
    )
    return made.id


def pair_args(plan: Plan, environment: pulumi.Input[str], stack: str) -> dr.ActivePassivePairArgs:
    """The pair's arguments; display names carry the stack's name, for they are unique in an organization."""
    args: dr.ActivePassivePairArgs = {
        "sites": {name: _site(plan, site, environment) for name, site in plan.sites.items()},
        "source": plan.link.source,
        "destination": plan.link.destination,
        "home": plan.link.home,
        "primary": plan.term.primary,
        "epoch": plan.term.epoch,
        "change": plan.term.change.value,
        "standby": plan.term.standby.value,
        "handover": pulumi.Output.secret(plan.handover.get_secret_value()),
        "handover_key": pulumi.Output.secret(plan.handover_key.get_secret_value()),
        "acknowledged": list(plan.acknowledged),
        "archive": plan.archive.value,
        "desired": plan.desired.value,
        "topics": list(plan.topics),
        "link": _link(plan.link),
        "clients": {client.name: _client(client) for client in plan.clients},
        "ledger_url": plan.ledger_url,
        "budget_seconds": plan.budget_seconds,
        "chunk_size": plan.chunk_size,
        "display_prefix": f"{plan.name}-{stack}",
        "protect": plan.protect,
        "retain_on_delete": plan.retain,
    }
    if plan.kept:
        args["kept"] = [_kept(each) for each in plan.kept]
    if plan.clear:
        args["clear"] = list(plan.clear)
    if plan.rpo_messages is not None:
        args["rpo_messages"] = plan.rpo_messages
    if plan.vault is not None:
        args["vault"] = {"url": plan.vault.url, "proof_seconds": plan.vault.proof_seconds}
    if plan.pointer is not None:
        args["pointer"] = {"url": plan.pointer.url, "reason": plan.pointer.reason}
    if plan.acl_link is not None:
        args["acl_link"] = {"name": plan.acl_link.name, "acl_sync": _acl_sync(plan.acl_link.acls)}
    return args


def _keys(keys: Keys) -> dr.KeyGenerations:
    return {"live": list(keys.live), "current": keys.current}


def _site(plan: Plan, site: Site, environment: pulumi.Input[str]) -> dr.KafkaSiteArgs:
    keys = _keys(site.manager_keys)
    create, adopt = site.cluster.create, site.cluster.adopt
    if adopt is not None:
        return {
            "environment_id": environment,
            "manager_keys": keys,
            "released": site.released,
            "adopt": {
                "id": adopt.id,
                "rest_endpoint": adopt.rest_endpoint,
                "bootstrap_endpoint": adopt.bootstrap_endpoint,
                "rbac_crn": plan.crn_of(adopt),
            },
        }
    assert create is not None  # noqa: S101 - the settings hold exactly one of the two
    cluster: dr.CreateCluster = {
        "display_name": create.display_name,
        "cloud": site.cloud.value,
        "region": site.region,
        "availability": dr.Availability(create.availability.value),
        "kind": dr.ClusterKind(create.kind.value),
    }
    if create.cku is not None:
        cluster["cku"] = create.cku
    if create.max_ecku is not None:
        cluster["max_ecku"] = create.max_ecku
    return {"environment_id": environment, "manager_keys": keys, "released": site.released, "create": cluster}


def _link(link: LinkPlan) -> dr.PairLink:
    settings: dr.LinkSettings = {}
    if link.prefix is not None:
        settings["prefix"] = link.prefix
    if link.topic_config_sync_ms is not None:
        settings["topic_config_sync_ms"] = link.topic_config_sync_ms
    if link.offsets is not None:
        settings["offset_sync"] = {
            "enabled": link.offsets.enabled,
            "interval_ms": link.offsets.interval_ms,
            "groups": [_group(each) for each in link.offsets.groups],
        }
    if link.acls is not None:
        settings["acl_sync"] = _acl_sync(link.acls)
    if link.auto_create is not None:
        filters = [_topic(each) for each in link.auto_create.filters]
        settings["auto_create"] = {"enabled": link.auto_create.enabled, "topics": filters}
    args: dr.PairLink = {
        "name": link.name,
        "mode": dr.LinkMode(link.mode.value),
        "settings": settings,
        "keys": _keys(link.keys),
    }
    if link.built is not None:
        args["built"] = link.built
    if link.back is not None:
        args["back"] = {"name": link.back.name, "keys": _keys(link.back.keys)}
    if link.reads:
        args["reads"] = [
            {"name": each.name, "pattern_type": dr.PatternType(each.pattern_type.value)} for each in link.reads
        ]
    return args


def _kept(kept: Kept) -> dr.PairKept:
    facts: dr.PairKept = {
        "site": kept.site,
        "epoch": kept.epoch,
        "link": kept.link,
        "built": kept.built,
        "unlocked": kept.unlocked,
    }
    if kept.home:
        facts["home"] = kept.home
    return facts


def _group(each: GroupFilter) -> dr.GroupFilter:
    return {
        "name": each.name,
        "pattern_type": dr.PatternType(each.pattern_type.value),
        "filter_type": dr.FilterType(each.filter_type.value),
    }


def _topic(each: TopicFilter) -> dr.TopicFilter:
    return {
        "name": each.name,
        "pattern_type": dr.PatternType(each.pattern_type.value),
        "filter_type": dr.FilterType(each.filter_type.value),
    }


def _acl_sync(sync: AclSync) -> dr.AclSync:
    return {
        "enabled": sync.enabled,
        "interval_ms": sync.interval_ms,
        "filters": [_acl(each) for each in sync.filters],
    }


def _acl(each: AclFilter) -> dr.AclFilter:
    args: dr.AclFilter = {
        "resource_type": dr.AclResourceType[each.resource_type.name],
        "pattern_type": dr.AclPatternType[each.pattern_type.name],
        "operation": each.operation,
        "permission": dr.AclPermission[each.permission_type.name],
    }
    if each.name is not None:
        args["name"] = each.name
    if each.principal is not None:
        args["principal"] = each.principal
    return args


def _client(client: ClientPlan) -> dr.PairClient:
    pattern = dr.PatternType(client.pattern_type.value)
    return {
        "acl_sites": list(client.acl_sites),
        "topics": [
            {"name": grant.name, "pattern_type": pattern, "access": dr.TopicAccess(grant.access.value)}
            for grant in client.topics
        ],
        "groups": [{"name": group, "pattern_type": pattern} for group in client.groups],
        "roles": [_role(role, resource) for role, resource in client.roles],
        "keys": _keys(client.keys),
    }


def _role(role: str, resource: str | None) -> dr.RoleGrant:
    return {"role_name": role, "resource": resource} if resource else {"role_name": role}
