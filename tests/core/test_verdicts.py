"""The verdict table is whole, and what it cannot know is treated as not done."""

from __future__ import annotations

import pytest

from kafkadr.desired import Desired
from kafkadr.errors import RefusedError
from kafkadr.survey import Wish, refuse_empty, survey
from kafkadr.verdicts import TABLE, Action, verdict
from kafkadr.wire import Mirror, PartitionLag

# confluent-api section 9: the service's own list of statuses.
STATUSES = {
    "ACTIVE",
    "FAILED",
    "LINK_FAILED",
    "LINK_PAUSED",
    "PAUSED",
    "PENDING_STOPPED",
    "SOURCE_UNAVAILABLE",
    "STOPPED",
    "PENDING_MIRROR",
    "PENDING_SYNCHRONIZE",
    "PENDING_SETUP_FOR_RESTORE",
    "PENDING_RESTORE",
}


def mirror(status: str, lag: int = 0, name: str = "orders") -> Mirror:
    return Mirror(
        mirror_topic_name=name,
        mirror_status=status,
        mirror_lags=[PartitionLag(partition=0, lag=lag, last_source_fetch_offset=9)],
    )


def test_the_table_has_a_cell_for_every_status_and_verb() -> None:
    assert set(TABLE) == STATUSES
    assert all(set(row) == {"failover", "promote", "pause", "resume"} for row in TABLE.values())


@pytest.mark.parametrize("status", sorted(STATUSES))
@pytest.mark.parametrize("desired", list(Desired))
def test_only_the_target_status_is_done(status: str, desired: Desired) -> None:
    found = verdict(mirror(status), desired)

    if status == desired.target:
        assert found.action is Action.DONE
    elif found.action is Action.DONE:
        assert (status, desired) == ("SOURCE_UNAVAILABLE", Desired.ACTIVE)
    assert bool(found.reason) is (found.action is Action.REFUSE)


def test_no_outage_state_keeps_a_failover_from_being_called() -> None:
    for status in ("ACTIVE", "PAUSED", "SOURCE_UNAVAILABLE", "LINK_FAILED", "LINK_PAUSED", "FAILED"):
        assert verdict(mirror(status, lag=7), Desired.FAILED_OVER).action is Action.CALL


def test_a_promotion_with_lag_is_refused_with_the_number() -> None:
    found = verdict(mirror("ACTIVE", lag=5), Desired.PROMOTED)

    assert found.action is Action.LATER
    assert "5 records" in found.reason


def test_an_unknown_status_can_be_failed_over_but_is_never_done() -> None:
    assert verdict(mirror("BRAND_NEW"), Desired.FAILED_OVER).action is Action.CALL
    assert verdict(mirror("BRAND_NEW"), Desired.PAUSED).action is Action.REFUSE


def test_scope_is_the_union_of_declared_and_listed_unless_told_otherwise() -> None:
    listed = [mirror("ACTIVE", name="auto"), mirror("STOPPED", name="orders")]
    declared = frozenset({"orders", "gone"})

    whole = survey(listed, Wish("dr", Desired.FAILED_OVER, declared))
    only = survey(listed, Wish("dr", Desired.FAILED_OVER, declared, only_declared=True))

    assert [m.mirror_topic_name for m in whole.mirrors] == ["auto", "orders"]
    assert [m.mirror_topic_name for m in only.mirrors] == ["orders"]
    assert whole.missing == only.missing == ("gone",)
    assert not whole.fulfilled
    assert [f.topic for f in only.refusals()] == ["gone"]


def test_an_empty_scope_is_refused() -> None:
    with pytest.raises(RefusedError, match="scope is empty"):
        refuse_empty(survey([], Wish("dr", Desired.FAILED_OVER)))
