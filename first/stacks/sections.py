"""Sections of `kafka-dr:settings` beside the sites: links, syncs, onboarding, clients, ledger. Each checked alone.

What two sections must agree on is in rules.py.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from stacks.addresses import Keys
from stacks.fields import (
    AclFilter,
    GroupFilter,
    GroupPattern,
    Milliseconds,
    Model,
    Pattern,
    PatternType,
    TopicFilter,
    TopicName,
    TopicPattern,
    refused,
)

CLUSTER = "cluster"
"""Resource of a role binding that is about the whole cluster."""
LINK_PATTERN = r"^[A-Za-z0-9._-]{1,64}$"


class Topology(StrEnum):
    """Models of disaster recovery."""

    ACTIVE_PASSIVE = "active-passive"
    ACTIVE_ACTIVE = "active-active"


class LinkMode(StrEnum):
    """Who opens the connection, and whether the link can turn round."""

    DESTINATION_INITIATED = "destination-initiated"
    SOURCE_INITIATED = "source-initiated"
    BIDIRECTIONAL = "bidirectional"


class BackLink(Model):
    """The link of a one-way pair's other direction: the way back is a link of its own (S103)."""

    name: str = Field(pattern=LINK_PATTERN, description="Its name; never changed.")
    keys: Keys = Field(Keys(), description="Generations of its own key, on the site that is no home.")


class Link(Model):
    """The cluster link that carries data."""

    name: str = Field(pattern=LINK_PATTERN, description="Name of the link; a new name would be a new link.")
    mode: LinkMode = Field(LinkMode.DESTINATION_INITIATED, description="Who opens the connection.")
    prefix: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9._-]{1,12}$",
        description="Put before the name of every mirror topic, at most 12 characters; fixed when the link is created.",
    )
    topic_config_sync_ms: Milliseconds | None = Field(
        None, description="Interval of the topic config sync, milliseconds; the service's default is 5000."
    )
    reads: tuple[Pattern, ...] = Field(
        (),
        description="Topics the link's account may read on the source; left out, the topics and filters of onboarding, "
        "one by one. With hundreds of topics give prefixes or '*': each entry is two ACLs.",
    )
    keys: Keys = Field(Keys(), description="Generations of the link's own key on the source.")
    built: int | None = Field(
        None,
        ge=2,
        description="Term in which the link to a new site was built, set in the edit in which that site joins; never"
        " changed. Left out for the pair's first link.",
    )
    home: str | None = Field(
        None,
        description="Site that is primary when the link is built; never changed, whoever is primary later. Needed for a"
        " bidirectional link, whose halves it tells apart, and for a one-way link that has a way back.",
    )
    back: BackLink | None = Field(
        None,
        description="Link of the other direction, set in the edit that makes a standby of the cleared old primary of a"
        " one-way link. One of the two runs, the other one waits in quarantine.",
    )


class Archive(StrEnum):
    """What happens to records that a restore cuts off."""

    REQUIRED = "required"
    WAIVED = "waived"


class Restore(Model):
    """How the old primary of a bidirectional link becomes the mirror."""

    archive: Archive = Field(
        Archive.REQUIRED,
        description="required: every record that is cut off is copied beside the ledger first, over Kafka's own"
        " protocol; waived: they are lost, in a reviewed edit.",
    )


class Rebuild(Model):
    """How the old primary of a one-way link becomes a standby: its stale topics make room for mirrors (S102)."""

    clear: tuple[TopicName, ...] = Field(
        (),
        description="Topics to be deleted on the old primary, by their names: every mirrored topic of the pair and no"
        " other. Only while standby is clear-armed, which deletes nothing, or clear-fired.",
    )


class Recovery(Model):
    """What became of the records that flips left behind."""

    acknowledged: tuple[Annotated[str, Field(pattern=r"^[1-9][0-9]*:[0-9a-f]{64}$")], ...] = Field(
        (), description="Receipts of `drctl recover`, `<epoch>:<sha256>`: everything of that flip is answered for."
    )


class KeptSite(Model):
    """A lost site whose link is kept for its offsets, after a new site took its place (S98)."""

    site: str = Field(description="Name of the lost site.")
    epoch: int = Field(ge=2, description="Term in which it was failed over.")
    link: str = Field(pattern=LINK_PATTERN, description="Name of its link.")
    home: str | None = Field(None, description="The link's home, for a bidirectional one.")
    built: int | None = Field(None, ge=2, description="The link's built, if it had one.")
    unlocked: bool = Field(
        False,
        description="Lift the link's locks, once its ledger is acknowledged; the next edit may then empty kept, which"
        " deletes the link.",
    )


class AclLink(Model):
    """A second link whose only job is to copy ACLs: the way to ACL sync when the data link has a prefix (S67, S68)."""

    name: str = Field(pattern=LINK_PATTERN, description="Name of the link.")
    interval_ms: Milliseconds = Field(5000, description="Interval of the ACL sync, milliseconds.")
    filters: tuple[AclFilter, ...] = Field(
        min_length=1, description="ACLs to copy; `[{}]` is all of them. A sync without a filter copies nothing."
    )


