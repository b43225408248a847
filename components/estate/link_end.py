"""One end of a link, or the site of a client: a cluster with its manager's key."""

from typing import TypedDict

import pulumi

from ..switch.sites import SiteCredentials


class LinkEnd(TypedDict):
    """A site with the key that manages it, as `KafkaSite.end` gives it."""

    name: pulumi.Input[str]
    """Name of the site."""
    cluster_id: pulumi.Input[str]
    """Cluster id, `lkc-...`."""
    rest_endpoint: pulumi.Input[str]
    """Kafka REST endpoint."""
    bootstrap_endpoint: pulumi.Input[str]
    """Bootstrap endpoint."""
    environment_id: pulumi.Input[str]
    """Environment of the cluster, `env-...`."""
    rbac_crn: pulumi.Input[str]
    """Resource name of the cluster."""
    credentials: SiteCredentials
    """The manager's key."""
