"""An operator or a CI system stops a flip: it ends, the lock is gone, and the same command goes on from there."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.emulator.linked import DESTINATION
from tests.engine.pairs import FAILOVER, LINK, Pair, build
from tests.engine.pulumi_cli import COMMAND_SECONDS, kill_all_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

UPDATE = ("up", "--yes", "--skip-preview")


def steady(emulator: RunningEmulator, folder: Path, count: int = 3) -> Pair:
    pair = build(emulator, folder, count)
    pair.want("ACTIVE")
    assert pair.stack.run(*UPDATE).ok
    pair.want("FAILED_OVER", chunk_size=1)
    pair.forget_log()
    return pair


def until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.1)


def stopped(pair: Pair) -> int:
    return list(pair.statuses().values()).count("STOPPED")


def finish(process: subprocess.Popen[str]) -> str:
    try:
        text, _ = process.communicate(timeout=COMMAND_SECONDS)
    except subprocess.TimeoutExpired:
        kill_all_of(process)
        raise
    return text


def processes_of(process: subprocess.Popen[str]) -> list[int]:
    """What an ended command has left behind: each command has a session of its own. The dead do not count."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                if os.getsid(int(entry.name)) == process.pid and (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


def ledger(pair: Pair) -> str:
    (file,) = (pair.folder / "ledger").rglob("*.json")
    return str(json.loads(file.read_text())["state"])


def assert_a_rerun_ends_it(pair: Pair) -> None:
    ran = pair.stack.run(*UPDATE)
    assert ran.ok, ran.text
    assert stopped(pair) == len(pair.statuses())
    assert ledger(pair) == "closed"
    assert pair.stack.preview("--expect-no-changes").ok


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_between_two_batch_calls_a_rerun_makes_the_rest(
    emulator: RunningEmulator, tmp_path: Path, number: signal.Signals
) -> None:
    pair = steady(emulator, tmp_path)
    # The second of three calls has its effect, and its answer does not come.
    fault = emulator.fault({"latency": 60}, apply="after", path=FAILOVER, query={"validate_only": None}, nth=2)
    with pair.stack.start(*UPDATE) as process:
        until(lambda: stopped(pair) == 2, process)
        os.kill(process.pid, number)
        text = finish(process)
    emulator.control("DELETE", f"/faults/{fault}")

    assert process.returncode not in {0, -number}
    assert "cancelled by the operator" in text
    assert (stopped(pair), ledger(pair)) == (2, "open")
    assert processes_of(process) == []
    assert_a_rerun_ends_it(pair)
    assert len(pair.mutations()) == 3


def test_stopped_while_it_polls_a_rerun_only_waits(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = steady(emulator, tmp_path)
    emulator.settings(stop_mode="manual")
    with pair.stack.start(*UPDATE) as process:
        until(lambda: set(pair.statuses().values()) == {"PENDING_STOPPED"}, process)
        os.kill(process.pid, signal.SIGTERM)
        text = finish(process)

    assert process.returncode not in {0, -signal.SIGTERM}
    assert "cancelled by the operator" in text
    emulator.control("POST", f"/clusters/{DESTINATION}/links/{LINK}/mirrors:release")
    assert_a_rerun_ends_it(pair)
    assert len(pair.mutations()) == 3


def test_a_second_signal_at_once_leaves_nothing_that_a_rerun_cannot_end(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = steady(emulator, tmp_path)
    fault = emulator.fault({"latency": 60}, apply="after", path=FAILOVER, query={"validate_only": None}, nth=2)
    with pair.stack.start(*UPDATE) as process:
        until(lambda: stopped(pair) == 2, process)
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.05)  # The engine keeps one signal that it has not looked at yet, and drops a second one.
        os.kill(process.pid, signal.SIGINT)
        finish(process)
    emulator.control("DELETE", f"/faults/{fault}")

    assert process.returncode != 0
    assert processes_of(process) == []
    pair.stack.run("cancel", "--yes")  # Refuses when the engine has still taken its lock away itself.
    assert_a_rerun_ends_it(pair)
    assert len(pair.mutations()) == 3


def test_pulumi_cancel_of_a_live_run_a_second_run_meets_it_and_both_tell_the_truth(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    """With a file or object store, `pulumi cancel` takes the lock away and signals nobody: both runs go on."""
    pair = steady(emulator, tmp_path)
    fault = emulator.fault({"latency": 60}, apply="after", path=FAILOVER, query={"validate_only": None}, nth=2)
    with pair.stack.start(*UPDATE) as process:
        until(lambda: stopped(pair) == 2, process)
        assert not pair.stack.run(*UPDATE).ok  # locked
        assert pair.stack.run("cancel", "--yes").ok
        assert process.poll() is None
        second = pair.stack.run(*UPDATE)
        assert second.ok, second.text
        emulator.control("DELETE", f"/faults/{fault}")
        text = finish(process)

    assert process.returncode == 0, text
    assert "problem deleting the lock" in text
    assert stopped(pair) == 3
    # The call that got no answer is not repeated, as its topic is STOPPED; the third may be made by both.
    assert 3 <= len(pair.mutations()) <= 4
    assert ledger(pair) == "closed"
    assert pair.stack.preview("--expect-no-changes").ok
