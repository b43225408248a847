"""The guard's rules: which edit of the flip keys may follow which."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkadr.phase import Change, Phase, Standby, Term, legal

STEADY = Term("east", 4, topics=("orders", "payments"))
FAILED_OVER = Term("west", 5, Change.FAILOVER, Standby.RETAINED, ("orders", "payments"))

terms = st.builds(
    Term,
    primary=st.sampled_from(["east", "west"]),
    epoch=st.integers(1, 6),
    change=st.sampled_from(Change),
    standby=st.sampled_from(Standby),
    topics=st.sampled_from([(), ("orders",), ("orders", "payments")]),
)


def keys(old: Term | None, new: Term) -> set[str]:
    return {r.key for r in legal(old, new)}


def test_a_new_pair_starts_steady() -> None:
    assert legal(None, STEADY) == []
    assert keys(None, FAILED_OVER) == {"change"}
    assert keys(None, replace(STEADY, standby=Standby.RETAINED)) == {"standby"}


def test_failover_of_a_steady_pair_is_legal() -> None:
    assert legal(STEADY, FAILED_OVER) == []
    assert FAILED_OVER.phase is Phase.FAILED_OVER


@given(terms)
def test_the_same_term_again_is_legal(term: Term) -> None:
    assert legal(term, term) == []


@given(terms, terms)
def test_a_primary_never_changes_without_exactly_the_next_epoch(old: Term, new: Term) -> None:
    if new.primary != old.primary and not legal(old, new):
        assert new.epoch == old.epoch + 1
        assert new.change is not Change.NONE


@given(terms, terms)
def test_an_older_config_is_always_refused(old: Term, new: Term) -> None:
    if new.epoch < old.epoch:
        assert "epoch" in keys(old, new)


@given(terms, terms)
def test_topics_never_change_together_with_the_primary_nor_while_failed_over(old: Term, new: Term) -> None:
    locked = new.primary != old.primary or old.standby is not Standby.MIRRORING
    if locked and set(new.topics) != set(old.topics):
        assert legal(old, new)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (STEADY, replace(FAILED_OVER, epoch=4), {"epoch"}),
        (STEADY, replace(FAILED_OVER, epoch=6), {"epoch"}),
        (STEADY, replace(FAILED_OVER, change=Change.NONE), {"change"}),
        (STEADY, replace(FAILED_OVER, standby=Standby.MIRRORING), {"standby"}),
        (STEADY, replace(FAILED_OVER, topics=("orders",)), {"settings.onboarding.topics"}),
        (STEADY, replace(FAILED_OVER, epoch=7, change=Change.NONE), {"epoch", "change"}),
        (STEADY, replace(STEADY, epoch=5), {"epoch"}),
        (STEADY, replace(STEADY, standby=Standby.RETAINED), {"standby"}),
        (STEADY, replace(STEADY, change=Change.FAILOVER), {"change"}),
        (STEADY, replace(STEADY, topics=("orders", "payments", "new")), set()),
        (FAILED_OVER, STEADY, {"epoch"}),
        (FAILED_OVER, replace(STEADY, epoch=6, change=Change.FAILOVER, standby=Standby.RETAINED), {"primary"}),
        (FAILED_OVER, replace(FAILED_OVER, topics=("orders", "payments", "new")), {"settings.onboarding.topics"}),
        (FAILED_OVER, replace(FAILED_OVER, change=Change.NONE), {"change"}),
    ],
)
def test_table_of_edits(old: Term, new: Term, expected: set[str]) -> None:
    assert keys(old, new) == expected


def test_a_planned_promotion_is_refused_until_its_token_can_be_verified() -> None:
    found = legal(STEADY, replace(FAILED_OVER, change=Change.PROMOTE, handover="anything"))

    assert [r.key for r in found] == ["change"]
    assert "handover token" in found[0].problem


def test_a_revert_says_which_epoch_is_active_and_what_to_do() -> None:
    (refusal,) = legal(FAILED_OVER, STEADY)

    assert "epoch 4 is not above 5, in which west is primary" in str(refusal)
    assert "set epoch: 6" in str(refusal)
