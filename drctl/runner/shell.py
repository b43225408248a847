"""Carries out what `machine.py` decides: signals, timers, the child, the watch. One queue, one event at a time."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from drctl.runner.child import Child
from drctl.runner.delivery import Delivery
from drctl.runner.machine import State, decide
from drctl.runner.status import Status
from drctl.runner.watch import Plan, Watch
from drctl.runner.words import (
    Action,
    Asked,
    ChildEnded,
    Event,
    Exit,
    GraceOver,
    JitterOver,
    Kill,
    Relay,
    Resolve,
    Say,
    Start,
    StartOver,
    Stop,
    Wait,
)
from kafkadr.clients import Connection
from kafkadr.errors import DrError

_ENDING = (signal.SIGTERM, signal.SIGINT)
_RELAYED = (signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_NOT_FOUND, _NOT_STARTED = 127, 126


@dataclass(frozen=True)
class Timing:
    """Seconds.

    Attributes:
        jitter: At most this long a change is held back, a random time.
        grace: From the polite signal to the kill.
        start: Within which the first child must have started.
    """

    jitter: float
    grace: float
    start: float


@dataclass
class Shell:
    """One run of the wrapper.

    Attributes:
        command: The child's command line.
        plan: What is watched.
        timing: See `Timing`.
        delivery: How the child gets its connection.
        status: The status file.
        say: Tells the operator.
        state: Where the machine begins.
    """

    command: Sequence[str]
    plan: Plan
    timing: Timing
    delivery: Delivery
    status: Status
    say: Callable[[str], None]
    state: State = field(default_factory=State)
    _queue: asyncio.Queue[Event] = field(default_factory=asyncio.Queue)
    _child: Child | None = None
    _timers: list[asyncio.TimerHandle] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _exit: int | None = None
    _unwritten: str = ""

    def __post_init__(self) -> None:
        self._watch = Watch(self.plan, self._post)

    async def run(self) -> int:
        """Run until the child ends or a signal says so; the exit code."""
        loop = asyncio.get_running_loop()
        for number in (*_ENDING, *_RELAYED):
            loop.add_signal_handler(number, self._post, Asked(number, ends=number in _ENDING))
        loops = [asyncio.ensure_future(look) for look in (self._watch.pointer(), self._watch.credentials())]
        loop.call_later(self.timing.start, self._post, StartOver())
        try:
            while self._exit is None:
                await self._handle(await self._queue.get())
            return self._exit
        finally:
            for look in loops:
                look.cancel()
            if self._child:  # Only when something here broke: better no client than one that nobody watches.
                self._child.send(signal.SIGKILL)
            self.delivery.remove()

    def _post(self, event: Event) -> None:
        self._queue.put_nowait(event)

    async def _handle(self, event: Event) -> None:
        if isinstance(event, ChildEnded):
            self._child = None
            self._cancel_timers()
        self.state, actions = decide(self.state, event)
        for action in actions:
            await self._perform(action)
        self._show()

    async def _perform(self, action: Action) -> None:
        match action:
            case Say(text):
                self.say(text)
            case Resolve(active):
                self._watch.resolve(active)
            case Wait():
                self._later(random.uniform(0, self.timing.jitter), JitterOver())  # noqa: S311 - spreads a fleet
            case Start(connection):
                await self._start(connection)
            case Stop(number) if self._child:
                self._child.asked = True
                self._child.send(number)
                self._later(self.timing.grace, GraceOver())
            case Relay(number) if self._child:
                self._child.send(number)
            case Kill() if self._child:
                self._child.send(signal.SIGKILL)
            case Exit(code):
                self._exit = code
            case _:  # The child has just ended by itself; its event is on the way.
                return

    async def _start(self, connection: Connection) -> None:
        try:
            environment = self.delivery.environment(connection)
            self._child = await Child.start(self.command, environment, self.timing.grace)
        except DrError as error:
            self.say(error.problem)
            self._post(ChildEnded(error.exit_code))
        except OSError as error:
            self.say(f"{self.command[0]} cannot be started ({error.strerror})")
            self._post(ChildEnded(_NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_STARTED))
        else:
            task = asyncio.create_task(self._follow(self._child))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _follow(self, child: Child) -> None:
        self._post(ChildEnded(await child.ended()))

    def _later(self, seconds: float, event: Event) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, self._post, event))

    def _cancel_timers(self) -> None:
        # Else the grace of a child that has ended in time would cut short that of its successor.
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _show(self) -> None:
        try:
            self.status.show(self.state, self._child.pid if self._child else None, self._exit)
        except DrError as error:
            if error.problem != self._unwritten:
                self._unwritten = error.problem
                self.say(error.problem)
        else:
            self._unwritten = ""
