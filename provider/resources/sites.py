"""Sites and links as inputs of resources: the shape of the estate's document."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, SecretStr

from kafkadr.active.document import Place
from kafkadr.budget import Budget
from kafkadr.endpoint import Endpoint
from kafkadr.model.topology import Link, LinkMode, Topology
from kafkadr.rest import KafkaRest
from provider.resource import Inputs


class Credentials(Inputs):
    """An API key of a cluster."""

    key: str = Field(min_length=1, description="API key.")
    secret: SecretStr = Field(min_length=1, description="Its secret.")


class ClusterInputs(Inputs):
    """A cluster, as far as its Kafka REST is concerned."""

    cluster_id: str = Field(pattern=r"^lkc-[A-Za-z0-9-]+$", description="Its cluster.")
    rest_endpoint: Endpoint = Field(description="Its Kafka REST endpoint.")
    credentials: Credentials = Field(description="A key of this cluster.")

    def client(self, seconds: float) -> KafkaRest:
        """A client of its Kafka REST, with a budget in seconds."""
        key = self.credentials
        return KafkaRest(self.rest_endpoint, self.cluster_id, key.key, key.secret, Budget(seconds))


class SiteInputs(ClusterInputs):
    """A site."""

    bootstrap_endpoint: str = Field(min_length=1, description="Its bootstrap servers.")

    def place(self, name: str, secrets: str) -> Place:
        """The site as clients have to know it."""
        return Place(name, self.cluster_id, self.bootstrap_endpoint, self.rest_endpoint, secrets)


class LinkInputs(Inputs):
    """A cluster link."""

    from_: str = Field(alias="from", min_length=1, description="Site that has the data at birth.")
    to: str = Field(min_length=1, description="Site that gets the mirrors at birth.")
    mode: LinkMode = Field(default=LinkMode.DESTINATION_INITIATED, description=f"{', '.join(LinkMode)}.")
    prefix: str = Field(default="", description="Put before the name of every mirror topic.")

    def link(self, name: str) -> Link:
        """The link as the model knows it."""
        return Link(name, self.from_, self.to, self.mode, self.prefix)


def topology_of(sites: Mapping[str, SiteInputs], links: Mapping[str, LinkInputs]) -> Topology:
    """The same for the model."""
    return Topology(
        tuple(sorted((name, site.cluster_id) for name, site in sites.items())),
        tuple(sorted(link.link(name) for name, link in links.items())),
    )
