"""What a site says of its mirrors and links, in three calls at most, and what that means for the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kafkadr.model.view import Copy, CopyState, SiteView
from kafkadr.rest import KafkaRest
from kafkadr.wire import Link, Mirror

STOPPED = "STOPPED"


@dataclass(frozen=True)
class Sight:
    """One look at a site.

    Args:
        cluster_id: Its cluster.
        mirrors: Mirrors and former mirrors of every link.
        links: Links that have an object there.
        topics: Names of its topics; asked for only where there is no mirror, as on a site that was always primary.
    """

    cluster_id: str
    mirrors: tuple[Mirror, ...]
    links: tuple[Link, ...]
    topics: tuple[str, ...] = ()

    @property
    def sources(self) -> dict[str, str]:
        """Cluster id at the other end, by link; empty where the service does not tell it."""
        return {link.link_name: link.source or "" for link in self.links}

    @property
    def view(self) -> SiteView:
        """The same as the model reads it."""
        found = view_of(self.cluster_id, self.mirrors, self.sources)
        plain = (Copy(name, CopyState.PLAIN) for name in self.topics)
        return SiteView(found.cluster_id, tuple(sorted((*found.copies, *plain), key=lambda c: c.topic)))


async def look(rest: KafkaRest) -> Sight:
    """Ask a site for its links and its mirrors.

    Raises:
        DrError: It does not answer, or refuses.
    """
    links, mirrors = await rest.links(), await rest.every_mirror()
    topics = [] if mirrors else [t.topic_name for t in await rest.topics()]
    return Sight(rest.cluster_id, tuple(mirrors), tuple(links), tuple(topics))


def view_of(cluster_id: str, mirrors: Iterable[Mirror], sources: Mapping[str, str]) -> SiteView:
    """Mirrors as the model reads them.

    Args:
        cluster_id: The cluster that has them.
        mirrors: As listed.
        sources: Cluster id at the other end, by link.
    """
    copies = [
        Copy(
            topic=m.mirror_topic_name,
            state=CopyState.STOPPED if m.mirror_status == STOPPED else CopyState.MIRROR,
            source=sources.get(m.link_name, ""),
            lag=m.lag,
        )
        for m in mirrors
    ]
    return SiteView(cluster_id, tuple(sorted(copies, key=lambda c: c.topic)))
