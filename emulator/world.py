"""The emulated world: its clock, its switches, its clusters and its cloud."""

from typing import Protocol

from emulator.clock import Clock
from emulator.kafka.cluster import KafkaCluster
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

    def roles_of(self, principal_id: str) -> list[tuple[str, str]]:
        """Return (role name, CRN pattern) of every role binding of `sa-...` or `u-...`."""

    def rbac_crn(self, lkc: str) -> str:
        """Return the CRN role bindings use for the cluster, without the `/kafka=` part."""

    def truth(self) -> dict[str, object]:
        """Return the cloud's part of the truth, without secrets."""

    def reset(self) -> None:
        """Forget everything but the bootstrap."""


class World:
    """All state of the emulator. One event loop, one thread: nothing here locks.

    `cloud` is set by the cloud side before the first request.
    """

    cloud: CloudView

    def __init__(self, clock: Clock, settings: Settings) -> None:
        self.clock = clock
        self.settings = settings
        self.kafka: dict[str, KafkaCluster] = {}

    def create_cluster(self, lkc_id: str, kind: str) -> KafkaCluster:
        """Add an empty cluster; `kind` as in the cloud API (`Dedicated`, ...)."""
        cluster = KafkaCluster(lkc_id, kind)
        self.kafka[lkc_id] = cluster
        return cluster

    def delete_cluster(self, lkc_id: str) -> None:
        """Remove a cluster with everything in it; unknown ones are no error."""
        self.kafka.pop(lkc_id, None)

    def tick(self) -> None:
        """Let the world catch up with its clock. Called before each request and by the background task."""
        self.clock.run_due()

    def reset(self) -> None:
        """Back to an empty world with default switches. Scheduled jobs of both sides are dropped."""
        self.clock.cancel_all()
        self.kafka.clear()
        for name, value in Settings():
            setattr(self.settings, name, value)
        self.cloud.reset()
