"""A one-way pair whose primary goes there and back: two links, of which one runs and the other one waits (S100-S104).

The home link, its account and its mirrors are what they were; `link.back` adds the same for the other direction, under
names of their own. A part takes its arguments as its link sees them (`away_link`), so that nothing else tells the two
apart. The waiting link is kept for its offsets, in quarantine; the mirrors that stopped on it are live topics by then,
and leave the program when a standby is rebuilt: unlocked while the old primary is cleared, and retained.
"""

from collections.abc import Mapping
from typing import Any

import pulumi

from .keys import FIRST
from .link_account import LinkAccount
from .mirrors import MirrorTopics
from .pair_args import ActivePassivePairArgs
from .rebuild import away, old_site, turned
from .rebuild import root as link_root
from .site import KafkaSite


def away_link(args: ActivePassivePairArgs) -> ActivePassivePairArgs:
    """The arguments as the other direction's link sees them: its source is home, its name the link's."""
    back = args["link"]["back"]
    seen: ActivePassivePairArgs = {**args, "home": away(args)}
    seen["link"] = {**args["link"], "name": back["name"], "keys": back.get("keys", FIRST)}
    if "display_prefix" in args:
        seen["display_prefix"] = f"{args['display_prefix']}-back"
    return seen


def two_ways(args: ActivePassivePairArgs) -> bool:
    """Whether there are two links."""
    return "back" in args["link"]


def running(args: ActivePassivePairArgs) -> ActivePassivePairArgs:
    """The arguments as the link that runs sees them."""
    return away_link(args) if two_ways(args) and turned(args) else args


def root(name: str, args: ActivePassivePairArgs) -> str:
    """Beginning of the Pulumi names of what belongs to the link that runs."""
    return back_root(name, args) if two_ways(args) and turned(args) else link_root(name, args)


def back_root(name: str, args: ActivePassivePairArgs) -> str:
    """Beginning of the Pulumi names of what belongs to the other direction's link."""
    return f"{link_root(name, args)}-back"


def idle(args: ActivePassivePairArgs) -> str | None:
    """Name of the link that waits, if there is one."""
    if not two_ways(args):
        return None
    return args["link"]["name"] if turned(args) else args["link"]["back"]["name"]


def link_name(args: ActivePassivePairArgs, name: pulumi.Output[str], mirrors: MirrorTopics) -> pulumi.Output[str]:
    """The link's name, known once its mirrors are there: a preview must not judge mirrors that do not exist yet."""
    if not two_ways(args):
        return name
    return pulumi.Output.all(name, mirrors.ids).apply(lambda found: str(found[0]))


def ring(name: str, args: ActivePassivePairArgs, account: LinkAccount | None) -> dict[str, dict[str, Any]]:
    """Keyword arguments of the `KeyRing` of the other direction's link, by name; none without a key of its own."""
    if account is None:
        return {}
    back = args["link"]["back"]
    keys = back.get("keys", FIRST)
    found = {"holder": f"link {back['name']}", **keys, "keys": {away(args): account.key_ids}}
    return {f"{back_root(name, args)}-link-reader-ring": found}


def clearance(args: ActivePassivePairArgs, sites: Mapping[str, KafkaSite], name: pulumi.Input[str]) -> dict[str, Any]:
    """Keyword arguments of `Clearance`."""
    old = sites[old_site(args)]
    new = sites[args["primary"]]
    return {
        "link_name": name,
        "old_cluster_id": old.cluster_id,
        "old_rest_endpoint": old.rest_endpoint,
        "old_bootstrap_endpoint": old.bootstrap_endpoint,
        "old_credentials": {"key": old.manager_key, "secret": old.manager_secret},
        "new_cluster_id": new.cluster_id,
        "new_rest_endpoint": new.rest_endpoint,
        "new_credentials": {"key": new.manager_key, "secret": new.manager_secret},
        "topics": args.get("clear", []),
        "fire": args.get("standby", "mirroring") == "clear-fired",
        "epoch": args["epoch"],
        "primary": args["primary"],
        "ledger_url": args.get("ledger_url", ""),
        "acknowledged": args.get("acknowledged", []),
        "pointer_url": args["pointer"]["url"] if "pointer" in args else "",
        "budget_seconds": args.get("budget_seconds", 300),
    }
