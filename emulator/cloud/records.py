"""What the cloud API stores, one dataclass a kind; wire shapes are built in ``render``."""

from dataclasses import dataclass, field
from typing import Literal

CLOUD_RESOURCE = "cloud"
"""Resource id of a Cloud API key, as the service answers it (confluent-api.md S4.4)."""
GLOBAL_RESOURCE = "global"
"""Resource id of a Global key: valid on every family."""

ClusterKind = Literal["Basic", "Standard", "Enterprise", "Dedicated", "Freight"]
Phase = Literal["PROVISIONING", "PROVISIONED", "FAILED"]


@dataclass
class Environment:
    """An environment; ``governance`` is its Stream Governance package, or None when it has none."""

    id: str
    display_name: str
    governance: str | None
    created_ms: int
    updated_ms: int


@dataclass
class Cluster:
    """A Kafka cluster of the cloud API; its data plane is the world's ``KafkaCluster`` of the same id."""

    id: str
    environment: str
    kind: ClusterKind
    display_name: str
    availability: str
    cloud: str
    region: str
    created_ms: int
    updated_ms: int
    phase: Phase = "PROVISIONING"
    cku: int | None = None
    """Wanted CKU (Dedicated only)."""
    actual_cku: int | None = None
    """CKU the cluster has now; differs from ``cku`` while a resize is under way."""
    max_ecku: int | None = None
    encryption_key: str | None = None
    release_priority: str = "REGULAR"
    """Dedicated only."""
    network: str | None = None
    byok: str | None = None
    deletion_protection: bool = False

    @property
    def bootstrap(self) -> str:
        """``SASL_SSL://host:port`` for Kafka clients; opaque to the provider, so no broker needs to be there."""
        return f"SASL_SSL://{self.id}.{self.region}.{self.cloud.lower()}.emulator.invalid:9092"


@dataclass
class ServiceAccount:
    """A service account."""

    id: str
    display_name: str
    description: str
    created_ms: int
    updated_ms: int


@dataclass
class KeyRecord:
    """An API key. ``secret`` never leaves through repr, logs or truth, only through the answer of its POST."""

    id: str
    secret: str = field(repr=False)
    owner_id: str
    resource_id: str
    display_name: str
    description: str
    created_ms: int
    updated_ms: int
    usable_from_ms: int

    def usable(self, now_ms: int) -> bool:
        """Whether the key has propagated: until then the service answers 401 to it."""
        return now_ms >= self.usable_from_ms


@dataclass
class RoleBinding:
    """A role of a principal (``User:sa-…``) on a CRN pattern."""

    id: str
    principal: str
    role_name: str
    crn_pattern: str
    created_ms: int
    updated_ms: int


@dataclass
class ClientQuota:
    """A client quota; byte rates are strings on the wire."""

    id: str
    display_name: str
    description: str
    cluster: str
    environment: str
    principals: list[str]
    ingress_byte_rate: str
    egress_byte_rate: str
    created_ms: int
    updated_ms: int
