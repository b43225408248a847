"""A bidirectional link turns round: it waits as a promotion does, and believes both lists."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kafkadr.errors import RefusedError, UnreachableError
from provider.reversal import NotReversedError, ReversalResource
from provider.sealing import NotSealedError
from tests.emulation import RunningEmulator, in_thread
from tests.emulator.linked import destination
from tests.provider.one_resource import OneResource
from tests.provider.turning_world import FOLLOWS, LEADS, LINK, Turning

VERB = "reverse-and-start-mirror"
PATH = f"/links/{{l}}/mirrors:{VERB}"
SYNC = {"consumer.offset.sync.enable": "true", "acl.sync.enable": "false", "auto.create.mirror.topics.enable": "false"}


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with in_thread() as running:
        yield running


@pytest.fixture
def world(emulator: RunningEmulator, tmp_path: Path) -> Turning:
    world = Turning(emulator, tmp_path)
    for name in world.names:
        world.produce(name, 10)
    emulator.control("DELETE", "/log")
    return world


def reversal(world: Turning, **more: Any) -> OneResource:
    return OneResource(ReversalResource(), **world.halves(links={LINK: SYNC}, **more))


def test_the_roles_change_and_the_syncs_of_the_new_primary_are_off(world: Turning) -> None:
    resource = reversal(world)
    resource.preview()
    assert world.mutations() == []
    assert resource.up() == {"states": {"ACTIVE": 3}}
    assert set(world.statuses(LEADS).values()) == {"STOPPED"}
    assert set(world.statuses(FOLLOWS).values()) == {"ACTIVE"}
    world.produce("t0", 5, cluster=LEADS)
    assert world.ends(FOLLOWS) == world.ends(LEADS) == {"t0": [15, 0], "t1": [10, 0], "t2": [10, 0]}
    rows = destination(world.emulator).get(f"/links/{LINK}/configs").json()["data"]
    assert {r["name"]: r["value"] for r in rows}["consumer.offset.sync.enable"] == "false"
    assert resource.changes() == []
    assert resource.changes(epoch=3) == ["epoch"]
    world.emulator.control("DELETE", "/log")
    assert reversal(world).up() == {"states": {"ACTIVE": 3}}
    assert world.calls(VERB) == 0


def test_lag_is_waited_for_and_refused_when_it_does_not_fall(world: Turning) -> None:
    world.hold("t1", 2)
    world.produce("t1", 2)
    with pytest.raises(RefusedError, match="2 records are not mirrored yet"):
        reversal(world).preview()
    with pytest.raises(RefusedError, match="2 records are not mirrored yet"):
        reversal(world, budgetSeconds=5).up_without_preview()
    assert set(world.statuses(LEADS).values()) == {"ACTIVE"}


def test_a_mirror_that_is_not_active_holds_all_back(world: Turning) -> None:
    hand = f"/clusters/{LEADS}/links/{LINK}/mirrors/t2"
    world.emulator.control("PUT", hand, {"status": "FAILED"})
    for deed in (reversal(world).preview, reversal(world).up_without_preview):
        with pytest.raises(RefusedError, match=r"(?s)1 of 3 mirrors cannot be reversed.*t2.*only an ACTIVE mirror"):
            deed()
    assert world.mutations() == []


def test_after_a_failover_it_is_a_restore_that_is_needed(world: Turning) -> None:
    world.flip()
    with pytest.raises(RefusedError, match=r"(?s)3 of 3 mirrors cannot be reversed"):
        reversal(world).up_without_preview()


def test_a_refused_row_is_named_and_the_next_run_takes_up_only_that(world: Turning) -> None:
    rule = {"names": ["t1"], "code": 401, "message": "Not authorized"}
    fault = world.emulator.fault({"row_error": rule}, path=PATH, query={"validate_only": None})
    with pytest.raises(NotReversedError, match=r"(?s)1 of 3 topics have not changed their roles.*t1.*401.*Not auth"):
        reversal(world).up()
    world.emulator.control("DELETE", f"/faults/{fault}")
    world.emulator.control("DELETE", "/log")
    assert reversal(world).up() == {"states": {"ACTIVE": 3}}
    assert world.calls(VERB) == 1


def test_syncs_that_stay_on_end_red_and_are_taken_up_again(world: Turning) -> None:
    path = "/links/{l}/configs:alter"
    fault = world.emulator.fault({"status": 403, "body": {"error_code": 40301, "message": "no"}}, path=path)
    with pytest.raises(NotSealedError, match="is not quarantined"):
        reversal(world).up()
    world.emulator.control("DELETE", f"/faults/{fault}")
    assert reversal(world).up() == {"states": {"ACTIVE": 3}}
    assert world.calls(VERB) == 1


def test_a_call_that_is_too_large_even_with_one_name_is_told_and_changes_nothing(world: Turning) -> None:
    fault = world.emulator.fault({"status": 413}, path=PATH)
    with pytest.raises(UnreachableError, match=f"mirrors:{VERB} at 127.0.0.1 was refused as too large"):
        reversal(world).preview()
    world.emulator.control("DELETE", f"/faults/{fault}")
    world.emulator.fault({"status": 413}, path=PATH, query={"validate_only": None})
    with pytest.raises(NotReversedError, match="was refused as too large"):
        reversal(world).up()
    assert set(world.statuses(LEADS).values()) == {"ACTIVE"}


def test_a_lost_answer_is_found_in_the_lists(world: Turning) -> None:
    world.emulator.fault({"reset": "close"}, "after", path=PATH, times=1, query={"validate_only": None})
    assert reversal(world).up() == {"states": {"ACTIVE": 3}}
