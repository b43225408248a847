"""What the operator should know of links beside the mirrors' states: syncs that fail, and why a mirror hangs.

Never a reason not to fail over: it is read within a few seconds, and what cannot be read is told as unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kafkadr.hanging import hanging
from kafkadr.rest import KafkaRest
from kafkadr.survey import Survey
from kafkadr.tasks import Tasks, glance


@dataclass(frozen=True)
class Notices:
    """What was found.

    Args:
        tasks: Per link.
        stuck: One line per mirror that hangs for a reason.
    """

    tasks: tuple[Tasks, ...]
    stuck: tuple[str, ...] = ()

    @property
    def warnings(self) -> list[str]:
        """Lines of what is wrong."""
        return [line for each in self.tasks for line in each.warnings()] + list(self.stuck)

    @property
    def unknown(self) -> list[str]:
        """Lines of what could not be read."""
        return [line for each in self.tasks if (line := each.unknown())]

    def to_json(self) -> dict[str, Any]:
        """Plain values for a report."""
        return {"tasks": {each.link: each.to_json() for each in self.tasks}, "warnings": self.warnings}


async def notices(rest: KafkaRest, links: Iterable[str], seen: Survey | None = None) -> Notices:
    """Ask for the tasks of these links of one cluster, and for the reasons of mirrors that hang."""
    looks = [glance(rest, name) for name in sorted(set(links))]
    if seen is None:
        return Notices(tuple(await asyncio.gather(*looks)))
    tasks, stuck = await asyncio.gather(asyncio.gather(*looks), hanging(rest, seen))
    return Notices(tuple(tasks), tuple(stuck))
