"""The emulated world: its clock, its switches, its clusters and its cloud."""

from collections.abc import Sequence
from typing import Protocol

from emulator.auth import Principal
from emulator.clock import Clock
from emulator.errors import KafkaError
from emulator.kafka import authorizer, health
from emulator.kafka.cluster import KafkaCluster
from emulator.kafka.link_changes import drop_jobs
from emulator.kafka.mirrors import Mirror, unfollow
from emulator.kafka.plane import DataPlane, MemoryPlane
from emulator.kafka.truth import cluster_truth
from emulator.settings import Settings


class KeyRecord(Protocol):
    """What the Kafka side wants to know of an API key."""

    secret: str
    owner_id: str
    resource_id: str

    def usable(self, now_ms: int) -> bool:
        """Whether the key exists, is not deleted and has propagated at `now_ms`."""


class CloudView(Protocol):
    """What the Kafka side asks the cloud side."""

    def find_key(self, key: str) -> KeyRecord | None:
        """Return the API key `key`, or None."""

    def keys_on(self, lkc: str) -> "Sequence[tuple[str, KeyRecord]]":
        """Return (key, record) of every API key that is good on cluster `lkc`, usable yet or not."""

    def roles_of(self, principal_id: str) -> list[tuple[str, str]]:
        """Return (role name, CRN pattern) of every role binding of `sa-...` or `u-...`."""

    def account_numbers(self) -> dict[str, int]:
        """Return the number that older APIs know each service account by, by its `sa-...`."""

    def rbac_crn(self, lkc: str) -> str:
        """Return the CRN role bindings use for the cluster, without the `/kafka=` part."""

    def truth(self) -> dict[str, object]:
        """Return the cloud's part of the truth, without secrets."""

    def reset(self) -> None:
        """Forget everything but the bootstrap."""


class World:
    """All state of the emulator. One event loop, one thread: nothing here locks.

    `cloud` is set by the cloud side before the first request.

    Attributes:
        kafka: Clusters by id.
        dirty: Mirrors that have something to fetch at the next tick.
    """

    cloud: CloudView

    def __init__(self, clock: Clock, settings: Settings, plane: DataPlane | None = None) -> None:
        self.clock = clock
        self.settings = settings
        self.plane = plane or MemoryPlane()
        self.kafka: dict[str, KafkaCluster] = {}
        self.dirty: set[Mirror] = set()

    def create_cluster(self, lkc_id: str, kind: str) -> KafkaCluster:
        """Add an empty cluster; `kind` as in the cloud API (`Dedicated`, ...)."""
        cluster = KafkaCluster(lkc_id, kind)
        self.kafka[lkc_id] = cluster
        return cluster

    def delete_cluster(self, lkc_id: str) -> None:
        """Remove a cluster with everything in it; unknown ones are no error."""
        cluster = self.kafka.pop(lkc_id, None)
        if cluster is None:
            return
        for link in cluster.links.values():
            drop_jobs(link)
            for mirror in link.mirrors.values():
                unfollow(mirror)

    def cluster(self, lkc_id: str) -> KafkaCluster:
        """Return a cluster.

        Raises:
            KafkaError: 404 when there is none of that id.
        """
        found = self.kafka.get(lkc_id)
        if found is None:
            raise KafkaError(404, 404, f"Cluster {lkc_id} does not exist.")
        return found

    def allowed(self, principal_id: str, cluster: KafkaCluster, operation: str, resource: tuple[str, str]) -> bool:
        """Whether `sa-...` or `u-...` may do `operation` on `resource`, a (type, name) pair such as (TOPIC, orders)."""
        return authorizer.allowed(self.cloud, cluster, principal_id, operation, resource)

    def authorize(
        self, principal: Principal, cluster: KafkaCluster, operation: str, resource_type: str, resource_name: str
    ) -> None:
        """Let the caller of a request through or not.

        Raises:
            KafkaError: 403/40301, or what the settings say, without a grant.
        """
        resource = (resource_type, resource_name)
        if not principal.admin and not self.allowed(principal.id, cluster, operation, resource):
            raise self.denied(f"{resource_type.capitalize()} authorization failed: {operation} {resource_name}.")

    def denied(self, message: str) -> KafkaError:
        """Return the error of a missing permission (confluent-api 13.20)."""
        return KafkaError(self.settings.denied_status, self.settings.denied_code, message)

    def tick(self) -> None:
        """Let the world catch up with its clock. Called before each request and by the background task."""
        self.catch_up()
        self.clock.run_due()
        self.catch_up()

    def catch_up(self) -> None:
        """Let links see what happened to keys and clusters, and mirrors fetch what was written."""
        health.assess_all(self)
        self.plane.fetch(self)

    def truth(self) -> dict[str, object]:
        """Return what really is: the clusters by id, and the cloud's part. JSON values, no secrets."""
        clusters = {lkc: cluster_truth(self, cluster) for lkc, cluster in self.kafka.items()}
        return {"now_ms": self.clock.now_ms(), "clusters": clusters, "cloud": self.cloud.truth()}

    def reset(self) -> None:
        """Back to an empty world with default switches. Scheduled jobs of both sides are dropped."""
        self.clock.cancel_all()
        self.kafka.clear()
        self.dirty.clear()
        for name, value in Settings():
            setattr(self.settings, name, value)
        self.cloud.reset()