class OffsetSync(Model):
    """Copies consumer group offsets, so that groups go on where they were (S22, S27)."""

    enabled: bool = Field(description="Copy consumer group offsets.")
    interval_ms: Milliseconds = Field(
        30_000, description="Interval, milliseconds: shorter means fewer repeats after a failover, more bandwidth."
    )
    groups: tuple[GroupFilter, ...] = Field(
        (), description="Groups to copy; needed when enabled. Keep them when you switch off."
    )


class AclSync(Model):
    """Copies ACLs, deletions included, so that clients are authorised already (S23, S28)."""

    enabled: bool = Field(description="Copy ACLs on the data link.")
    interval_ms: Milliseconds = Field(5000, description="Interval, milliseconds.")
    filters: tuple[AclFilter, ...] = Field(
        (), description="ACLs to copy; needed when enabled, `[{}]` is all of them. Keep them when you switch off."
    )


class Sync(Model):
    """What travels beside the data. To switch a sync off keep its filters: no config key of a link can be removed."""

    offsets: OffsetSync = Field(OffsetSync(enabled=False), description="Consumer group offsets.")
    acls: AclSync = Field(AclSync(enabled=False), description="ACLs.")


class OnboardingMode(StrEnum):
    """How topics come under protection."""

    OPT_IN = "opt-in"
    AUTO_CREATE = "auto-create"


class Onboarding(Model):
    """Which topics are mirrored; a name has one owner, never both the list and a filter."""

    mode: OnboardingMode = Field(
        description="opt-in: the topics listed; auto-create: what the filters take in, now and later."
    )
    topics: tuple[TopicName, ...] = Field(
        (),
        description="Declared topics by their names on the source; with auto-create, those that no filter takes in.",
    )
    filters: tuple[TopicFilter, ...] = Field(
        (), description="Topics the link mirrors by itself; only with auto-create."
    )


class Mirroring(StrEnum):
    """Whether the standby keeps up."""

    ACTIVE = "active"
    PAUSED = "paused"


class RoleBinding(Model):
    """A role for a client in both clusters; role bindings are not copied by any link (S65)."""

    role: str = Field(pattern=r"^[A-Z][A-Za-z]+$", description="Role name, for example DeveloperRead.")
    resource: str = Field(
        pattern=r"^(cluster|(topic|group|transactional-id)=[A-Za-z0-9._*-]+)$",
        description="`cluster`, or `topic=`, `group=`, `transactional-id=` and a name; `*` at its end is a prefix.",
    )


class Client(Model):
    """An application: a service account, and a key in both clusters ahead of time (S34)."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$", description="Name of the application.")
    produce: tuple[TopicPattern, ...] = Field((), description="Topics it writes, by their names on the source.")
    consume: tuple[TopicPattern, ...] = Field((), description="Topics it reads, by their names on the source.")
    groups: tuple[GroupPattern, ...] = Field((), description="Consumer groups it uses.")
    pattern_type: PatternType = Field(
        PatternType.LITERAL, description="PREFIXED: the names above are beginnings of names."
    )
    role_bindings: tuple[RoleBinding, ...] = Field((), description="Roles beside the ACLs.")
    keys: Keys = Field(Keys(), description="Generations of its keys, the same in both clusters.")


def _ledger_url(url: str) -> str:
    parts = urlsplit(url)
    fits = {
        "file": not parts.netloc and bool(parts.path),
        "s3": re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", parts.netloc) is not None,
    }
    if not fits.get(parts.scheme, False) or parts.query or parts.fragment:
        raise refused(
            "is not a place for the ledger",
            "Use s3://bucket/prefix, or file:///folder (file:./folder is beside Pulumi.yaml) for trials.",
        )
    return url


class Ledger(Model):
    """Where the offsets of a failover are written down, outside of Pulumi's state."""

    url: Annotated[str, AfterValidator(_ledger_url)] = Field(
        description="s3://bucket/prefix, file:///folder, or file:./folder beside Pulumi.yaml; off the primary's region."
    )

    def at(self, root: Path) -> Ledger:
        """The ledger with a relative folder resolved against the project's."""
        path = self.url.removeprefix("file:")
        if path == self.url or path.startswith("/"):
            return self
        return Ledger(url=(root / path).resolve().as_uri())


class Targets(Model):
    """What was promised to the business."""

    rto_seconds: int = Field(ge=1, description="Outage start to running again, seconds.")
    rpo_messages: int | None = Field(
        None,
        ge=0,
        description="A failover that risks more messages, or an unknown number, is refused; none accepts any loss.",
    )


class Flip(Model):
    """Bounds of a flip."""

    budget_seconds: int = Field(300, ge=1, le=86_400, description="Upper bound for the whole flip, seconds.")
    chunk_size: int = Field(500, ge=1, le=1000, description="Most mirror topics in one call.")
