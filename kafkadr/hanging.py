"""Why a mirror does not leave a pending state: the service tells it per mirror, and only when it is asked."""

from __future__ import annotations

import asyncio

from kafkadr.errors import DrError
from kafkadr.rest import KafkaRest
from kafkadr.survey import Survey
from kafkadr.tasks import reason
from kafkadr.text import clean
from kafkadr.verdicts import Action

READ_SECONDS = 3.0
ASKED = 10
"""Most mirrors that are asked about at once: they tend to hang for one reason."""


async def reasons(rest: KafkaRest, seen: Survey) -> dict[str, str]:
    """The service's reason, with its cure, for the first of the mirrors that wait and have one.

    Takes a few seconds at most and raises nothing: a stop goes on with or without a reason.
    """
    found: dict[str, str] = {}

    names = seen.names(Action.WAIT)[:ASKED]

    async def ask(link: str, name: str) -> None:
        try:
            errors = (await rest.mirror(link, name)).mirror_state_transition_errors
        except DrError:
            return
        if errors:
            found[name] = reason(errors)

    try:
        async with asyncio.timeout(READ_SECONDS):
            await asyncio.gather(*(ask(link, name) for link, mine in seen.by_link(names).items() for name in mine))
    except TimeoutError:
        pass
    return found


async def hanging(rest: KafkaRest, seen: Survey) -> list[str]:
    """One line per mirror that waits on the server for a reason that the service tells."""
    found = await reasons(rest, seen)
    return [line(name, seen, why) for name, why in sorted(found.items())]


def line(name: str, seen: Survey, why: str) -> str:
    """One mirror that hangs, in words."""
    status = next(m.mirror_status for m in seen.mirrors if m.mirror_topic_name == name)
    return f"mirror {clean(name)} stays {clean(status)}: {why}"
