"""Python classes of the `kafkadr` provider's resources that clients depend on: the pointer and the vault's entries."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

ACTIVE_POINTER = "kafkadr:index:ActivePointer"


class ActivePointer(pulumi.CustomResource):
    """The service-discovery entry of a pair: which cluster clients are to use. Compare-and-set on the epoch.

    Never moves back, never takes over another pair's document, and is never deleted: clients read it.
    """

    address: pulumi.Output[str]
    """Where the document is; what `drctl run` and `kafkadr.clients` take."""
    by: pulumi.Output[str]
    """Who moved it last."""
    why: pulumi.Output[str]
    """Why it was moved."""
    when: pulumi.Output[str]
    """When it was moved, RFC 3339 in UTC."""

    def __init__(
        self,
        name: str,
        *,
        url: str,
        epoch: int,
        site: str,
        cluster_id: pulumi.Input[str],
        bootstrap_endpoint: pulumi.Input[str],
        clusters: Sequence[pulumi.Input[str]],
        rest_endpoint: pulumi.Input[str] = "",
        secrets: str = "",
        change: str = "none",
        reason: str = "",
        who: str = "",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare where clients belong.

        Args:
            name: Pulumi name.
            url: The document: `aws-sm://region/name`, `vault+https://host/mount/path`, `consul+https://host/key` or
                `file:///path`. Another url is another document, so a replacement.
            epoch: Term number.
            site: The site that clients are to use.
            cluster_id: Its cluster, `lkc-...`.
            bootstrap_endpoint: Its bootstrap servers.
            clusters: Both clusters of the pair; a document that names any other belongs to someone else.
            rest_endpoint: Its Kafka REST endpoint.
            secrets: The vault with the credentials of clients; empty without one.
            change: `none`, `failover` or `promote`, for the audit.
            reason: More about why, for the audit.
            who: Who moves it; by default what the environment tells (`KAFKADR_WHO`, the CI's user, the login).
            opts: Resource options.
        """
        inputs: dict[str, Any] = {
            "url": url,
            "epoch": epoch,
            "site": site,
            "clusterId": cluster_id,
            "bootstrapEndpoint": bootstrap_endpoint,
            "restEndpoint": rest_endpoint,
            "clusters": list(clusters),
            "secrets": secrets,
            "change": change,
            "reason": reason,
            "who": who,
        }
        computed = ("address", "by", "why", "when", "drift")
        super().__init__(ACTIVE_POINTER, name, inputs | dict.fromkeys(computed), opts)
