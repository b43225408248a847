"""A promotion under faults on the real engine: refused rows, a kill in the wait and after the call, run twice."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.emulation import RunningEmulator
from tests.emulator.linked import SOURCE
from tests.engine import pairs
from tests.engine.pairs import Pair
from tests.engine.pulumi_cli import kill_all_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

PROMOTE = "/links/{l}/mirrors:promote"
LIST = "/links/{l}/mirrors"


def wanted(emulator: RunningEmulator, folder: Path, **more: Any) -> Pair:
    """A pair of five mirrors at rest, wanted PROMOTED."""
    pair = pairs.build(emulator, folder, 5)
    pair.want("ACTIVE")
    assert pair.stack.up().ok
    pair.want("PROMOTED", groups=[{"name": "*"}], **({"offset_sync_ms": 1000} | more))
    pair.forget_log()
    return pair


def calls(pair: Pair) -> int:
    return len(pair.mutations())


def test_a_row_refused_at_preview_promotes_nothing_and_one_refused_later_is_taken_up_again(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = wanted(emulator, tmp_path)
    rule = {"row_error": {"names": ["t1"], "code": 401, "message": "Not authorized"}}
    fault = emulator.fault(rule, path=PROMOTE)
    refused = pair.stack.preview()
    assert not refused.ok
    assert "1 of 5 mirrors cannot become PROMOTED" in refused.text
    emulator.control("DELETE", f"/faults/{fault}")

    fault = emulator.fault(rule, path=PROMOTE, query={"validate_only": None})
    late = pair.stack.up()
    assert not late.ok
    assert "t1     ACTIVE  401   Not authorized" in late.text
    assert [n for n, s in pair.statuses().items() if s != "STOPPED"] == ["t1"]
    emulator.control("DELETE", f"/faults/{fault}")
    pair.forget_log()
    assert pair.stack.up().ok
    assert calls(pair) == 1
    assert set(pair.statuses().values()) == {"STOPPED"}
    assert pair.stack.up("--expect-no-changes").ok


def test_killed_in_the_wait_nothing_happened_and_a_rerun_promotes(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = wanted(emulator, tmp_path, offset_sync_ms=60_000)
    with pair.stack.start("up", "--yes", "--skip-preview") as process:
        while not any("lags" in r["template"] or r["template"].endswith("/consumer-groups") for r in pair.requests()):
            assert process.poll() is None
            time.sleep(0.1)
        kill_all_of(process)
    assert calls(pair) == 0
    assert set(pair.statuses().values()) == {"ACTIVE"}
    assert pair.stack.run("cancel", "--yes").ok
    pair.want("PROMOTED", groups=[{"name": "*"}], offset_sync_ms=1000)
    assert pair.stack.up().ok
    assert set(pair.statuses().values()) == {"STOPPED"}


def test_killed_after_the_call_a_rerun_calls_nothing(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = wanted(emulator, tmp_path)
    fault = emulator.fault({"latency": 30}, apply="after", path=PROMOTE, query={"validate_only": None}, times=1)
    with pair.stack.start("up", "--yes", "--skip-preview") as process:
        while set(pair.statuses().values()) != {"STOPPED"}:
            assert process.poll() is None
            time.sleep(0.1)
        kill_all_of(process)
    emulator.control("DELETE", f"/faults/{fault}")
    assert pair.stack.run("cancel", "--yes").ok
    emulator.control("POST", f"/clusters/{SOURCE}/down", {"how": "close", "now": True})
    pair.forget_log()
    assert pair.stack.up().ok  # what is promoted needs no source and no wait
    assert calls(pair) == 0
    (ledger,) = (tmp_path / "ledger").rglob("epoch-*.json")
    assert json.loads(ledger.read_text("utf-8"))["state"] == "closed"


def test_a_producer_that_starts_in_the_wait_ends_the_promotion_before_it_began(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = wanted(emulator, tmp_path, offset_sync_ms=4000, budget_seconds=20)
    hold = f"/clusters/lkc-dst/links/{pairs.LINK}/mirrors/t2"
    with pair.stack.start("up", "--yes", "--skip-preview") as process:
        while not any(r["template"].endswith(LIST.replace("{l}", "{link_name}")) for r in pair.requests()):
            assert process.poll() is None
            time.sleep(0.1)
        emulator.control("PUT", hold, {"hold_lag": {"0": 3}})
        emulator.control("POST", f"/clusters/{SOURCE}/topics/t2/records", {"partition": 0, "count": 3})
        text, _ = process.communicate(timeout=200)
    assert process.returncode != 0
    assert "3 records are not mirrored yet" in text
    assert calls(pair) == 0
    assert set(pair.statuses().values()) == {"ACTIVE"}
