"""Typed switches of a cluster link, the rules between them, and the config entries they become."""

import re
from typing import NotRequired, TypedDict

import pulumi

from .errors import refuse
from .filters import (
    AclFilter,
    GroupFilter,
    TopicFilter,
    acl_filters_json,
    group_filters_json,
    topic_filters_json,
)

MIN_INTERVAL_MS = 1000
"""The service refuses shorter sync intervals."""
DEFAULT_OFFSET_SYNC_MS = 30_000
"""The service's own (S48)."""
MAX_PREFIX = 12
"""Longest link prefix the vendor's pages mention (one source)."""
TOPIC_NAME = re.compile(r"[A-Za-z0-9._-]+")
TOPIC_NAME_LENGTH = 249


class OffsetSync(TypedDict):
    """Sync of consumer group offsets (S22, S27, S48)."""

    groups: list[GroupFilter]
    """Groups to sync; at least one filter, else the task would sync nothing and say so only in its own state."""
    interval_ms: NotRequired[int]
    """Milliseconds between two syncs, at least 1000; default 30000. Shorter means fewer records read twice."""
    enabled: NotRequired[bool]
    """Default true. To stop a sync set this to false and leave the rest: the provider refuses to remove config keys."""


class AclSync(TypedDict):
    """Sync of ACLs, deletions included (S23, S28)."""

    filters: list[AclFilter]
    """ACLs to sync; at least one filter."""
    interval_ms: NotRequired[int]
    """Milliseconds between two syncs, at least 1000; default 5000."""
    enabled: NotRequired[bool]
    """Default true; see `OffsetSync.enabled`."""


class AutoCreate(TypedDict):
    """Mirror topics that the link creates by itself (S30, S31)."""

    topics: list[TopicFilter]
    """Topics to mirror; at least one filter."""
    enabled: NotRequired[bool]
    """Default true; see `OffsetSync.enabled`."""


class LinkSettings(TypedDict):
    """What a link does besides existing. Everything is off unless it is named here."""

    offset_sync: NotRequired[OffsetSync]
    """Sync consumer group offsets."""
    acl_sync: NotRequired[AclSync]
    """Sync ACLs; not together with a prefix."""
    auto_create: NotRequired[AutoCreate]
    """Create mirror topics as topics appear on the source."""
    prefix: NotRequired[str]
    """Put before each mirror topic's name; topic characters, at most 12; cannot be changed later."""
    consumer_group_prefix: NotRequired[bool]
    """Put the prefix before consumer group names as well; needs a prefix, not on a bidirectional link."""
    topic_config_sync_ms: NotRequired[int]
    """Milliseconds between two syncs of topic configs, at least 1000; the service's default is 5000."""
    mirror_start: NotRequired[str]
    """Where new mirrors start: `earliest` (the service's default), `latest` or an ISO-8601 time."""


def check_settings(settings: LinkSettings, *, acl_only: bool, bidirectional: bool) -> None:
    """Refuse what the service would accept and then not do, or refuse only after other resources exist.

    Raises:
        ComponentError: The first rule that is broken.
    """
    if acl_only:
        _check_acl_only(settings)
    _check_filters(settings)
    _check_intervals(settings)
    _check_prefix(settings, bidirectional=bidirectional)


def _check_acl_only(settings: LinkSettings) -> None:
    data = sorted(set(settings) - {"acl_sync"})
    refuse(bool(data), f"An ACL-only link has settings for data: {', '.join(data)}", "Put them on the data link")
    refuse("acl_sync" not in settings, "An ACL-only link has no acl_sync", "Give acl_sync with at least one filter")


def _check_filters(settings: LinkSettings) -> None:
    # Without a filter the service creates the link and the task sits IN_ERROR (confluentinc/cli#3072).
    offset_sync, acl_sync, auto = settings.get("offset_sync"), settings.get("acl_sync"), settings.get("auto_create")
    everything = "name `*` to take all of them"
    refuse(
        offset_sync is not None and not offset_sync["groups"],
        "offset_sync has no group filter, so it would sync nothing",
        f"Give offset_sync.groups; {everything}",
    )
    refuse(
        acl_sync is not None and not acl_sync["filters"],
        "acl_sync has no filter, so its task would fail",
        "Give acl_sync.filters; an empty filter `{}` takes all ACLs",
    )
    refuse(
        auto is not None and not auto["topics"],
        "auto_create has no topic filter, so it would create nothing",
        f"Give auto_create.topics; {everything}",
    )


