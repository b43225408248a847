"""What a move needs of its target."""

from __future__ import annotations

from kafkadr.model import standing
from kafkadr.model.edit import Edit
from kafkadr.model.facts import Facts, under_way
from kafkadr.model.record import Record
from kafkadr.model.refusal import Refusal, accept_loss_must_be
from kafkadr.model.view import SiteView


def promotion(edit: Edit, facts: Facts, rec: Record, view: SiteView) -> Refusal | None:
    """Why a promotion to this site must not be; None when it may."""
    if view.cluster_id == rec.cluster_id:
        return Refusal("primary", f"{edit.primary} is active already", "There is nothing to promote")
    if rec.target and (view.cluster_id, edit.epoch) != under_way(facts):
        return Refusal(
            "change",
            f"a move to {rec.target}, epoch {rec.target_epoch}, is under way",
            "Finish it or take it back first, or fail over",
        )
    if not standing.is_standby(rec, view, under_way(facts)[0]):
        return Refusal(
            "primary",
            f"{edit.primary} is no standby: {standing.why_not(rec, view)}",
            "A promotion loses nothing, so it needs a standby that follows; or fail over",
        )
    approved = edit.approved
    if approved is None or approved.epoch != edit.epoch or facts.plan is None:
        return Refusal(
            "approved",
            f"no plan of epoch {edit.epoch} is approved",
            f"Run `drctl promotion check --to {edit.primary}` and set approved to what it prints",
        )
    if (facts.plan.epoch, facts.plan.leaves, facts.plan.target) != (edit.epoch, rec.cluster_id, view.cluster_id):
        return Refusal(
            "approved",
            f"the plan is of a promotion from {facts.plan.leaves} to {facts.plan.target}, epoch {facts.plan.epoch}",
            f"Run `drctl promotion check --to {edit.primary}` again",
        )
    return None


def failover(edit: Edit, facts: Facts, rec: Record, view: SiteView) -> Refusal | None:
    """Why a failover to this site must not be; None when it may."""
    if not view.has_copies:
        return Refusal(
            "primary",
            f"{edit.primary} has no topic, so clients would find nothing",
            "Choose a site that has the topics",
        )
    back = view.cluster_id == rec.cluster_id
    fit = back or standing.is_standby(rec, view, under_way(facts)[0])
    need = 0 if fit else standing.loss_epoch(rec, view.cluster_id)
    if edit.accept_loss != need:
        # One that was left over from an earlier epoch is inert.
        if not need and edit.accept_loss <= rec.epoch:
            return None
        return accept_loss_must_be(need, edit.accept_loss, edit.primary, standing.why_not(rec, view))
    return None
