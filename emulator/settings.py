"""Switches of the emulated service; every one can be changed while it runs."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

StopMode = Literal["immediate", "timed", "manual", "reads"]


class Settings(BaseModel):
    """How the emulated cloud behaves where the real one is slow, unknown or contradictory.

    Section numbers are those of the API notes the emulator is built on (13: sources conflict, 14: nobody knows).
    """

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    stop_mode: StopMode = "immediate"
    """How PENDING_STOPPED becomes STOPPED: at once, after a time, by hand, or after a number of reads."""
    stop_after_s: float = Field(2.0, ge=0)
    """Seconds in PENDING_STOPPED, for stop_mode timed."""
    stop_after_reads: int = Field(1, ge=0)
    """Answers that still show PENDING_STOPPED, for stop_mode reads."""
    role_change_s: float = Field(0.0, ge=0)
    """Seconds each PENDING_* step of a reversal or a restore takes (documented: 30-60 s)."""
    new_states: bool = True
    """Show all 12 mirror statuses; False shows only the five that the provider's pinned SDK can decode (14.2)."""
    paused_link_status: Literal["LINK_PAUSED", "PAUSED"] = "LINK_PAUSED"
    """Status shown by mirrors of a paused link (13.9)."""
    fetch_delay_s: float = Field(0.0, ge=0)
    """Seconds between a write on the source and its copy on the mirror."""
    auto_create_interval_s: float = Field(5.0, gt=0)
    """Seconds between two looks for source topics to mirror; no link configuration says it."""
    availability_threshold: int | None = Field(None, ge=1)
    """Failed checks before a link is UNAVAILABLE; None takes the link's own configuration."""
    topic_failure_delay_s: float | None = Field(None, ge=0)
    """Seconds of retrying before a mirror without source topic is FAILED; None takes the link's retry timeout."""
    key_propagation_delay_s: float = Field(0.0, ge=0)
    """Seconds until a new API key is accepted."""
    provisioning_delay_s: float = Field(0.0, ge=0)
    """Seconds a new cluster stays PROVISIONING."""
    max_names: int | None = Field(None, ge=1)
    """Most mirror names one batch call may carry; more is refused with 413."""
    page_size: int | None = Field(None, ge=1)
    """Items per page of Kafka REST lists; None gives everything in one answer."""
    refuse_small_destinations: bool = True
    """Refuse links onto Basic, Standard and Freight clusters (13.17)."""
    denied_status: int = 403
    """HTTP status for a missing Kafka permission (13.20)."""
    denied_code: int = 40301
    """error_code for a missing Kafka permission (13.20)."""
    link_exists_status: int = 409
    """HTTP status for a second link of one name (13.19)."""
    down_how: Literal["close", "hang", "503"] = "close"
    """How the REST endpoint of a cluster that is down misbehaves unless the lever says otherwise."""
