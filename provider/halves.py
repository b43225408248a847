"""Both ends of a link as a resource's inputs: what `Restoration`, `Reversal` and `Clearance` share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import Field, SecretStr

from kafkadr.budget import Budget
from kafkadr.endpoint import Endpoint
from kafkadr.rest import KafkaRest
from kafkadr.turning import Halves
from provider.resource import Inputs


class Credentials(Inputs):
    """An API key of one cluster."""

    key: str = Field(min_length=1, description="API key.")
    secret: SecretStr = Field(min_length=1, description="Its secret.")


class SidesInputs(Inputs):
    """The clusters of the old primary and of the new one, and the link whose mirrors stopped on the new one."""

    link_name: str = Field(min_length=1, description="The bidirectional link, which has the same name on both.")
    old_rest_endpoint: Endpoint = Field(description="Kafka REST endpoint of the old primary.")
    old_cluster_id: str = Field(pattern=r"^lkc-[A-Za-z0-9]+$", description="The old primary's cluster.")
    old_credentials: Credentials = Field(description="A key of the old primary.")
    new_rest_endpoint: Endpoint = Field(description="Kafka REST endpoint of the new primary.")
    new_cluster_id: str = Field(pattern=r"^lkc-[A-Za-z0-9]+$", description="The new primary's cluster.")
    new_credentials: Credentials = Field(description="A key of the new primary.")
    budget_seconds: int = Field(default=300, ge=5, le=3600, strict=True, description="Bound of the whole step, s.")

    @asynccontextmanager
    async def clients(self, seconds: float) -> AsyncIterator[Halves]:
        """Clients of both clusters with one budget."""
        budget = Budget(seconds)
        old, new = self.old_credentials, self.new_credentials
        async with (
            KafkaRest(self.old_rest_endpoint, self.old_cluster_id, old.key, old.secret, budget) as follower,
            KafkaRest(self.new_rest_endpoint, self.new_cluster_id, new.key, new.secret, budget) as leader,
        ):
            yield Halves(self.link_name, follower, leader)


class HalvesInputs(SidesInputs):
    """Both ends of a bidirectional link, which turns round in batch calls."""

    chunk_size: int = Field(default=500, ge=1, le=10_000, strict=True, description="Most names in one batch call.")
