"""Terms of a pair in each phase, for the tests of the guard."""

from __future__ import annotations

from dataclasses import replace

from kafkadr.handover import Claims
from kafkadr.phase import Change, Evidence, Kept, Standby, Term, judge

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
