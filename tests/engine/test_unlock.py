"""`drctl unlock` and the real engine's locks: a live run's stays, a killed run's goes, and the rerun converges."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.drctl.in_process import Done, run
from tests.emulation import RunningEmulator
from tests.engine.pairs import FAILOVER, Pair, build
from tests.engine.pulumi_cli import COMMAND_SECONDS, kill_all_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

UPDATE = ("up", "--yes", "--skip-preview")


def unlock(pair: Pair) -> Done:
    backend = pair.stack.env["PULUMI_BACKEND_URL"]
    return run(["unlock", "--backend", backend, "--stack", "small/test", "--owner-is-dead", "--older-than", "0s"], {})


def test_a_live_lock_is_never_broken_and_a_killed_runs_lock_is(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = build(emulator, tmp_path, 3)
    pair.want("ACTIVE")
    assert pair.stack.run(*UPDATE).ok
    assert unlock(pair).returncode == 0
    pair.want("FAILED_OVER")
    fault = emulator.fault({"latency": 120}, apply="after", path=FAILOVER, query={"validate_only": None}, times=1)
    with pair.stack.start(*UPDATE) as process:
        while set(pair.statuses().values()) != {"STOPPED"}:
            assert process.poll() is None
            time.sleep(0.1)
        for _ in range(10):
            refused = unlock(pair)
            assert refused.returncode == 4, refused.stdout
        assert "stays (alive)" in " ".join(refused.stdout.split())
        kill_all_of(process)
        process.wait(COMMAND_SECONDS)
    emulator.control("DELETE", f"/faults/{fault}")

    assert "locked" in pair.stack.run(*UPDATE).text
    broken = unlock(pair)
    assert broken.returncode == 0, broken.stdout
    pair.forget_log()
    ran = pair.stack.run(*UPDATE)
    assert ran.ok, ran.text
    assert pair.mutations() == []
    assert unlock(pair).returncode == 0
