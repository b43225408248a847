"""What the wrapper does on which event: a pure machine; `shell.py` carries out its actions (S14).

Rules that hold in every state:
- The pointer is followed forwards only: an older epoch, or another site under the same epoch, is never followed.
- A child is only ever started with credentials of the newest pointer; one that runs is kept until these can be read.
- One change is one stop and one start: while a change is under way, later ones join it.
- A child that ends unasked ends the wrapper, with the child's exit code.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from signal import SIGHUP, SIGQUIT, SIGTERM

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
    Source,
    Start,
    StartOver,
    Stop,
    Trouble,
    Wait,
)
from kafkadr.clients import Connection
from kafkadr.errors import ExitCode
from kafkadr.pointer import Active


class Phase(StrEnum):
    """Where the wrapper is; also a field of the status file."""

    RESOLVING = "resolving"
    """No child, because the pointer or its credentials are not known yet."""
    RUNNING = "running"
    WAITING = "waiting"
    """A child runs, and is stopped when the jitter is over."""
    STOPPING = "stopping"
    """The child was asked to end and will be started anew."""
    ENDING = "ending"
    """The wrapper was asked to end."""


@dataclass(frozen=True)
class State:
    """All that a decision depends on.

    Attributes:
        phase: See `Phase`.
        floor: Epoch below which no pointer is followed.
        stop_unread: Stop the child at a flip even while the new credentials cannot be read.
        active: The newest pointer.
        ready: Connection of that pointer, None while it is not readable.
        running: Connection with which the child was started last.
        restarts: Starts of a child after the first.
        told: Per source the trouble that was told and is not over.
        refused: The pointer last refused, told once.
    """

    phase: Phase = Phase.RESOLVING
    floor: int = 0
    stop_unread: bool = False
    active: Active | None = None
    ready: Connection | None = None
    running: Connection | None = None
    restarts: int = 0
    told: dict[Source, str] = field(default_factory=dict)
    refused: Active | None = None

    @property
    def has_child(self) -> bool:
        """Whether a child is there, perhaps on its way out."""
        return self.phase is not Phase.RESOLVING


Decision = tuple[State, list[Action]]


def decide(state: State, event: Event) -> Decision:
    """The next state, and what to do to get there, in order."""
    match event:
        case PointerRead(active):
            decision = _pointer(*_recovered(state, "pointer"), active)
        case CredentialsRead(active, connection, fresh):
            recovered = _recovered(state, "vault") if fresh else (state, [])
            decision = _credentials(*recovered, active, connection)
        case Trouble():
            decision = _trouble(state, event)
        case ChildEnded(code):
            decision = _ended(state, code)
        case Asked(signal, ends):
            decision = _asked(state, signal, ends=ends)
        case JitterOver():
            decision = _jitter_over(state)
        case GraceOver():
            decision = _grace_over(state)
        case StartOver():
            decision = _start_over(state)
    return decision


def _recovered(state: State, source: Source) -> Decision:
    if source not in state.told:
        return state, []
    told = {other: problem for other, problem in state.told.items() if other != source}
    return replace(state, told=told), [Say(f"the {source} can be read again")]


def _pointer(state: State, said: list[Action], found: Active) -> Decision:
    known = state.active
    if known and found.place() == known.place():
        return replace(state, active=found), said
    backwards = found.epoch < max(state.floor, known.epoch if known else 0)
    if backwards or (known and found.epoch == known.epoch and found.site != known.site):
        if state.refused and state.refused.place() == found.place():
            return state, said
        epoch = known.epoch if known else state.floor
        text = f"the pointer names {found.site} with epoch {found.epoch}, after epoch {epoch}: not followed"
        return replace(state, refused=found), [*said, Say(text)]
    text = f"the pointer names {found.site}, epoch {found.epoch} (by {found.who}: {found.why})"
    state = replace(state, active=found, ready=None, refused=None)
    return state, [*said, Say(text), Resolve(found)]


def _credentials(state: State, said: list[Action], active: Active, found: Connection) -> Decision:
    if state.active is None or active.place() != state.active.place():
        return state, said
    state = replace(state, ready=found)
    if state.phase is Phase.RESOLVING:
        return _start(state, found, said)
    if state.phase is Phase.RUNNING and found != state.running:
        return replace(state, phase=Phase.WAITING), [*said, Say(_change(state.running, found)), Wait()]
    return state, said


def _change(old: Connection | None, new: Connection) -> str:
    if old and (old.epoch, old.cluster_id, old.bootstrap_servers) == (new.epoch, new.cluster_id, new.bootstrap_servers):
        return f"the credentials for {new.site} were changed: restarting the child"
    return f"moving the child to {new.site}, epoch {new.epoch}"


def _start(state: State, connection: Connection, said: list[Action]) -> Decision:
    restarts = state.restarts + (state.running is not None)
    text = f"starting the child on {connection.site}, epoch {connection.epoch}: {connection.bootstrap_servers}"
    state = replace(state, phase=Phase.RUNNING, running=connection, restarts=restarts)
    return state, [*said, Say(text), Start(connection)]


def _trouble(state: State, trouble: Trouble) -> Decision:
    source, problem = trouble.source, trouble.problem
    stop = source == "vault" and state.stop_unread and state.phase is Phase.RUNNING and _flipped(state)
    # Once per outage; while nothing runs yet, each new problem, since then somebody is looking.
    known = source in state.told and (state.has_child or state.told[source] == problem)
    state = replace(state, told=state.told | {source: problem})
    said: list[Action] = [] if known else [Say(f"{problem}; {_meanwhile(state, trouble, stop=stop)}")]
    if stop:
        return replace(state, phase=Phase.STOPPING), [*said, Stop(SIGTERM)]
    return state, said


def _flipped(state: State) -> bool:
    return state.active is not None and state.running is not None and state.active.epoch > state.running.epoch


def _meanwhile(state: State, trouble: Trouble, *, stop: bool) -> str:
    if stop:
        return "stopping the child until it can be read"
    if state.has_child and state.running:
        return f"going on with {state.running.site}, epoch {state.running.epoch}"
    return f"waiting. {trouble.remedy}" if trouble.remedy else "waiting"


def _jitter_over(state: State) -> Decision:
    if state.phase is not Phase.WAITING:
        return state, []
    if state.ready is None or state.ready == state.running:
        # A second flip came in between and its credentials are not here yet, or the change was taken back.
        return replace(state, phase=Phase.RUNNING), []
    return replace(state, phase=Phase.STOPPING), [Say("stopping the child"), Stop(SIGTERM)]


def _grace_over(state: State) -> Decision:
    if state.phase not in {Phase.STOPPING, Phase.ENDING}:
        return state, []
    return state, [Say("the child did not end in time: killing it"), Kill()]


def _ended(state: State, code: int) -> Decision:
    if state.phase is not Phase.STOPPING:
        return state, [Say(f"the child ended with exit code {code}"), Exit(code)]
    state = replace(state, phase=Phase.RESOLVING)
    if state.ready is None:
        return state, [Say("the child has ended; waiting for the new credentials")]
    return _start(state, state.ready, [])


def _asked(state: State, signal: int, *, ends: bool) -> Decision:
    # To a child a hang-up may mean "read your settings again" and a quit "dump your threads"; here: end.
    if not state.has_child:
        return state, [Exit(128 + signal)] if ends or signal in {SIGHUP, SIGQUIT} else []
    if not ends:
        return state, [Relay(signal)]
    if state.phase is Phase.ENDING:
        return state, [Say("asked to end once more: killing the child"), Kill()]
    ending = replace(state, phase=Phase.ENDING)
    if state.phase is Phase.STOPPING:
        return ending, [Say("ending when the child has ended")]
    return ending, [Say("stopping the child, then ending"), Stop(signal)]


def _start_over(state: State) -> Decision:
    if state.has_child or state.running:
        return state, []
    return state, [Say("nothing to start with in time; see --start-timeout"), Exit(ExitCode.UNREACHABLE)]
