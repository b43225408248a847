"""ACLs of one client on one cluster, as one resource of our provider; needs no vendor's SDK."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from .switch.door import plain

CLIENT_ACLS = "kafkadr:index:ClientAcls"
_PARTS = ("cluster_id", "rest_endpoint", "credentials")


class Acl(TypedDict):
    """One ACL."""

    resource_type: str
    """`TOPIC`, `GROUP`, `CLUSTER`, `TRANSACTIONAL_ID` or `DELEGATION_TOKEN`."""
    resource_name: str
    """Name, prefix or `*`; `kafka-cluster` for `CLUSTER`."""
    pattern_type: NotRequired[str]
    """`LITERAL`, which is the default, or `PREFIXED`."""
    principal: pulumi.Input[str]
    """Whose, `User:sa-...`."""
    host: NotRequired[str]
    """From where; default `*`."""
    operation: str
    """Kafka operation, as `READ`."""
    permission: NotRequired[str]
    """`ALLOW`, which is the default, or `DENY`."""


class ClientAcls(pulumi.CustomResource):
    """The ACLs of one client on one cluster: makes what is missing, deletes only what it declared before.

    ACLs that the ACL sync of a link brings to this cluster are left to it, and named.
    """

    count: pulumi.Output[int]
    """ACLs in the set."""

    def __init__(
        self,
        name: str,
        *,
        site: Mapping[str, Any] | pulumi.Output[Any],
        acls: Sequence[Acl],
        budget_seconds: pulumi.Input[int] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the ACLs.

        Args:
            name: Pulumi name.
            site: The cluster: `cluster_id`, `rest_endpoint`, `credentials` of a key that may alter ACLs; what else a
                site has is left out.
            acls: The ACLs, in any order.
            budget_seconds: Bound of an update; default 120.
            opts: Resource options.
        """
        inputs = {
            "site": pulumi.Output.secret(plain({part: site[part] for part in _PARTS})),
            "acls": plain(list(acls)),
            "budgetSeconds": plain(budget_seconds),
        }
        secret = pulumi.ResourceOptions(additional_secret_outputs=["site"])
        super().__init__(CLIENT_ACLS, name, inputs | {"count": None}, pulumi.ResourceOptions.merge(opts, secret))
