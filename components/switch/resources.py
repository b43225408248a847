"""Python classes of the resources of the switch; the provider itself lives in `provider/`."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from .door import named, plain
from .mirrored import AclSync, NameFilter, OffsetSync
from .sites import Link, Site

ESTATE_RECORD = "kafkadr:index:EstateRecord"
ACTIVE_CLUSTER = "kafkadr:index:ActiveCluster"
MIRROR_TOPICS = "kafkadr:index:MirrorTopics"


class EstateRecord(pulumi.CustomResource):
    """The estate's document as last read well: it answers when today's cannot be used."""

    document: pulumi.Output[dict[str, Any]]
    """Today's, else the recorded one."""

    def __init__(
        self,
        name: str,
        *,
        document: Mapping[str, Any] | None,
        problem: str = "",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Record the estate.

        Args:
            name: Pulumi name.
            document: The estate's output `dr`; None when it cannot be read.
            problem: Why not.
            opts: Resource options.
        """
        given = None if document is None else pulumi.Output.secret(dict(document))
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=["document"]))
        super().__init__(ESTATE_RECORD, name, {"document": given, "problem": problem or None}, opts)


class ActiveCluster(pulumi.CustomResource):
    """Guard of an environment, its record of the active cluster, and its moves. All else of a switch depends on it."""

    site: pulumi.Output[str]
    """Name of the active site."""
    cluster_id: pulumi.Output[str]
    """Its cluster."""
    epoch: pulumi.Output[int]
    """Epoch since which it is active."""
    ledger: pulumi.Output[dict[str, Any]]
    """Ledger of the last move: `{url, digest}`; empty before one."""

    def __init__(
        self,
        name: str,
        *,
        environment: pulumi.Input[str],
        primary: pulumi.Input[str],
        epoch: pulumi.Input[int],
        record_url: pulumi.Input[str],
        ledger_url: pulumi.Input[str],
        sites: Mapping[str, pulumi.Input[Site]],
        links: Mapping[str, pulumi.Input[Link]],
        change: Any = None,
        approved: pulumi.Input[str] | None = None,
        accept_loss: pulumi.Input[int] | None = None,
        topics: Sequence[pulumi.Input[str]] = (),
        vault_url: pulumi.Input[str] | None = None,
        budget_seconds: pulumi.Input[int] | None = None,
        chunk_size: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare who is active.

        Args:
            name: Pulumi name.
            environment: Name of the environment, fixed at birth.
            primary: Site that is to be active.
            epoch: One more with each move.
            record_url: The record.
            ledger_url: Store of ledgers and plans.
            sites: Sites by name.
            links: Links by name.
            change: `Change` or its value; left out at birth.
            approved: Plan of a promotion.
            accept_loss: Epoch since which the target may lack what was written.
            topics: Names of the declared mirrors.
            vault_url: The vault with the clients' keys.
            budget_seconds: Bound of a move.
            chunk_size: Most names in one batch call.
            opts: Resource options.
        """
        inputs = {
            "environment": environment,
            "primary": primary,
            "epoch": plain(epoch),
            "change": plain(change),
            "approved": approved,
            "acceptLoss": plain(accept_loss),
            "recordUrl": record_url,
            "ledgerUrl": ledger_url,
            "vaultUrl": vault_url,
            "sites": pulumi.Output.secret(named(sites)),
            "links": named(links),
            "topics": list(topics),
            "budgetSeconds": plain(budget_seconds),
            "chunkSize": plain(chunk_size),
        }
        secret = pulumi.ResourceOptions(additional_secret_outputs=["sites"])
        computed = dict.fromkeys(("site", "clusterId", "ledger"))
        super().__init__(ACTIVE_CLUSTER, name, inputs | computed, pulumi.ResourceOptions.merge(opts, secret))


class MirrorTopics(pulumi.CustomResource):
    """The mirrors of one link as a set: makes what is missing, finds what is there, never deletes a topic.

    Several sets of one link may stand side by side if no topic is in two of them; one of them has `sync`.
    """

    count: pulumi.Output[int]
    """Topics in the set."""
    digest: pulumi.Output[str]
    """SHA-256 of their sorted names."""

    def __init__(
        self,
        name: str,
        *,
        record_url: pulumi.Input[str],
        link_name: str,
        link: pulumi.Input[Link],
        sites: Mapping[str, pulumi.Input[Site]] | pulumi.Output[Mapping[str, pulumi.Input[Site]]],
        topics: Sequence[pulumi.Input[str]] = (),
        offsets: OffsetSync | None = None,
        acls: AclSync | None = None,
        auto_create: Sequence[NameFilter] = (),
        topic_config_ms: pulumi.Input[int] | None = None,
        owns_sync: bool = True,
        budget_seconds: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the mirrors.

        Args:
            name: Pulumi name.
            record_url: The record of the active cluster: it says which way data flows.
            link_name: Name of the link.
            link: The link.
            sites: Both ends, by name.
            topics: Topics of the active site.
            offsets: Copy consumer group offsets.
            acls: Copy ACLs.
            auto_create: Topics that the link mirrors by itself.
            topic_config_ms: Milliseconds between two copies of topic configs.
            owns_sync: This set says what the link copies beside the data; false for all other sets of the link.
            budget_seconds: Bound of an update.
            opts: Resource options.
        """
        sync = {
            "offsets": plain(offsets),
            "acls": plain(acls),
            "autoCreate": plain(list(auto_create)) or None,
            "topicConfigMs": plain(topic_config_ms),
        }
        inputs = {
            "recordUrl": record_url,
            "link": _named_link(link_name, link),
            "sites": pulumi.Output.secret(sites.apply(named) if isinstance(sites, pulumi.Output) else named(sites)),
            "topics": list(topics),
            "sync": {k: v for k, v in sync.items() if v is not None} if owns_sync else None,
            "budgetSeconds": plain(budget_seconds),
        }
        secret = pulumi.ResourceOptions(additional_secret_outputs=["sites"])
        computed = dict.fromkeys(("count", "digest"))
        super().__init__(MIRROR_TOPICS, name, inputs | computed, pulumi.ResourceOptions.merge(opts, secret))


def _named_link(name: str, link: pulumi.Input[Link]) -> pulumi.Input[dict[str, Any]]:
    if isinstance(link, pulumi.Output):
        return link.apply(lambda known: {"name": name, **plain(known)})
    return {"name": name, **plain(link)}
