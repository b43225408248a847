"""A failover without Pulumi: which term it enters, and the pointer's move, by the rules that the guard would apply.

The guard's memory is the state, which cannot be had here. What remains is the pointer: epoch in the pointer beats
epoch on the card (Q7). Whoever finds it unreadable may go on, since clients that cannot move are a lesser evil than
topics that stay read-only; the command then ends red.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from kafkadr.card import Card
from kafkadr.desired import Desired
from kafkadr.errors import DrError, RefusedError
from kafkadr.pointer import Active, open_pointer, utc_now
from kafkadr.stopping import Stop
from kafkadr.survey import Wish
from kafkadr.text import clean
from kafkadr.who import who


@dataclass(frozen=True)
class Entry:
    """The term that a failover enters.

    Args:
        epoch: Its number.
        pointer: What stands in the pointer now; None without one, or when it cannot be read.
        problem: Why the pointer could not be read.
        again: Whether the pointer is in this term already: a rerun, or somebody was first.
    """

    epoch: int
    pointer: Active | None = None
    problem: str = ""
    again: bool = False


async def entry_of(card: Card, epoch: int | None = None) -> Entry:
    """Ask the pointer which term comes next.

    Args:
        card: The pair.
        epoch: The term to enter, when the operator names it.

    Raises:
        RefusedError: The card is no card of this moment, or the term is not the next one.
    """
    if not card.mirroring:
        raise RefusedError(
            f"the card is of a term in which {card.standby.site} does not mirror {card.primary.site}",
            "Nothing was changed: there is nothing to fail over to; take a card of today",
        )
    if not card.pointer:
        return Entry(epoch or card.epoch + 1)
    try:
        found = await asyncio.to_thread(lambda: open_pointer(card.pointer).read())
    except RefusedError:
        raise
    except DrError as error:
        return Entry(epoch or card.epoch + 1, None, error.problem)
    if found is None:
        return Entry(epoch or card.epoch + 1)
    return _entry(card, found, epoch)


def _entry(card: Card, found: Active, asked: int | None) -> Entry:
    if found.cluster_id not in {card.primary.cluster_id, card.standby.cluster_id}:
        raise RefusedError(
            f"the pointer belongs to another pair: it names cluster {clean(found.cluster_id)}", _UNTOUCHED
        )
    here = f"{clean(found.site)} is active since epoch {found.epoch} ({clean(found.who)}, {found.when})"
    if found.site == card.standby.site:
        if found.epoch == card.epoch + 1 and asked in {None, found.epoch}:
            return Entry(found.epoch, found, again=True)
        raise RefusedError(f"{here}, but the card of epoch {card.epoch} calls it the standby", _UNTOUCHED)
    if found.epoch > card.epoch and asked is None:
        raise RefusedError(
            f"{here}, and the card is of epoch {card.epoch}: it may name another link by now",
            f"Nothing was changed: take a card of today, or give --epoch {found.epoch + 1} if nothing else changed",
        )
    following = max(found.epoch, card.epoch) + 1
    if asked not in {None, following}:
        raise RefusedError(f"{here}: epoch {asked} is not the next one", f"Nothing was changed: use {following}")
    return Entry(following, found)


_UNTOUCHED = "Nothing was changed: take a card of today"


def stop_of(card: Card, epoch: int, accept_loss: int | None = None, *, accept_any: bool = False) -> Stop:
    """The failover of this pair into a term.

    Args:
        card: The site card.
        epoch: The term.
        accept_loss: Takes the place of the card's bound.
        accept_any: There is no bound, so that lags may be unknown.
    """
    wish = Wish(card.link, Desired.FAILED_OVER, frozenset(card.topics), card.only_declared)
    bound = card.rpo_messages if accept_loss is None else accept_loss
    return Stop(wish, epoch, card.ledger, card.groups, card.chunk_size, None if accept_any else bound)


def wanted(card: Card, epoch: int, reason: str) -> Active:
    """The pointer's document after the failover; says what the program would write, so that it finds nothing to do."""
    site = card.standby
    return Active(
        epoch=epoch,
        site=site.site,
        cluster_id=site.cluster_id,
        bootstrap_endpoint=site.bootstrap_endpoint,
        rest_endpoint=site.rest_endpoint,
        secrets=card.secrets,
        who=who(),
        why=f"break-glass failover: {clean(reason)}" if reason else "break-glass failover",
        when=utc_now(),
    )


async def move_pointer(card: Card, epoch: int, reason: str) -> Active | None:
    """Move the pointer to the standby, last of all (S43, I4); what stands there then, None without a pointer.

    Raises:
        RefusedError: Another site has this epoch, or a later one has begun.
        UnreachableError: The store does not answer.
    """
    if not card.pointer:
        return None
    store = await asyncio.to_thread(open_pointer, card.pointer)
    return await asyncio.to_thread(store.move, wanted(card, epoch, reason))


def edit_of(card: Card, epoch: int) -> dict[str, str]:
    """The config edit that squares the stack with this failover (`drctl adopt`)."""
    return {
        "kafka-dr:primary": card.standby.site,
        "kafka-dr:epoch": str(epoch),
        "kafka-dr:change": "failover",
        "kafka-dr:standby": "retained",
    }
