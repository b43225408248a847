"""The old primary of a bidirectional link becomes the mirror: what is cut, what is refused, what a rerun does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kafkadr.errors import DrError, RefusedError
from provider.restoration import RestorationResource, UnfinishedError
from tests.emulation import RunningEmulator, in_thread
from tests.provider.one_resource import OneResource
from tests.provider.turning_world import FOLLOWS, LEADS, Turning

VERB = "truncate-and-restore"
PATH = f"/links/{{l}}/mirrors:{VERB}"


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with in_thread() as running:
        yield running


@pytest.fixture
def world(emulator: RunningEmulator, tmp_path: Path) -> Turning:
    """Failed over with four records left on the old primary, and a stray written to it afterwards."""
    world = Turning(emulator, tmp_path)
    for name in world.names:
        world.produce(name, 10)
    world.hold("t1", 4)
    world.produce("t1", 4)
    world.flip()
    world.produce("t2", 3, 1)
    world.produce("t0", 5, cluster=LEADS)
    emulator.control("DELETE", "/log")
    return world


def restoration(world: Turning, **more: Any) -> OneResource:
    inputs = world.halves(archive="waived", oldBootstrapEndpoint="SASL_SSL://127.0.0.1:1")
    return OneResource(RestorationResource(), **(inputs | more))


def untouched(world: Turning) -> bool:
    return world.statuses(FOLLOWS) == {} and world.mutations() == []


def test_what_is_previewed_is_what_is_cut_and_what_the_ledger_says(world: Turning) -> None:
    world.write_off()
    resource = restoration(world)
    shown = resource.preview()
    assert untouched(world)
    assert "7 records in 2 partitions are cut, LOST" in resource.said[-1]
    done = resource.up()
    expected = {("t1", 0): (10, 4), ("t2", 1): (0, 3)}
    assert world.cuts() == expected
    assert done["cut"]["records"] == sum(records for _, records in expected.values()) == 7
    rows = [{"topic": t, "partition": p, "from": f, "records": n} for (t, p), (f, n) in expected.items()]
    assert done["cut"] == {"records": 7, "partitions": 2, "rows": rows}
    assert shown["cut"].value is not None
    assert done["states"] == {"ACTIVE": 3}
    assert world.calls(VERB) == 1
    assert world.ends(FOLLOWS) == world.ends(LEADS) == {"t0": [15, 0], "t1": [10, 0], "t2": [10, 0]}
    assert resource.changes() == []


def test_run_twice_it_calls_nothing_and_still_tells_what_was_cut(world: Turning) -> None:
    world.write_off()
    first = restoration(world).up()
    world.emulator.control("DELETE", "/log")
    assert restoration(world).up() == first
    assert world.mutations() == []


def test_nothing_is_cut_before_everything_is_answered_for(world: Turning) -> None:
    with pytest.raises(RefusedError, match=r"nobody has recovered or written off: t1 partition 0, offsets 10-13"):
        restoration(world).preview()
    with pytest.raises(RefusedError, match="nobody has recovered"):
        restoration(world).up_without_preview()
    with pytest.raises(RefusedError, match="there is no ledger"):
        restoration(world, epoch=3).preview()
    assert untouched(world)


def test_records_that_cannot_be_archived_are_not_cut_unless_that_was_accepted(world: Turning) -> None:
    world.write_off()
    for deed in (
        restoration(world, archive="required").preview,
        restoration(world, archive="required").up_without_preview,
    ):
        with pytest.raises(RefusedError, match=r"(?s)7 records would be cut and cannot be archived.*archive: waived"):
            deed()
    assert untouched(world)


def test_a_topic_that_cannot_follow_holds_all_back(world: Turning) -> None:
    world.write_off()
    group = {"offsets": {"t2": {"0": 1}}, "active": True}
    world.emulator.control("PUT", f"/clusters/{FOLLOWS}/groups/app", group)
    for deed in (restoration(world).preview, restoration(world).up_without_preview):
        with pytest.raises(RefusedError, match=r"(?s)1 of 3 topics cannot become mirrors.*group app is consuming it"):
            deed()
    assert untouched(world)


def test_a_row_refused_in_the_call_is_named_and_the_next_run_takes_up_only_that(world: Turning) -> None:
    world.write_off()
    rule = {"names": ["t1"], "code": 400, "message": "busy"}
    fault = world.emulator.fault({"row_error": rule}, path=PATH, query={"validate_only": None})
    with pytest.raises(UnfinishedError, match=r"(?s)1 of 3 topics are not mirrors.*t1.*400.*busy"):
        restoration(world).up()
    assert set(world.statuses(FOLLOWS)) == {"t0", "t2"}
    world.emulator.control("DELETE", f"/faults/{fault}")
    done = restoration(world).up()
    assert done["states"] == {"ACTIVE": 3}
    assert done["cut"]["records"] == 7
    assert world.cuts() == {("t1", 0): (10, 4), ("t2", 1): (0, 3)}


def test_an_answer_that_got_lost_is_found_in_the_lists(world: Turning) -> None:
    world.write_off()
    world.emulator.fault({"reset": "close"}, "after", path=PATH, times=1, query={"validate_only": None})
    assert restoration(world).up()["states"] == {"ACTIVE": 3}
    assert world.cuts() == {("t1", 0): (10, 4), ("t2", 1): (0, 3)}


def test_a_mirror_that_did_not_stop_or_a_dead_cluster_refuses(world: Turning) -> None:
    world.write_off()
    world.emulator.control("POST", f"/clusters/{LEADS}/down", {"how": "close", "now": True})
    with pytest.raises(DrError):
        restoration(world, budgetSeconds=5).up_without_preview()
    world.emulator.control("POST", f"/clusters/{LEADS}/up")
    world.emulator.control("PUT", f"/clusters/{LEADS}/links/both/mirrors/t0", {"status": "ACTIVE"})
    with pytest.raises(RefusedError, match=r"t0.*not STOPPED: run the flip again"):
        restoration(world).up_without_preview()
    assert untouched(world)
