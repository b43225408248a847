"""Components of the switch. They need no vendor's provider."""

from .active_passive import ActivePassive, ActivePassiveArgs, Change
from .mirrored import AclFilter, AclSync, FilterType, NameFilter, OffsetSync, PatternType
from .resources import ActiveCluster, EstateRecord, MirrorTopics
from .sites import Link, LinkMode, Site, SiteCredentials

__all__ = [
    "AclFilter",
    "AclSync",
    "ActiveCluster",
    "ActivePassive",
    "ActivePassiveArgs",
    "Change",
    "EstateRecord",
    "FilterType",
    "Link",
    "LinkMode",
    "MirrorTopics",
    "NameFilter",
    "OffsetSync",
    "PatternType",
    "Site",
    "SiteCredentials",
]
