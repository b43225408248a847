"""What the guard says: why an edit is refused, what is legal instead, and what two links and a new site need."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kafkadr.handover import HandoverError
from kafkadr.phase import Change, Evidence, Kept, Standby, Term, judge, ways_on
from tests.core.phase_terms import (
    ARMED,
    AWAY,
    AWAY_FIRED,
    CLAIMS,
    FAILED_OVER,
    FIRED,
    HOME,
    HOME_AGAIN,
    JOINED,
    PROMOTED,
    PROVEN,
    REBUILT,
    RELEASED,
    STEADY,
    TOPICS,
    UNLOCKED,
    both_ways,
    keys,
)


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (Evidence(), "was not verified"),
        (Evidence(flaw=HandoverError("the signature does not fit", "Copy it")), "the signature does not fit"),
        (Evidence(claims=CLAIMS.model_copy(update={"epoch": 3})), "ends epoch 3, but epoch 4 is to end"),
        (Evidence(claims=CLAIMS.model_copy(update={"link": "other"})), "is of link other"),
        (Evidence(claims=CLAIMS, used=frozenset({CLAIMS.nonce})), "was used already"),
    ],
)
def test_a_promotion_is_refused_unless_its_token_is_of_this_epoch_this_link_and_unused(
    evidence: Evidence, said: str
) -> None:
    (refusal,) = judge(STEADY, PROMOTED, evidence).refusals

    assert refusal.key == "handover"
    assert said in refusal.problem


def test_the_token_of_the_last_promotion_is_not_good_for_the_next() -> None:
    steady = both_ways(replace(PROMOTED, standby=Standby.MIRRORING))
    back = replace(steady, primary="east", epoch=6)

    (refusal,) = judge(steady, back, Evidence(claims=CLAIMS.model_copy(update={"epoch": 5}))).refusals

    assert "was used already, to enter epoch 5" in refusal.problem


def test_a_token_that_takes_another_ones_place_must_end_the_same_term() -> None:
    newer = replace(PROMOTED, handover="a newer one")
    assert judge(PROMOTED, newer, PROVEN).ok
    (refusal,) = judge(PROMOTED, newer, Evidence(claims=CLAIMS.model_copy(update={"epoch": 5}))).refusals
    assert "ends epoch 5, but epoch 4 is to end" in refusal.problem
    assert "drctl demote --epoch 4" in refusal.remedy


def test_a_revert_says_which_epoch_is_active_and_what_to_do() -> None:
    (refusal,) = judge(FAILED_OVER, STEADY).refusals

    assert "epoch 4 is not above 5, in which west is primary" in str(refusal)
    assert "set epoch: 6" in str(refusal)


def test_the_next_legal_edits_are_config_lines() -> None:
    assert [str(way) for way in ways_on(STEADY)] == [
        "failover: kafka-dr:primary: west, kafka-dr:epoch: 5, kafka-dr:change: failover, kafka-dr:standby: retained",
        (
            "promote: kafka-dr:primary: west, kafka-dr:epoch: 5, kafka-dr:change: promote, kafka-dr:standby: retained,"
            " kafka-dr:handover: <token> (needs the handover token that `drctl demote` prints)"
        ),
    ]
    assert "settings.recovery.acknowledged: ['5:<digest>']" in str(ways_on(FAILED_OVER))
    assert "settings.sites.east.released: true" in str(ways_on(FAILED_OVER))
    assert [way.move.name for way in ways_on(RELEASED)] == ["reclaim", "join"]
    assert {
        "settings.link.built: 5",
        "settings.kept: [{site: east, epoch: 5, link: dr}]",
    } <= set(ways_on(RELEASED)[1].lines)
    assert "settings.kept[0].unlocked: true" in str(ways_on(JOINED))
    assert "settings.kept: []" in str(ways_on(UNLOCKED))


def test_a_term_recorded_by_an_older_version_takes_up_its_link_and_sites() -> None:
    assert judge(Term("east", 4, topics=TOPICS), both_ways(STEADY)).ok
    assert judge(both_ways(STEADY), replace(HOME, prefix="")).ok


def test_topics_change_at_home_and_the_refusal_away_from_it_says_where_home_is() -> None:
    more = (*TOPICS, "new")
    assert judge(HOME, replace(HOME, topics=more)).ok
    (refusal,) = judge(AWAY, replace(AWAY, topics=more)).refusals
    assert "(new) while west is primary and the link's home is east" in refusal.problem
    assert "Make east primary again first" in refusal.remedy


def test_a_new_site_in_place_of_the_lost_home_has_a_link_that_todays_primary_built() -> None:
    lost = replace(
        AWAY, change=Change.FAILOVER, standby=Standby.RETAINED, handover="", mode="bidirectional", released=("east",)
    )
    joined = replace(
        JOINED, bidirectional=True, mode="bidirectional", home="west", kept=(Kept("east", 5, "dr", "east"),)
    )
    assert judge(lost, joined).ok
    assert keys(lost, replace(joined, home="central")) == {"settings.link.home"}
    assert keys(lost, replace(joined, kept=(Kept("east", 5, "dr"),))) == {"settings.kept"}
    assert "settings.link.home: west" in str(ways_on(lost))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (FIRED, replace(REBUILT, link="dr", idle=""), "settings.link.home: east and settings.link.back.name to a name"),
        (FIRED, replace(REBUILT, link="dr", idle="back"), "link dr runs from east to west and cannot turn round"),
        (FIRED, replace(REBUILT, idle=""), "the other way needs its own"),
        (AWAY_FIRED, replace(HOME_AGAIN, link="back", idle="dr"), "link dr has to run again and back to wait"),
        (AWAY_FIRED, replace(HOME_AGAIN, idle="third"), "not dr and third"),
        (REBUILT, replace(REBUILT, idle="other"), "waits for its direction changes from dr to other"),
        (FAILED_OVER, replace(FAILED_OVER, idle="back"), "changes from none to back"),
        (STEADY, replace(FAILED_OVER, idle="back"), "it is set in the edit that makes a standby"),
    ],
)
def test_two_links_exchange_their_parts_when_a_standby_is_rebuilt_and_never_else(
    old: Term, new: Term, said: str
) -> None:
    refusals = [r for r in judge(old, new).refusals if r.key == "settings.link.back"]
    assert len(refusals) == 1, [str(r) for r in judge(old, new).refusals]
    assert said in str(refusals[0])


def test_a_way_on_says_what_is_cleared_and_which_link_is_built() -> None:
    lines = {(old.link, way.move.name): way.lines for old in (ARMED, FIRED, AWAY_FIRED) for way in ways_on(old)}
    assert "settings.rebuild.clear: []" in lines["dr", "disarm"]
    assert {"settings.link.home: east", "settings.link.back.name: <another name>"} <= set(lines["dr", "rebuilt"])
    assert not any("settings.link" in line for line in lines["back", "rebuilt"])


def test_a_pair_with_two_links_takes_no_new_site() -> None:
    lost = replace(FAILED_OVER, link="back", idle="dr", epoch=7)
    assert "release" not in {way.move.name for way in ways_on(lost)}
    assert "settings.sites" in keys(lost, replace(JOINED, epoch=7, idle="dr"))


def test_what_a_released_site_is_in_the_way_of_is_not_blamed_on_the_link() -> None:
    said = [str(r) for r in judge(RELEASED, ARMED).refusals]
    assert any("east is released" in words or "changes together" in words for words in said), said
    assert not [words for words in said if "which this pair does not have" in words]


def test_a_kept_link_can_be_locked_again() -> None:
    verdict = judge(UNLOCKED, replace(JOINED, acknowledged=UNLOCKED.acknowledged))
    assert verdict.ok
    assert verdict.move is None
