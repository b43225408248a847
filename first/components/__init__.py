"""Components for disaster recovery of Kafka on Confluent Cloud; each is usable alone."""

from .credentials import (
    ClientCredentials,
    ClientCredentialsArgs,
    ClientSite,
    RoleGrant,
    TopicAccess,
    TopicGrant,
)
from .discovery import ActivePointer, KeyRing, VaultSecret, VaultSlot
from .errors import ComponentError
from .filters import (
    AclFilter,
    AclPatternType,
    AclPermission,
    AclResourceType,
    FilterType,
    GroupFilter,
    TopicFilter,
)
from .keys import KeyGenerations
from .link import DrClusterLink, DrClusterLinkArgs, LinkMode
from .link_account import LinkAccount, LinkAccountArgs
from .mirrors import MirrorTopics, MirrorTopicsArgs
from .pair import ActivePassivePair
from .pair_args import ActivePassivePairArgs, PairClient, PairPointer, PairVault
from .pair_links import PairAclLink, PairBack, PairKept, PairLink
from .refs import ClusterRef, Credentials, PatternType, ResourcePattern
from .resources import MirrorState, Transition
from .settings import AclSync, AutoCreate, LinkSettings, OffsetSync
from .site import AdoptCluster, Availability, ClusterKind, CreateCluster, KafkaSite, KafkaSiteArgs
from .storing import ClientVault

__all__ = [
    "AclFilter",
    "AclPatternType",
    "AclPermission",
    "AclResourceType",
    "AclSync",
    "ActivePassivePair",
    "ActivePassivePairArgs",
    "ActivePointer",
    "AdoptCluster",
    "AutoCreate",
    "Availability",
    "ClientCredentials",
    "ClientCredentialsArgs",
    "ClientSite",
    "ClientVault",
    "ClusterKind",
    "ClusterRef",
    "ComponentError",
    "CreateCluster",
    "Credentials",
    "DrClusterLink",
    "DrClusterLinkArgs",
    "FilterType",
    "GroupFilter",
    "KafkaSite",
    "KafkaSiteArgs",
    "KeyGenerations",
    "KeyRing",
    "LinkAccount",
    "LinkAccountArgs",
    "LinkMode",
    "LinkSettings",
    "MirrorState",
    "MirrorTopics",
    "MirrorTopicsArgs",
    "OffsetSync",
    "PairAclLink",
    "PairBack",
    "PairClient",
    "PairKept",
    "PairLink",
    "PairPointer",
    "PairVault",
    "PatternType",
    "ResourcePattern",
    "RoleGrant",
    "TopicAccess",
    "TopicFilter",
    "TopicGrant",
    "Transition",
    "VaultSecret",
    "VaultSlot",
]
