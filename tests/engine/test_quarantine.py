"""Quarantine on the real engine: a kept link stops syncing in the flip, and a primary that returns does no harm."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from kafkadr.quarantine import SWITCHES
from tests.emulation import RunningEmulator
from tests.emulator.linked import DESTINATION, SOURCE, destination
from tests.engine import pairs, standing
from tests.engine.pairs import LINK, Pair
from tests.engine.pulumi_cli import kill_all_of
from tests.engine.standing import EAST, FAILOVER

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]

ALTER = "/links/{l}/configs:alter"
OFFSETS = {
    "consumer.offset.sync.enable": "true",
    "consumer.offset.sync.ms": "1000",
    "consumer.offset.group.filters": '{"groupFilters":[{"name":"*","patternType":"LITERAL","filterType":"INCLUDE"}]}',
    "acl.sync.enable": "false",
    "auto.create.mirror.topics.enable": "false",
}


def configs(emulator: RunningEmulator) -> dict[str, str]:
    rows = destination(emulator).get(f"/links/{LINK}/configs").json()["data"]
    return {r["name"]: r["value"] for r in rows}


def test_a_returning_primary_changes_neither_acls_nor_offsets_nor_topics_of_the_survivor(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    auto = {
        "mode": "auto-create",
        "topics": sorted(standing.TOPICS),
        "filters": [{"name": "new-", "patternType": "PREFIXED"}],
    }
    pair = standing.build(emulator, tmp_path, onboarding=auto)
    pair.produce("dr-topic", 10)
    pair.commit("app", "dr-topic", 10)
    first, second = (("dr-topic", f"User:sa-{name}", "READ") for name in ("one", "two"))
    for topic, principal, operation in (first, second):
        acl = {"resource_type": "TOPIC", "resource_name": topic, "principal": principal, "operation": operation}
        emulator.seed({"acls": [acl | {"cluster": EAST}]})
    emulator.advance(60)
    assert {first, second} <= pair.acls("west")
    _drop(pair, first)
    emulator.advance(60)
    assert first not in pair.acls("west"), "the sync does delete: this is what a quarantine is for"

    emulator.control("POST", f"/clusters/{EAST}/down", {"how": "close", "now": True})
    emulator.control("POST", "/cloud/down")
    pair.forget_log()
    pair.stack.edit(**FAILOVER)
    a_quarantine_that_fails_ends_red_when_clients_have_moved(pair)
    flip = pair.stack.up()
    assert flip.ok, flip.text
    template = "/kafka/v3/clusters/{cluster_id}/links/{link_name}"
    assert [m for m in pair.mutations() if "/links/" in m[2]] == [
        (pair.west, "POST", f"{template}/mirrors:failover"),
        (pair.west, "PUT", f"{template}/configs:alter"),  # refused
        (pair.west, "PUT", f"{template}/configs:alter"),
    ]
    assert {m[0] for m in pair.mutations()} == {pair.west}
    kept = pair.link_configs()
    assert [kept[switch] for switch in SWITCHES] == ["false"] * 3
    assert all("new-" in kept[f] for f in kept if f == "auto.create.mirror.topics.filters")
    assert "groupFilters" in kept["consumer.offset.group.filters"]

    emulator.control("POST", f"/clusters/{EAST}/up")
    emulator.control("POST", "/cloud/up")
    _drop(pair, second)
    pair.commit("app", "dr-topic", 3)
    pair.produce("dr-topic", 4)
    emulator.seed({"topics": [{"cluster": EAST, "name": "new-topic", "partitions": 1}]})
    emulator.advance(300)
    assert second in pair.acls("west")
    assert pair.committed("west", "app") == {("dr-topic", 0): (10, 10)}
    assert "new-topic" not in emulator.truth()["clusters"][pair.west]["topics"]
    mirror = pair.kafka("west").get(f"/links/{standing.LINK}/mirrors/dr-topic").json()
    assert mirror["mirror_lags"][0]["last_source_fetch_offset"] == 9  # S95: readable as before

    pair.forget_log()
    assert pair.stack.up("--expect-no-changes").ok
    assert pair.stack.refresh().ok
    assert pair.stack.up("--expect-no-changes").ok
    assert pair.mutations() == []

    names = ["--cluster", pair.west, "--link", standing.LINK, "--epoch", "2"]
    where = ["--source-rest", pair.rest(EAST), "--source-cluster", EAST]
    strays = pair.drctl("divergence", *names, *where, "--json")
    assert strays.returncode == 1, strays.stdout + strays.stderr
    found = json.loads(strays.stdout)
    assert [(s["source"], s["from"], s["to"]) for s in found["strays"]] == [("dr-topic", 10, 13)]
    assert found["unseen"] == ["orders/0", "orders/1", "orders/2"]  # no group reads them


def a_quarantine_that_fails_ends_red_when_clients_have_moved(pair: standing.StandingPair) -> None:
    """Neither the flip nor the pointer waits for it (S43), and nobody takes the run for a good one."""
    body = {"error_code": 40301, "message": "not allowed"}
    fault = pair.emulator.fault({"status": 403, "body": body}, path=ALTER)
    red = pair.stack.up()
    said = " ".join(red.text.split())
    assert not red.ok
    assert f"clients have moved, but a link is not in quarantine: link {standing.LINK}: " in said
    assert "not allowed" in said
    assert "Traceback" not in said
    outputs = pair.stack.outputs()
    assert outputs["active"]["site"] == "west"
    assert set(outputs["mirrors"]["states"]) == {"STOPPED"}
    assert json.loads((pair.folder / "pointer").read_text("utf-8"))["site"] == "west"
    pair.emulator.control("DELETE", f"/faults/{fault}")


def _drop(pair: standing.StandingPair, acl: tuple[str, str, str]) -> None:
    name, principal, operation = acl
    query = {
        "resource_type": "ANY",
        "resource_name": name,
        "pattern_type": "ANY",
        "principal": principal,
        "host": "*",
        "operation": operation,
        "permission": "ANY",
    }
    assert pair.kafka("east").delete("/acls", params=query).is_success


def flipped(emulator: RunningEmulator, folder: Path, desired: str) -> Pair:
    """A pair whose mirrors are wanted in `desired`, and their link in quarantine."""
    pair = pairs.build(emulator, folder, 3)
    pair.want("ACTIVE", links={LINK: OFFSETS})
    assert pair.stack.up().ok
    pair.want(desired, links={LINK: OFFSETS}, quarantine=True)
    return pair


def outcome(pair: Pair) -> dict[str, Any]:
    found: dict[str, Any] = pair.stack.outputs()["m"]["quarantined"]
    return found


def test_a_failover_does_not_wait_for_a_quarantine_that_fails_and_the_next_run_takes_it_up(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = flipped(emulator, tmp_path, "FAILED_OVER")
    fault = emulator.fault({"status": 403, "body": {"error_code": 40301, "message": "not allowed"}}, path=ALTER)
    ran = pair.stack.up()
    assert ran.ok, ran.text
    assert "link dr is not quarantined" in ran.text
    assert "not allowed" in outcome(pair)[LINK]
    assert set(pair.statuses().values()) == {"STOPPED"}

    assert not pair.stack.preview("--expect-no-changes").ok
    emulator.control("DELETE", f"/faults/{fault}")
    pair.forget_log()
    assert pair.stack.up().ok
    assert [r["method"] for r in pair.mutations()] == ["PUT"]
    assert outcome(pair) == {LINK: "quarantined"}
    assert configs(emulator)["consumer.offset.sync.enable"] == "false"
    assert pair.stack.up("--expect-no-changes").ok


def test_a_promotion_ends_red_when_its_link_still_syncs(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = flipped(emulator, tmp_path, "PROMOTED")
    fault = emulator.fault({"status": 403, "body": {"error_code": 40301, "message": "not allowed"}}, path=ALTER)
    ran = pair.stack.up()
    assert not ran.ok
    assert "The mirrors are promoted and stay so: run the same command again" in " ".join(ran.text.split())
    emulator.control("DELETE", f"/faults/{fault}")
    pair.forget_log()
    assert pair.stack.up().ok
    assert [r["method"] for r in pair.mutations()] == ["PUT"]
    assert outcome(pair) == {LINK: "quarantined"}


def test_killed_before_the_quarantine_a_rerun_does_it(emulator: RunningEmulator, tmp_path: Path) -> None:
    pair = flipped(emulator, tmp_path, "FAILED_OVER")
    fault = emulator.fault({"latency": 30}, path=ALTER)
    with pair.stack.start("up", "--yes", "--skip-preview") as process:
        while set(pair.statuses().values()) != {"STOPPED"}:
            assert process.poll() is None
            time.sleep(0.1)
        kill_all_of(process)
    emulator.control("DELETE", f"/faults/{fault}")
    assert pair.stack.run("cancel", "--yes").ok
    assert pair.stack.up().ok
    assert outcome(pair) == {LINK: "quarantined"}
    assert configs(emulator)["consumer.offset.sync.enable"] == "false"


def test_switches_turned_on_again_by_hand_are_found_by_a_refresh_and_turned_off(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = flipped(emulator, tmp_path, "FAILED_OVER")
    assert pair.stack.up().ok
    body = {"data": [{"name": "consumer.offset.sync.enable", "value": "true"}]}
    assert destination(emulator).put(f"/links/{LINK}/configs:alter", json=body).is_success
    assert pair.stack.refresh().ok
    (recorded,) = pair.stack.resources("kafkadr:index:MirrorState")
    assert recorded["outputs"]["quarantined"] == {LINK: "open"}
    assert pair.stack.up().ok
    assert configs(emulator)["consumer.offset.sync.enable"] == "false"


def test_a_link_that_mirrors_again_gets_its_switches_back(emulator: RunningEmulator, tmp_path: Path) -> None:
    """A quarantine of mirrors that never stopped stands for a link whose mirrors were rebuilt."""
    pair = pairs.build(emulator, tmp_path, 1)
    pair.want("ACTIVE", links={LINK: OFFSETS}, quarantine=True)
    assert pair.stack.up().ok
    assert outcome(pair) == {LINK: "quarantined"}
    pair.want("ACTIVE", links={LINK: OFFSETS})
    assert pair.stack.up().ok
    assert outcome(pair) == {LINK: "open"}
    assert configs(emulator)["consumer.offset.sync.enable"] == "true"
    assert "groupFilters" in configs(emulator)["consumer.offset.group.filters"]
    assert {SOURCE, DESTINATION} >= {r["cluster"] for r in pair.requests() if r["cluster"]}
