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
_CRN_KINDS: Final = {"TOPIC": "topic", "GROUP": "group", "TRANSACTIONAL_ID": "transactional-id"}

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
        operation in _ROLE_OPERATIONS.get(role, frozenset()) and _crn_covers(cloud, cluster.id, pattern, resource)
        for role, pattern in cloud.roles_of(principal_id)
    )


def is_admin(cloud: "CloudView", cluster: "KafkaCluster", principal_id: str) -> bool:
    """Whether a role binding makes `principal_id` an administrator of the cluster."""
    crn = cloud.rbac_crn(cluster.id) + "/"
    return any(
        role in _ADMIN_ROLES and crn.startswith(pattern.removesuffix("/*").rstrip("/") + "/")
        for role, pattern in cloud.roles_of(principal_id)
    )


def _crn_covers(cloud: "CloudView", lkc: str, pattern: str, resource: tuple[str, str]) -> bool:
    resource_type, name = resource
    kafka = f"{cloud.rbac_crn(lkc)}/kafka={lkc}"
    if resource_type == "CLUSTER":
        return pattern == kafka and name == CLUSTER_NAME
    head, found, wanted = pattern.rpartition("=")
    if not found or head != f"{kafka}/{_CRN_KINDS.get(resource_type, '')}":
        return False
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted
