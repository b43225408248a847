"""Components of the estate, on Confluent's provider: sites, links, clients. They know no primary."""

from .acl_link import AclLink, AclLinkArgs
from .client_credentials import ClientCredentials, ClientCredentialsArgs, ClientVault, RoleGrant
from .cluster_link import ClusterLink, ClusterLinkArgs
from .kafka_site import Availability, ClusterKind, CreateCluster, ExistingCluster, KafkaSite, KafkaSiteArgs
from .keys import KeyGenerations
from .link_end import LinkEnd

__all__ = [
    "AclLink",
    "AclLinkArgs",
    "Availability",
    "ClientCredentials",
    "ClientCredentialsArgs",
    "ClientVault",
    "ClusterKind",
    "ClusterLink",
    "ClusterLinkArgs",
    "CreateCluster",
    "ExistingCluster",
    "KafkaSite",
    "KafkaSiteArgs",
    "KeyGenerations",
    "LinkEnd",
    "RoleGrant",
]
