"""The wrapper's decisions, without processes: what may never happen on any sequence of events, and single cases."""

from __future__ import annotations

import dataclasses
import signal
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from drctl.runner.machine import Phase, State, decide
from drctl.runner.words import (
    Action,
    Asked,
    ChildEnded,
    CredentialsRead,
    Event,
    Exit,
    GraceOver,
    JitterOver,
    Kill,
    PointerRead,
    Relay,
    Resolve,
    Say,
    Start,
    StartOver,
    Stop,
    Trouble,
    Wait,
)
from kafkadr.clients import Connection
from kafkadr.pointer import Active

TERM = Asked(signal.SIGTERM, ends=True)


def active(epoch: int, site: str = "") -> Active:
    site = site or ("east", "west")[epoch % 2 == 0]
    return Active(
        epoch=epoch,
        site=site,
        cluster_id=f"lkc-{site}",
        bootstrap_endpoint=f"{site}.example:9092",
        rest_endpoint="",
        who="ann",
        why="drill",
        when="2026-11-24T10:00:00Z",
    )


def connection(epoch: int, key: str = "k1") -> Connection:
    of = active(epoch)
    return Connection("app", of.site, epoch, of.cluster_id, of.bootstrap_endpoint, SecretStr(key), SecretStr("s"))


def read(epoch: int, key: str = "k1", *, fresh: bool = True) -> CredentialsRead:
    return CredentialsRead(active(epoch), connection(epoch, key), fresh=fresh)


def play(events: Sequence[Event], state: State | None = None) -> tuple[State, list[Action]]:
    """Carry a story through; the actions without what was said and looked up."""
    state = state or State()
    done: list[Action] = []
    for event in events:
        state, actions = decide(state, event)
        done += [action for action in actions if not isinstance(action, Say | Resolve)]
    return state, done


def said(events: Sequence[Event]) -> list[str]:
    state = State()
    texts: list[str] = []
    for event in events:
        state, actions = decide(state, event)
        texts += [action.text for action in actions if isinstance(action, Say)]
    return texts


UP: list[Event] = [PointerRead(active(1)), read(1)]
MOVED: list[Event] = [PointerRead(active(2)), read(2), JitterOver(), ChildEnded(0)]


def test_a_flip_is_one_stop_and_one_start() -> None:
    again: list[Event] = [PointerRead(active(2)), read(2), read(2), JitterOver(), GraceOver()]
    state, done = play([*UP, *MOVED, *again])
    assert done == [Start(connection(1)), Wait(), Stop(signal.SIGTERM), Start(connection(2))]
    assert (state.phase, state.restarts) == (Phase.RUNNING, 1)


def test_a_second_flip_joins_the_first_while_that_waits() -> None:
    _, done = play([*UP, PointerRead(active(2)), read(2), PointerRead(active(3)), read(3), JitterOver(), ChildEnded(0)])
    assert done == [Start(connection(1)), Wait(), Stop(signal.SIGTERM), Start(connection(3))]


def test_a_second_flip_while_the_child_stops_decides_where_it_starts() -> None:
    stopping: list[Event] = [PointerRead(active(2)), read(2), JitterOver()]
    _, done = play([*UP, *stopping, PointerRead(active(3)), read(3), ChildEnded(0)])
    assert done[-1] == Start(connection(3))
    # Its credentials are not here yet: rather none than a child on a site that is no longer active.
    state, done = play([*UP, *stopping, PointerRead(active(3)), ChildEnded(0)])
    assert done[-1] == Stop(signal.SIGTERM)
    assert state.phase is Phase.RESOLVING
    assert play([read(3)], state)[1] == [Start(connection(3))]


def test_a_second_flip_without_credentials_keeps_the_child_after_the_jitter() -> None:
    state, done = play([*UP, PointerRead(active(2)), read(2), PointerRead(active(3)), JitterOver()])
    assert done == [Start(connection(1)), Wait()]
    assert state.phase is Phase.RUNNING
    assert play([read(3), JitterOver(), ChildEnded(0)], state)[1] == [
        Wait(),
        Stop(signal.SIGTERM),
        Start(connection(3)),
    ]


