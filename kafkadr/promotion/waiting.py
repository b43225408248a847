"""The wait of a planned promotion: until every record and every offset has come over, or not at all (S74, S75).

It needs lag 0 in every partition, the ends that the demotion found, and then one whole offset-sync interval in which
neither an end nor a group's offset moves, while the link's offset sync is ACTIVE without errors at its start and at its
end: what a group committed last has then been copied. All of it is read from the destination. Whatever does not hold
within the budget is refused, before the first mirror is promoted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kafkadr.demotion import Ends, Moved, ends_of, moved
from kafkadr.errors import RefusedError
from kafkadr.filters import NameFilter
from kafkadr.flip import Progress, forecast, look_at
from kafkadr.rest import KafkaRest
from kafkadr.survey import Survey
from kafkadr.tasks import tasks_of
from kafkadr.verdicts import Action, behind, lag_of
from kafkadr.wire import Mirror

SAMPLE_SECONDS = 1.0
POLL_SECONDS = 1.0
SHOWN = 10
RESERVE = 10
"""What part of the budget is left for the looks and the calls after a wait: a tenth."""
_UNTOUCHED = "Nothing was changed"
Committed = dict[tuple[str, str, int], int]


@dataclass(frozen=True)
class Terms:
    """What a promotion has to wait for.

    Args:
        ends: End of every partition as the demotion found it; None without a demotion.
        interval_seconds: The link's offset-sync interval; 0 when it syncs no offsets.
        groups: Groups whose offsets it syncs.
        budget_seconds: Bound of the whole promotion.
        check: The command that found the ends.
    """

    ends: Ends | None
    interval_seconds: float
    groups: tuple[NameFilter, ...] = ()
    budget_seconds: float = field(default=300.0)
    check: str = "drctl demote"


@dataclass(frozen=True)
class Prospect:
    """What a preview expects of the wait.

    Args:
        lag: Records to come over yet.
        seconds: Until they have, at the pace seen; 0 when there are none.
    """

    lag: int
    seconds: float

    def told(self, terms: Terms) -> str:
        """One line for the operator."""
        drain = f"{self.lag} records to come over, in about {self.seconds:.0f} s, then " if self.lag else "lag 0, then "
        rest = f"one offset-sync interval of {terms.interval_seconds:g} s" if terms.interval_seconds else "at once"
        return f"promotion: {drain}{rest}; budget {terms.budget_seconds:g} s"


def waiting(look: Survey) -> list[Mirror]:
    """Mirrors that are still to be promoted, lagging ones with them."""
    return [m for m in look.mirrors if look.verdicts[m.mirror_topic_name].action in {Action.CALL, Action.LATER}]


async def assess(rest: KafkaRest, look: Survey, terms: Terms) -> Prospect:
    """Whether the wait can end within the budget; reads only, one more list call where there is lag.

    Raises:
        RefusedError: It cannot, or something moved since the demotion.
    """
    refuse_moved(look, terms)
    _refuse_short(terms)
    await _refuse_unsynced(rest, look, terms)
    lag = lag_of(waiting(look))
    if lag == 0:
        return Prospect(0, 0.0)
    await rest.budget.sleep(SAMPLE_SECONDS)
    later = await look_at(rest, look.wish)
    refuse_moved(later, terms)
    left = lag_of(waiting(later))
    if left == 0:
        return Prospect(0, 0.0)
    if left is None:
        raise RefusedError(behind(waiting(later)), _lag_remedy(later))
    if lag is None or left >= lag:
        raise RefusedError(f"{behind(waiting(later))}, and the lag is not seen to fall", _lag_remedy(later))
    seconds = left * SAMPLE_SECONDS / (lag - left)
    if seconds + terms.interval_seconds > terms.budget_seconds:
        raise RefusedError(
            f"{left} records are not mirrored yet: at the pace seen they need about {seconds:.0f} s, with one"
            f" offset-sync interval more than the budget of {terms.budget_seconds:g} s",
            f"{_UNTOUCHED}: wait for a smaller lag, or raise budgetSeconds",
        )
    return Prospect(left, seconds)


async def settle(rest: KafkaRest, look: Survey, terms: Terms, progress: Progress) -> Survey:
    """Wait until the mirrors may be promoted without loss and without repeats; the survey that says so.

    Raises:
        RefusedError: Something moved since the demotion, or the budget does not suffice; nothing was changed.
    """
    refuse_moved(look, terms)
    _refuse_short(terms)
    while True:
        look = await _drained(rest, look, terms, progress)
        before, ends = await _committed(rest, look, terms), ends_of(waiting(look))
        look = await _interval(rest, look, terms, progress)
        stirred = _stirred(before, await _committed(rest, look, terms))
        if not stirred and lag_of(waiting(look)) == 0 and not moved(ends, ends_of(waiting(look))):
            return look
        if _spare(rest, terms) <= 0:
            raise RefusedError(_never_still(stirred, look), f"{_UNTOUCHED}: stop the consumers, then run again")


def refuse_moved(look: Survey, terms: Terms) -> None:
    """Stop when a partition is not where the demotion left it, or a mirror is not on the link any more.

    Raises:
        RefusedError: Naming them.
    """
    if look.missing:
        raise RefusedError(
            f"{len(look.missing)} mirrors are not on {look.wish.place} (any more): {_some(look.missing, str)}",
            f"{_UNTOUCHED}: run again when the list of mirrors is whole",
        )
    if terms.ends is None:
        return
    todo = waiting(look)
    strangers = sorted(m.mirror_topic_name for m in todo if m.mirror_topic_name not in terms.ends)
    if strangers:
        raise RefusedError(
            f"the demotion did not know {len(strangers)} of the mirrors: {_some(strangers, str)}",
            f"{_UNTOUCHED}: run `{terms.check}` again",
        )
    # Where a lag is unknown, so is the end: the wait for lag 0 brings it, or ends in a refusal of its own.
    found = moved(terms.ends, ends_of(m for m in todo if m.lag is not None))
    if found:
        raise RefusedError(
            f"{len(found)} partitions of the source moved on after the demotion: {_some(found, str)}",
            f"{_UNTOUCHED}: stop their producers and run `{terms.check}` again",
        )


async def _drained(rest: KafkaRest, look: Survey, terms: Terms, progress: Progress) -> Survey:
    while said := behind(waiting(look)):
        await rest.budget.sleep(POLL_SECONDS)
        look = await look_at(rest, look.wish)
        refuse_moved(look, terms)
        left = behind(waiting(look))
        if left and _spare(rest, terms) <= POLL_SECONDS:
            raise RefusedError(f"{left}, and the budget of {rest.budget.seconds:g} s is used up", _lag_remedy(look))
        progress(f"{said}, {rest.budget.left:.0f} s left")
    return look


async def _interval(rest: KafkaRest, look: Survey, terms: Terms, progress: Progress) -> Survey:
    if not terms.interval_seconds:
        return look
    if _spare(rest, terms) <= 0:
        raise RefusedError(
            f"the budget of {rest.budget.seconds:g} s does not leave one offset-sync interval of"
            f" {terms.interval_seconds:g} s",
            f"{_UNTOUCHED}: raise budgetSeconds",
        )
    progress(f"lag 0; waiting one offset-sync interval of {terms.interval_seconds:g} s")
    # An interval proves only what was copied in it: the sync has to be at work at both of its ends.
    await _refuse_unsynced(rest, look, terms)
    await rest.budget.sleep(terms.interval_seconds)
    await _refuse_unsynced(rest, look, terms)
    look = await look_at(rest, look.wish)
    refuse_moved(look, terms)
    return look


async def _refuse_unsynced(rest: KafkaRest, look: Survey, terms: Terms) -> None:
    if terms.interval_seconds:
        for link in look.by_link(m.mirror_topic_name for m in waiting(look)):
            (await tasks_of(rest, link)).refuse_unsynced()


async def _committed(rest: KafkaRest, look: Survey, terms: Terms) -> Committed:
    """Offsets of the synced groups on the destination, which the sync moves as long as they move on the source."""
    if not terms.interval_seconds or not terms.groups:
        return {}
    price = await forecast(rest, look, terms.groups)
    if price.unknown:
        raise RefusedError(f"the synced offsets cannot be read: {price.unknown[0]}", _UNTOUCHED)
    return {(r.group, r.topic, r.partition): r.committed for r in price.restarts}


def _stirred(before: Committed, after: Committed) -> list[str]:
    return sorted({group for (group, topic, part), at in after.items() if before.get((group, topic, part)) != at})


def _never_still(stirred: Sequence[str], look: Survey) -> str:
    if stirred:
        return f"the offsets of {_some(stirred, str)} still move: a consumer is at work on the source"
    return f"the source does not come to rest: {behind(waiting(look)) or 'its ends still move'}"


def _spare(rest: KafkaRest, terms: Terms) -> float:
    """Seconds that may still be spent on waiting for a lag."""
    return rest.budget.left - terms.interval_seconds - rest.budget.seconds / RESERVE


def _refuse_short(terms: Terms) -> None:
    if terms.interval_seconds >= terms.budget_seconds * (1 - 1 / RESERVE):
        raise RefusedError(
            f"the budget of {terms.budget_seconds:g} s does not leave one offset-sync interval of"
            f" {terms.interval_seconds:g} s, which a planned promotion waits for",
            f"{_UNTOUCHED}: raise budgetSeconds or lower offsets.intervalMs",
        )


def _lag_remedy(look: Survey) -> str:
    worst = sorted(
        (m for m in waiting(look) if m.lag != 0),
        key=lambda m: (m.lag is not None, -(m.lag or 0), m.mirror_topic_name),
    )
    named = _some(
        [f"{m.mirror_topic_name} ({m.mirror_status}, lag {'unknown' if m.lag is None else m.lag})" for m in worst], str
    )
    return f"{_UNTOUCHED}: {named}. Stop the producers and wait, or fail over and lose what is missing"


def _some(items: Sequence[Moved] | Sequence[str], text: Callable[[object], str]) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(text(i) for i in items[:SHOWN]) + more
