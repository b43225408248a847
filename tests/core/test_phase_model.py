"""A walk through every phase: edits against the guard, and a small oracle of the world that knows what they did to it.

The model in test_model.py is about one flip and its accidents, with the core's calls in it; this one has no calls and
goes everywhere: there and back, new sites, refused promotions, whole and half-done moves, receipts that are missing.
Invariants I1-I5 and I8 of docs/invariants.md as far as guard and oracle see them, and that what is STOPPED mirrors
again only by a move that says so. I6, I7 and I12 are about calls (tests/engine), I9-I11 about settings (tests/stacks).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kafkadr.handover import Claims
from kafkadr.phase import MOVES, Change, Evidence, Move, Phase, Standby, Term, Way, judge, ways_on
from tests.core.phase_world import STEPS, WAYS_OUT, World
from tests.core.test_phase_properties import edits, made


def proof(old: Term, new: Term, *, again: bool) -> Evidence:
    """A token that ends the term before."""
    epoch = old.epoch - 1 if again else old.epoch
    names = {"link": new.link, "source": "a", "destination": "b"}
    return Evidence(Claims(epoch=epoch, digest="0" * 64, issued=1, synced=1, nonce="a" * 32, **names))


class Walk(RuleBasedStateMachine):
    """One pair. `recorded` is the guard's term; `pending` says that the world has not followed it."""

    seen: ClassVar[Counter[str]] = Counter()

    @initialize(bidirectional=st.booleans())
    def build(self, bidirectional: bool) -> None:
        mode = "bidirectional" if bidirectional else "destination-initiated"
        self.recorded = Term(
            "east",
            1,
            topics=("orders",),
            sites=("east", "west"),
            bidirectional=bidirectional,
            link="dr",
            mode=mode,
            home="east" if bidirectional else "",
        )
        assert judge(None, self.recorded).ok
        self.world = World({"east": "origin", "west": "mirror"}, (1, "east"))
        self.pending = False
        self.pointers = [self.world.pointer]

    def asked(self, way: Way) -> Term:
        """The edit that a way on stands for."""
        new = made(self.recorded, way.move.name, way.move.target)
        assert new is not None
        return new

    def record(self, move: Move, new: Term, *, refused: bool, unseen: bool) -> None:
        """Mirrors refuse at preview; or the guard records first, and then they follow or refuse for a late reason.

        Args:
            move: Its row of the table.
            new: The term that is asked for.
            refused: The update is killed or refused, all or none: everything stays as it was, the pointer too.
            unseen: Nobody looks at a preview. Only a withdrawal that comes too late is worth walking on from.
        """
        old, allowed = self.recorded, self.world.allows(move, new)
        if not allowed and not (unseen and move.name == "withdraw"):
            self.seen["refused at preview"] += 1
            return
        self.recorded = new
        self.seen.update([move.name, new.phase])
        before = list(self.world.deleted)
        self.pending = refused or not self.world.follow(move, old, new)
        if move.flips:
            assert self.world.deleted == before  # I2

    @rule(data=st.data(), count=st.integers(1, 4))
    def steps(self, data: st.DataObject, count: int) -> None:
        """Legal moves. A half-done one is run again, taken back, or followed by a flip to where the mirrors are."""
        for _ in range(count):
            ways = ways_on(self.recorded)
            if self.pending:
                ways = tuple(w for w in ways if w.move.name in WAYS_OUT)
                if not ways:
                    assert self.recorded.phase is Phase.FAILED_OVER  # Of which there is only the end: run it again.
                    return
            way = data.draw(st.sampled_from(ways))
            self.step(way, data.draw(st.sampled_from(["whole", "whole", "refused", "unseen"])))
            self.clients_are_where_somebody_may_write_and_only_go_forward()
            self.a_finished_move_left_the_world_as_the_phase_says()

    def step(self, way: Way, how: str) -> None:
        new = self.asked(way)
        verdict = judge(self.recorded, new, proof(self.recorded, new, again=way.move.name == "retry"))
        assert verdict.ok, (way, [str(r) for r in verdict.refusals])
        assert verdict.move == way.move
        self.answer(new)
        refused = how == "refused" and way.move.name in STEPS
        self.record(way.move, new, refused=refused, unseen=how == "unseen")

    def answer(self, new: Term) -> None:
        """A receipt is printed only when every partition is answered for."""
        self.world.open -= {epoch for epoch in self.world.open if new.acknowledges(epoch)}

    @rule()
    @precondition(lambda self: self.pending)
    def again(self) -> None:
        """The same config once more: the guard has nothing to say, and the world follows unless it is too late."""
        verdict = judge(self.recorded, self.recorded)
        assert verdict.ok
        assert verdict.move is None  # I3
        new = self.recorded
        if new.turned:
            self.pending = not self.world.follow(_named("reverse"), new, new)
        elif not new.protected:
            self.pending = not self.world.follow(_named("failover"), new, new)
        else:
            self.pending = not self.world.follow(_named("withdraw"), new, new)

    @rule(edit=edits, token=st.booleans())
    def any_edit(self, edit: Term, token: bool) -> None:
        """Whatever somebody writes: accepted only if it is a move of the table, or leaves all that matters."""
        old = self.recorded
        edit = replace(edit, mode=old.mode, home=old.home)
        verdict = judge(old, edit, proof(old, edit, again=False) if token else Evidence())
        if verdict.ok:
            self.assert_harmless_or_a_move(edit, verdict.move)
            return
        assert all(r.problem and r.remedy for r in verdict.refusals)
        assert verdict.ways, "a refusal says what is legal instead"
        for way in verdict.ways:
            new = self.asked(way)
            said = judge(old, new, proof(old, new, again=way.move.name == "retry"))
            assert said.ok, (way, [str(r) for r in said.refusals])

    def assert_harmless_or_a_move(self, edit: Term, move: Move | None) -> None:
        old = self.recorded
        if move is None:
            tidied = old.turned and edit.change is Change.NONE
            assert (edit.primary, edit.epoch, edit.standby) == (old.primary, old.epoch, old.standby)
            assert edit.change is old.change or tidied
            assert (edit.sites, edit.link, edit.built) == (old.sites, old.link, old.built)
            assert {k.site for k in edit.kept} == {k.site for k in old.kept}
            assert edit.topics == old.topics or (old.protected and old.home in {"", old.primary})
            return
        assert move in {way.move for way in ways_on(old)}
        assert edit.phase is move.target
        assert edit.epoch == old.epoch + move.flips  # I5

    @rule(back=st.integers(1, 3))
    def revert(self, back: int) -> None:
        """A git revert, an old branch."""
        old = self.recorded
        term = replace(old, epoch=old.epoch - back, primary=old.other)
        assert "epoch" in {r.key for r in judge(old, term).refusals}

    @rule()
    def unanswered(self) -> None:
        """A move that needs a receipt, without it (I1)."""
        for way in ways_on(self.recorded):
            bare = replace(self.asked(way), acknowledged=self.recorded.acknowledged)
            stays = {k for k in bare.kept if not k.unlocked}
            missing = {k.epoch for k in set(self.recorded.kept) - stays if not bare.acknowledges(k.epoch)}
            rebuilds = bare.standby in {Standby.CLEAR_ARMED, Standby.RESTORING}
            if self.recorded.phase is Phase.FAILED_OVER and rebuilds and not bare.acknowledges(self.recorded.epoch):
                missing.add(self.recorded.epoch)
            if missing:
                keys = {r.key for r in judge(self.recorded, bare).refusals}
                assert "settings.recovery.acknowledged" in keys

    @invariant()
    def clients_are_where_somebody_may_write_and_only_go_forward(self) -> None:
        if self.pointers[-1] != self.world.pointer:
            self.pointers.append(self.world.pointer)
        epochs = [epoch for epoch, _ in self.pointers]
        assert epochs == sorted(set(epochs))  # I5
        _, site = self.world.pointer
        assert self.world.role[site] in {"origin", "stopped"}  # I4

    @invariant()
    def a_finished_move_left_the_world_as_the_phase_says(self) -> None:
        """Exit code 0 means it (I8)."""
        if self.pending:
            return
        term, role = self.recorded, self.world.role
        assert self.world.pointer[1] == term.primary
        assert set(role) == set(term.sites)
        assert {k.site for k in term.kept} == set(self.world.links)
        expected = {
            Phase.STEADY: {"mirror"},
            Phase.FAIL_FORWARD: {"mirror"},
            Phase.CLEAR_FIRED: {"cleared"},
        }.get(term.phase, {"stale"})
        assert role[term.other] in expected
        assert ways_on(term)


def _named(name: str) -> Move:
    return next(m for m in MOVES if m.name == name)


def walk(examples: int, steps: int) -> None:
    Walk.seen.clear()
    # The same walks each time, so that what they reach can be counted on.
    budget = settings(max_examples=examples, stateful_step_count=steps, deadline=None, database=None, derandomize=True)
    run_state_machine_as_test(Walk, settings=budget)
    assert {m.name for m in MOVES} | set(Phase) | {"refused at preview"} <= set(Walk.seen), Walk.seen


def test_every_phase_and_every_move_is_walked_and_keeps_the_invariants() -> None:
    walk(200, 25)


@pytest.mark.nightly
def test_every_phase_and_every_move_is_walked_far() -> None:
    walk(3000, 60)
