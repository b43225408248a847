"""`drctl run` ends: asked in any phase, with a child that will not, and with what a child leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.drctl.runner.world import ROOT, World, Wrapper, eventually

# Whatever is waited for in these tests lasts for ever or for an hour: the wrapper ends in time or not at all.
LONG = ("--grace", "1h", "--start-timeout", "1h")
ENDED = {signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGHUP: 129, signal.SIGQUIT: 131}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def gone(wrapper: Wrapper) -> bool:
    notes = wrapper.journal("start") + wrapper.journal("grandchild")
    return not any(alive(note["pid"]) for note in notes)


@pytest.mark.parametrize("number", ENDED)
def test_while_there_is_no_pointer(world: World, number: int) -> None:
    with world.wrapper(*LONG) as wrapper:
        wrapper.until_told("there is no pointer at")
        wrapper.send(number)
        assert wrapper.code() == ENDED[signal.Signals(number)]


def test_while_the_pointer_hangs(world: World) -> None:
    os.mkfifo(world.folder / "pointer.json")
    status = world.folder / "status.json"
    with world.wrapper(*LONG, "--status-file", str(status)) as wrapper:
        # A signal for a child that is not there yet is swallowed, and shows that the handlers are in place.
        eventually(lambda: handles(wrapper.process.pid, signal.SIGUSR1), "handlers")
        wrapper.send(signal.SIGUSR1)
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 143


def handles(pid: int, number: int) -> bool:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    caught = next(line for line in lines if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


def test_while_the_vault_hangs(world: World) -> None:
    world.flip(1)
    with world.unreadable("east", hangs=True), world.wrapper(*LONG) as wrapper:
        wrapper.until_told("the pointer names east")
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 143


def test_while_the_vault_fails(world: World) -> None:
    world.flip(1)
    with world.unreadable("east"), world.wrapper(*LONG) as wrapper:
        wrapper.until_told("cannot be read")
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 143


def test_while_the_child_starts(world: World) -> None:
    world.flip(1)
    with world.wrapper(*LONG) as wrapper:
        wrapper.until_told("starting the child")
        wrapper.send(signal.SIGTERM)
        # Before its own handler is in place the child dies of the signal.
        assert wrapper.code() in {0, 143}
        assert gone(wrapper)


def test_while_a_change_is_held_back(world: World) -> None:
    world.flip(1)
    with world.wrapper(*LONG, "--jitter", "1h") as wrapper:
        wrapper.until_started()
        world.flip(2)
        wrapper.until_told("moving the child to west")
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 0
        assert wrapper.starts() == ["east"]


def test_while_the_new_credentials_hang(world: World) -> None:
    world.flip(1)
    with world.unreadable("west", hangs=True), world.wrapper(*LONG) as wrapper:
        wrapper.until_started()
        world.flip(2)
        wrapper.until_told("the pointer names west")
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 0
        assert wrapper.starts() == ["east"]


def test_while_the_child_stops_for_a_change(world: World) -> None:
    world.flip(1)
    with world.wrapper("--grace", "2s", child=("stubborn",)) as wrapper:
        wrapper.until_started()
        world.flip(2)
        wrapper.until_signalled()
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 137
        assert wrapper.starts() == ["east"]
        assert gone(wrapper)


def test_a_child_that_ignores_the_signal_is_killed_after_the_grace(world: World) -> None:
    world.flip(1)
    with world.wrapper("--grace", "1s", child=("stubborn",)) as wrapper:
        wrapper.until_started()
        world.flip(2)
        wrapper.until_started(2)
        assert wrapper.starts() == ["east", "west"]
        assert wrapper.told.count("did not end in time: killing it") == 1
        first, second = (start["pid"] for start in wrapper.journal("start"))
        assert not alive(first)
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 137
        assert not alive(second)


def test_asked_twice_it_does_not_wait_for_the_grace(world: World) -> None:
    world.flip(1)
    with world.wrapper(*LONG, child=("stubborn",)) as wrapper:
        wrapper.until_started()
        wrapper.send(signal.SIGINT)
        wrapper.until_signalled()
        wrapper.send(signal.SIGINT)
        assert wrapper.code() == 137
        assert [note["name"] for note in wrapper.journal("signal")] == ["SIGINT"]


def test_the_childs_exit_code_is_the_wrappers_after_a_signal_too(world: World) -> None:
    world.flip(1)
    with world.wrapper(*LONG, child=("slow",), code=5) as wrapper:
        wrapper.until_started()
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 5


def test_signals_for_the_child_reach_it_and_nothing_else_happens(world: World) -> None:
    world.flip(1)
    with world.wrapper(*LONG) as wrapper:
        wrapper.until_started()
        for times, number in enumerate((signal.SIGHUP, signal.SIGUSR1), 1):
            wrapper.send(number)
            wrapper.until_signalled(times)
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 0
        assert [note["name"] for note in wrapper.journal("signal")] == ["SIGHUP", "SIGUSR1", "SIGTERM"]


def test_each_child_has_the_whole_grace_for_itself(world: World) -> None:
    world.flip(1)
    with world.wrapper("--grace", "4s", child=("stubborn-in-2",)) as wrapper:
        wrapper.until_started()
        world.flip(2)
        wrapper.until_started(2)
        # The grace of the first stop is still running here, for a child that has ended long since.
        time.sleep(1.5)
        before = time.monotonic()
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 137
        assert time.monotonic() - before > 3.9


@pytest.mark.parametrize("kind", ["orphan", "stubborn-child"])
def test_what_a_child_leaves_behind_goes_down_with_it(world: World, kind: str) -> None:
    world.flip(1)
    with world.wrapper("--grace", "1s", child=("family", "orphan", kind)) as wrapper:
        eventually(lambda: wrapper.journal("grandchild"), "a grandchild")
        assert wrapper.code() == 0
        assert gone(wrapper)


def test_the_next_child_starts_when_the_whole_family_is_gone(world: World) -> None:
    world.flip(1)
    with world.wrapper("--grace", "1s", child=("family", "stubborn-child")) as wrapper:
        eventually(lambda: wrapper.journal("grandchild"), "a grandchild")
        world.flip(2)
        wrapper.until_started(2)
        assert not alive(wrapper.journal("grandchild")[0]["pid"])
        assert wrapper.told.count("killing it") == 1


@pytest.mark.parametrize(("command", "code"), [("/no/such/command", 127), ("/etc/passwd", 126)])
def test_a_command_that_cannot_be_started_is_told(world: World, command: str, code: int) -> None:
    world.flip(1)
    arguments = ["--pointer", world.pointer_url, "--client", "orders-app", "--", command]
    done = subprocess.run(
        [sys.executable, "-m", "drctl", "run", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == code
    assert f"{command} cannot be started" in done.stderr


def test_nothing_to_start_with_in_time_is_exit_code_3(world: World) -> None:
    with world.wrapper("--start-timeout", "1s") as wrapper:
        assert wrapper.code() == 3
        assert "--start-timeout" in wrapper.told
