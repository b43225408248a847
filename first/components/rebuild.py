"""How the old primary of a bidirectional link becomes the mirror: after a failover, and in a planned move.

The halves of the link, its account and its declared mirrors stay what they were when the pair was built, whoever is
primary: `home` is the site that was its source then. What changes is which half syncs, and that is `MirrorState`'s.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from .link import LinkMode
from .pair_args import ActivePassivePairArgs
from .site import KafkaSite

RESTORATION = "kafkadr:index:Restoration"
REVERSAL = "kafkadr:index:Reversal"


class Restoration(pulumi.CustomResource):
    """The old primary's topics are cut to where their mirrors stopped, and become mirrors; nothing is deleted."""

    states: pulumi.Output[dict[str, int]]
    """Number of mirrors on the old primary per status."""
    cut: pulumi.Output[dict[str, Any]]
    """What was cut off, `{records, partitions, rows}`."""
    archived: pulumi.Output[dict[str, Any]]
    """Where it is, `{url, records, objects}`."""

    def __init__(
        self, name: str, *, halves: Mapping[str, Any], more: Mapping[str, Any], opts: pulumi.ResourceOptions
    ) -> None:
        """Declare the restore; `halves` and `more` as `halves_of` and `restoration` make them."""
        outputs = dict.fromkeys(("states", "cut", "archived"))
        super().__init__(RESTORATION, name, {**halves, **more, **outputs}, opts)


class Reversal(pulumi.CustomResource):
    """The link turns round: the old primary mirrors the new one, without loss."""

    states: pulumi.Output[dict[str, int]]
    """Number of mirrors on the old primary per status."""

    def __init__(
        self, name: str, *, halves: Mapping[str, Any], more: Mapping[str, Any], opts: pulumi.ResourceOptions
    ) -> None:
        """Declare the reversal; `halves` and `more` as `halves_of` and `reversal` make them."""
        super().__init__(REVERSAL, name, {**halves, **more, "states": None}, opts)


def bidirectional(args: ActivePassivePairArgs) -> bool:
    """Whether the link can turn round."""
    return args["link"]["mode"] is LinkMode.BIDIRECTIONAL


def home(args: ActivePassivePairArgs) -> str:
    """The site that was the link's source when it was built."""
    return args.get("home", args["source"])


def away(args: ActivePassivePairArgs) -> str:
    """The site that was its destination."""
    return next(site for site in sorted(args["sites"]) if site != home(args))


def turned(args: ActivePassivePairArgs) -> bool:
    """Whether the data flows the other way than when the link was built."""
    return args["source"] != home(args)


def root(name: str, args: ActivePassivePairArgs) -> str:
    """Beginning of the Pulumi names of the link's parts: a link to a new site stands beside the lost one's."""
    return link_root(name, args["link"].get("built", 0))


def link_root(name: str, built: int) -> str:
    """The same for a link that was built in a term; 0 for the pair's first one."""
    return f"{name}-e{built}" if built else name


def released(args: ActivePassivePairArgs) -> list[str]:
    """The old primary's site, once it is lost and may leave the program; empty before."""
    return sorted(name for name, site in args["sites"].items() if site.get("released", False))


def state_name(name: str, args: ActivePassivePairArgs) -> str:
    """Pulumi name of the `MirrorState`: each direction has one of its own, for it is about another cluster."""
    return f"{root(name, args)}-mirror-state" + (f"-{args['destination']}" if turned(args) else "")


def restores(args: ActivePassivePairArgs) -> bool:
    """Whether the old primary is being restored."""
    return args.get("standby", "mirroring") == "restoring"


def reverses(args: ActivePassivePairArgs) -> bool:
    """Whether this term began with the link turning round."""
    return args.get("standby", "mirroring") == "mirroring" and args.get("change", "none") == "promote"


def clears(args: ActivePassivePairArgs) -> bool:
    """Whether the stale topics of a one-way link's old primary are armed or deleted."""
    return args.get("standby", "mirroring") in {"clear-armed", "clear-fired"}


def keeps_acls(args: ActivePassivePairArgs) -> bool:
    """Whether ACLs that leave the program stay: they are the other site's by then, and move in the next update."""
    return clears(args) or (bidirectional(args) and (restores(args) or reverses(args)))


def after(turn: Sequence[Restoration | Reversal], link_name: pulumi.Output[str]) -> pulumi.Output[str]:
    """The link's name, known once the link has turned: a preview must not judge mirrors that do not exist yet."""
    states = [step.states for step in turn if isinstance(step, Reversal)]
    return pulumi.Output.all(link_name, *states).apply(lambda found: str(found[0])) if states else link_name


def old_site(args: ActivePassivePairArgs) -> str:
    """The site that is not primary: the old primary, after a flip."""
    return next(site for site in sorted(args["sites"]) if site != args["primary"])


def halves_of(
    args: ActivePassivePairArgs, sites: Mapping[str, KafkaSite], link_name: pulumi.Input[str]
) -> dict[str, Any]:
    """Inputs that both resources share."""
    return {
        "linkName": link_name,
        **_half("old", sites[old_site(args)]),
        **_half("new", sites[args["primary"]]),
        "budgetSeconds": args.get("budget_seconds", 300),
        "chunkSize": args.get("chunk_size", 500),
    }


def _half(role: str, site: KafkaSite) -> dict[str, Any]:
    return {
        f"{role}RestEndpoint": site.rest_endpoint,
        f"{role}ClusterId": site.cluster_id,
        f"{role}Credentials": pulumi.Output.secret({"key": site.manager_key, "secret": site.manager_secret}),
    }


def restoration(args: ActivePassivePairArgs, sites: Mapping[str, KafkaSite]) -> dict[str, Any]:
    """Further inputs of `Restoration`."""
    return {
        "oldBootstrapEndpoint": sites[old_site(args)].bootstrap_endpoint,
        "epoch": args["epoch"],
        "ledgerUrl": args.get("ledger_url", ""),
        "acknowledged": args.get("acknowledged", []),
        "archive": args.get("archive", "required"),
    }


def reversal(
    args: ActivePassivePairArgs,
    demotion: pulumi.Input[Mapping[str, Any]],
    groups: Sequence[Mapping[str, str]],
    links: Mapping[str, Mapping[str, pulumi.Input[str]]],
    offset_sync_ms: int,
) -> dict[str, Any]:
    """Further inputs of `Reversal`."""
    return {
        "epoch": args["epoch"],
        "ledgerUrl": args.get("ledger_url", ""),
        "demotion": demotion,
        "groups": [dict(each) for each in groups],
        "offsetSyncMs": offset_sync_ms,
        "links": {link: dict(entries) for link, entries in links.items()},
    }
