"""Settings -> components -> the document `dr`. It is published whatever a dead site kept undone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pulumi

from components import estate as dr
from components.switch import LinkMode
from kafkadr.estate.document import VERSION
from stacks.addresses import Keys
from stacks.estate.settings import PROJECT, Client, Link, Settings, Site
from stacks.loading import load


async def deploy() -> dict[str, Any]:
    """Register the estate; its outputs.

    Raises:
        ConfigError: The config cannot be deployed.
    """
    settings = load(Settings, PROJECT)
    prefix = f"{settings.environment_name}-{pulumi.get_stack()}"
    sites = {name: dr.KafkaSite(name, _site(settings, name, site, prefix)) for name, site in settings.sites.items()}
    links: dict[str, dr.ClusterLink | dr.AclLink] = {}
    for name, link in settings.links.items():
        links[name] = _link(settings, name, link, sites, prefix)
    for name, client in settings.clients.items():
        dr.ClientCredentials(name, _client(settings, client, sites, f"{prefix}-{name}"))
    document = {
        "version": VERSION,
        "environment": settings.environment_name,
        "sites": await _whole({name: _site_output(site) for name, site in sites.items()}),
        "links": await _whole({name: _link_output(settings.links[name], link) for name, link in links.items()}),
        "vault": settings.vault.at(Path.cwd()).url if settings.vault else "",
    }
    return {"dr": pulumi.Output.secret(document)}


async def _whole(parts: dict[str, pulumi.Output[Any]]) -> dict[str, Any]:
    """Those parts that are known: what a dead site kept from being made is left out, and the rest is published."""

    async def one(name: str, part: pulumi.Output[Any]) -> tuple[str, Any] | None:
        try:
            return (name, await part.future()) if await part.is_known() else None
        except Exception as error:  # noqa: BLE001 - the engine has told it beside the resource
            pulumi.log.warn(f"{name} is not published: {error}")
            return None

    found = await asyncio.gather(*(one(name, part) for name, part in sorted(parts.items())))
    return dict(filter(None, found))


def _site_output(site: dr.KafkaSite) -> pulumi.Output[Any]:
    return site.site.apply(
        lambda found: {
            "clusterId": found["cluster_id"],
            "restEndpoint": found["rest_endpoint"],
            "bootstrapEndpoint": found["bootstrap_endpoint"],
            "credentials": {"key": found["credentials"]["key"], "secret": found["credentials"]["secret"]},
        }
    )


def _link_output(settings: Link, link: dr.ClusterLink | dr.AclLink) -> pulumi.Output[Any]:
    plain = {
        "from": settings.from_,
        "to": settings.to,
        "mode": settings.mode.value,
        "prefix": settings.prefix or "",
        "aclsOnly": settings.acls_only,
    }
    return link.link_name.apply(lambda _: plain)


def _keys(keys: Keys) -> dr.KeyGenerations:
    return {"live": list(keys.live), "current": keys.current}


def _site(settings: Settings, name: str, site: Site, prefix: str) -> dr.KafkaSiteArgs:
    args: dr.KafkaSiteArgs = {
        "environment_id": site.environment or settings.environment,
        "manager_keys": _keys(site.manager_keys),
        "switch_keys": _keys(site.switch_keys),
        "display_prefix": f"{prefix}-{name}",
        "wait_for_ready": settings.wait_for_ready,
        "protect": settings.protect,
    }
    if site.existing:
        args["existing"] = {
            "id": site.existing.id,
            "rest_endpoint": site.existing.rest_endpoint,
            "bootstrap_endpoint": site.existing.bootstrap_endpoint,
            "organization_id": settings.organization,
        }
    if site.create:
        args["create"] = {
            "cloud": site.create.cloud.value,
            "region": site.create.region,
            "kind": dr.ClusterKind(site.create.kind.value),
            "availability": dr.Availability(site.create.availability.value),
            "display_name": site.create.display_name or f"{prefix}-{name}",
        }
        if site.create.cku is not None:
            args["create"]["cku"] = site.create.cku
        if site.create.max_ecku is not None:
            args["create"]["max_ecku"] = site.create.max_ecku
    return args


def _link(
    settings: Settings, name: str, link: Link, sites: dict[str, dr.KafkaSite], prefix: str
) -> dr.ClusterLink | dr.AclLink:
    common: Any = {
        "from_": sites[link.from_].end,
        "to": sites[link.to].end,
        "mode": LinkMode(link.mode.value),
        "keys": _keys(link.keys),
        "display_prefix": f"{prefix}-{name}-link",
        "wait_for_ready": settings.wait_for_ready,
        "protect": settings.protect,
    }
    if link.acls_only:
        return dr.AclLink(name, common)
    more: Any = {"reads": list(link.reads)}
    return dr.ClusterLink(name, common | more | ({"prefix": link.prefix} if link.prefix else {}))


def _client(
    settings: Settings, client: Client, sites: dict[str, dr.KafkaSite], display: str
) -> dr.ClientCredentialsArgs:
    args: dr.ClientCredentialsArgs = {
        "sites": {name: site.end for name, site in sites.items()},
        "produce": list(client.produce),
        "consume": list(client.consume),
        "groups": list(client.groups),
        "roles": [{"role": role.role, "resource": role.resource} for role in client.roles],
        "keys": _keys(client.keys),
        "display_name": display,
        "wait_for_ready": settings.wait_for_ready,
        "protect": settings.protect,
    }
    if settings.vault:
        vault = settings.vault.at(Path.cwd())
        args["vault"] = {"url": vault.url, "owner": display, "proof_seconds": vault.proof_seconds}
    return args
