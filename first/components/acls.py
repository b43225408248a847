"""ACLs as values first, then as resources, so that grants which overlap become one ACL."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import pulumi
import pulumi_confluentcloud as confluent

from ._base import slug
from .refs import ClusterRef, ResourcePattern, pattern_of


class Acl(NamedTuple):
    """One ALLOW entry of one principal."""

    resource_type: str
    resource_name: str
    pattern_type: str
    operation: str

    @property
    def role(self) -> str:
        """Part of the child's name; distinct for distinct entries."""
        pattern = "" if self.pattern_type == "LITERAL" else f"{self.pattern_type}-"
        words = f"{self.resource_type}-{pattern}{self.operation}-".lower().replace("_", "-")
        return words + slug(self.resource_name)


CLUSTER_DESCRIBE = Acl("CLUSTER", "kafka-cluster", "LITERAL", "DESCRIBE")


def grants(resource_type: str, patterns: Iterable[ResourcePattern], operations: Iterable[str]) -> list[Acl]:
    """Every operation on every pattern."""
    wanted = list(operations)
    return [Acl(resource_type, p["name"], pattern_of(p), operation) for p in patterns for operation in wanted]


def create_acls(
    name: str,
    acls: Iterable[Acl],
    principal: pulumi.Input[str],
    cluster: ClusterRef,
    child: Callable[[], pulumi.ResourceOptions],
) -> list[confluent.KafkaAcl]:
    """Create the entries on `cluster`, each once: a second resource for the same entry would delete it for both."""
    return [
        confluent.KafkaAcl(
            f"{name}-{acl.role}",
            resource_type=acl.resource_type,
            resource_name_=acl.resource_name,
            pattern_type=acl.pattern_type,
            principal=principal,
            host="*",
            operation=acl.operation,
            permission="ALLOW",
            kafka_cluster={"id": cluster["id"]},
            rest_endpoint=cluster["rest_endpoint"],
            credentials={"key": cluster["credentials"]["key"], "secret": cluster["credentials"]["secret"]},
            opts=child(),
        )
        for acl in sorted(set(acls))
    ]
