"""What a link copies beside the data, as config entries that one owner sets, deletes and reads back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kafkadr.errors import DrError
from kafkadr.rest import KafkaRest
from kafkadr.text import clean

OWNED: Final = (
    "acl.filters",
    "acl.sync.enable",
    "acl.sync.ms",
    "auto.create.mirror.topics.enable",
    "auto.create.mirror.topics.filters",
    "consumer.offset.group.filters",
    "consumer.offset.sync.enable",
    "consumer.offset.sync.ms",
    "topic.config.sync.ms",
)
"""Entries that are set or deleted here; nobody else's are touched."""


class SyncRefusedError(DrError):
    """The service accepted the entries and does not have them."""


@dataclass(frozen=True)
class Difference:
    """What makes a link's entries the wanted ones.

    Args:
        put: Entries to be set.
        delete: Entries that nobody wants any more.
        lines: One line per entry, for the reader of a preview.
    """

    put: dict[str, str]
    delete: tuple[str, ...]
    lines: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether there is one."""
        return bool(self.put or self.delete)


def difference(wanted: Mapping[str, str], found: Mapping[str, str]) -> Difference:
    """Compare what is wanted with what somebody has set.

    A switch that is set to `false` is the same as none, and filters are compared as what they say, not by spelling.
    """
    put = {name: value for name, value in wanted.items() if _said(found.get(name)) != _said(value)}
    delete = tuple(
        name
        for name in OWNED
        if name in found and name not in wanted and not (name.endswith(".enable") and found[name] == "false")
    )
    lines = [f"{name}: {clean(found.get(name, 'not set'))}, wanted {clean(put[name])}" for name in sorted(put)]
    lines += [f"{name}: {clean(found[name])}, not wanted any more" for name in delete]
    return Difference(put, delete, tuple(lines))


async def compare(rest: KafkaRest, link: str, wanted: Mapping[str, str]) -> Difference:
    """What differs on the link today."""
    return difference(wanted, await rest.link_overrides(link))


async def apply(rest: KafkaRest, link: str, wanted: Mapping[str, str]) -> Difference:
    """Set and delete what differs, and read it back; what differed.

    Raises:
        SyncRefusedError: It was accepted, and the link does not have it.
    """
    found = await compare(rest, link, wanted)
    if not found:
        return found
    await rest.alter_link(link, found.put, found.delete)
    left = await compare(rest, link, wanted)
    if left:
        raise SyncRefusedError(
            f"link {clean(link)} accepted its settings and does not have them: {'; '.join(left.lines)}",
            "Run the same command again; if it stays so, ask the vendor",
        )
    return found


def _said(value: str | None) -> Any:
    try:
        return json.loads(value) if value and value[0] in "{[" else value
    except ValueError:
        return value
