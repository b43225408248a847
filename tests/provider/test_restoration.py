"""The old primary of a bidirectional link becomes the mirror: what is cut, what is refused, what a rerun does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from kafkadr.budget import Budget
from kafkadr.errors import DrError, RefusedError
from kafkadr.ledger import Ledger, LedgerError
from kafkadr.rest import KafkaRest
from kafkadr.restoring import uncounted
from kafkadr.restoring_run import Restore, Said, UnfinishedError
from kafkadr.turning import Halves
from kafkadr.wire import MirrorRow
from provider.restoration import RestorationResource
from provider.values import plain
from tests.emulation import RunningEmulator, in_thread
from tests.emulator.linked import destination
from tests.provider.one_resource import OneResource
from tests.provider.turning_world import FOLLOWS, KEYS, LEADS, LINK, Turning

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
    receipts = [world.receipt] if world.receipt else []
    inputs = world.halves(archive="waived", acknowledged=receipts, oldBootstrapEndpoint="SASL_SSL://127.0.0.1:1")
    return OneResource(RestorationResource(), **(inputs | more))


def _part(number: int, records: int) -> dict[str, int]:
    return {"partition_id": number, "offset_truncated_to": 10, "messages_truncated": records}


def untouched(world: Turning) -> bool:
    return world.statuses(FOLLOWS) == {} and world.mutations() == []


def test_what_is_previewed_is_what_is_cut_and_what_the_ledger_says(world: Turning) -> None:
    world.write_off()
    resource = restoration(world)
    shown = resource.preview()
    assert untouched(world)
    assert "7 records in 2 partitions are cut, LOST" in resource.said[-1]
    before = world.ends(FOLLOWS)
    done = resource.up()
    expected = {("t1", 0): (10, 4), ("t2", 1): (0, 3)}
    assert {(t, p): (f, before[t][p] - f) for (t, p), (f, _) in expected.items()} == expected  # the truth
    assert world.truncated() == {place: records for place, (_, records) in expected.items()}  # the server's word
    assert plain(shown["cut"]) == done["cut"]
    assert world.cuts() == expected
    assert done["cut"]["records"] == sum(records for _, records in expected.values()) == 7
    rows = [{"topic": t, "partition": p, "from": f, "records": n} for (t, p), (f, n) in expected.items()]
    assert done["cut"] == {"records": 7, "partitions": 2, "rows": rows}
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


@pytest.mark.parametrize(
    "row",
    [
        {"messages_truncated": 50, "partition_level_truncation_data": None},
        {"messages_truncated": 50, "partition_level_truncation_data": []},
        {"messages_truncated": None, "partition_level_truncation_data": []},
        {"messages_truncated": None, "partition_level_truncation_data": [_part(0, 4)]},
        {"messages_truncated": 50, "partition_level_truncation_data": [_part(0, 4), _part(1, 0)]},
    ],
    ids=["only a total", "an empty list", "nothing at all", "a partition too few", "another sum"],
)
def test_what_would_be_cut_and_is_not_told_of_each_partition_is_not_cut(world: Turning, row: dict[str, Any]) -> None:
    world.write_off()
    whole = {
        "error_code": None,
        "messages_truncated": None,
        "partition_level_truncation_data": [_part(0, 0), _part(1, 0)],
    }
    rows = [{"mirror_topic_name": name} | (row if name == "t1" else whole) for name in world.names]
    world.emulator.fault({"status": 200, "body": {"data": rows}}, path=PATH, query={"validate_only": "true"})
    for deed in (restoration(world).preview, restoration(world).up_without_preview):
        with pytest.raises(RefusedError, match=r"(?s)1 of 3 topics cannot become mirrors.*t1 .*NOT_COUNTED"):
            deed()
    assert untouched(world)


def test_a_total_of_nothing_needs_no_rows() -> None:
    document = {"topics": {"t1": {"partitions": [{"partition": 0}, {"partition": 1}]}}}
    assert uncounted([MirrorRow(mirror_topic_name="t1", messages_truncated=0)], document) == []
    assert uncounted([MirrorRow(mirror_topic_name="t1")], document) == ["t1"]
    assert uncounted([MirrorRow(mirror_topic_name="t1", error_code=400)], document) == []


def test_an_answer_that_got_lost_is_found_in_the_lists(world: Turning) -> None:
    world.write_off()
    world.emulator.fault({"reset": "close"}, "after", path=PATH, times=1, query={"validate_only": None})
    resource = restoration(world)
    assert resource.up()["states"] == {"ACTIVE": 3}
    assert any("the answer of the call got lost" in line and "t1 partition 0" in line for line in resource.said)
    assert world.cuts() == {("t1", 0): (10, 4), ("t2", 1): (0, 3)}


def test_a_topic_that_vanishes_from_the_list_while_it_is_restored_is_not_done(world: Turning) -> None:
    world.write_off()
    whole = destination(world.emulator).get(f"/links/{LINK}/mirrors").json()
    whole["data"] = [m for m in whole["data"] if m["mirror_topic_name"] != "t1"]
    where = {"path": "/links/{l}/mirrors", "cluster": LEADS, "method": "GET"}
    world.emulator.fault({"status": 200, "body": whole}, nth=2, times=99, **where)
    world.emulator.fault({"row_error": {"names": ["t1"], "code": 400, "message": "busy"}}, path=PATH, nth=3)
    with pytest.raises(UnfinishedError, match=r"(?s)1 of 3 topics are not mirrors.*t1.*busy"):
        restoration(world).up_without_preview()


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


def test_a_receipt_of_another_ledger_or_of_an_earlier_one_cuts_nothing(world: Turning) -> None:
    receipt = world.write_off()
    others: tuple[list[str], ...] = ([], [f"1:{receipt[2:]}"], [f"2:{'0' * 64}"])
    for given in others:
        for deed in ("preview", "up_without_preview"):
            with pytest.raises(RefusedError, match=r"does not speak of the ledger at file:.*epoch-2\.json as it is"):
                getattr(restoration(world, acknowledged=given), deed)()
    world.find("t2", 1, 3)
    assert world.write_off() not in {"", receipt}
    with pytest.raises(RefusedError, match=f"{receipt} is not its receipt.*written again"):
        restoration(world, acknowledged=[receipt]).preview()
    assert untouched(world)
    assert restoration(world).up()["cut"]["records"] == 7


def test_a_ledger_that_cannot_be_read_is_no_permission(world: Turning, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-west-2")
    receipt = world.write_off()
    away = {"ledgerUrl": "s3://ledgers", "acknowledged": [receipt]}
    for deed in ("preview", "up_without_preview"):
        with pytest.raises(LedgerError, match=r"the ledger at s3://ledgers/.* cannot be used"):
            getattr(restoration(world, **away), deed)()
    assert untouched(world)


async def restored_under_a_writer(world: Turning, said: list[str]) -> dict[str, Any]:
    """The restore, with two records that come after the last question and before the call."""

    class Written(KafkaRest):
        async def alter_mirrors(self, *words: Any, **more: Any) -> list[MirrorRow]:
            if not more.get("dry_run"):
                world.produce("t2", 2, 1)
            return await super().alter_mirrors(*words, **more)

    budget = Budget(60)
    clients = [
        kind(f"{world.emulator.url}/k/{cluster}", cluster, key, SecretStr(secret), budget)
        for kind, cluster in ((Written, FOLLOWS), (KafkaRest, LEADS))
        for key, secret in [KEYS[cluster]]
    ]
    async with clients[0] as old, clients[1] as new:
        told = Said(said.append, said.append, said.append)
        ledger = Ledger(world.ledger, LEADS, LINK, 2)
        return await Restore(Halves(LINK, old, new), ledger, [world.receipt], None, 500, told).run()


def test_what_came_in_the_last_moment_is_counted_from_the_servers_answer(world: Turning) -> None:
    world.write_off()
    said: list[str] = []
    done = asyncio.run(restored_under_a_writer(world, said))
    assert [line for line in said if "more was cut than was known" in line and "t2 partition 1, offsets 3-4" in line]
    assert done["cut"]["records"] == 9
    (row,) = [r for r in world.book["topics"]["t2"]["partitions"] if r["partition"] == 1]
    assert (row["cut"]["records"], row["cut"]["truncated"]) == (3, 5)
    assert restoration(world).up()["cut"] == done["cut"]
