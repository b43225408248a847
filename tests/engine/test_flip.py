"""A flip on the real engine: how many calls, what a refusal does, what a kill leaves behind, what it costs."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import pytest

from tests.emulation import RunningEmulator
from tests.emulator.linked import DESTINATION, SOURCE, destination
from tests.engine.pairs import FAILOVER, LINK, Pair, build
from tests.engine.pulumi_cli import kill_all_of
from tests.settled import written_off

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]


def steady(emulator: RunningEmulator, folder: Path, count: int) -> Pair:
    pair = build(emulator, folder, count)
    pair.want("ACTIVE")
    assert pair.stack.up().ok
    return pair


def synced(pair: Pair, group: str) -> None:
    """A group that read on the source, whose offset has arrived on the destination."""
    offsets = {"offsets": {"t0": {"0": 0}}, "active": False}
    pair.emulator.control("PUT", f"/clusters/{SOURCE}/groups/{group}", offsets)
    kafka = destination(pair.emulator)
    while kafka.get(f"/consumer-groups/{group}/lags").status_code == 404:
        time.sleep(0.1)


@pytest.mark.parametrize("count", [1, 25, 1000])
def test_a_flip_takes_one_call_per_500_mirrors_and_asks_only_the_survivor(
    emulator: RunningEmulator, tmp_path: Path, count: int
) -> None:
    pair = steady(emulator, tmp_path, count)
    synced(pair, "billing")
    emulator.control("POST", f"/clusters/{SOURCE}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down")
    pair.want("FAILED_OVER", groups=[{"name": "billing"}])
    pair.forget_log()

    ran = pair.stack.up()

    assert ran.ok, ran.text
    requests = pair.requests()
    assert {r["cluster"] for r in requests} == {DESTINATION}
    assert len(pair.mutations()) == math.ceil(count / 500)
    assert len(requests) <= math.ceil(count / 500) + 6
    about_groups = [r["path"].partition("/consumer-groups")[2] for r in requests if "/consumer-groups" in r["path"]]
    assert about_groups == ["/billing/lags"] * 2  # In the preview, and again for what the ledger records.
    (ledger,) = (tmp_path / "ledger").rglob("*.json")
    assert [g["group"] for g in json.loads(ledger.read_text())["groups"]] == ["billing"]
    assert set(pair.statuses().values()) == {"STOPPED"}
    assert pair.stack.up("--expect-no-changes").ok
    assert pair.stack.refresh("--expect-no-changes").ok


def test_refused_rows_are_named_the_others_flip_and_a_rerun_takes_up_only_these(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = steady(emulator, tmp_path, 5)
    refused = ["t1", "t3"]
    rule = {"row_error": {"names": refused, "code": 401, "message": "Not authorized"}}
    fault = emulator.fault(rule, path=FAILOVER, query={"validate_only": None})
    pair.want("FAILED_OVER")

    for _ in range(2):  # The second run is the one that the stock provider ends green (failure-modes V6).
        ran = pair.stack.up()

        assert not ran.ok
        for name in refused:
            assert f"{name:5}  ACTIVE  401   Not authorized" in ran.text
        assert [n for n, s in pair.statuses().items() if s != "STOPPED"] == refused

    emulator.control("DELETE", f"/faults/{fault}")
    pair.forget_log()
    assert pair.stack.up().ok
    assert len(pair.mutations()) == 1
    assert set(pair.statuses().values()) == {"STOPPED"}


def test_a_mirror_that_appears_after_the_flip_makes_the_next_run_act(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = steady(emulator, tmp_path, 2)
    pair.want("FAILED_OVER")
    assert pair.stack.up().ok
    emulator.seed({"topics": [{"cluster": SOURCE, "name": "late", "partitions": 1}]})
    kafka = destination(emulator)
    assert kafka.post(f"/links/{LINK}/mirrors", json={"source_topic_name": "late"}).is_success

    assert not pair.stack.preview("--expect-no-changes").ok
    assert pair.stack.up().ok
    assert pair.statuses()["late"] == "STOPPED"


def test_killed_between_the_call_and_the_state_write_a_rerun_converges(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = steady(emulator, tmp_path, 3)
    pair.want("FAILED_OVER")
    fault = emulator.fault({"latency": 30}, apply="after", path=FAILOVER, query={"validate_only": None}, times=1)
    with pair.stack.start("up", "--yes", "--skip-preview") as process:
        while set(pair.statuses().values()) != {"STOPPED"}:
            assert process.poll() is None
            time.sleep(0.1)
        kill_all_of(process)
    emulator.control("DELETE", f"/faults/{fault}")

    locked = pair.stack.up()
    assert not locked.ok
    assert "lock" in locked.text
    assert pair.stack.run("cancel", "--yes").ok
    pair.forget_log()
    assert pair.stack.up().ok
    assert pair.mutations() == []
    (ledger,) = (tmp_path / "ledger").rglob("*.json")
    assert json.loads(ledger.read_text())["state"] == "closed"
    assert pair.stack.up("--expect-no-changes").ok


def test_the_seeds_three_cases_forecast_ledger_and_truth_agree(emulator: RunningEmulator, tmp_path: Path) -> None:
    emulator.control("POST", "/clock", {"mode": "manual"})
    pair = steady(emulator, tmp_path, 1)
    topic = "t0"
    groups = f"/clusters/{SOURCE}/groups"
    produce = f"/clusters/{SOURCE}/topics/{topic}/records"
    emulator.control("POST", produce, {"partition": 0, "count": 101})
    emulator.advance(5)
    pair.hand(topic, hold_lag={"0": 5})
    emulator.control("POST", produce, {"partition": 0, "count": 5})
    emulator.control("PUT", f"{groups}/behind", {"offsets": {topic: {"0": 96}}, "active": False})
    emulator.control("PUT", f"{groups}/ahead", {"offsets": {topic: {"0": 106}}, "active": False})
    emulator.advance(5)
    emulator.control("POST", f"/clusters/{SOURCE}/down", {"how": "close", "now": True})
    pair.want("FAILED_OVER", groups=[{"name": "*"}])

    preview = pair.stack.preview()
    assert preview.ok
    assert "101-105" in preview.text
    assert "may read 96-100 again" in preview.text
    assert "read up to 105, clamped to 100" in preview.text
    assert pair.stack.up().ok

    (file,) = (tmp_path / "ledger").rglob("*.json")
    ledger = json.loads(file.read_text())
    assert ledger["topics"][topic]["partitions"] == [
        {"partition": 0, "lag": 5, "lastSourceFetchOffset": 100, "missing": [101, 105]}
    ]
    assert {(g["group"], g["restartAt"]) for g in ledger["groups"]} == {("ahead", 101), ("behind", 96)}
    kafka = destination(emulator)
    lags = {g: kafka.get(f"/consumer-groups/{g}/lags").json()["data"][0]["current_offset"] for g in ("ahead", "behind")}
    assert lags == {"ahead": 101, "behind": 96}
    forecast = pair.stack.outputs()["m"]["forecast"]
    assert (forecast["messagesAtRisk"], forecast["repeatsAtMost"], forecast["groupsClamped"]) == (5, 5, 1)


def test_an_empty_scope_is_refused_at_preview(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = steady(emulator, tmp_path, 0)
    pair.want("FAILED_OVER")
    pair.forget_log()

    ran = pair.stack.preview()

    assert not ran.ok
    assert "the scope is empty" in ran.text
    assert pair.mutations() == []


def test_an_unknown_lag_closes_the_bound_and_without_one_the_flip_goes_on_and_asks_for_a_word(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = steady(emulator, tmp_path, 2)
    pair.hand("t0", veil_lag={"0": "unknown"})
    pair.hand("t1", veil_lag={"0": "absent"})
    emulator.control("POST", f"/clusters/{SOURCE}/down", {"how": "close", "now": True})
    pair.want("FAILED_OVER", rpo_messages=1_000_000)
    pair.forget_log()

    bound = pair.stack.preview()

    assert not bound.ok
    assert "the lag of 2 partitions is unknown" in bound.text
    assert "raising rpoMessages does not help" in bound.text
    assert pair.mutations() == []

    pair.want("FAILED_OVER")
    ran = pair.stack.up()

    assert ran.ok, ran.text
    assert "the lag of 2 partitions is unknown" in ran.text
    assert set(pair.statuses().values()) == {"STOPPED"}
    (file,) = (tmp_path / "ledger").rglob("*.json")
    ledger = json.loads(file.read_text())
    assert ledger["state"] == "closed"
    for name in ("t0", "t1"):
        (row,) = ledger["topics"][name]["partitions"]
        assert (row["lag"], row["missing"]) == (None, [0, None])
    forecast = pair.stack.outputs()["m"]["forecast"]
    assert (forecast.get("messagesAtRisk"), forecast["partitionsUnknown"]) == (None, 2)
    assert pair.stack.up("--expect-no-changes").ok

    kept = pair.stack.run("destroy", "--yes")
    assert not kept.ok
    assert "t0 partition 0, offsets 0-unknown" in kept.text
    file.write_text(json.dumps(written_off(ledger)), "utf-8")
    assert pair.stack.run("destroy", "--yes").ok
