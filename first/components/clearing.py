"""How the stale topics of an old primary make room for mirrors: armed in one update, deleted in the next one."""

from collections.abc import Sequence
from typing import Any

import pulumi

CLEARANCE = "kafkadr:index:Clearance"


class Clearance(pulumi.CustomResource):
    """Named topics of the old primary are asked about and, with `fire`, deleted; nothing else ever deletes a topic.

    Deleting this resource deletes nothing.
    """

    armed: pulumi.Output[dict[str, Any]]
    """What was there when it was armed, `{topics, partitions, records, rows}`; `records` only when all were counted."""
    cleared: pulumi.Output[dict[str, Any]]
    """What was deleted, in the same form; empty while armed."""

    def __init__(
        self,
        name: str,
        *,
        link_name: pulumi.Input[str],
        old_cluster_id: pulumi.Input[str],
        old_rest_endpoint: pulumi.Input[str],
        old_bootstrap_endpoint: pulumi.Input[str],
        old_credentials: pulumi.Input[dict[str, pulumi.Input[str]]],
        new_cluster_id: pulumi.Input[str],
        new_rest_endpoint: pulumi.Input[str],
        new_credentials: pulumi.Input[dict[str, pulumi.Input[str]]],
        topics: Sequence[str],
        fire: bool,
        epoch: int,
        primary: str,
        ledger_url: pulumi.Input[str],
        acknowledged: Sequence[str] = (),
        pointer_url: str = "",
        budget_seconds: int = 300,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the clearance.

        Args:
            name: Pulumi name.
            link_name: The link whose mirrors stopped on the new primary.
            old_cluster_id: The old primary, `lkc-...`.
            old_rest_endpoint: Its Kafka REST endpoint.
            old_bootstrap_endpoint: Its Kafka bootstrap endpoint; where it answers, records are counted.
            old_credentials: `{"key": ..., "secret": ...}` of a key on it.
            new_cluster_id: The new primary, `lkc-...`.
            new_rest_endpoint: Its Kafka REST endpoint.
            new_credentials: `{"key": ..., "secret": ...}` of a key on it.
            topics: Topics to delete on the old primary: all that the link mirrored.
            fire: Delete them; only what an earlier update has armed.
            epoch: Term of the flip, which its ledger belongs to.
            primary: Site that is primary in this term.
            ledger_url: Store of the flip's ledger.
            acknowledged: Receipts of `drctl recover`, `<epoch>:<digest>`.
            pointer_url: The pair's pointer, asked whether the term is the newest one.
            budget_seconds: Upper bound of the whole step, seconds.
            opts: Resource options.
        """
        super().__init__(
            CLEARANCE,
            name,
            {
                "linkName": link_name,
                "oldClusterId": old_cluster_id,
                "oldRestEndpoint": old_rest_endpoint,
                "oldBootstrapEndpoint": old_bootstrap_endpoint,
                "oldCredentials": pulumi.Output.secret(old_credentials),
                "newClusterId": new_cluster_id,
                "newRestEndpoint": new_rest_endpoint,
                "newCredentials": pulumi.Output.secret(new_credentials),
                "topics": sorted(topics),
                "fire": fire,
                "epoch": epoch,
                "primary": primary,
                "ledgerUrl": ledger_url,
                "acknowledged": list(acknowledged),
                "pointerUrl": pointer_url,
                "budgetSeconds": budget_seconds,
                "armed": None,
                "cleared": None,
            },
            opts,
        )
