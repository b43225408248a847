"""Suspend what syncs into a site: a link that is kept goes on copying when its source returns.

Its ACLs, offsets and new topics would overwrite what the site has had since it became active. Nobody but the site
itself is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from kafkadr.errors import ApiError, DrError
from kafkadr.quarantine import SWITCHES
from kafkadr.rest import KafkaRest
from kafkadr.text import clean

_NOT_FOUND = 404


async def suspend(rest: KafkaRest, links: Iterable[str]) -> dict[str, str]:
    """Switch every sync of these links off and read it back; by link what is wrong, empty when nothing is.

    A link whose switches are off is not written. One that is gone syncs nothing.
    """
    names = sorted(set(links))
    said = await asyncio.gather(*(_suspend(rest, name) for name in names))
    return {name: problem for name, problem in zip(names, said, strict=True) if problem}


async def running(rest: KafkaRest, link: str) -> list[str]:
    """Names of the link's switches that are on."""
    configs = await rest.link_configs(link)
    return [name for name in SWITCHES if configs.get(name) == "true"]


async def _suspend(rest: KafkaRest, link: str) -> str:
    try:
        on = await running(rest, link)
        if not on:
            return ""
        await rest.alter_link(link, dict.fromkeys(on, "false"))
        left = await running(rest, link)
    except ApiError as error:
        return "" if error.status == _NOT_FOUND else clean(error.problem)
    except DrError as error:
        return clean(error.problem)
    return f"accepted, and {', '.join(left)} is still on" if left else ""
