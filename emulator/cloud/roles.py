"""Which role can be bound where. That Basic has no roles on resources: Confluent Cloud's page on RBAC roles."""

from typing import Final

from emulator.cloud.store import CloudStore
from emulator.errors import CloudError

_RESOURCE_ROLES: Final = frozenset({"DeveloperManage", "DeveloperRead", "DeveloperWrite", "ResourceOwner"})
# Known names, not the service's own list: add a role here when the service has it.
_ROLES: Final = _RESOURCE_ROLES | {
    "AccountAdmin",
    "Assigner",
    "BillingAdmin",
    "CloudClusterAdmin",
    "ConnectManager",
    "DataDiscovery",
    "DataSteward",
    "EnvironmentAdmin",
    "FlinkAdmin",
    "FlinkDeveloper",
    "KsqlAdmin",
    "MetricsViewer",
    "NetworkAdmin",
    "Operator",
    "OrganizationAdmin",
    "ResourceKeyAdmin",
}
_CLUSTER: Final = "cloud-cluster="
_KAFKA: Final = "kafka="


def check_binding(store: CloudStore, role: str, crn: str) -> None:
    """Refuse what the service refuses.

    Raises:
        CloudError: 400: no such role; a role of resources on a whole cluster (terraform-provider-confluent #111); one
            on a topic, group or transactional id of a Basic cluster, which has no such roles.
    """
    parts = crn.split("/")
    if role not in _ROLES:
        raise CloudError(400, "invalid_role", f"role_name: there is no role {role!r}")
    if role in _RESOURCE_ROLES and parts[-1].startswith(_CLUSTER):
        raise CloudError(400, "invalid_scope", f"crn_pattern: {role} is bound to resources, not to a whole cluster")
    cluster = next((part.removeprefix(_CLUSTER) for part in parts if part.startswith(_CLUSTER)), "")
    within = any(part.startswith(_KAFKA) for part in parts[:-1])
    if within and cluster in store.clusters and store.clusters[cluster].kind == "Basic":
        raise CloudError(
            400, "unsupported", "crn_pattern: Basic clusters have no roles on topics, groups or transactions"
        )
