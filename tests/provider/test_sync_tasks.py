"""What `MirrorState` tells of its links' syncs: in a preview that changes nothing, in a failover, in a promotion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kafkadr.errors import RefusedError
from provider.mirror_state import MirrorStateResource
from tests.emulation import RunningEmulator, in_thread
from tests.emulator import linked
from tests.emulator.linked import DESTINATION
from tests.engine.pairs import OFFSET_SYNC
from tests.provider.one_resource import OneResource

REASON = {"error_code": "AUTHORIZATION_ERROR", "error_message": "The link's key may not describe the source's ACLs."}


@pytest.fixture(scope="module")
def running() -> Iterator[RunningEmulator]:
    with in_thread() as emulator:
        yield emulator


@pytest.fixture
def emulator(running: RunningEmulator) -> RunningEmulator:
    running.reset()
    linked.build(running, 2, **OFFSET_SYNC)
    made = linked.destination(running).post("/links", params={"link_name": "acls"}, json=linked.link_body())
    assert made.is_success
    return running


@pytest.fixture
def mirrors(emulator: RunningEmulator, tmp_path: Path) -> OneResource:
    found = OneResource(
        MirrorStateResource(),
        restEndpoint=f"{emulator.url}/k/{DESTINATION}",
        clusterId=DESTINATION,
        linkName="dr",
        credentials={"key": "DST", "secret": "dst-secret"},
        desired="ACTIVE",
        ledgerUrl=(tmp_path / "ledger").as_uri(),
        links={"dr": {}, "acls": {}},
        offsetSyncMs=1000,
    )
    found.up()
    return found


def fail(emulator: RunningEmulator, task: str, link: str = "dr") -> None:
    emulator.control("PUT", f"/clusters/{DESTINATION}/links/{link}/tasks/{task}", REASON)


def told(lines: list[str]) -> list[str]:
    return [line.partition(", so ")[0] for line in lines if "IN_ERROR" in line]


def test_a_steady_preview_names_the_tasks_in_error_of_every_link_of_the_pair(
    emulator: RunningEmulator, mirrors: OneResource
) -> None:
    assert (mirrors.changes(), mirrors.remarks()) == ([], [])
    fail(emulator, "ConsumerOffsetSync")
    fail(emulator, "TopicConfigsSync", "acls")
    assert mirrors.changes() == []
    assert told(mirrors.remarks()) == [
        "link acls: TopicConfigsSync is IN_ERROR",
        "link dr: ConsumerOffsetSync is IN_ERROR",
    ]


def test_a_steady_preview_says_so_when_it_cannot_know(emulator: RunningEmulator, mirrors: OneResource) -> None:
    emulator.fault({"status": 403}, path="/links/{l}", method="GET")
    assert [line.partition(": ")[2] for line in mirrors.remarks()] == [
        "whether its sync tasks are in error is unknown: GET /links/{link} answered 403 (403): injected fault"
    ] * 2


@pytest.mark.parametrize("action", [None, {"status": 403}, {"hang": True}])
def test_a_failover_is_warned_and_never_refused(
    emulator: RunningEmulator, mirrors: OneResource, monkeypatch: pytest.MonkeyPatch, action: dict[str, Any] | None
) -> None:
    monkeypatch.setattr("kafkadr.tasks.READ_SECONDS", 0.5)
    fail(emulator, "ConsumerOffsetSync")
    if action:
        emulator.fault(action, path="/links/{l}", method="GET")
    mirrors.up(desired="FAILED_OVER", epoch=2)
    seen = told(mirrors.said) if action is None else [line for line in mirrors.said if "in error is unknown" in line]
    assert len(seen) == (1 if action is None else 2)
    assert set(linked.statuses(linked.destination(emulator)).values()) == {"STOPPED"}
    emulator.control("DELETE", "/log")
    assert mirrors.remarks(desired="FAILED_OVER", epoch=2) == []
    assert emulator.log() == []


def test_a_promotion_is_refused_in_preview_and_in_the_update(emulator: RunningEmulator, mirrors: OneResource) -> None:
    fail(emulator, "ConsumerOffsetSync")
    with pytest.raises(RefusedError, match="ConsumerOffsetSync is IN_ERROR: AUTHORIZATION_ERROR: The link's key"):
        mirrors.preview(desired="PROMOTED", epoch=2)
    with pytest.raises(RefusedError, match="does not sync offsets"):
        mirrors.up_without_preview(desired="PROMOTED", epoch=2)
    assert set(linked.statuses(linked.destination(emulator)).values()) == {"ACTIVE"}


def test_a_preview_tells_why_a_mirror_hangs(emulator: RunningEmulator, mirrors: OneResource) -> None:
    busy = {"offsets": {"t0": {"0": 9}}, "active": True}
    emulator.control("PUT", f"/clusters/{DESTINATION}/groups/app", busy)
    linked.destination(emulator).post("/links/dr/mirrors:failover", json={"mirror_topic_names": ["t0", "t1"]})
    mirrors.preview(desired="FAILED_OVER", epoch=2)
    line = "mirror t0 stays PENDING_STOPPED: CONSUMER_GROUP_IN_USE_ERROR: Group app"
    assert any(said.startswith(line) for said in mirrors.said)
