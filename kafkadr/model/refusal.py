"""Why an edit must not be carried out, with the key that it stands at and the way out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kafkadr.model.record import Record


@dataclass(frozen=True)
class Refusal:
    """An edit that is refused.

    Args:
        key: The key of the stack file; empty when it is no single one.
        problem: In one sentence, without a full stop.
        remedy: What to do.
    """

    key: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """Both in one line."""
        return f"{self.problem}. {self.remedy}"


def epoch_must_be(right: int, found: int, rec: Record | None = None) -> Refusal:
    """An epoch is used once, and none is left out.

    Args:
        right: The next one.
        found: The edit's.
        rec: What stands, for an edit that goes back.
    """
    if rec is None or found > right:
        return Refusal("epoch", f"the epoch must be {right}, and the edit says {found}", f"Set epoch to {right}")
    return Refusal(
        "epoch",
        f"the epoch must be {right}, and the edit says {found}: an epoch is used once, an older commit moves nothing",
        f"To move, set epoch to {right}; to leave things as they are, set primary {rec.site} and epoch {rec.epoch}",
    )


def accept_loss_must_be(right: int, found: int, site: str, why: str) -> Refusal:
    """A site that is no standby takes over only when the edit says what is given up."""
    if not right:
        return Refusal("acceptLoss", f"{site} is a standby, and acceptLoss is {found}", "Take acceptLoss out")
    said = f"acceptLoss is {found}" if found else "acceptLoss is not set"
    return Refusal(
        "acceptLoss",
        f"{site} is no standby: {why}. {said}",
        f"Choose a standby, or set acceptLoss to {right}: what was written since epoch {right} is then lost or has to"
        " be recovered from the other sites",
    )


def adopt_first(rec: Record, site: str) -> Refusal:
    """The record knows more than the state and the edit."""
    return Refusal(
        "epoch",
        f"the record says that {site} is active in epoch {rec.epoch}, and neither this edit nor the recorded state says"
        " so: somebody else moved, or an older state or an older commit is in use",
        f"Adopt it first: set primary to {site} and epoch to {rec.epoch}, which calls nothing",
    )


def no_site(key: str, name: str, names: Iterable[str], *, new: bool = False) -> Refusal:
    """A name that is no site, or none yet."""
    if new:
        return Refusal(
            key,
            f"{name} is new in the estate and the switch has not taken it up",
            "Run `pulumi up` with primary and epoch as they were first",
        )
    return Refusal(key, f"{name} is no site of the estate", f"Use one of {', '.join(sorted(names))}")
