"""A platform team's own program: a topic of theirs, and of kafka-dr only the components."""

from typing import Any

import pulumi
import pulumi_confluentcloud

from first.components import ActivePassivePair, Availability, ClusterKind, LinkMode

confluent: Any = pulumi_confluentcloud
"""Untyped: the nested blocks are plain dictionaries here."""

here = pulumi.Config().require("here")
late = pulumi.Config().get_bool("late")


def site(region: str) -> Any:
    size = {"kind": ClusterKind.DEDICATED, "cku": 1, "availability": Availability.SINGLE_ZONE}
    named = {"display_name": f"orders-{region}", "cloud": "AWS", "region": region}
    return {"environment_id": "env-1", "create": named | size}


arguments: Any = {
    "sites": {"east": site("us-east-1"), "west": site("us-west-2")},
    "source": "east",
    "destination": "west",
    "primary": "east",
    "epoch": 1,
    "topics": ["orders"],
    "link": {
        "name": "orders",
        "mode": LinkMode.DESTINATION_INITIATED,
        "settings": {
            "offset_sync": {"interval_ms": 60_000 if late else 1000, "groups": [{"name": "*"}]},
            "acl_sync": {"filters": [{}]},
        },
    },
    "clients": {"shop": {"acl_sites": ["east"], "topics": [{"name": "orders"}], "groups": [{"name": "shop"}]}},
    "vault": {"url": f"{here}/vault"},
    "pointer": {"url": f"{here}/pointer", "reason": "region lost"},
    "ledger_url": f"{here}/ledger",
}
pair = ActivePassivePair("orders", arguments)
pulumi.export("phase", pair.phase)
