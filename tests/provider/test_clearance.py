"""The stale topics of an old primary: what is asked first, what holds all back, what a rerun does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kafkadr import clearing, clearing_run
from kafkadr.clearing_run import UnclearedError
from kafkadr.errors import DrError, RefusedError, UnreachableError
from kafkadr.flip import Progress
from kafkadr.pointer import Active, LostRaceError, StaleEpochError, open_pointer
from kafkadr.rest import KafkaRest
from kafkadr.survey import Finding
from tests.emulation import RunningEmulator, in_thread
from tests.emulator.linked import destination, source
from tests.provider.clearing_world import LINK, NEW, OLD, Clearing
from tests.provider.one_resource import OneResource, RefusedByCheckError

DELETE = ("DELETE", "/kafka/v3/clusters/{cluster_id}/topics/{topic_name}")


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with in_thread() as running:
        yield running


@pytest.fixture(autouse=True)
def _no_brokers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers there, and that is soon found out."""
    monkeypatch.setattr(clearing_run, "PATIENCE_SECONDS", 0.1)


@pytest.fixture
def world(emulator: RunningEmulator, tmp_path: Path) -> Clearing:
    """Failed over with four records left behind that somebody answered for."""
    world = Clearing(emulator, tmp_path)
    world.answer()
    return world


def armed(world: Clearing, **more: Any) -> OneResource:
    resource = world.clearance(**more)
    resource.up()
    return resource


def holds(world: Clearing) -> bool:
    """Nothing is deleted, and the ledger does not say so."""
    return world.there() == world.names and world.mutations() == [] and world.cleared() == {}


def test_arming_asks_and_deletes_nothing_firing_deletes_the_named_topics_alone(world: Clearing) -> None:
    world.group("app", "t0")
    resource = armed(world)
    assert holds(world)
    assert "3 stale topics on lkc-src" in resource.said[-1]
    assert "are armed, and nothing is deleted" in resource.said[-1]
    assert resource.changes() == []
    forecast = resource.preview(fire=True)
    assert holds(world)
    assert "3 partitions, are deleted" in resource.said[-1]
    assert forecast["cleared"].value is not None
    done = resource.up(fire=True)
    assert world.there() == []
    assert world.mutations() == [DELETE] * 3
    assert {(done["cleared"]["topics"], done["cleared"]["partitions"])} == {(3, 3)}
    cleared = world.cleared()
    assert sorted(cleared) == world.names
    assert all(row["deleted"] for row in cleared.values())
    assert cleared["t0"]["to"] == 9, "as far as a group told it"
    assert cleared["t1"]["to"] is None
    assert world.live() == dict.fromkeys(world.names, 10)
    assert resource.changes(fire=True) == []


def test_run_twice_it_deletes_nothing_more_and_still_tells_what_went(world: Clearing) -> None:
    resource = armed(world)
    first = resource.up(fire=True)
    world.emulator.control("DELETE", "/log")
    assert resource.up_without_preview(fire=True) == first
    assert world.mutations() == []


def test_what_was_not_armed_is_not_deleted(world: Clearing) -> None:
    with pytest.raises(
        RefusedByCheckError, match="nothing was armed: run an update of its own with standby: clear-armed"
    ):
        world.clearance(fire=True).preview()
    resource = armed(world)
    with pytest.raises(RefusedByCheckError, match=r"topics: t9 was not armed.*topics: t2 was armed and is left out"):
        resource.preview(fire=True, topics=["t0", "t1", "t9"])
    with pytest.raises(RefusedByCheckError, match=r"epoch: was 2 when the topics were armed"):
        resource.preview(fire=True, epoch=3)
    with pytest.raises(RefusedByCheckError, match="names t0 2 times"):
        world.clearance(topics=["t0", "t0"]).preview()
    assert holds(world)