def test_late_credentials_of_a_former_pointer_are_dropped() -> None:
    _, done = play([PointerRead(active(1)), PointerRead(active(2)), read(1)])
    assert done == []


@pytest.mark.parametrize("stale", [active(1), active(2, "east")])
def test_the_pointer_is_followed_forwards_only(stale: Active) -> None:
    story: list[Event] = [PointerRead(active(2)), read(2), PointerRead(stale), PointerRead(stale)]
    state, done = play(story)
    assert done == [Start(connection(2))]
    assert state.active == active(2)
    assert [text for text in said(story) if "not followed" in text] == [
        f"the pointer names east with epoch {stale.epoch}, after epoch 2: not followed"
    ]


def test_the_floor_of_an_earlier_wrapper_holds() -> None:
    assert play(UP, State(floor=2))[1] == []
    assert play([PointerRead(active(2)), read(2)], State(floor=2))[1] == [Start(connection(2))]


def test_a_rotated_key_is_one_restart_and_the_same_key_is_none() -> None:
    _, done = play([*UP, read(1), read(1, "k2"), read(1, "k2"), JitterOver(), ChildEnded(0), read(1, "k2")])
    assert done == [Start(connection(1)), Wait(), Stop(signal.SIGTERM), Start(connection(1, "k2"))]


def test_a_change_that_is_taken_back_in_the_jitter_is_no_restart() -> None:
    _, done = play([*UP, read(1, "k2"), read(1), JitterOver()])
    assert done == [Start(connection(1)), Wait()]


def test_corrected_endpoints_of_the_same_epoch_restart_the_child() -> None:
    corrected = active(1).model_copy(update={"bootstrap_endpoint": "other.example:9092"})
    new = dataclasses.replace(connection(1), bootstrap_servers="other.example:9092")
    _, done = play([*UP, PointerRead(corrected), CredentialsRead(corrected, new), JitterOver(), ChildEnded(0)])
    assert done[-1] == Start(new)


def test_who_why_and_when_alone_change_nothing() -> None:
    other = active(1).model_copy(update={"who": "bob", "when": "2026-11-24T11:00:00Z"})
    assert play([*UP, PointerRead(other), read(1)])[1] == [Start(connection(1))]


def test_an_outage_is_told_once_and_its_end_too() -> None:
    out: list[Event] = [Trouble("vault", "the vault is out (1)"), Trouble("vault", "the vault is out (2)")]
    texts = said([*UP, *out, read(1), read(1)])
    assert [text for text in texts if "vault" in text] == [
        "the vault is out (1); going on with east, epoch 1",
        "the vault can be read again",
    ]


def test_while_nothing_runs_each_new_problem_is_told() -> None:
    no, away = Trouble("pointer", "there is no pointer", "Deploy"), Trouble("pointer", "it is away")
    assert said([no, no, away]) == ["there is no pointer; waiting. Deploy", "it is away; waiting"]


def test_the_vault_is_out_at_the_flip_and_the_child_is_kept_until_it_is_back() -> None:
    out = Trouble("vault", "out")
    state, done = play([*UP, PointerRead(active(2)), out, out, out])
    assert done == [Start(connection(1))]
    assert state.phase is Phase.RUNNING
    assert play([read(2), JitterOver(), ChildEnded(0)], state)[1] == [
        Wait(),
        Stop(signal.SIGTERM),
        Start(connection(2)),
    ]


def test_or_it_is_stopped_where_that_was_asked_for_but_only_at_a_flip() -> None:
    strict, out = State(stop_unread=True), Trouble("vault", "out")
    state, done = play([*UP, out, out], strict)
    assert done == [Start(connection(1))]
    state, done = play([PointerRead(active(2)), out, out, ChildEnded(0), out], state)
    assert done == [Stop(signal.SIGTERM)]
    assert play([read(2)], state)[1] == [Start(connection(2))]


