"""Sites and links: what carries data from where to where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LinkMode(StrEnum):
    """Who opens the connection of a link, and whether it can turn round."""

    DESTINATION_INITIATED = "destination-initiated"
    SOURCE_INITIATED = "source-initiated"
    BIDIRECTIONAL = "bidirectional"


@dataclass(frozen=True, order=True)
class Link:
    """A cluster link between two sites; `from_site` and `to_site` are fixed when it is made.

    Args:
        name: Its name on each cluster.
        from_site: Site that has the data at birth.
        to_site: Site that gets the mirrors at birth.
        mode: A bidirectional link is one entry and can turn round.
        prefix: Put before the name of every mirror topic.
    """

    name: str
    from_site: str
    to_site: str
    mode: LinkMode = LinkMode.DESTINATION_INITIATED
    prefix: str = ""

    @property
    def both_ways(self) -> bool:
        """Whether it can turn round."""
        return self.mode is LinkMode.BIDIRECTIONAL

    @property
    def ends(self) -> tuple[str, str]:
        """Both sites."""
        return self.from_site, self.to_site

    def other(self, site: str) -> str:
        """The site at the other end."""
        return self.to_site if site == self.from_site else self.from_site

    def carries(self, source: str, destination: str) -> bool:
        """Whether it can carry data from `source` to `destination`."""
        return (source, destination) == self.ends or (self.both_ways and (destination, source) == self.ends)


@dataclass(frozen=True)
class Topology:
    """The sites of an environment and the links between them.

    Args:
        sites: Cluster id (`lkc-...`) by name of the site, sorted by name.
        links: Sorted by name.
    """

    sites: tuple[tuple[str, str], ...]
    links: tuple[Link, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sites."""
        return tuple(name for name, _ in self.sites)

    def cluster_of(self, site: str) -> str:
        """Cluster id of a site; empty for an unknown name."""
        return dict(self.sites).get(site, "")

    def site_of(self, cluster_id: str) -> str:
        """Name of the site that has this cluster; empty when none has."""
        return next((name for name, cluster in self.sites if cluster == cluster_id), "")

    def between(self, source: str, destination: str) -> Link | None:
        """The link that can carry data from `source` to `destination`; the first by name where there are several."""
        return next((link for link in self.links if link.carries(source, destination)), None)

    def on(self, site: str) -> tuple[Link, ...]:
        """Links that have a link object on this site: both ends of a bidirectional one, else the destination."""
        return tuple(k for k in self.links if site == k.to_site or (k.both_ways and site == k.from_site))