def test_every_name_that_is_missing_or_unknown_is_told_and_holds_all_back(world: Clearing) -> None:
    for deed in (world.clearance(topics=["t0", "u1", "u2"]).preview, world.clearance(topics=["t0", "u1", "u2"]).up):
        with pytest.raises(RefusedError) as caught:
            deed()
        said = str(caught.value)
        for name, why in (
            ("t1", "add it to rebuild.clear"),
            ("t2", "add it"),
            ("u1", "never mirrored it"),
            ("u2", "never"),
        ):
            assert any(name in line and why in line for line in said.splitlines()), said
        assert "4 topics forbid" in said
    assert holds(world)


def test_nothing_goes_before_every_record_is_answered_for(emulator: RunningEmulator, tmp_path: Path) -> None:
    world = Clearing(emulator, tmp_path)
    with pytest.raises(RefusedError, match="nobody has recovered or written off: t1 partition 0, offsets 10-13"):
        world.clearance().preview()
    receipt = world.answer()
    with pytest.raises(RefusedError, match="none is given"):
        world.clearance(acknowledged=[]).preview()
    with pytest.raises(RefusedError, match="is not its receipt"):
        world.clearance(acknowledged=["2:" + "0" * 64]).preview()
    with pytest.raises(RefusedError, match="there is no ledger"):
        world.clearance(epoch=3).preview()
    assert holds(world)
    assert world.clearance(acknowledged=[receipt]).preview()


def test_records_written_since_are_seen_where_a_group_shows_them_and_hold_all_back(world: Clearing) -> None:
    resource = armed(world)
    assert any("would not be seen in 3 partitions" in line for line in resource.said)
    world.group("app", "t2")
    world.produce("t2", 3)
    with pytest.raises(RefusedError, match=r"3 records were written .* t2 partition 0, offsets 10-12"):
        resource.up_without_preview(fire=True)
    assert holds(world)


def test_a_partition_that_the_ledger_does_not_know_holds_all_back(world: Clearing) -> None:
    document = world.book
    del document["topics"]["t2"]
    world.rewrite(document)
    with pytest.raises(RefusedError, match="does not know t2 partition 0"):
        world.clearance().preview()
    assert holds(world)


def test_a_topic_that_is_a_mirror_or_feeds_one_is_never_deleted(world: Clearing) -> None:
    resource = armed(world)
    world.mirror_again("t0")
    with pytest.raises(RefusedError, match=r"(?s)1 topics forbid.*t0.*SOURCE.*x.t0 mirrors it over link other"):
        resource.up_without_preview(fire=True)
    assert holds(world)
    assert destination(world.emulator).delete("/topics/x.t0").is_success
    world.mirror_back("t2")
    with pytest.raises(RefusedError, match=r"(?s)1 topics forbid.*t2.*MIRROR.*mirror on link back already"):
        resource.up_without_preview(fire=True)
    assert holds(world)


def test_a_mirror_that_did_not_stop_holds_all_back(world: Clearing) -> None:
    resource = armed(world)
    world.emulator.control("PUT", f"/clusters/{NEW}/links/{LINK}/mirrors/t1", {"status": "ACTIVE"})
    with pytest.raises(RefusedError, match=r"t1 .*NOT_STOPPED"):
        resource.up_without_preview(fire=True)
    assert holds(world)


def test_the_active_side_is_never_the_one_that_is_cleared(world: Clearing) -> None:
    live = {
        "oldClusterId": NEW,
        "oldRestEndpoint": f"{world.emulator.url}/k/{NEW}",
        "oldCredentials": {"key": "DST", "secret": "dst-secret"},
    }
    with pytest.raises(RefusedError, match="old and new primary are both lkc-dst: its topics are live"):
        world.clearance(**live).preview()
    with pytest.raises(
        RefusedError, match="link dr came from lkc-src, not from lkc-other: that is not the old primary"
    ):
        world.clearance(oldClusterId="lkc-other").preview()
    with pytest.raises(UnreachableError, match="old primary lkc-src cannot be asked"):
        world.clearance(oldRestEndpoint=f"{world.emulator.url}/k/{NEW}").preview()
    assert holds(world)