def _check_intervals(settings: LinkSettings) -> None:
    found = {
        "offset_sync.interval_ms": settings.get("offset_sync", {}).get("interval_ms"),
        "acl_sync.interval_ms": settings.get("acl_sync", {}).get("interval_ms"),
        "topic_config_sync_ms": settings.get("topic_config_sync_ms"),
    }
    for path, value in found.items():
        refuse(
            isinstance(value, int) and value < MIN_INTERVAL_MS,
            f"{path} is {value} ms",
            f"The service's minimum is {MIN_INTERVAL_MS}",
        )


def _check_prefix(settings: LinkSettings, *, bidirectional: bool) -> None:
    prefix, groups = settings.get("prefix", ""), settings.get("consumer_group_prefix", False)
    refuse(
        prefix != "" and not TOPIC_NAME.fullmatch(prefix),
        f"prefix {prefix!r} has characters that no topic name may have",
        "Use letters, digits, `.`, `_` and `-`",
    )
    refuse(len(prefix) > MAX_PREFIX, f"prefix {prefix!r} has {len(prefix)} characters", f"Use at most {MAX_PREFIX}")
    refuse(
        prefix != "" and "acl_sync" in settings,
        "acl_sync is not possible on a link with a prefix (S67)",
        "Sync ACLs over a second, ACL-only link (S68)",
    )
    refuse(groups and prefix == "", "consumer_group_prefix is set without a prefix", "Give prefix as well")
    refuse(
        groups and bidirectional,
        "consumer_group_prefix is not possible on a bidirectional link",
        "Leave it out, and keep group names unique over both clusters (S61)",
    )


def link_config(settings: LinkSettings) -> dict[str, pulumi.Input[str]]:
    """Config entries of the destination half.

    A switch that is absent is written as `false`, not left out, so that it can be turned on later without the set of
    keys ever shrinking: the provider refuses an update that removes a key.
    """
    entries: dict[str, pulumi.Input[str]] = {
        "consumer.offset.sync.enable": _enabled(settings.get("offset_sync")),
        "acl.sync.enable": _enabled(settings.get("acl_sync")),
        "auto.create.mirror.topics.enable": _enabled(settings.get("auto_create")),
    }
    return entries | _offsets(settings) | _acls(settings) | _auto_create(settings) | _plain(settings)


def _enabled(switch: OffsetSync | AclSync | AutoCreate | None) -> str:
    return "true" if switch is not None and switch.get("enabled", True) else "false"


def _offsets(settings: LinkSettings) -> dict[str, pulumi.Input[str]]:
    if "offset_sync" not in settings:
        return {}
    sync = settings["offset_sync"]
    return {
        "consumer.offset.sync.ms": str(sync.get("interval_ms", DEFAULT_OFFSET_SYNC_MS)),
        "consumer.offset.group.filters": group_filters_json(sync["groups"]),
    }


def _acls(settings: LinkSettings) -> dict[str, pulumi.Input[str]]:
    if "acl_sync" not in settings:
        return {}
    sync = settings["acl_sync"]
    return {"acl.sync.ms": str(sync.get("interval_ms", 5000)), "acl.filters": acl_filters_json(sync["filters"])}


def _auto_create(settings: LinkSettings) -> dict[str, pulumi.Input[str]]:
    if "auto_create" not in settings:
        return {}
    return {"auto.create.mirror.topics.filters": topic_filters_json(settings["auto_create"]["topics"])}


def _plain(settings: LinkSettings) -> dict[str, pulumi.Input[str]]:
    entries: dict[str, pulumi.Input[str]] = {}
    if settings.get("prefix"):
        entries["cluster.link.prefix"] = settings["prefix"]
    if settings.get("consumer_group_prefix"):
        entries["consumer.group.prefix.enable"] = "true"
    if "topic_config_sync_ms" in settings:
        entries["topic.config.sync.ms"] = str(settings["topic_config_sync_ms"])
    if "mirror_start" in settings:
        entries["mirror.start.offset.spec"] = settings["mirror_start"]
    return entries
