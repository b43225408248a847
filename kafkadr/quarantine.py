"""Quarantine: a kept link stops syncing, so that a primary that returns can do no harm to the survivor.

The link is kept for its failover offsets (S94), and a kept link goes on syncing: ACLs (deletions included), group
offsets and new topics of a source that comes back would overwrite what the survivor has had since. So a flip switches
these three off on the destination, which the source has no part in. Offsets of the mirrors stay readable.
"""

from __future__ import annotations

from collections.abc import Mapping

from kafkadr.errors import ApiError, DrError
from kafkadr.rest import KafkaRest
from kafkadr.text import clean

SWITCHES = ("acl.sync.enable", "auto.create.mirror.topics.enable", "consumer.offset.sync.enable")
"""What a link syncs beside the data, by the config entry that switches it on."""
SHUT = "quarantined"
OPEN = "open"
_NOT_FOUND = 404

Links = Mapping[str, Mapping[str, str]]
"""Config entries as declared, by link name."""


def quarantined(declared: Mapping[str, str]) -> dict[str, str]:
    """The declared entries with every sync switched off.

    All entries are named, filters too, as Confluent's own provider does: a feature that is switched off loses its
    filters (confluent-api 10) unless the same call says what they are.
    """
    return dict(declared) | dict.fromkeys(SWITCHES, "false")


async def shut(rest: KafkaRest, links: Links) -> dict[str, str]:
    """Switch off every sync of these links; per link `quarantined`, or why not. One call each, on the destination."""
    return {name: await _set(rest, name, quarantined(declared), SHUT) for name, declared in sorted(links.items())}


async def lift(rest: KafkaRest, links: Links) -> dict[str, str]:
    """Give these links back what they are declared with; per link `open`, or why not."""
    return {name: await _set(rest, name, declared, OPEN) for name, declared in sorted(links.items())}


async def found(rest: KafkaRest, links: Links) -> dict[str, str]:
    """What the server says of these links today."""
    return {name: await _found(rest, name) for name in sorted(links)}


def failures(outcome: Mapping[str, str], wanted: bool) -> dict[str, str]:
    """The links that are not as wanted, quarantined or open."""
    return {name: said for name, said in outcome.items() if said != (SHUT if wanted else OPEN)}


async def _set(rest: KafkaRest, link: str, configs: Mapping[str, str], state: str) -> str:
    try:
        await rest.alter_link(link, configs)
    except ApiError as error:
        # A link that is gone syncs nothing; that it is gone is told by whoever needs it.
        return state if error.status == _NOT_FOUND and state == SHUT else clean(error.problem)
    except DrError as error:
        return clean(error.problem)
    return state


async def _found(rest: KafkaRest, link: str) -> str:
    try:
        configs = await rest.link_configs(link)
    except DrError as error:
        return clean(error.problem)
    return OPEN if any(configs.get(switch) == "true" for switch in SWITCHES) else SHUT