def test_a_dead_old_primary_is_told_before_anything(world: Clearing) -> None:
    resource = armed(world, budgetSeconds=5)
    world.emulator.control("POST", f"/clusters/{OLD}/down", {"how": "close", "now": True})
    for deed in (world.clearance(budgetSeconds=5).up_without_preview, partial(resource.up_without_preview, fire=True)):
        with pytest.raises(UnreachableError, match=r"(?s)old primary lkc-src cannot be asked.*set standby: retained"):
            deed()
    world.emulator.control("POST", f"/clusters/{OLD}/up")
    assert holds(world)


def test_a_term_that_is_over_deletes_nothing(world: Clearing, tmp_path: Path) -> None:
    place = (tmp_path / "pointer.json").as_uri()
    active = Active(
        epoch=2,
        site="west",
        cluster_id=NEW,
        bootstrap_endpoint="b:1",
        rest_endpoint="",
        who="t",
        why="",
        when="2026-11-24T03:00:00.000Z",
    )
    open_pointer(place).move(active)
    resource = armed(world, pointerUrl=place)
    open_pointer(place).move(active.model_copy(update={"epoch": 3, "site": "east", "cluster_id": OLD}))
    with pytest.raises((StaleEpochError, LostRaceError)):
        resource.up_without_preview(fire=True)
    (tmp_path / "pointer.json").write_text("gone wrong", "utf-8")
    with pytest.raises(DrError):
        resource.up_without_preview(fire=True)
    world.rewrite(world.book | {"epoch": 3}, epoch=3)
    with pytest.raises(RefusedError, match="has a ledger of epoch 3, so epoch 2 is over"):
        armed(world)
    assert holds(world)


def test_one_topic_refused_is_named_and_the_next_run_takes_up_only_that(world: Clearing) -> None:
    resource = armed(world)
    refusal = {"status": 403, "body": {"error_code": 40301, "message": "not yours"}}
    fault = world.emulator.fault(refusal, method="DELETE", path_regex="/topics/t1$")
    with pytest.raises(UnclearedError, match=r"(?s)1 of 3 stale topics are not deleted.*t1.*40301.*not yours"):
        resource.up_without_preview(fire=True)
    assert world.there() == ["t1"]
    assert {n: bool(r["deleted"]) for n, r in world.cleared().items()} == {"t0": True, "t1": False, "t2": True}
    world.emulator.control("DELETE", f"/faults/{fault}")
    world.emulator.control("DELETE", "/log")
    resource.up(fire=True)
    assert world.there() == []
    assert world.mutations() == [DELETE]
    assert all(row["deleted"] for row in world.cleared().values())


def test_a_delete_whose_answer_got_lost_is_done(world: Clearing) -> None:
    resource = armed(world)
    world.emulator.fault({"reset": "close"}, "after", method="DELETE", path_regex="/topics/t0$", times=1)
    resource.up_without_preview(fire=True)
    assert world.there() == []
    assert all(row["deleted"] for row in world.cleared().values())


class KilledError(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("reached", [0, 1, 3])
def test_killed_half_way_the_rerun_deletes_the_rest_and_the_ledger_knows_all(
    world: Clearing, monkeypatch: pytest.MonkeyPatch, reached: int
) -> None:
    world.group("app", "t0")
    resource = armed(world)
    real = clearing.delete

    async def killed(old: KafkaRest, names: Sequence[str], progress: Progress) -> list[Finding]:
        await real(old, names[:reached], progress)
        raise KilledError

    monkeypatch.setattr(clearing_run, "delete", killed)
    with pytest.raises(KilledError):
        resource.up_without_preview(fire=True)
    assert len(world.there()) == len(world.names) - reached
    assert set(world.cleared()) == set(world.names)
    monkeypatch.setattr(clearing_run, "delete", real)
    done = resource.up(fire=True)
    assert world.there() == []
    assert world.mutations() == [DELETE] * 3
    assert done["cleared"]["topics"] == 3
    assert all(row["deleted"] for row in world.cleared().values())
    assert world.cleared()["t0"]["to"] == 9, "counted before it went"


def test_a_topic_deleted_by_hand_meanwhile_is_done(world: Clearing) -> None:
    resource = armed(world)
    assert source(world.emulator).delete("/topics/t2").is_success
    done = resource.up(fire=True)
    assert world.there() == []
    assert done["cleared"]["topics"] == 2
