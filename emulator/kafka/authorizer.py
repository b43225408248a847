"""Who may do what on a cluster: role bindings first, then ACLs as Kafka's StandardAuthorizer reads them.

A DENY beats every ALLOW, and without a grant the answer is no.
"""

from typing import TYPE_CHECKING, Final

from emulator.kafka.acls import CLUSTER_NAME

if TYPE_CHECKING:
    from emulator.kafka.cluster import KafkaCluster
    from emulator.world import CloudView

_ADMIN_ROLES: Final = frozenset({"CloudClusterAdmin", "EnvironmentAdmin", "OrganizationAdmin"})
_MANAGE: Final = frozenset({"CREATE", "DELETE", "ALTER", "ALTER_CONFIGS", "DESCRIBE", "DESCRIBE_CONFIGS"})
_EVERYTHING: Final = _MANAGE | {"READ", "WRITE", "IDEMPOTENT_WRITE"}
_ROLE_OPERATIONS: Final = {
    "DeveloperRead": frozenset({"READ", "DESCRIBE"}),
    "DeveloperWrite": frozenset({"WRITE", "DESCRIBE", "IDEMPOTENT_WRITE"}),
    "DeveloperManage": _MANAGE,
    "ResourceOwner": _EVERYTHING,
}
_KINDS_OF_CRN: Final = {"topic": "TOPIC", "group": "GROUP", "transactional-id": "TRANSACTIONAL_ID"}

# Kafka: these operations carry DESCRIBE (or DESCRIBE_CONFIGS) with them.
_IMPLIED_BY: Final = {
    "DESCRIBE": frozenset({"DESCRIBE", "READ", "WRITE", "DELETE", "ALTER", "ALL"}),
    "DESCRIBE_CONFIGS": frozenset({"DESCRIBE_CONFIGS", "ALTER_CONFIGS", "ALL"}),
}


def allowed(
    cloud: "CloudView", cluster: "KafkaCluster", principal_id: str, operation: str, resource: tuple[str, str]
) -> bool:
    """Whether `principal_id` may do `operation` on `resource` (type, name) of `cluster`."""
    resource_type, name = resource
    entries = [
        acl
        for user in (f"User:{principal_id}", "User:*")
        for acl in cluster.acls_of(user)
        if acl.covers(resource_type, name)
    ]
    if any(acl.permission == "DENY" and acl.operation in (operation, "ALL") for acl in entries):
        return False
    if is_admin(cloud, cluster, principal_id):
        return True
    granting = _IMPLIED_BY.get(operation, frozenset({operation, "ALL"}))
    if any(acl.permission == "ALLOW" and acl.operation in granting for acl in entries):
        return True
    return any(
        operation in operations and kind == resource_type and (name.startswith(wanted) if prefixed else name == wanted)
        for kind, prefixed, wanted, operations in granted_by_roles(cloud, cluster.id, principal_id)
    )


Granted = tuple[str, bool, str, frozenset[str]]
"""(resource type, whether the name is a prefix, name, operations)."""


def granted_by_roles(cloud: "CloudView", lkc: str, principal_id: str) -> list[Granted]:
    """Return what the roles of `principal_id` on single resources of cluster `lkc` let it do."""
    kafka = f"{cloud.rbac_crn(lkc)}/kafka={lkc}"
    found: list[Granted] = []
    for role, pattern in cloud.roles_of(principal_id):
        operations = _ROLE_OPERATIONS.get(role, frozenset())
        if pattern == kafka:
            found.append(("CLUSTER", False, CLUSTER_NAME, operations))
            continue
        head, _, name = pattern.rpartition("=")
        kind = _KINDS_OF_CRN.get(head.removeprefix(f"{kafka}/"))
        if kind is not None:
            found.append((kind, name.endswith("*"), name.removesuffix("*"), operations))
    return found


def is_admin(cloud: "CloudView", cluster: "KafkaCluster", principal_id: str) -> bool:
    """Whether a role binding makes `principal_id` an administrator of the cluster."""
    crn = cloud.rbac_crn(cluster.id) + "/"
    return any(
        role in _ADMIN_ROLES and crn.startswith(pattern.removesuffix("/*").rstrip("/") + "/")
        for role, pattern in cloud.roles_of(principal_id)
    )
