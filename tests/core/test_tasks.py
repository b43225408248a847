"""The sync tasks of a link and the reasons of mirrors that hang: told in a failover, decisive in a promotion."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from kafkadr.demoting import Demotion
from kafkadr.desired import Desired
from kafkadr.errors import RefusedError
from kafkadr.flip import look_at
from kafkadr.notices import Notices, notices
from kafkadr.promotion.waiting import assess, settle
from kafkadr.rest import KafkaRest
from kafkadr.stopping import IncompleteError, Stop
from kafkadr.survey import Wish
from kafkadr.tasks import glance, tasks_of
from kafkadr.wire import Link, Mirror
from tests.core.test_promotion import SYNC, client, produce, terms
from tests.emulation import RunningEmulator, in_thread
from tests.emulator import linked
from tests.emulator.linked import DESTINATION, SOURCE

OFFSETS, ACLS = "ConsumerOffsetSync", "AclSync"
ONE_LINK = {"path": "/links/{l}", "method": "GET"}
ONE_MIRROR = {"path": "/links/{l}/mirrors/{m}", "method": "GET"}
TOLD = r"link dr does not sync offsets: ConsumerOffsetSync is IN_ERROR: AUTHORIZATION_ERROR: no right on groups \(give"


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with in_thread() as running:
        linked.build(running, 2, **SYNC)
        yield running


def fail(emulator: RunningEmulator, task: str = OFFSETS) -> None:
    body = {"error_code": "AUTHORIZATION_ERROR", "error_message": "no right on groups."}
    emulator.control("PUT", f"/clusters/{DESTINATION}/links/dr/tasks/{task}", body)


def mend(emulator: RunningEmulator, task: str = OFFSETS) -> None:
    emulator.control("DELETE", f"/clusters/{DESTINATION}/links/dr/tasks/{task}")


def ask(emulator: RunningEmulator, question: Callable[[KafkaRest], Coroutine[Any, Any, Any]]) -> Any:
    async def run() -> Any:
        async with client(emulator, "new", 20) as rest:
            return await question(rest)

    return asyncio.run(run())


def promoted(emulator: RunningEmulator, interval: float = 0.2, *, preview: bool = False) -> None:
    """The wait of a promotion, or its preview; raises what it raises."""

    async def question(rest: KafkaRest) -> None:
        seen = await look_at(rest, Wish("dr", Desired.PROMOTED))
        if preview:
            await assess(rest, seen, terms(20, interval))
        else:
            await settle(rest, seen, terms(20, interval), lambda _: None)

    ask(emulator, question)


def demoted(emulator: RunningEmulator) -> None:
    async def run() -> None:
        async with client(emulator, "old", 20) as old, client(emulator, "new", 20) as new:
            await Demotion(old, new, "dr", 0.2, lambda _: None).wait()

    asyncio.run(run())


def failover(emulator: RunningEmulator, folder: Path, seconds: float) -> list[str]:
    """A failover; the steps that it told."""
    said: list[str] = []

    async def run() -> None:
        async with client(emulator, "new", seconds) as rest:
            stop = Stop(Wish("dr", Desired.FAILED_OVER), 2, folder.as_uri())
            await stop.run(rest, said.append, said.append)

    asyncio.run(run())
    return said


@pytest.mark.parametrize("preview", [True, False])
def test_a_promotion_needs_the_offset_sync_to_be_well_and_names_the_services_reason(
    emulator: RunningEmulator, *, preview: bool
) -> None:
    fail(emulator)
    with pytest.raises(RefusedError, match=TOLD):
        promoted(emulator, preview=preview)
    promoted(emulator, 0.0, preview=preview)  # syncs no offsets, so it waits for none
    mend(emulator)
    fail(emulator, ACLS)
    promoted(emulator, preview=preview)


@pytest.mark.parametrize("end", [1, 2])
def test_the_sync_has_to_be_well_at_both_ends_of_the_interval(emulator: RunningEmulator, end: int) -> None:
    link = linked.destination(emulator).get("/links/dr", params={"include_tasks": "true"}).json()
    link["tasks"][0] |= {"state": "IN_ERROR", "errors": [{"error_code": "INTERNAL_ERROR", "error_message": "late"}]}
    emulator.fault({"status": 200, "body": link}, nth=end, **ONE_LINK)
    with pytest.raises(RefusedError, match="IN_ERROR: INTERNAL_ERROR: late"):
        promoted(emulator)
    promoted(emulator)


@pytest.mark.parametrize("end", [1, 2])
def test_a_demotion_needs_it_too_unless_no_offsets_are_synced(emulator: RunningEmulator, end: int) -> None:
    link = linked.destination(emulator).get("/links/dr", params={"include_tasks": "true"}).json()
    link["tasks"][0] |= {"state": "IN_ERROR"}
    asked: dict[str, Any] = {"query": {"include_tasks": "true"}}
    emulator.fault({"status": 200, "body": link}, nth=end, **asked, **ONE_LINK)
    with pytest.raises(RefusedError, match="ConsumerOffsetSync is IN_ERROR: the service gives no reason"):
        demoted(emulator)
    demoted(emulator)
    change = [{"name": "consumer.offset.sync.enable", "value": "false", "operation": "SET"}]
    assert linked.destination(emulator).put("/links/dr/configs:alter", json={"data": change}).is_success
    fail(emulator)
    demoted(emulator)


def test_a_demotion_of_a_group_at_work_on_the_destination_names_it_and_the_cure(emulator: RunningEmulator) -> None:
    produce(emulator, "t0", 7)
    group = {"offsets": {"t0": {"0": 3}}, "active": True}
    emulator.control("PUT", f"/clusters/{DESTINATION}/groups/app", group)
    emulator.control("PUT", f"/clusters/{SOURCE}/groups/app", group | {"active": False})
    emulator.advance(5)
    with pytest.raises(RefusedError, match=r"Group app is in use .* \(stop the consumers of this group on the dest"):
        demoted(emulator)


@pytest.mark.parametrize(
    ("tasks", "said"),
    [
        ("absent", "whether link dr still syncs offsets is unknown: the service does not answer include_tasks"),
        (None, "whether link dr still syncs offsets is unknown: the service does not answer include_tasks"),
        ([], "whether link dr still syncs offsets is unknown: the service does not name the task ConsumerOffsetSync"),
        ([{"task_name": OFFSETS, "state": "NOT_CONFIGURED", "errors": []}], "ConsumerOffsetSync is NOT_CONFIGURED"),
        ([{"task_name": OFFSETS, "state": "LINK_PAUSED", "errors": None}], "ConsumerOffsetSync is LINK_PAUSED"),
        ([{"task_name": OFFSETS, "state": "SOMETHING_NEW"}], "ConsumerOffsetSync is SOMETHING_NEW"),
        ([{"task_name": OFFSETS, "state": "ACTIVE", "errors": [{"error_code": "X_ERROR"}]}], "is ACTIVE: X_ERROR"),
    ],
)
def test_what_is_not_known_to_be_well_closes_the_gate_of_a_promotion(
    emulator: RunningEmulator, tasks: object, said: str
) -> None:
    link = linked.destination(emulator).get("/links/dr").json()
    emulator.fault({"status": 200, "body": link if tasks == "absent" else link | {"tasks": tasks}}, **ONE_LINK)
    for preview in (True, False):
        with pytest.raises(RefusedError, match=said):
            promoted(emulator, preview=preview)


def test_tasks_that_cannot_be_read_are_unknown_to_a_look_and_refused_by_a_promotion(emulator: RunningEmulator) -> None:
    emulator.fault({"status": 403}, **ONE_LINK)
    found = ask(emulator, lambda rest: tasks_of(rest, "dr"))
    assert (found.found, found.warnings(), found.to_json()) == (None, [], None)
    assert "whether its sync tasks are in error is unknown: GET /links/{link} answered 403" in found.unknown()
    with pytest.raises(RefusedError, match=r"unknown: GET /links/\{link\} answered 403"):
        promoted(emulator)


def test_a_look_ends_in_time_when_the_service_is_silent(
    emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kafkadr.tasks.READ_SECONDS", 0.3)
    emulator.fault({"hang": True}, **ONE_LINK)
    found = ask(emulator, lambda rest: glance(rest, "dr"))
    assert found.unknown() == "link dr: whether its sync tasks are in error is unknown: no answer within 0.3 s"


def test_every_task_in_error_is_told_with_its_effect(emulator: RunningEmulator) -> None:
    found: Notices = ask(emulator, lambda rest: notices(rest, ["dr"]))
    assert (found.warnings, found.unknown) == ([], [])
    fail(emulator, "TopicConfigsSync")
    fail(emulator)
    found = ask(emulator, lambda rest: notices(rest, ["dr"]))
    one, two = found.warnings
    assert one == (
        "link dr: ConsumerOffsetSync is IN_ERROR, so groups may restart at older offsets and read again:"
        " AUTHORIZATION_ERROR: no right on groups (give the service account of the link's key its rights back)"
    )
    assert two.startswith("link dr: TopicConfigsSync is IN_ERROR, so topic configs")
    assert [task["state"] for task in found.to_json()["tasks"]["dr"]].count("IN_ERROR") == 2
    emulator.control("POST", f"/clusters/{SOURCE}/down", {"how": "close", "now": True})
    found = ask(emulator, lambda rest: notices(rest, ["dr"]))
    assert found.warnings == []  # the service hides the task behind the link
    (line,) = found.unknown
    assert line.startswith("link dr: offset sync, topic config sync: LINK_UNAVAILABLE")
    assert line.endswith(": LINK_UNAVAILABLE; whether one of them was in error before is unknown")


def stuck(emulator: RunningEmulator) -> None:
    """A group at work on the destination, whose offset lies behind the end of `t0`."""
    emulator.control(
        "PUT", f"/clusters/{DESTINATION}/groups/app", {"offsets": {"t0": {"0": 9}, "t1": {"0": 0}}, "active": True}
    )


def test_a_mirror_that_hangs_in_pending_stopped_is_told_with_the_services_reason_and_its_cure(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    stuck(emulator)
    reason = r"CONSUMER_GROUP_IN_USE_ERROR: Group app is in use on this cluster; .* cannot be clamped \(stop the"
    with pytest.raises(IncompleteError, match=rf"accepted, not finished within 7 s because {reason}") as told:
        failover(emulator, tmp_path, 7)
    assert "1 of 2 mirrors" in str(told.value)
    found: Notices = ask(emulator, _noticed)
    (line,) = found.warnings
    assert line.startswith("mirror t0 stays PENDING_STOPPED: CONSUMER_GROUP_IN_USE_ERROR: Group app is in use")
    emulator.control("PUT", f"/clusters/{DESTINATION}/groups/app", {"offsets": {}, "active": False})
    failover(emulator, tmp_path, 20)
    assert ask(emulator, _noticed).warnings == []


async def _noticed(rest: KafkaRest) -> Notices:
    return await notices(rest, [], await look_at(rest, Wish("dr", Desired.FAILED_OVER)))


@pytest.mark.parametrize("action", [{"hang": True}, {"status": 403}, {"status": 200, "body": "<html>"}])
def test_a_reason_that_cannot_be_had_stops_nothing(
    emulator: RunningEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: dict[str, Any]
) -> None:
    monkeypatch.setattr("kafkadr.hanging.READ_SECONDS", 0.3)
    emulator.settings(stop_mode="timed", stop_after_s=4.0)
    emulator.fault(action, **ONE_MIRROR)
    said = failover(emulator, tmp_path, 20)
    assert any(line.startswith("2 mirrors not STOPPED yet") for line in said)


def test_null_fields_of_an_answer_are_nothing() -> None:
    task = {"task_name": "x", "state": "IN_ERROR", "errors": [{"error_code": None, "error_message": None}]}
    (found,) = Link.model_validate({"link_name": "l", "tasks": [task]}).tasks or []
    assert found.errors[0].error_code == ""
    row = {"mirror_topic_name": "t", "mirror_status": "ACTIVE", "mirror_state_transition_errors": None}
    assert Mirror.model_validate(row).mirror_state_transition_errors == []
