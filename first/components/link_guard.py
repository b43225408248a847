"""What keeps a pair's links while somebody has yet to answer, by receipt, for what their flips left behind."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from .pair_args import ActivePassivePairArgs
from .rebuild import away, bidirectional, home
from .site import KafkaSite

LINK_GUARD = "kafkadr:index:LinkGuard"


class LinkGuard(pulumi.CustomResource):
    """Stays as long as the links do, whoever is primary; refuses to go while a ledger is not as acknowledged."""

    def __init__(
        self,
        name: str,
        *,
        ledgers: Sequence[Mapping[str, pulumi.Input[str]]],
        kept: Sequence[Mapping[str, pulumi.Input[Any]]] = (),
        ledger_url: pulumi.Input[str] = "",
        acknowledged: Sequence[str] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the guard.

        Args:
            name: Pulumi name.
            ledgers: Of each direction `{clusterId, linkName}`: the cluster that has the mirrors, and the link.
            kept: The same of links kept from a loss, `{clusterId, linkName, epoch, unlocked}`.
            ledger_url: Store of the ledgers.
            acknowledged: Receipts of `drctl recover`, `<epoch>:<digest>`.
            opts: Resource options; `depends_on` names all that must not go before it.
        """
        inputs: dict[str, Any] = {
            "ledgers": [dict(each) for each in ledgers],
            "kept": [dict(each) for each in kept],
            "ledgerUrl": ledger_url,
            "acknowledged": list(acknowledged),
        }
        super().__init__(LINK_GUARD, name, inputs, opts)


def link_guard(args: ActivePassivePairArgs, sites: Mapping[str, KafkaSite]) -> dict[str, Any]:
    """Keyword arguments of `LinkGuard`: every direction in which the pair's links have mirrors, now or later."""
    link = args["link"]
    ways = [(away(args), link["name"])]
    if bidirectional(args):
        ways.append((home(args), link["name"]))
    if "back" in link:
        ways.append((home(args), link["back"]["name"]))
    return {
        "ledgers": [{"clusterId": sites[site].cluster_id, "linkName": name} for site, name in ways],
        "kept": [
            {
                "clusterId": sites[home(args)].cluster_id,
                "linkName": each["link"],
                "epoch": each["epoch"],
                "unlocked": each.get("unlocked", False),
            }
            for each in args.get("kept", [])
        ],
        "ledger_url": args.get("ledger_url", ""),
        "acknowledged": args.get("acknowledged", []),
    }
