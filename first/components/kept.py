"""The links of lost sites, kept for their failover offsets until their ledgers are answered for (S98).

Only the half on the surviving cluster is left; it stays as it was made, in quarantine, and nothing that is said of the
lost cluster here is used. The mirrors that stopped on it are live topics, and have left the program.
"""

import pulumi

from .errors import refuse
from .link import DrClusterLink
from .pair_args import ActivePassivePairArgs
from .pair_links import PairKept
from .rebuild import home, link_root
from .refs import ClusterRef
from .site import KafkaSite

_LOST: ClusterRef = {
    "id": "lkc-lost",
    "rest_endpoint": "https://lost.invalid",
    "bootstrap_endpoint": "lost.invalid:9092",
    "credentials": {"key": "lost", "secret": "lost"},
}
"""In place of a cluster that is declared no more: what is recorded of it stays."""


def links(
    name: str, args: ActivePassivePairArgs, sites: dict[str, KafkaSite], opts: pulumi.ResourceOptions
) -> list[DrClusterLink]:
    """Declare the kept links, on the cluster that outlived the loss: the home of the link to the new site.

    Raises:
        ComponentError: A kept site is still a site of the pair, or its link is the one that runs.
    """
    survivor = sites[home(args)].ref
    return [_link(name, args, each, survivor, opts) for each in args.get("kept", [])]


def _link(
    name: str, args: ActivePassivePairArgs, each: PairKept, survivor: ClusterRef, opts: pulumi.ResourceOptions
) -> DrClusterLink:
    site, unlocked = each["site"], each.get("unlocked", False)
    refuse(site in args["sites"], f"kept names {site}, which is a site of the pair", "Keep links of lost sites alone")
    refuse(
        each["link"] == args["link"]["name"],
        f"link.name is {each['link']}, which is kept for {site}",
        "Give the new site's link a name of its own",
    )
    source_lost = each.get("home", site) == site
    # After one more flip the link is on a cluster that may be lost as well: let it go without a call then.
    called = args["primary"] == home(args)
    return DrClusterLink(
        f"{link_root(name, each.get('built', 0))}-link",
        {
            "link_name": each["link"],
            "mode": args["link"]["mode"],
            "source": _LOST if source_lost else survivor,
            "destination": survivor if source_lost else _LOST,
            "kept": "destination" if source_lost else "source",
            "protect": args.get("protect", True) and not unlocked,
            "retain_on_delete": (args.get("retain_on_delete", True) and not unlocked) or not called,
        },
        opts,
    )
