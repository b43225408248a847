"""What Kafka REST answers, as far as a failover reads it (confluent-api sections 5.4, 8.2, 8.5).

Lenient on purpose: unknown fields are ignored and an unknown status stays text, because a failover must not die
of a newer server. What is read is strictly typed, because a failover must not act on a guess.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_MOST_PARTITIONS = 100_000  # Of one topic; a number beyond is a mistake, and a row is made for each.


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _null_is_left_out(cls, body: Any) -> Any:
        # Where a field may be missing it may be null, too: one odd mirror must not hide all the others.
        if not isinstance(body, dict):
            return body
        needed = {name for name, field in cls.model_fields.items() if field.is_required()}
        return {name: value for name, value in body.items() if value is not None or name in needed}


class Page(_Wire):
    """One page of a list."""

    data: list[dict[str, Any]]
    metadata: dict[str, Any] = Field(default_factory=dict)

    @property
    def next(self) -> str | None:
        """Address of the next page, None on the last one."""
        value = self.metadata.get("next")
        return value if isinstance(value, str) and value else None


class PartitionLag(_Wire):
    """Mirroring position of one partition.

    `last_source_fetch_offset` is the offset of the last record fetched from the source, -1 when none was: what the
    destination lacks is `[last_source_fetch_offset + 1 .. last_source_fetch_offset + lag]` (S45, S95). A `lag` of None
    is unknown: the server sends -1, or leaves it out, when it cannot tell.
    """

    partition: int = Field(ge=0)
    lag: int | None = None
    last_source_fetch_offset: int = -1

    @field_validator("lag", "last_source_fetch_offset", mode="before")
    @classmethod
    def _whole(cls, value: object) -> object:
        # Seen from gateways: 5.0 for 5. A fraction of a record is a bad body, a float that is whole is not.
        return int(value) if isinstance(value, float) and value.is_integer() else value

    @field_validator("lag")
    @classmethod
    def _known(cls, value: int | None) -> int | None:
        return None if value is not None and value < 0 else value


def _names_one(row: dict[str, Any] | None) -> bool:
    return row is not None and row.get("partition") is not None


class ServiceError(_Wire):
    """Why a task of a link or the change of a mirror's state does not succeed."""

    error_code: str = ""
    error_message: str = ""

    @field_validator("error_code", "error_message", mode="before")
    @classmethod
    def _no_text(cls, value: object) -> object:
        return "" if value is None else value


class Mirror(_Wire):
    """A mirror topic as listed on its link."""

    mirror_topic_name: str
    source_topic_name: str = ""
    link_name: str = ""
    mirror_status: str = "UNKNOWN"
    num_partitions: int | None = None
    mirror_lags: list[PartitionLag] = Field(default_factory=list)
    mirror_topic_error: str | None = None
    mirror_state_transition_errors: list[ServiceError] = Field(default_factory=list)

    @field_validator("mirror_state_transition_errors", mode="before")
    @classmethod
    def _no_errors(cls, value: object) -> object:
        return [] if value is None else value

    @field_validator("mirror_lags", mode="before")
    @classmethod
    def _rows_of_partitions(cls, rows: Any) -> Any:
        # A row that names no partition tells nothing of any: as if the server had sent no lags.
        if isinstance(rows, list) and any(isinstance(row, dict | None) and not _names_one(row) for row in rows):
            return []
        return rows

    @property
    def partitions(self) -> list[PartitionLag]:
        """A row for each partition, in order; the lag of one that the answer leaves out is unknown."""
        told = {row.partition: row for row in self.mirror_lags}
        count = min(self.num_partitions or 0, _MOST_PARTITIONS)
        numbers = told.keys() | range(max([count, 1, *(number + 1 for number in told if number < _MOST_PARTITIONS)]))
        return [told.get(number) or PartitionLag(partition=number) for number in sorted(numbers)]

    @property
    def unknown(self) -> list[int]:
        """Partitions whose lag the server does not tell."""
        return [row.partition for row in self.partitions if row.lag is None]

    @property
    def lag(self) -> int | None:
        """Records not yet mirrored, over all partitions; None when the lag of one of them is unknown."""
        lags = [row.lag for row in self.partitions]
        known = [lag for lag in lags if lag is not None]
        return sum(known) if len(known) == len(lags) else None

    @property
    def source(self) -> str:
        """Name of the topic that it mirrors; an answer that leaves it out means the mirror's own."""
        return self.source_topic_name or self.mirror_topic_name


class PartitionCut(_Wire):
    """What truncate-and-restore takes away from one partition: everything from an offset on."""

    partition_id: int = Field(ge=0)
    offset_truncated_to: int = Field(ge=0)
    messages_truncated: int = Field(ge=0)


class MirrorRow(_Wire):
    """One topic's row in the answer of a batch call; an `error_code` of None or 0 means accepted, not done."""

    mirror_topic_name: str
    error_code: int | None = None
    error_message: str | None = None
    mirror_lags: list[PartitionLag] = Field(default_factory=list)
    messages_truncated: int | None = None
    partition_level_truncation_data: list[PartitionCut] = Field(default_factory=list)


class AlterAnswer(_Wire):
    """Answer of a batch call."""

    data: list[MirrorRow]


class ConsumerGroup(_Wire):
    """A consumer group as listed."""

    consumer_group_id: str
    state: str = "UNKNOWN"


class GroupLag(_Wire):
    """A group's position on one partition: `current_offset` is the next record it will read; None is unknown."""

    topic_name: str
    partition_id: int
    current_offset: int | None = None
    log_end_offset: int | None = None

    @field_validator("current_offset", "log_end_offset")
    @classmethod
    def _known(cls, value: int | None) -> int | None:
        return None if value is not None and value < 0 else value


class LinkTask(_Wire):
    """A periodic sync of a link; `errors` says why it is IN_ERROR."""

    task_name: str
    state: str = "UNKNOWN"
    errors: list[ServiceError] = Field(default_factory=list)

    @field_validator("errors", mode="before")
    @classmethod
    def _no_errors(cls, value: object) -> object:
        return [] if value is None else value


class Link(_Wire):
    """A cluster link as seen on its destination; a bidirectional one names its other end `remote`.

    `tasks` is None unless they were asked for, and from a service that does not tell them.
    """

    link_name: str
    source_cluster_id: str | None = None
    remote_cluster_id: str | None = None
    tasks: list[LinkTask] | None = None

    @property
    def source(self) -> str | None:
        """The cluster that its mirrors come from."""
        return self.source_cluster_id or self.remote_cluster_id


class LinkConfig(_Wire):
    """A config entry of a link; the value of a sensitive one is None. `is_default`: nobody has set it."""

    name: str
    value: str | None = None
    is_default: bool = False


class Topic(_Wire):
    """A topic as listed."""

    topic_name: str
    partitions_count: int = Field(default=0, ge=0)


class Acl(_Wire):
    """One ACL: who may do what on which resources, from where. Equal ones are one and the same on a cluster."""

    resource_type: str
    resource_name: str
    pattern_type: str
    principal: str
    host: str
    operation: str
    permission: str

    def __str__(self) -> str:
        """For a reader."""
        where = "" if self.host == "*" else f" from {self.host}"
        pattern = "" if self.pattern_type == "LITERAL" else f" ({self.pattern_type})"
        what = f"{self.operation} on {self.resource_type} {self.resource_name}{pattern}"
        return f"{self.permission} {what} for {self.principal}{where}"


class AclRow(_Wire):
    """A row in the answer of a batch of ACLs, where there are rows: one with an `error_code` was refused."""

    error_code: int | None = None
    error_message: str | None = None
