"""A flip that the state never heard of, since it could not be saved or was not to be: the next run writes it down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.emulator.linked import DESTINATION
from tests.engine.pairs import FAILOVER, Pair
from tests.engine.pulumi_cli import COMMAND_SECONDS, kill_all_of
from tests.engine.test_cancel import UPDATE, finish, steady, until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]


def fired(emulator: RunningEmulator) -> bool:
    return any(fault["fired"] for fault in emulator.control("GET", "/faults")["faults"])


def assert_written_down_without_a_call(pair: Pair) -> None:
    pair.emulator.control("DELETE", "/faults")
    pair.forget_log()
    ran = pair.stack.run(*UPDATE)
    assert ran.ok, ran.text
    assert pair.mutations() == []
    (state,) = pair.stack.resources("kafkadr:index:MirrorState")
    assert state["outputs"]["states"] == {"STOPPED": 3}
    assert not pair.stack.export().get("pending_operations")
    assert pair.stack.preview("--expect-no-changes").ok


def test_a_run_without_checkpoints_that_is_killed_leaves_no_trace_and_the_next_one_writes_the_flip_down(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = steady(emulator, tmp_path)
    pair.want("FAILED_OVER")
    before = pair.stack.export()
    emulator.fault({"hang": True}, "after", path=FAILOVER, cluster=DESTINATION, query={"validate_only": None})
    env = pair.stack.env | {"PULUMI_SKIP_CHECKPOINTS": "true", "PULUMI_EXPERIMENTAL": "true"}
    with replace(pair.stack, env=env).start(*UPDATE) as process:
        until(lambda: fired(emulator), process)
        kill_all_of(process)
        process.wait(COMMAND_SECONDS)
    assert set(pair.statuses().values()) == {"STOPPED"}
    assert pair.stack.run("cancel", "--yes").ok
    assert pair.stack.export() == before
    assert_written_down_without_a_call(pair)


@pytest.mark.nightly  # The engine tries for half a minute.
def test_a_state_that_cannot_be_saved_ends_red_and_the_next_run_writes_the_flip_down(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = steady(emulator, tmp_path)
    pair.want("FAILED_OVER")
    emulator.fault({"latency": 3}, path=FAILOVER, cluster=DESTINATION, query={"validate_only": None})
    folder = tmp_path / "small" / "state" / ".pulumi" / "stacks" / "small"
    with pair.stack.start(*UPDATE) as process:
        until(lambda: fired(emulator), process)
        folder.rename(folder.with_name("aside"))
        folder.write_text("no folder", "utf-8")
        text = finish(process)
    assert process.returncode not in {0, None}
    assert "failed to save snapshot" in text
    folder.unlink()
    folder.with_name("aside").rename(folder)
    assert set(pair.statuses().values()) == {"STOPPED"}
    assert_written_down_without_a_call(pair)
