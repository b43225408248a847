"""Python classes of the `kafkadr` provider's resources (the provider itself lives in `provider/`).

Hand-written instead of generated: two classes, and the components want typed arguments. A test compares these
fields with the schema that the provider serves, so the two cannot drift apart.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

TRANSITION = "kafkadr:index:Transition"
MIRROR_STATE = "kafkadr:index:MirrorState"


class Transition(pulumi.CustomResource):
    """The guard at the root of the graph: who is primary, since which epoch, and how it came to be.

    An illegal move, a wrong epoch or a missing token is a check failure at preview. Everything that a flip may
    change depends on this resource, so that nothing else is even checked when the guard refuses.
    """

    phase: pulumi.Output[str]
    """Computed phase, see docs/phases.md."""
    primary: pulumi.Output[str]
    """Name of the site that is primary."""
    epoch: pulumi.Output[int]
    """Number of the current primary's term; rises by one with each change of primary."""
    history: pulumi.Output[list[dict[str, Any]]]
    """Every accepted term, oldest first: `{epoch, primary, change, standby, nonce}`."""
    demotion: pulumi.Output[dict[str, Any]]
    """What the accepted handover token says; empty without one."""

    def __init__(
        self,
        name: str,
        *,
        sites: Sequence[str],
        primary: str,
        epoch: int,
        change: str = "none",
        standby: str = "mirroring",
        handover: pulumi.Input[str] = "",
        handover_key: pulumi.Input[str] = "",
        topics: Sequence[str] = (),
        link: str = "",
        bidirectional: bool = False,
        mode: str = "",
        home: str = "",
        prefix: str = "",
        idle: str | None = None,
        kept: Sequence[Mapping[str, Any]] = (),
        built: int = 0,
        released: Sequence[str] = (),
        acknowledged: Sequence[str] = (),
        pointer_url: str = "",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the guard.

        Args:
            name: Pulumi name.
            sites: Both site names, sorted.
            primary: The site that is to be primary.
            epoch: Term number, at least 1.
            change: `none`, `failover` or `promote`: how primary changed in this edit.
            standby: `mirroring`, `retained`, `clear-armed`, `clear-fired` or `restoring`.
            handover: Token of the demotion step; needed for `promote`.
            handover_key: Key that signs handover tokens, at least 32 characters.
            topics: Declared topics; they may not change in a flip or while failed over.
            link: Name of the link that runs.
            bidirectional: Whether the link can turn round, which never changes.
            mode: Mode of the link, which never changes.
            home: The site that was primary when a bidirectional link was built, which never changes.
            prefix: Prefix of the link, which never changes.
            idle: The one-way link that waits for its direction; None before there is one.
            kept: Lost sites whose links are kept, `{site, epoch, link, home, built, unlocked}`.
            built: Term in which the link to a new site was built; 0 for the pair's first link.
            released: The lost site, once it may leave the pair.
            acknowledged: Receipts of `drctl recover`, `<epoch>:<digest>`.
            pointer_url: The pair's pointer: a term that lost a race there is refused before anything is touched.
            opts: Resource options.
        """
        super().__init__(
            TRANSITION,
            name,
            {
                "sites": list(sites),
                "primary": primary,
                "epoch": epoch,
                "change": change,
                "standby": standby,
                "handover": pulumi.Output.secret(handover),
                "handoverKey": pulumi.Output.secret(handover_key),
                "topics": list(topics),
                "link": link,
                "bidirectional": bidirectional,
                "mode": mode,
                "home": home,
                "prefix": prefix,
                "idle": idle,
                "kept": [dict(entry) for entry in kept],
                "built": built,
                "released": list(released),
                "acknowledged": list(acknowledged),
                "pointerUrl": pointer_url,
                "phase": None,
                "demotion": None,
                "history": None,
            },
            opts,
        )


class MirrorState(pulumi.CustomResource):
    """Lifecycle of every mirror topic in scope of one cluster link, on the link's destination cluster.

    Flips in batch calls, reads the rows of the answer, polls until the *server* says so and writes the ledger.
    Deleting this resource never deletes a topic or a link.
    """

    states: pulumi.Output[dict[str, int]]
    """Number of mirrors in scope per status, as last read from the server."""
    total: pulumi.Output[int]
    """Mirrors in scope."""
    forecast: pulumi.Output[dict[str, Any]]
    """What the flip costs: `{messagesAtRisk, partitionsUnknown, topicsAtRisk, groups, rows}`; see docs/forecast.md."""
    ledger: pulumi.Output[dict[str, Any]]
    """Where the failover offsets were written: `{url, digest, epoch}`; empty before a flip."""
    quarantined: pulumi.Output[dict[str, str]]
    """Per link: `quarantined`, `open`, or why it is neither."""

    def __init__(
        self,
        name: str,
        *,
        rest_endpoint: pulumi.Input[str],
        cluster_id: pulumi.Input[str],
        link_name: pulumi.Input[str],
        credentials: pulumi.Input[dict[str, pulumi.Input[str]]],
        desired: str,
        topics: Sequence[str] = (),
        only_declared: bool = False,
        groups: Sequence[dict[str, str]] = (),
        epoch: int = 1,
        ledger_url: pulumi.Input[str] = "",
        budget_seconds: int = 300,
        chunk_size: int = 500,
        rpo_messages: int | None = None,
        demotion: pulumi.Input[Mapping[str, Any]] | None = None,
        offset_sync_ms: int = 0,
        links: Mapping[str, Mapping[str, pulumi.Input[str]]] | None = None,
        quarantine: bool = False,
        reopen: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the wanted lifecycle of a link's mirrors.

        Args:
            name: Pulumi name.
            rest_endpoint: Kafka REST endpoint of the destination cluster, for example `https://pkc-x.region.aws.confluent.cloud`.
            cluster_id: The destination cluster, `lkc-...`.
            link_name: The cluster link on the destination cluster.
            credentials: `{"key": ..., "secret": ...}` of a key on the destination cluster.
            desired: `ACTIVE`, `PAUSED`, `PROMOTED` or `FAILED_OVER`.
            topics: Declared mirror topic names; in scope with, unless `only_declared`, every mirror on the link.
            only_declared: Leave auto-created mirrors alone.
            groups: Consumer group filters of the offset sync, `{name, patternType, filterType}`, for the forecast.
            epoch: Term number the ledger entry belongs to.
            ledger_url: `file:///folder` or `s3://bucket/prefix`; needed when `desired` is `PROMOTED` or `FAILED_OVER`.
            budget_seconds: Upper bound for the whole flip, seconds.
            chunk_size: Most names in one batch call.
            rpo_messages: Refuse a failover that risks more messages, or an unknown number; None accepts any loss.
            demotion: What the guard accepted, its output of that name; a promotion waits for the ends it speaks of.
            offset_sync_ms: Interval of the link's offset sync, which a promotion waits for; 0 when it syncs none.
            links: Config entries as declared, by link name, of the links that a quarantine is about.
            quarantine: Switch off the syncs of these links once the mirrors are stopped.
            reopen: Give these links what is declared in each update that does not stop the mirrors.
            opts: Resource options.
        """
        super().__init__(
            MIRROR_STATE,
            name,
            {
                "restEndpoint": rest_endpoint,
                "clusterId": cluster_id,
                "linkName": link_name,
                "credentials": pulumi.Output.secret(credentials),
                "desired": desired,
                "topics": list(topics),
                "onlyDeclared": only_declared,
                "groups": list(groups),
                "epoch": epoch,
                "ledgerUrl": ledger_url,
                "budgetSeconds": budget_seconds,
                "chunkSize": chunk_size,
                "rpoMessages": rpo_messages,
                "demotion": demotion or {},
                "offsetSyncMs": offset_sync_ms,
                "links": {link: dict(entries) for link, entries in (links or {}).items()},
                "quarantine": quarantine,
                **({"reopen": True} if reopen else {}),
                "states": None,
                "total": None,
                "forecast": None,
                "ledger": None,
                "quarantined": None,
            },
            opts,
        )
