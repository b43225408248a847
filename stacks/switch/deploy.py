"""Settings and estate -> components: no decision is taken here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi

from components.switch import ActivePassive, ActivePassiveArgs, EstateRecord, Link, LinkMode
from kafkadr.estate.card import VERSION as CARD_VERSION
from kafkadr.estate.document import EstateDocument, parse
from stacks.loading import load
from stacks.switch.estate import read_estate
from stacks.switch.settings import PROJECT, Settings, address, topics_of


async def deploy() -> dict[str, Any]:
    """Register the switch; its outputs.

    Raises:
        ConfigError: The config cannot be deployed.
    """
    settings = load(Settings, PROJECT)
    found = await read_estate(settings)
    recorded = EstateRecord("estate", document=found.document, problem=found.problem)
    # Known in a preview, too: the provider answers with what it records. From here on it is plain data.
    estate = parse(await recorded.document.future())
    opts = pulumi.ResourceOptions(depends_on=[recorded])
    switch = ActivePassive(estate.environment, arguments(settings, estate), opts)
    return {
        "version": 1,
        "active": switch.active,
        "epoch": switch.epoch,
        "ledger": switch.guard.ledger,
        "card": card(settings, estate),
    }


def card(settings: Settings, estate: EstateDocument) -> dict[str, Any]:
    """What `drctl` needs to know of the environment; no secret, and nothing that grows with the topics."""
    root = Path.cwd()
    return {
        "version": CARD_VERSION,
        "environment": estate.environment,
        "record": address(settings.record, root),
        "ledger": address(settings.ledger, root),
        "vault": estate.vault,
        "sites": {
            name: site.model_dump(mode="json", by_alias=True, exclude={"credentials"})
            for name, site in estate.sites.items()
        },
        "links": {
            name: link.model_dump(mode="json", by_alias=True)
            for name, link in estate.links.items()
            if not link.acls_only
        },
        "budgetSeconds": settings.budget_seconds,
        "chunkSize": settings.chunk_size,
    }


def arguments(settings: Settings, estate: EstateDocument) -> ActivePassiveArgs:
    """The component's arguments; file addresses are relative to the project."""
    root = Path.cwd()
    given: dict[str, Any] = {
        "change": settings.change and settings.change.value,
        "approved": settings.approved,
        "accept_loss": settings.accept_loss or None,
        "auto_create": [_filter(f) for f in settings.auto_create] or None,
        "offsets": settings.offsets
        and {"groups": [_filter(f) for f in settings.offsets.groups], "interval_ms": settings.offsets.interval_ms},
        "acls": settings.acls
        and {
            "filters": [f.model_dump(mode="json", exclude_none=True) for f in settings.acls.filters],
            "interval_ms": settings.acls.interval_ms,
        },
        "topic_config_ms": settings.topic_config_ms,
        "vault": estate.vault or None,
    }
    args: ActivePassiveArgs = {
        "environment": estate.environment,
        "primary": settings.primary,
        "epoch": settings.epoch,
        "record": address(settings.record, root),
        "ledger": address(settings.ledger, root),
        "sites": {
            name: {
                "cluster_id": site.cluster_id,
                "rest_endpoint": site.rest_endpoint,
                "bootstrap_endpoint": site.bootstrap_endpoint,
                "credentials": {"key": site.credentials.key, "secret": site.credentials.secret.get_secret_value()},
            }
            for name, site in estate.sites.items()
        },
        "links": _links(estate, acls_only=False),
        "acl_links": _links(estate, acls_only=True),
        "topics": [*topics_of(settings, root)],
        "budget_seconds": settings.budget_seconds,
        "chunk_size": settings.chunk_size,
    }
    return args | {key: value for key, value in given.items() if value is not None}  # type: ignore[return-value]


def _filter(each: Any) -> dict[str, str]:
    found: dict[str, str] = each.model_dump(mode="json")
    return found


def _links(estate: EstateDocument, *, acls_only: bool) -> dict[str, pulumi.Input[Link]]:
    return {
        name: {"from_": link.from_, "to": link.to, "mode": LinkMode(link.mode.value), "prefix": link.prefix}
        for name, link in estate.links.items()
        if link.acls_only is acls_only
    }