def test_credentials_read_ahead_move_the_child_and_do_not_end_the_outage() -> None:
    story: list[Event] = [*UP, PointerRead(active(2)), Trouble("vault", "out"), read(2, fresh=False), JitterOver()]
    assert play([*story, ChildEnded(0)])[1][-1] == Start(connection(2))
    assert not [text for text in said(story) if "again" in text]


@pytest.mark.parametrize("before", [[], [PointerRead(active(2)), read(2)]])
def test_a_child_that_ends_unasked_ends_the_wrapper(before: list[Event]) -> None:
    assert play([*UP, *before, ChildEnded(7)])[1][-1] == Exit(7)


def test_asked_to_end_it_stops_the_child_and_takes_its_exit_code() -> None:
    interrupt = Asked(signal.SIGINT, ends=True)
    assert play([*UP, interrupt, ChildEnded(9)])[1] == [Start(connection(1)), Stop(signal.SIGINT), Exit(9)]


def test_asked_to_end_while_it_stops_the_child_it_does_not_start_another() -> None:
    stopping: list[Event] = [*UP, PointerRead(active(2)), read(2), JitterOver(), TERM]
    assert play([*stopping, GraceOver(), ChildEnded(137)])[1][-3:] == [Stop(signal.SIGTERM), Kill(), Exit(137)]


def test_asked_twice_it_kills() -> None:
    assert play([*UP, TERM, TERM])[1][-2:] == [Stop(signal.SIGTERM), Kill()]


@pytest.mark.parametrize(("number", "ends"), [(signal.SIGTERM, True), (signal.SIGINT, True), (signal.SIGHUP, False)])
def test_asked_to_end_without_a_child_it_ends_at_once(number: int, ends: bool) -> None:
    for story in ([], [PointerRead(active(1))], [Trouble("pointer", "out")]):
        assert play([*story, Asked(number, ends=ends)])[1] == [Exit(128 + number)]


def test_other_signals_are_the_childs() -> None:
    user = Asked(signal.SIGUSR1, ends=False)
    assert play([user])[1] == []
    assert play([*UP, user])[1][-1] == Relay(signal.SIGUSR1)


def test_nothing_to_start_with_in_time_ends_the_wrapper_but_only_before_the_first_start() -> None:
    assert play([PointerRead(active(1)), StartOver()])[1] == [Exit(3)]
    assert play([*UP, StartOver()])[1] == [Start(connection(1))]


EVENTS = st.one_of(
    st.integers(1, 4).map(lambda epoch: PointerRead(active(epoch))),
    st.builds(PointerRead, st.builds(active, st.integers(1, 4), st.sampled_from(["east", "west"]))),
    st.builds(read, st.integers(1, 4), st.sampled_from(["k1", "k2"]), fresh=st.booleans()),
    st.sampled_from([Trouble("vault", "out"), Trouble("pointer", "out")]),
    st.sampled_from([ChildEnded(0), ChildEnded(1), JitterOver(), GraceOver(), StartOver()]),
    st.sampled_from([TERM, Asked(signal.SIGHUP, ends=False)]),
)


@given(events=st.lists(EVENTS, max_size=40), stop_unread=st.booleans())
def test_on_any_story(events: list[Event], stop_unread: bool) -> None:
    state, child, asked, newest = State(stop_unread=stop_unread), False, False, 0
    for event in events:
        if isinstance(event, ChildEnded) and not child:
            continue  # The shell tells the end of a child that is there.
        child = child and not isinstance(event, ChildEnded)
        ending = asked
        asked = asked or event == TERM
        state, actions = decide(state, event)
        for action in actions:
            match action:
                case Start(found):
                    assert not child, "two children at once"
                    assert not ending, "a start after a request to end"
                    assert state.active is not None
                    assert found.epoch == state.active.epoch >= newest, "a start on a site of the past"
                    child, newest = True, found.epoch
                case Stop() | Relay() | Kill():
                    assert child, "a signal to nobody"
                case Exit():
                    assert not child, "the wrapper ended before its child"
        if any(isinstance(action, Exit) for action in actions):
            return
        assert state.has_child == child
        assert not (asked and not child), "asked to end, without a child, and still here"
