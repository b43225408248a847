"""All state of the cloud API and the questions the Kafka side asks it (keys, roles, CRNs)."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from emulator.cloud.records import (
    CLOUD_RESOURCE,
    GLOBAL_RESOURCE,
    ClientQuota,
    Cluster,
    Environment,
    KeyRecord,
    RoleBinding,
    ServiceAccount,
)

if TYPE_CHECKING:
    from emulator.world import World

ORGANIZATION_ID = "9bb441c4-edef-46ac-8a41-c49e44a3fd9a"
"""The one organisation of the emulator; the UUID of the vendor's own OpenAPI examples."""
ADMIN_USER = "u-admin"
DEFAULT_CLOUD_KEY = "EMULATORCLOUDKEY"
DEFAULT_CLOUD_SECRET = "emulator-cloud-secret"  # noqa: S105 (the documented key of a local emulator)
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class CloudStore:
    """State of the cloud API.

    Args:
        world: the world this store is a part of; asked for the clock, the settings and the Kafka data planes.
    """

    def __init__(self, world: "World") -> None:
        self.world = world
        self.organization_id = ORGANIZATION_ID
        self._bootstrap = (DEFAULT_CLOUD_KEY, DEFAULT_CLOUD_SECRET)
        self.reset()

    def reset(self) -> None:
        """Forget everything but the organisation, its admin and the bootstrap Cloud key."""
        self.environments: dict[str, Environment] = {}
        self.clusters: dict[str, Cluster] = {}
        self.service_accounts: dict[str, ServiceAccount] = {}
        self.keys: dict[str, KeyRecord] = {}
        self.role_bindings: dict[str, RoleBinding] = {}
        self.quotas: dict[str, ClientQuota] = {}
        self._counter = 0
        self.use_bootstrap_key(*self._bootstrap)

    def use_bootstrap_key(self, key: str, secret: str) -> None:
        """Make ``key`` the Cloud key of the organisation's admin, now and after each reset."""
        self.keys.pop(self._bootstrap[0], None)
        self._bootstrap = (key, secret)
        self.put_key(key, secret, ADMIN_USER, CLOUD_RESOURCE, "bootstrap", "", delay_s=0)

    def now_ms(self) -> int:
        """The world's time in ms."""
        return self.world.clock.now_ms()

    def new_id(self, prefix: str) -> str:
        """A fresh id like ``lkc-00001e``: counted, so that the same run gives the same ids."""
        self._counter += 1
        number, text = self._counter, ""
        while number:
            number, digit = divmod(number, len(_ALPHABET))
            text = _ALPHABET[digit] + text
        return f"{prefix}-{text.rjust(6, '0')}"

    def new_key_id(self) -> str:
        """A fresh API key id: 16 capitals and digits, as the service gives."""
        return self.new_id("K").removeprefix("K-").upper().rjust(16, "K")

    def put_key(
        self,
        key: str,
        secret: str,
        owner: str,
        resource: str,
        name: str,
        description: str,
        delay_s: float | None = None,
    ) -> KeyRecord:
        """Store a key that works after ``delay_s`` seconds (None: the world's propagation delay)."""
        now = self.now_ms()
        wait = self.world.settings.key_propagation_delay_s if delay_s is None else delay_s
        record = KeyRecord(key, secret, owner, resource, name, description, now, now, now + round(wait * 1000))
        self.keys[key] = record
        return record

    def add_cluster(self, cluster: Cluster, delay_s: float | None = None) -> None:
        """Store a cluster; its data plane comes up after ``delay_s`` (None: the world's provisioning delay)."""
        self.clusters[cluster.id] = cluster
        wait = self.world.settings.provisioning_delay_s if delay_s is None else delay_s
        self._later(wait, lambda: self._provisioned(cluster))

    def resize(self, cluster: Cluster, cku: int) -> None:
        """Want ``cku`` CKU; ``status.cku`` follows after the provisioning delay."""
        cluster.cku = cku
        self._later(self.world.settings.provisioning_delay_s, lambda: setattr(cluster, "actual_cku", cluster.cku))

    def drop_cluster(self, cluster: Cluster) -> None:
        """Delete a cluster, its data plane and its keys."""
        del self.clusters[cluster.id]
        if cluster.id in self.world.kafka:
            self.world.delete_cluster(cluster.id)
        self.keys = {k: v for k, v in self.keys.items() if v.resource_id != cluster.id}

    def drop_service_account(self, account: ServiceAccount) -> None:
        """Delete an account; its keys and role bindings go with it."""
        del self.service_accounts[account.id]
        self.keys = {k: v for k, v in self.keys.items() if v.owner_id != account.id}
        held = f"User:{account.id}"
        self.role_bindings = {k: v for k, v in self.role_bindings.items() if v.principal != held}

    def find_key(self, key: str) -> KeyRecord | None:
        """The API key ``key``, or None."""
        return self.keys.get(key)

    def keys_on(self, lkc: str) -> list[tuple[str, KeyRecord]]:
        """The API keys of a cluster, Global ones included, by id."""
        return [(k.id, k) for k in self.keys.values() if k.resource_id in {lkc, GLOBAL_RESOURCE}]

    def bootstrap(self, cluster: Cluster) -> str:
        """The endpoint for Kafka clients: of a real broker, or a name nobody answers to."""
        return self.world.plane.bootstrap(cluster.id) or cluster.bootstrap

    def roles_of(self, principal_id: str) -> list[tuple[str, str]]:
        """The ``(role name, CRN pattern)`` pairs of ``sa-…`` or ``u-…``."""
        held = f"User:{principal_id}"
        roles = [(b.role_name, b.crn_pattern) for b in self.role_bindings.values() if b.principal == held]
        return [("OrganizationAdmin", self.org_crn()), *roles] if principal_id == ADMIN_USER else roles

    def account_numbers(self) -> dict[str, int]:
        """The number that older APIs know each service account by; made from its id, so it needs no memory."""
        return {sa: int.from_bytes(hashlib.sha256(sa.encode()).digest()[:4]) for sa in self.service_accounts}

    def is_admin(self, principal_id: str) -> bool:
        """Whether the principal is an organisation admin."""
        return any(role == "OrganizationAdmin" for role, _ in self.roles_of(principal_id))

    def org_crn(self) -> str:
        """CRN of the organisation."""
        return f"crn://confluent.cloud/organization={self.organization_id}"

    def env_crn(self, environment: str) -> str:
        """CRN of an environment."""
        return f"{self.org_crn()}/environment={environment}"

    def rbac_crn(self, lkc: str) -> str:
        """The provider's ``rbacCrn``: the cluster's resource name up to ``/kafka=``."""
        return f"{self.env_crn(self.clusters[lkc].environment)}/cloud-cluster={lkc}"

    def truth(self) -> dict[str, Any]:
        """Everything stored, JSON-able, without secrets."""
        return {
            "environments": {e.id: asdict(e) for e in self.environments.values()},
            "clusters": {c.id: asdict(c) for c in self.clusters.values()},
            "service_accounts": {s.id: asdict(s) for s in self.service_accounts.values()},
            "api_keys": {k.id: {f: v for f, v in asdict(k).items() if f != "secret"} for k in self.keys.values()},
            "role_bindings": {b.id: asdict(b) for b in self.role_bindings.values()},
            "client_quotas": {q.id: asdict(q) for q in self.quotas.values()},
        }

    def _later(self, delay_s: float, job: Callable[[], object]) -> None:
        if delay_s > 0:
            self.world.clock.after(delay_s, job)
        else:
            job()

    def _provisioned(self, cluster: Cluster) -> None:
        if self.clusters.get(cluster.id) is not cluster:  # deleted, or the world was reset, while provisioning
            return
        cluster.phase = "PROVISIONED"
        cluster.actual_cku = cluster.cku
        if cluster.id not in self.world.kafka:
            self.world.create_cluster(cluster.id, cluster.kind)


def new_secret() -> str:
    """A fresh API secret of 64 characters."""
    return secrets.token_urlsafe(48)
