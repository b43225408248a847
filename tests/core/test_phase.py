"""The guard's rules: which edit of the flip keys may follow which, and what the guard says otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kafkadr.phase import MOVES, Change, Kept, Phase, Standby, Term, judge, ways_on
from tests.core.phase_terms import (
    ARMED,
    AWAY,
    AWAY_FIRED,
    FAILED_OVER,
    FIRED,
    HOME,
    HOME_AGAIN,
    JOINED,
    PROMOTED,
    PROVEN,
    REBUILT,
    RELEASE,
    RELEASED,
    REVERSED,
    STEADY,
    TOPICS,
    UNLOCKED,
    both_ways,
    keys,
)


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
