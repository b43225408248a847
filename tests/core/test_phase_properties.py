"""Properties of the whole machine, over random edits and walks: invariants I1, I2, I3, I5 and what follows."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from kafkadr.handover import Claims
from kafkadr.phase import MOVES, Change, Evidence, Kept, Phase, Standby, Term, judge, ways_on
from kafkadr.phase.ways import lost

SITES = ("central", "east", "west")
PAIRS = (("east", "west"), ("central", "west"), ("central", "east"))


def proof(epoch: int, link: str = "dr") -> Evidence:
    """A token that fits a term."""
    return Evidence(
        claims=Claims(
            epoch=epoch, link=link, source="a", destination="b", digest="0" * 64, issued=1, synced=1, nonce="a" * 32
        )
    )


edits = st.builds(
    Term,
    primary=st.sampled_from(SITES),
    epoch=st.integers(1, 5),
    change=st.sampled_from(Change),
    standby=st.sampled_from(Standby),
    topics=st.sampled_from([("orders",), ("orders", "payments")]),
    handover=st.sampled_from(["", "one", "two"]),
    sites=st.sampled_from(PAIRS),
    bidirectional=st.booleans(),
    link=st.sampled_from(["dr", "other"]),
    kept=st.sampled_from([(), (Kept("east", 2, "dr"),), (Kept("east", 2, "dr", unlocked=True),)]),
    released=st.sampled_from([(), ("east",)]),
    built=st.sampled_from([0, 2]),
    acknowledged=st.sampled_from([(), ("2:x",), ("3:x",)]),
)


@st.composite
def reached(draw: st.DrawFn) -> Term:
    """A term that legal edits lead to, a dozen at most."""
    term = Term("east", 1, topics=("orders",), sites=("east", "west"), bidirectional=draw(st.booleans()), link="dr")
    for _ in range(draw(st.integers(0, 12))):
        nexts = [t for way in ways_on(term) if (t := made(term, way.move.name, way.move.target)) is not None]
        term = draw(st.sampled_from(nexts))
    return term


def made(term: Term, name: str, target: Phase) -> Term | None:
    """The edit that a way on asks for."""
    move = next(m for m in MOVES if m.name == name and m.target is target and m.possible(term))
    new = replace(term, standby=move.standby, change=move.change or term.change)
    if move.flips:
        new = replace(new, primary=term.other, epoch=term.epoch + 1)
    if new.change is not Change.PROMOTE:
        new = replace(new, handover="")
    elif move.flips or name == "retry":
        new = replace(new, handover=f"token of {term.epoch}" if move.flips else f"{term.handover}, newer")
    if name == "rebuilt":
        new = replace(new, link=term.idle or f"{term.link}-back", idle=term.link)
    if name in {"release", "reclaim"}:
        return replace(new, released=(term.other,) if name == "release" else ())
    if name == "join":
        fresh = next(s for s in SITES if s not in term.sites)
        kept: tuple[Kept, ...] = (lost(term),)
        sites = tuple(sorted((term.primary, fresh)))
        home = term.primary if term.home else ""
        return replace(new, sites=sites, kept=kept, link=f"{term.link}+", home=home, built=term.epoch, released=())
    if name == "unlock":
        receipts = (f"{k.epoch}:x" for k in term.kept)
        kept = tuple(replace(k, unlocked=True) for k in term.kept)
        return replace(new, kept=kept, acknowledged=(*new.acknowledged, *receipts))
    if name == "retire":
        return replace(new, kept=())
    return replace(new, acknowledged=(*new.acknowledged, f"{term.epoch}:x"))


@given(reached())
def test_every_reachable_term_has_a_way_on_and_every_way_it_names_is_legal(term: Term) -> None:
    ways = ways_on(term)
    assert ways
    for way in ways:
        new = made(term, way.move.name, way.move.target)
        assert new is not None
        verdict = judge(term, new, proof(term.epoch - (way.move.name == "retry"), term.link))
        assert verdict.ok, (way, [str(r) for r in verdict.refusals])
        assert verdict.move == way.move


@settings(max_examples=300)
@given(reached(), edits)
def test_i5_a_legal_edit_raises_the_epoch_by_one_exactly_when_primary_changes(old: Term, new: Term) -> None:
    if judge(old, new, proof(old.epoch, old.link)).ok:
        assert new.epoch - old.epoch == int(new.primary != old.primary)


@settings(max_examples=300)
@given(reached(), edits)
def test_an_older_config_is_always_refused(old: Term, new: Term) -> None:
    if new.epoch < old.epoch:
        assert "epoch" in {r.key for r in judge(old, new, proof(old.epoch, old.link)).refusals}


@settings(max_examples=300)
@given(reached(), edits)
def test_i2_an_edit_that_changes_primary_clears_nothing_and_leaves_topics_sites_and_kept_links(
    old: Term, new: Term
) -> None:
    if new.primary != old.primary and judge(old, new, proof(old.epoch, old.link)).ok:
        assert new.standby in {Standby.RETAINED, Standby.MIRRORING}
        assert set(new.topics) == set(old.topics)
        assert (set(new.sites), new.kept, new.link) == (set(old.sites), old.kept, old.link)


@settings(max_examples=300)
@given(reached(), edits)
def test_i1_nothing_left_behind_is_given_up_without_its_receipt(old: Term, new: Term) -> None:
    if not judge(old, new, proof(old.epoch, old.link)).ok:
        return
    locked = {entry.site for entry in new.kept if not entry.unlocked}
    for entry in set(old.kept) - set(new.kept):
        assert entry.site in locked or new.acknowledges(entry.epoch)
    rebuilds = {Phase.CLEAR_ARMED, Phase.RESTORING, Phase.CLEAR_FIRED}
    if old.phase is Phase.FAILED_OVER and new.phase in rebuilds:
        assert new.acknowledges(old.epoch)


@settings(max_examples=300)
@given(reached(), edits)
def test_topics_are_deleted_only_after_an_edit_that_named_them_and_deleted_nothing(old: Term, new: Term) -> None:
    if judge(old, new, proof(old.epoch, old.link)).ok and new.phase is Phase.CLEAR_FIRED:
        assert old.phase in {Phase.CLEAR_ARMED, Phase.CLEAR_FIRED}


@settings(max_examples=300)
@given(reached(), edits)
def test_a_planned_promotion_is_never_legal_without_a_token(old: Term, new: Term) -> None:
    if new.primary != old.primary and new.change is Change.PROMOTE:
        assert not judge(old, new).ok


@settings(max_examples=300)
@given(reached(), edits)
def test_every_legal_edit_lands_in_a_term_of_the_machine(old: Term, new: Term) -> None:
    """No path leads out of the machine: a legal edit either leaves the phase or makes a move of the table."""
    verdict = judge(old, new, proof(old.epoch, old.link))
    if verdict.ok and new.phase is not old.phase:
        assert verdict.move is not None
        assert (verdict.move.source, verdict.move.target) == (old.phase, new.phase)
        assert ways_on(new)


@given(reached())
def test_i3_the_same_term_again_is_legal_and_moves_nothing(term: Term) -> None:
    verdict = judge(term, term)
    assert verdict.ok
    assert verdict.move is None


@given(reached())
def test_a_refusal_names_what_is_legal_instead(term: Term) -> None:
    verdict = judge(term, replace(term, epoch=term.epoch - 1, primary=term.other))
    assert verdict.ways == ways_on(term)
