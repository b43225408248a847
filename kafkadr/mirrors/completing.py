"""Caught up once: every partition had lag 0 at a look, or was fetched to where its source ended at the first look."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from kafkadr.desired import Desired
from kafkadr.flip import before_look
from kafkadr.rest import KafkaRest
from kafkadr.verdicts import Action, verdict
from kafkadr.wire import Mirror

Place = tuple[str, int]
"""Topic and partition."""
Progress = Callable[[str], None]
_DEAD_SOURCE = "SOURCE_UNAVAILABLE"


@dataclass
class CaughtUp:
    """What was seen since the first look."""

    wanted: frozenset[str]
    ends: dict[Place, int] = field(default_factory=dict)
    done: set[Place] = field(default_factory=set)
    mirrors: tuple[Mirror, ...] = ()

    def see(self, mirrors: Iterable[Mirror]) -> None:
        """Take a look into account."""
        self.mirrors = tuple(mirrors)
        for mirror in self.mirrors:
            for row in mirror.partitions:
                place = (mirror.mirror_topic_name, row.partition)
                if row.lag is None:
                    continue
                end = self.ends.setdefault(place, row.last_source_fetch_offset + 1 + row.lag)
                if row.lag == 0 or row.last_source_fetch_offset + 1 >= end:
                    self.done.add(place)

    @property
    def behind(self) -> list[str]:
        """Topics that are not mirrors of the source, or were not seen caught up."""
        by_name = {m.mirror_topic_name: m for m in self.mirrors}
        return sorted(name for name in self.wanted | by_name.keys() if not self._whole(by_name.get(name), name))

    @property
    def hopeless(self) -> bool:
        """Whether the source does not answer: waiting brings nothing."""
        return any(m.mirror_status == _DEAD_SOURCE for m in self.mirrors)

    def _whole(self, mirror: Mirror | None, name: str) -> bool:
        if mirror is None or verdict(mirror, Desired.ACTIVE).action is not Action.DONE:
            return False
        return all((name, row.partition) in self.done for row in mirror.partitions)


async def wait(rest: KafkaRest, link: str, wanted: Iterable[str], seconds: float, progress: Progress) -> list[str]:
    """Wait until all mirrors of a link have caught up once; the topics that have not, empty when all have.

    Args:
        rest: The destination.
        link: The link.
        wanted: Mirrors that have to be there; others that are there count as well.
        seconds: How long to wait at most.
        progress: Called with one line per look.
    """
    found, step = CaughtUp(frozenset(wanted)), 0
    end = rest.budget.left - seconds
    while True:
        found.see(await rest.mirrors(link))
        behind = found.behind
        if not behind or rest.budget.left <= max(end, 0.0) or found.hopeless:
            return behind
        progress(f"link {link}: {len(behind)} of {len(found.mirrors)} mirrors have not caught up yet")
        if not await before_look(rest.budget, step):
            return behind
        step += 1
