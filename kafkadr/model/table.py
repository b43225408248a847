"""The table of moves: what an edit means where things stand, or why it must not be. The record is the arbiter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kafkadr.model import standing
from kafkadr.model.edit import Change, Edit, Recorded
from kafkadr.model.facts import Facts, highest_epoch, under_way
from kafkadr.model.needs import failover, promotion
from kafkadr.model.record import Record, Standing
from kafkadr.model.refusal import Refusal, adopt_first, epoch_must_be, no_site
from kafkadr.model.topology import Topology


class Kind(StrEnum):
    """What an update of the switch is."""

    BIRTH = "birth"
    """There is no record yet: this update writes the first one."""
    ADOPT = "adopt"
    """The edit says what the record says, and the state does not: nothing is called."""
    REST = "rest"
    """Nothing moves."""
    MOVE = "move"
    """A failover or a promotion."""


@dataclass(frozen=True)
class Decision:
    """What an update is, and what it goes by.

    Args:
        kind: See `Kind`.
        state: What the guard records when it has ended.
        standings: What the record says of the other sites once the move has ended; empty unless it is a move.
    """

    kind: Kind
    state: Recorded
    standings: tuple[Standing, ...] = ()

    @property
    def target(self) -> str:
        """Name of the site that is primary once the update has ended."""
        return self.state.topology.site_of(self.state.cluster_id)


def asks(edit: Edit, facts: Facts) -> tuple[str, ...]:
    """Names of the sites whose mirrors `decide` has to know: the target of a move, and nobody else."""
    rec, old = facts.record, facts.recorded
    if rec is None or old is None or _newer(rec, old) or not _moves(edit, old):
        return ()
    return () if _edit_flaw(edit, facts, old) else (edit.primary,)


def decide(edit: Edit, facts: Facts) -> Decision | Refusal:
    """What the edit means."""
    rec, old = facts.record, facts.recorded
    if rec is None:
        return _birth(edit, facts)
    if old is None or _newer(rec, old):
        return _adopt(edit, facts, rec)
    if _moves(edit, old):
        return _move(edit, facts, rec, old)
    return _stay(edit, facts, rec, old)


def _stay(edit: Edit, facts: Facts, rec: Record, old: Recorded) -> Decision | Refusal:
    """Primary and epoch are as recorded."""
    if rec.epoch < old.edit.epoch:
        return Refusal(
            "epoch",
            f"the record is at {rec.site}, epoch {rec.epoch}, and this stack was in epoch {old.edit.epoch} already:"
            " an older record was restored",
            f"Say where clients belong in a new edit: primary, epoch {highest_epoch(facts) + 1}, change: failover",
        )
    if rec.target:
        return Refusal(
            "",
            f"a move to {rec.target}, epoch {rec.target_epoch}, is under way",
            f"Finish it (primary {rec.target}, epoch {rec.target_epoch}) or take it back (primary {rec.site}, epoch"
            f" {highest_epoch(facts) + 1}, change: failover)",
        )
    return _rest(edit, facts, old)


def _newer(rec: Record, old: Recorded) -> bool:
    return rec.epoch > old.edit.epoch or (rec.epoch == old.edit.epoch and rec.cluster_id != old.cluster_id)


def _moves(edit: Edit, old: Recorded) -> bool:
    return edit.epoch != old.edit.epoch or edit.primary != old.edit.primary


def _birth(edit: Edit, facts: Facts) -> Decision | Refusal:
    if facts.recorded:
        return Refusal(
            "recordUrl",
            f"there is no record, and this stack was in epoch {facts.recorded.edit.epoch} already",
            "Bring the record back, or copy it to its new address first; without it nobody knows who is active",
        )
    cluster = facts.published.cluster_of(edit.primary)
    if not cluster:
        return no_site("primary", edit.primary, facts.published.names)
    if edit.change:
        return Refusal(
            "change",
            "there is no record, so this is a new environment, and nothing has changed in it",
            "Leave change out. If it is not new, recordUrl is wrong, or the record is lost: bring it back first",
        )
    if edit.epoch != highest_epoch(facts) + 1:
        return epoch_must_be(highest_epoch(facts) + 1, edit.epoch)
    return Decision(Kind.BIRTH, Recorded(edit, cluster, cluster, facts.published))


def _adopt(edit: Edit, facts: Facts, rec: Record) -> Decision | Refusal:
    """Primary and epoch exactly as the record has them; nothing is called."""
    old = facts.recorded.topology if facts.recorded else Topology((), ())
    topology = standing.keeping(facts.published, old, rec.site, rec.cluster_id)
    if (topology.cluster_of(edit.primary), edit.epoch) != (rec.cluster_id, rec.epoch):
        return adopt_first(rec, topology.site_of(rec.cluster_id) or rec.site)
    return Decision(Kind.ADOPT, Recorded(edit, rec.cluster_id, rec.cluster_id, topology))


def _rest(edit: Edit, facts: Facts, old: Recorded) -> Decision | Refusal:
    """Nothing moves: what the estate has published since is taken up."""
    if facts.published.cluster_of(edit.primary) != old.cluster_id:
        return Refusal(
            "primary",
            f"{edit.primary} is active on cluster {old.cluster_id}, and the estate does not have it (any more)",
            "Put the site back into the estate; to leave it, fail over or promote first",
        )
    if edit.change and edit.change is not old.edit.change:
        return Refusal(
            "change",
            f"change: {edit.change} says that primary changed, and primary and epoch are as recorded",
            f"To move, set primary and epoch {highest_epoch(facts) + 1} as well; else leave change as it was",
        )
    if edit.accept_loss and edit.accept_loss != old.edit.accept_loss:
        return Refusal("acceptLoss", "acceptLoss belongs to a failover, and nothing moves", "Take it out")
    return Decision(Kind.REST, Recorded(edit, old.cluster_id, old.leaves, facts.published))


def _move(edit: Edit, facts: Facts, rec: Record, old: Recorded) -> Decision | Refusal:
    """The edit names another primary or another epoch: it goes by the topology that was recorded last."""
    wrong = _edit_flaw(edit, facts, old)
    if wrong:
        return wrong
    view = facts.views.get(edit.primary)
    if view is None:
        return Refusal(
            "primary", f"{edit.primary} does not answer, so its mirrors cannot be stopped", "Choose a site that answers"
        )
    wrong = (promotion if edit.change is Change.PROMOTE else failover)(edit, facts, rec, view)
    if wrong:
        return wrong
    target = old.topology.cluster_of(edit.primary)
    state = Recorded(edit, target, rec.cluster_id, old.topology)
    after = standing.after_move(rec, old.topology, target, edit.epoch, planned=edit.change is Change.PROMOTE)
    return Decision(Kind.MOVE, state, after)


def _edit_flaw(edit: Edit, facts: Facts, old: Recorded) -> Refusal | None:
    """What is wrong with the edit, whatever its target says."""
    target, top = old.topology.cluster_of(edit.primary), highest_epoch(facts)
    if not target:
        return no_site("primary", edit.primary, old.topology.names, new=edit.primary in facts.published.names)
    if edit.epoch != top + 1 and (target, edit.epoch) != under_way(facts):
        return epoch_must_be(top + 1, edit.epoch, facts.record)
    if not facts.published.site_of(target):
        return Refusal(
            "primary",
            f"the estate does not have {edit.primary} on cluster {target} any more",
            "Choose a site of the estate, or put this one back",
        )
    if edit.change is None:
        return Refusal("change", "primary or epoch changes, and change does not say how", "Set failover or promote")
    return None
