"""Settings of the switch: the keys of a move, and what is mirrored in the environment."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from kafkadr.errors import DrError
from kafkadr.ledger import open_store
from kafkadr.pointer import open_pointer
from stacks.fields import (
    TOPIC_PATTERN,
    AclFilter,
    GroupFilter,
    Milliseconds,
    Model,
    TopicFilter,
    TopicName,
    is_internal,
    refused,
)
from stacks.problems import ConfigError, Problem, Project

PROJECT: Final = Project("kafka-dr", ("primary", "epoch", "change", "approved", "acceptLoss"))


class Change(StrEnum):
    """How primary changed."""

    FAILOVER = "failover"
    PROMOTE = "promote"


def _mirrored(name: str) -> str:
    if is_internal(name):
        raise refused(
            "is an internal topic of Kafka Streams or ksqlDB",
            "Mirror the input topics alone: a copy of an internal one runs out of step with its state.",
        )
    return name


def _record(url: str) -> str:
    return _usable(url, open_pointer, "the record")


def _ledger(url: str) -> str:
    return _usable(url, open_store, "ledgers")


def _usable(url: str, open_: Callable[[str], object], what: str) -> str:
    try:
        open_(address(url, Path("/")))
    except DrError as error:
        raise refused(f"is not a place for {what}", f"{error.remedy}; file:./path is beside Pulumi.yaml.") from None
    return url


class OffsetSync(Model):
    """Consumer group offsets are copied to every standby, so that groups go on where they were."""

    groups: tuple[GroupFilter, ...] = Field(min_length=1, description="Which groups; `[{name: '*'}]` is all of them.")
    interval_ms: Milliseconds = Field(30_000, description="Milliseconds between two copies; shorter repeats less.")


class AclSync(Model):
    """ACLs are copied to every standby, deletions included."""

    filters: tuple[AclFilter, ...] = Field(min_length=1, description="Which ACLs; `[{}]` is all of them.")
    interval_ms: Milliseconds = Field(5_000, description="Milliseconds between two copies.")


class Settings(Model):
    """The whole config of a switch."""

    primary: str = Field(min_length=1, description="Site that is active. This line is the move.")
    epoch: int = Field(ge=1, description="One more with each move; an epoch is used once.")
    change: Change | None = Field(None, description="How primary changed: failover or promote. Left out at birth.")
    approved: str | None = Field(
        None,
        pattern=r"^[1-9][0-9]*:[0-9a-f]{16}$",
        description="Plan of a promotion, as `drctl promotion check` prints it.",
    )
    accept_loss: int = Field(0, ge=0, description="Epoch since which the target may lack what was written.")
    estate: str | None = Field(
        None,
        pattern=r"^[^/\s]+/[^/\s]+/[^/\s]+$",
        description="Stack of the estate, organization/project/stack; default: kafka-dr-estate and this stack's name.",
    )
    estate_file: str | None = Field(
        None, description="File with the estate's document, in place of its stack, for when no state can be read."
    )
    record: Annotated[str, AfterValidator(_record)] = Field(
        description="Record of the active cluster: aws-sm://region/name, vault+https://host/mount/path,"
        " consul+https://host/key, file:///path or file:./path. It has to outlive any site."
    )
    ledger: Annotated[str, AfterValidator(_ledger)] = Field(
        description="Ledgers and plans: s3://bucket/prefix, file:///folder or file:./folder. Has to outlive any site."
    )
    topics: tuple[Annotated[TopicName, AfterValidator(_mirrored)], ...] = Field(
        (), description="Topics that every standby mirrors."
    )
    topics_file: str | None = Field(
        None,
        description="File beside Pulumi.yaml with more topics, one a line. Needed beyond some 4,000: Pulumi hands the"
        " config to the program as one environment variable, which Linux limits to 128 KiB.",
    )
    auto_create: tuple[TopicFilter, ...] = Field((), description="Topics that the links mirror by themselves.")
    offsets: OffsetSync | None = Field(None, description="Copy consumer group offsets.")
    acls: AclSync | None = Field(None, description="Copy ACLs; not over links with a prefix.")
    topic_config_ms: Milliseconds | None = Field(None, description="Milliseconds between two copies of topic configs.")
    budget_seconds: int = Field(300, ge=5, le=3600, description="Bound of a move, and of an update of the mirrors.")
    chunk_size: int = Field(500, ge=1, le=10_000, description="Most topics in one batch call.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.topics and not self.topics_file and not self.auto_create:
            raise refused("mirrors nothing", "Name topics, or give autoCreate a filter.")
        twice = sorted({name for name in self.topics if self.topics.count(name) > 1})
        if twice:
            raise refused(f"names {', '.join(twice)} twice in topics", "Name each topic once.")
        return self


def address(url: str, root: Path) -> str:
    """A relative file address, resolved against the project's folder."""
    path = url.removeprefix("file:")
    return url if path == url or path.startswith("/") else (root / path).resolve().as_uri()


def topics_of(settings: Settings, root: Path) -> list[str]:
    """Topics of the config and of its file, sorted.

    Raises:
        ConfigError: The file cannot be read, or a line of it is no topic, or one that is named already.
    """
    if not settings.topics_file:
        return sorted(settings.topics)
    path = PROJECT.path(("topicsFile",))
    try:
        lines = (root / settings.topics_file).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        said = f"cannot be read ({type(error).__name__})"
        raise ConfigError(
            [Problem(path, said, "Give a text file with one topic a line.", settings.topics_file)]
        ) from None
    names, problems = set(settings.topics), []
    for number, line in enumerate(lines, 1):
        name = line.partition("#")[0].strip()
        if not name:
            continue
        if re.fullmatch(TOPIC_PATTERN, name) is None:
            problems.append(Problem(path, f"line {number} is no topic", "Use A-Z a-z 0-9 . _ - alone.", repr(name)))
        elif is_internal(name):
            problems.append(
                Problem(path, f"line {number} is an internal topic", "Mirror input topics alone.", repr(name))
            )
        elif name in names:
            problems.append(Problem(path, f"line {number} names {name} again", "Name each topic once."))
        names.add(name)
    if problems:
        raise ConfigError(problems)
    return sorted(names)
