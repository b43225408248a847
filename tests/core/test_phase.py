"""The guard's rules: which edit of the flip keys may follow which, and what the guard says otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kafkadr.handover import Claims, HandoverError
from kafkadr.phase import MOVES, Change, Evidence, Kept, Phase, Standby, Term, judge, ways_on

TOPICS = ("orders", "payments")
STEADY = Term("east", 4, topics=TOPICS, sites=("east", "west"), link="dr")
FAILED_OVER = replace(STEADY, primary="west", epoch=5, change=Change.FAILOVER, standby=Standby.RETAINED)
PROMOTED = replace(FAILED_OVER, change=Change.PROMOTE, handover="token")
REVERSED = replace(PROMOTED, standby=Standby.MIRRORING, bidirectional=True)
ARMED = replace(FAILED_OVER, standby=Standby.CLEAR_ARMED, acknowledged=("5:abc",))
FIRED = replace(ARMED, standby=Standby.CLEAR_FIRED)
REBUILT = replace(FIRED, standby=Standby.MIRRORING, change=Change.NONE, link="back", idle="dr")
"""West is primary, and its topics go home over a link of their own."""
AWAY_FIRED = replace(FIRED, primary="east", epoch=6, link="back", idle="dr")
HOME_AGAIN = replace(AWAY_FIRED, standby=Standby.MIRRORING, change=Change.NONE, link="dr", idle="back")
RELEASED = replace(FAILED_OVER, released=("east",))
JOINED = replace(
    FAILED_OVER,
    change=Change.NONE,
    standby=Standby.MIRRORING,
    sites=("central", "west"),
    link="next",
    built=5,
    kept=(Kept("east", 5, "dr"),),
)
UNLOCKED = replace(JOINED, kept=(Kept("east", 5, "dr", unlocked=True),), acknowledged=("5:abc",))
HOME = replace(REVERSED, primary="east", epoch=4, change=Change.NONE, handover="", mode="bidirectional", home="east")
AWAY = replace(HOME, primary="west", epoch=5, change=Change.PROMOTE, handover="token")
RELEASE = "settings.sites.east.released"
CLAIMS = Claims(
    epoch=4, link="dr", source="lkc-a", destination="lkc-b", digest="0" * 64, issued=1, synced=1, nonce="a" * 32
)
PROVEN = Evidence(claims=CLAIMS)


def both_ways(term: Term) -> Term:
    return replace(term, bidirectional=True)


def keys(old: Term | None, new: Term, evidence: Evidence = PROVEN) -> set[str]:
    return {r.key for r in judge(old, new, evidence).refusals}


def test_a_new_pair_starts_steady() -> None:
    assert judge(None, STEADY).ok
    assert keys(None, FAILED_OVER) == {"change"}
    assert keys(None, replace(STEADY, standby=Standby.RETAINED)) == {"standby"}
    assert keys(None, replace(JOINED, built=0)) == {"settings.kept"}
    assert keys(None, replace(STEADY, built=2)) == {"settings.link.built"}
    assert keys(None, replace(STEADY, released=("west",))) == {"settings.sites.west.released"}
    assert judge(None, HOME).ok
    assert keys(None, replace(HOME, home="west")) == {"settings.link.home"}


@pytest.mark.parametrize(
    ("old", "new", "name", "phase"),
    [
        (STEADY, FAILED_OVER, "failover", Phase.FAILED_OVER),
        (STEADY, PROMOTED, "promote", Phase.PROMOTED),
        (both_ways(STEADY), both_ways(replace(PROMOTED, standby=Standby.MIRRORING)), "reverse", Phase.STEADY),
        (FAILED_OVER, ARMED, "arm", Phase.CLEAR_ARMED),
        (ARMED, replace(ARMED, standby=Standby.RETAINED), "disarm", Phase.FAILED_OVER),
        (ARMED, FIRED, "fire", Phase.CLEAR_FIRED),
        (FIRED, REBUILT, "rebuilt", Phase.STEADY),
        (AWAY_FIRED, HOME_AGAIN, "rebuilt", Phase.STEADY),
        (
            both_ways(FAILED_OVER),
            both_ways(replace(ARMED, standby=Standby.RESTORING)),
            "restore",
            Phase.RESTORING,
        ),
        (
            both_ways(replace(ARMED, standby=Standby.RESTORING)),
            both_ways(replace(ARMED, standby=Standby.MIRRORING, change=Change.NONE)),
            "restored",
            Phase.STEADY,
        ),
        (FAILED_OVER, RELEASED, "release", Phase.FAILED_OVER),
        (RELEASED, FAILED_OVER, "reclaim", Phase.FAILED_OVER),
        (RELEASED, JOINED, "join", Phase.FAIL_FORWARD),
        (JOINED, UNLOCKED, "unlock", Phase.FAIL_FORWARD),
        (UNLOCKED, replace(UNLOCKED, kept=()), "retire", Phase.STEADY),
        (
            JOINED,
            replace(JOINED, primary="central", epoch=6, change=Change.FAILOVER, standby=Standby.RETAINED),
            "failover",
            Phase.FAILED_OVER,
        ),
        (PROMOTED, replace(PROMOTED, standby=Standby.CLEAR_ARMED), "arm", Phase.CLEAR_ARMED),
        (PROMOTED, replace(PROMOTED, handover="a newer one"), "retry", Phase.PROMOTED),
        (PROMOTED, replace(FAILED_OVER, handover=""), "force", Phase.FAILED_OVER),
        (PROMOTED, replace(STEADY, epoch=6), "withdraw", Phase.STEADY),
        (REVERSED, replace(REVERSED, handover="a newer one"), "retry", Phase.STEADY),
        (REVERSED, both_ways(replace(STEADY, epoch=6)), "withdraw", Phase.STEADY),
    ],
)
def test_every_move_of_the_table_can_be_made(old: Term, new: Term, name: str, phase: Phase) -> None:
    verdict = judge(old, new, PROVEN)

    assert verdict.ok, [str(r) for r in verdict.refusals]
    assert verdict.move is not None
    assert verdict.move.name == name
    assert new.phase is phase


def test_the_parameters_above_name_every_move() -> None:
    (mark,) = [m for m in test_every_move_of_the_table_can_be_made.pytestmark if m.name == "parametrize"]  # type: ignore[attr-defined]
    assert {parameters[2] for parameters in mark.args[1]} == {m.name for m in MOVES}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (STEADY, replace(FAILED_OVER, epoch=4), {"epoch"}),
        (STEADY, replace(FAILED_OVER, epoch=6), {"epoch"}),
        (STEADY, replace(FAILED_OVER, change=Change.NONE), {"change"}),
        (STEADY, replace(FAILED_OVER, standby=Standby.MIRRORING), {"standby"}),
        (STEADY, replace(FAILED_OVER, standby=Standby.CLEAR_FIRED), {"standby"}),
        (STEADY, replace(FAILED_OVER, topics=("orders",)), {"settings.onboarding.topics"}),
        (STEADY, replace(FAILED_OVER, epoch=7, change=Change.NONE), {"epoch", "change"}),
        (STEADY, replace(FAILED_OVER, primary="central"), {"primary"}),
        (STEADY, replace(FAILED_OVER, handover="token"), {"handover"}),
        (STEADY, replace(FAILED_OVER, kept=(Kept("east", 4),)), {"settings.kept"}),
        (STEADY, replace(PROMOTED, handover=""), {"handover"}),
        (STEADY, replace(PROMOTED, standby=Standby.MIRRORING), {"standby"}),
        (STEADY, replace(STEADY, epoch=5), {"epoch"}),
        (STEADY, replace(STEADY, standby=Standby.RETAINED), {"standby"}),
        (STEADY, replace(STEADY, change=Change.FAILOVER), {"change"}),
        (STEADY, replace(STEADY, handover="token", change=Change.NONE), {"handover"}),
        (STEADY, replace(STEADY, sites=("central", "east")), {"settings.sites"}),
        (STEADY, replace(STEADY, link="new"), {"settings.link.name"}),
        (STEADY, both_ways(STEADY), {"settings.link.mode"}),
        (FAILED_OVER, STEADY, {"epoch"}),
        (FAILED_OVER, replace(FAILED_OVER, primary="east", epoch=6), {"primary"}),
        (FAILED_OVER, replace(FAILED_OVER, topics=(*TOPICS, "new")), {"settings.onboarding.topics"}),
        (FAILED_OVER, replace(FAILED_OVER, change=Change.NONE), {"change"}),
        (FAILED_OVER, replace(FAILED_OVER, change=Change.PROMOTE, handover="token"), {"change", "handover"}),
        (FAILED_OVER, replace(ARMED, acknowledged=()), {"settings.recovery.acknowledged"}),
        (FAILED_OVER, replace(ARMED, acknowledged=("4:abc",)), {"settings.recovery.acknowledged"}),
        (FAILED_OVER, FIRED, {"standby"}),
        (FAILED_OVER, replace(ARMED, standby=Standby.RESTORING), {"standby"}),
        (both_ways(FAILED_OVER), both_ways(ARMED), {"standby"}),
        (FAILED_OVER, replace(FAILED_OVER, change=Change.NONE, standby=Standby.MIRRORING), {"standby"}),
        (FAILED_OVER, JOINED, {"settings.sites"}),
        (FAILED_OVER, replace(RELEASED, released=("west",)), {"settings.sites.west.released"}),
        (FAILED_OVER, replace(RELEASED, topics=("orders",)), {RELEASE, "settings.onboarding.topics"}),
        (STEADY, replace(STEADY, released=("west",)), {"settings.sites.west.released"}),
        (STEADY, RELEASED, {RELEASE}),
        (replace(FAILED_OVER, prefix="dr."), replace(RELEASED, prefix="dr."), {RELEASE}),
        (replace(FAILED_OVER, idle="back"), replace(RELEASED, idle="back"), {RELEASE}),
        (replace(FAILED_OVER, kept=JOINED.kept), replace(RELEASED, kept=JOINED.kept), {"settings.kept"}),
        (RELEASED, replace(ARMED, released=("east",)), {RELEASE, "standby"}),
        (RELEASED, ARMED, {RELEASE, "standby"}),
        (replace(PROMOTED, released=("east",)), replace(RELEASED, handover=""), {RELEASE, "change"}),
        (RELEASED, replace(JOINED, kept=()), {"settings.kept"}),
        (RELEASED, replace(JOINED, kept=(Kept("east", 4, "dr"),)), {"settings.kept"}),
        (RELEASED, replace(JOINED, change=Change.FAILOVER), {"change"}),
        (RELEASED, replace(JOINED, link="dr"), {"settings.link.name"}),
        (RELEASED, replace(JOINED, built=0), {"settings.link.built"}),
        (RELEASED, replace(JOINED, released=("central",)), {"settings.sites.central.released"}),
        (JOINED, replace(JOINED, built=0), {"settings.link.built"}),
        (JOINED, replace(JOINED, built=6), {"settings.link.built"}),
        (FAILED_OVER, replace(FAILED_OVER, sites=("central", "west")), {"settings.sites"}),
        (ARMED, replace(FIRED, topics=("orders",)), {"settings.onboarding.topics"}),
        (ARMED, replace(FIRED, standby=Standby.MIRRORING, change=Change.NONE), {"standby"}),
        (ARMED, replace(ARMED, primary="east", epoch=6), {"primary"}),
        (FIRED, ARMED, {"standby"}),
        (FIRED, replace(FIRED, standby=Standby.RETAINED), {"standby"}),
        (JOINED, replace(UNLOCKED, acknowledged=()), {"settings.recovery.acknowledged"}),
        (JOINED, replace(JOINED, kept=(), acknowledged=("5:abc",)), {"settings.kept"}),
        (JOINED, replace(JOINED, kept=(Kept("east", 5, "other"),)), {"settings.kept"}),
        (JOINED, replace(JOINED, sites=("east", "west")), {"settings.sites"}),
        (UNLOCKED, replace(UNLOCKED, kept=(), acknowledged=()), {"settings.recovery.acknowledged"}),
        (PROMOTED, replace(PROMOTED, handover=""), {"handover"}),
        (PROMOTED, STEADY, {"epoch"}),
        (PROMOTED, replace(STEADY, epoch=6, topics=("orders",)), {"settings.onboarding.topics"}),
        (PROMOTED, replace(STEADY, epoch=6, handover="token"), {"change", "primary", "handover"}),
        (FAILED_OVER, replace(STEADY, epoch=6), {"change", "primary"}),
        (HOME, replace(HOME, home="west"), {"settings.link.home"}),
        (HOME, replace(AWAY, home="west"), {"settings.link.home"}),
        (HOME, replace(HOME, mode="destination-initiated", bidirectional=False), {"settings.link.mode"}),
        (HOME, replace(HOME, prefix="dr."), {"settings.link.prefix"}),
        (replace(STEADY, mode="x", prefix="dr."), replace(STEADY, mode="x"), {"settings.link.prefix"}),
        (
            replace(STEADY, mode="destination-initiated"),
            replace(FAILED_OVER, mode="source-initiated"),
            {"settings.link.mode"},
        ),
        (AWAY, replace(AWAY, topics=(*TOPICS, "new")), {"settings.onboarding.topics"}),
        (AWAY, replace(AWAY, topics=TOPICS[:1]), {"settings.onboarding.topics"}),
        (
            AWAY,
            replace(AWAY, change=Change.NONE, handover="", topics=(*TOPICS, "new")),
            {"settings.onboarding.topics"},
        ),
        (replace(FAILED_OVER, kept=(Kept("north", 2),)), replace(ARMED, kept=(Kept("north", 2),)), {"standby"}),
    ],
)
def test_table_of_refused_edits(old: Term, new: Term, expected: set[str]) -> None:
    verdict = judge(old, new, PROVEN)

    assert {r.key for r in verdict.refusals} == expected
    assert verdict.ways == ways_on(old) != ()
    assert all(r.problem and r.remedy for r in verdict.refusals)


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
