"""Rules of an edit that changes primary: epoch, how, the token of a planned one. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kafkadr.errors import DrError
from kafkadr.handover import Claims
from kafkadr.phase.refusals import Refusal, same_sites, same_topics
from kafkadr.phase.term import Change, Phase, Standby, Term


@dataclass(frozen=True)
class Evidence:
    """What the guard knows of a promotion beside both terms.

    Args:
        claims: Of the token, when its signature fits.
        flaw: Why the token proves nothing.
        used: Nonces of the tokens that earlier terms were entered with.
    """

    claims: Claims | None = None
    flaw: DrError | None = None
    used: frozenset[str] = frozenset()


NO_EVIDENCE = Evidence()
_HERE = "in the edit that changes primary"


def flip_refusals(old: Term, new: Term, evidence: Evidence) -> list[Refusal]:
    """Every reason against an edit that changes primary."""
    found = list(_epoch_of_flip(old, new))
    if found and new.epoch <= old.epoch:
        return found  # A stale config: any further complaint would only hide that.
    if withdraws(old, new):
        return [*found, *same_topics(old, new, _HERE), *same_sites(old, new, _HERE)]
    if new.change is Change.NONE:
        found.append(
            Refusal(
                "change",
                f"primary moves from {old.primary} to {new.primary} without saying how",
                "Set change: failover (unplanned, records may be lost) or change: promote (planned)",
            )
        )
    found += _standby_of_flip(old, new)
    if new.change is Change.PROMOTE:
        found += _token(old, new, evidence)
    elif new.handover:
        found.append(
            Refusal(
                "handover",
                f"a handover token is set though change is {new.change}",
                "Clear handover, or set change: promote",
            )
        )
    found += same_topics(old, new, _HERE)
    found += same_sites(old, new, _HERE)
    return found


def withdraws(old: Term, new: Term) -> bool:
    """Whether the edit takes back a promotion that the mirrors refused; they decide whether it is too late for that."""
    back = not old.sites or new.primary == old.other
    return (
        (old.phase is Phase.PROMOTED or old.turned)
        and back
        and new.phase in {Phase.STEADY, Phase.FAIL_FORWARD}
        and (new.change is Change.NONE and not new.handover)
    )


def _epoch_of_flip(old: Term, new: Term) -> Iterator[Refusal]:
    if new.epoch == old.epoch + 1:
        return
    if new.epoch <= old.epoch:
        yield Refusal(
            "epoch",
            f"epoch {new.epoch} is not above {old.epoch}, in which {old.primary} is primary:"
            " this config is older than the state",
            f"Take the newest config; if the flip to {new.primary} is meant, set epoch: {old.epoch + 1}",
        )
    else:
        yield Refusal("epoch", f"epoch jumps from {old.epoch} to {new.epoch}", f"Set epoch: {old.epoch + 1}")


def _standby_of_flip(old: Term, new: Term) -> Iterator[Refusal]:
    if not old.protected:
        yield Refusal(
            "primary",
            f"{new.primary} is not a standby that mirrors {old.primary}: the pair is {old.phase}",
            f"Rebuild {new.primary} as standby first; failing back at once would lose what {old.primary} took in",
        )
    elif old.sites and new.primary not in old.sites:
        yield Refusal(
            "primary",
            f"{new.primary} is not a site of this pair, which is {' and '.join(old.sites)}",
            f"Flip to {old.other}; a new site joins in an edit of its own",
        )
    elif new.change is Change.PROMOTE and new.standby is Standby.MIRRORING:
        if not old.bidirectional:
            yield Refusal(
                "standby",
                "the old primary cannot mirror the new one at once: a one-way link cannot turn round",
                "Set standby: retained, and make it a standby again afterwards",
            )
    elif new.standby is not Standby.RETAINED:
        yield Refusal(
            "standby",
            f"after a change of primary the old one cannot be {new.standby} at once",
            "Set standby: retained, which keeps the link and its failover offsets",
        )


def _token(old: Term, new: Term, evidence: Evidence) -> Iterator[Refusal]:
    again = "Run `drctl demote` now and set handover to the token it prints; or change: failover if the primary is lost"
    if not new.handover:
        yield Refusal("handover", "a planned promotion needs the handover token of a demotion step", again)
    elif new.handover == old.handover:
        yield Refusal("handover", f"the handover token was used already, to enter epoch {old.epoch}", again)
    elif evidence.claims is None:
        flaw = evidence.flaw
        problem = flaw.problem if flaw else "the handover token was not verified"
        yield Refusal("handover", problem, flaw.remedy if flaw else again)
    else:
        yield from _claims(old, new, evidence.claims, evidence.used, again)


def token_again(old: Term, new: Term, evidence: Evidence) -> Iterator[Refusal]:
    """A newer token in the term that the last one began: good when it ends the same term."""
    again = f"Run `drctl demote --epoch {old.epoch - 1}` and set handover to the token it prints"
    if evidence.claims is None:
        flaw = evidence.flaw
        yield Refusal("handover", flaw.problem if flaw else "the handover token was not verified", again)
        return
    yield from _claims(replace(old, epoch=old.epoch - 1), new, evidence.claims, frozenset(), again)


def _claims(old: Term, new: Term, claims: Claims, used: frozenset[str], again: str) -> Iterator[Refusal]:
    if claims.nonce in used:
        yield Refusal("handover", "the handover token was used already, to enter an earlier epoch", again)
    if claims.epoch != old.epoch:
        yield Refusal(
            "handover", f"the handover token ends epoch {claims.epoch}, but epoch {old.epoch} is to end", again
        )
    if new.link and claims.link != new.link:
        yield Refusal("handover", f"the handover token is of link {claims.link}, not of {new.link}", again)
