"""The site card: what a failover needs when Pulumi, its state or this program cannot be had. No secret is on it."""

from typing import Any

import pulumi

from .pair_args import ActivePassivePairArgs
from .pair_parts import Sites, mirror_state


def card(args: ActivePassivePairArgs, sites: Sites, link_name: pulumi.Input[str]) -> pulumi.Output[dict[str, Any]]:
    """The pair as `drctl failover` reads it (`kafkadr.card`): sites, link, scope, where ledger and pointer are."""
    state = mirror_state(args, sites, link_name)
    found: dict[str, Any] = {
        "version": 1,
        "link": link_name,
        "epoch": args["epoch"],
        "mirroring": args.get("standby", "mirroring") == "mirroring",
        "primary": _site(sites, args["primary"]),
        "standby": _site(sites, next(s for s in sorted(sites) if s != args["primary"])),
        "topics": state["topics"],
        "onlyDeclared": state["only_declared"],
        "groups": state["groups"],
        "links": state["links"],
        "ledger": state["ledger_url"],
        "pointer": args["pointer"]["url"] if "pointer" in args else "",
        "secrets": args["vault"]["url"] if "vault" in args else "",
        "budgetSeconds": state["budget_seconds"],
        "chunkSize": state["chunk_size"],
        "rpoMessages": state["rpo_messages"],
    }
    return pulumi.Output.from_input(found)


def _site(sites: Sites, which: str) -> dict[str, Any]:
    site = sites[which]
    return {
        "site": which,
        "clusterId": site.cluster_id,
        "bootstrapEndpoint": site.bootstrap_endpoint,
        "restEndpoint": site.rest_endpoint,
    }
