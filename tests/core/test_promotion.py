"""The wait of a planned promotion and the demotion before it, against the emulator on a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from kafkadr.budget import Budget
from kafkadr.demoting import Demotion, Witness
from kafkadr.demotion import Moved, ends_of, moved
from kafkadr.desired import Desired
from kafkadr.errors import RefusedError
from kafkadr.filters import NameFilter
from kafkadr.flip import look_at
from kafkadr.promotion.waiting import Terms, assess, settle
from kafkadr.recovery.ranges import Log
from kafkadr.rest import KafkaRest
from kafkadr.survey import Survey, Wish
from kafkadr.syncing import Syncing, syncing_of
from kafkadr.wire import Mirror
from tests.emulation import RunningEmulator, in_thread
from tests.emulator import linked
from tests.emulator.linked import DESTINATION, SOURCE

WISH = Wish("dr", Desired.PROMOTED)
EVERY_GROUP = (NameFilter(name="*"),)
SYNC = {
    "consumer.offset.sync.enable": "true",
    "consumer.offset.sync.ms": "1000",
    "consumer.offset.group.filters": '{"groupFilters":[{"name":"*","patternType":"LITERAL","filterType":"INCLUDE"}]}',
}


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with in_thread() as running:
        linked.build(running, 2, **SYNC)
        yield running


def produce(emulator: RunningEmulator, topic: str, count: int) -> None:
    emulator.control("POST", f"/clusters/{SOURCE}/topics/{topic}/records", {"partition": 0, "count": count})


def hold(emulator: RunningEmulator, topic: str, lag: int) -> None:
    path = f"/clusters/{DESTINATION}/links/dr/mirrors/{topic}"
    emulator.control("PUT", path, {"hold_lag": {"0": lag} if lag else {}})


def commit(emulator: RunningEmulator, offset: int) -> None:
    body = {"offsets": {"t0": {"0": offset}}, "active": False}
    emulator.control("PUT", f"/clusters/{SOURCE}/groups/app", body)


def client(emulator: RunningEmulator, site: str, seconds: float) -> KafkaRest:
    lkc, key, secret = {"old": (SOURCE, "SRC", "src-secret"), "new": (DESTINATION, "DST", "dst-secret")}[site]
    return KafkaRest(f"{emulator.url}/k/{lkc}", lkc, key, SecretStr(secret), Budget(seconds))


def terms(seconds: float, interval: float = 0.2, **more: Any) -> Terms:
    return Terms(None, interval, EVERY_GROUP, seconds, **more)


async def look(rest: KafkaRest) -> Survey:
    return await look_at(rest, WISH)


def waited(emulator: RunningEmulator, wanted: Terms, *, preview: bool = False) -> list[str]:
    """What the wait says; raises what it raises."""
    said: list[str] = []

    async def run() -> None:
        async with client(emulator, "new", wanted.budget_seconds) as rest:
            if preview:
                said.append((await assess(rest, await look(rest), wanted)).told(wanted))
            else:
                await settle(rest, await look(rest), wanted, said.append)

    asyncio.run(run())
    return said


def test_at_rest_it_waits_one_interval_and_says_so(emulator: RunningEmulator) -> None:
    produce(emulator, "t0", 5)
    assert waited(emulator, terms(10)) == ["lag 0; waiting one offset-sync interval of 0.2 s"]
    assert waited(emulator, terms(10), preview=True) == [
        "promotion: lag 0, then one offset-sync interval of 0.2 s; budget 10 s"
    ]
    assert waited(emulator, terms(10, 0.0)) == []


def test_a_lag_that_falls_is_waited_for(emulator: RunningEmulator) -> None:
    produce(emulator, "t0", 5)
    hold(emulator, "t0", 5)
    produce(emulator, "t0", 5)

    async def run() -> list[str]:
        said: list[str] = []
        async with client(emulator, "new", 30) as rest:
            first = await look(rest)
            waiting = asyncio.create_task(settle(rest, first, terms(30), said.append))
            await asyncio.sleep(0.3)
            await asyncio.to_thread(hold, emulator, "t0", 0)
            assert not (await waiting).refusals()
        return said

    said = asyncio.run(run())
    assert said[0].startswith("5 records are not mirrored yet")
    assert said[-1].startswith("lag 0")


@pytest.mark.parametrize("preview", [True, False])
def test_a_lag_that_does_not_fall_is_refused_with_the_topic(emulator: RunningEmulator, *, preview: bool) -> None:
    hold(emulator, "t0", 5)
    produce(emulator, "t0", 5)
    with pytest.raises(RefusedError, match=r"5 records are not mirrored yet") as refused:
        waited(emulator, terms(8), preview=preview)
    assert "t0 (ACTIVE, lag 5)" in refused.value.remedy


@pytest.mark.parametrize("preview", [True, False])
def test_a_budget_below_one_interval_is_refused_before_any_wait(emulator: RunningEmulator, *, preview: bool) -> None:
    with pytest.raises(RefusedError, match=r"does not leave one offset-sync interval of 30 s"):
        waited(emulator, terms(30, 30.0), preview=preview)


@pytest.mark.parametrize("preview", [True, False])
def test_what_moved_since_the_demotion_is_named(emulator: RunningEmulator, *, preview: bool) -> None:
    produce(emulator, "t0", 5)
    wanted = terms(10)
    with pytest.raises(RefusedError, match=r"t0 partition 0: from 4 to 5"):
        waited(emulator, replace(wanted, ends={"t0": {0: 4}, "t1": {0: 0}}), preview=preview)
    with pytest.raises(RefusedError, match=r"did not know 1 of the mirrors: t1"):
        waited(emulator, replace(wanted, ends={"t0": {0: 5}}), preview=preview)
    waited(emulator, replace(wanted, ends={"t0": {0: 5}, "t1": {0: 0}}), preview=preview)


def test_a_group_that_still_commits_is_named(emulator: RunningEmulator) -> None:
    produce(emulator, "t0", 500)

    async def run() -> None:
        async with client(emulator, "new", 10) as rest:
            first = await look(rest)
            waiting = asyncio.create_task(settle(rest, first, terms(10, 0.5), lambda _: None))
            for offset in range(1, 500):
                if waiting.done():
                    break
                await asyncio.to_thread(commit, emulator, offset)
                await asyncio.to_thread(emulator.advance, 2)
                await asyncio.sleep(0.1)
            await waiting

    with pytest.raises(RefusedError, match=r"the offsets of app still move"):
        asyncio.run(run())


def demoted(emulator: RunningEmulator, seconds: float, **more: Any) -> list[str]:
    said: list[str] = []

    async def run() -> None:
        async with client(emulator, "old", seconds) as old, client(emulator, "new", seconds) as new:
            found = await Demotion(old, new, "dr", 0.2, said.append, **more).wait()
            said.append(str(found.ends))

    asyncio.run(run())
    return said


def test_a_demotion_finds_the_ends_when_everything_has_come_over(emulator: RunningEmulator) -> None:
    produce(emulator, "t0", 7)
    commit(emulator, 7)
    said = demoted(emulator, 30)
    assert said[-1] == "{'t0': {0: 7}, 't1': {0: 0}}"


def witness(*groups: str, **logs: Log) -> Witness:
    """What the source's brokers say, by topic; a topic that is not named ends at 0."""
    return Witness(lambda places: {p: logs.get(p[0], Log(0, 0, 0)) for p in places}, lambda: groups)


def test_a_second_witness_must_agree(emulator: RunningEmulator) -> None:
    produce(emulator, "t0", 7)
    demoted(emulator, 30, witness=witness(t0=Log(0, 7, 7)))
    with pytest.raises(
        RefusedError, match=r"other ends than the link: t0 partition 0: 7 by the link, 8 by the brokers"
    ):
        demoted(emulator, 30, witness=witness(t0=Log(0, 8, 8)))
    with pytest.raises(RefusedError, match=r"t1 partition 0: 0 by the link, and the brokers do not have it"):
        demoted(emulator, 30, witness=Witness(lambda _: {("t0", 0): Log(0, 7, 7)}, tuple))


def test_groups_that_nobody_can_judge_are_refused_where_the_link_would_sync_them(emulator: RunningEmulator) -> None:
    with pytest.raises(RefusedError, match=r"whether 2 groups on lkc-src are at rest.*: share; streams"):
        demoted(emulator, 30, witness=witness("share", "streams"))
    path = "/links/dr/configs/consumer.offset.group.filters"
    others = '{"groupFilters":[{"name":"app","patternType":"LITERAL","filterType":"INCLUDE"}]}'
    assert linked.destination(emulator).put(path, json={"value": others}).is_success
    assert demoted(emulator, 30, witness=witness("share", "streams"))


def never_fetched(emulator: RunningEmulator) -> None:
    """From now on the mirror of t0 says that it fetched no record and lacks none."""
    rows = linked.destination(emulator).get("/links/dr/mirrors").json()
    rows["data"][0]["mirror_lags"] = [{"partition": 0, "lag": 0, "last_source_fetch_offset": -1}]
    emulator.fault({"status": 200, "body": rows}, path="/links/{l}/mirrors", method="GET")


def test_a_partition_that_retention_emptied_before_it_was_mirrored_is_at_rest(emulator: RunningEmulator) -> None:
    produce(emulator, "t0", 50)
    commit(emulator, 50)
    emulator.advance(5)
    never_fetched(emulator)
    assert demoted(emulator, 30, witness=witness(t0=Log(50, 50, 50)))[-1] == "{'t0': {0: 0}, 't1': {0: 0}}"
    with pytest.raises(RefusedError, match=r"t0 partition 0: 0 by the link, 50 by the brokers"):
        demoted(emulator, 30, witness=witness(t0=Log(49, 50, 50)))


def test_a_mirror_that_fetched_nothing_of_what_is_there_is_not_taken_for_an_emptied_one(
    emulator: RunningEmulator,
) -> None:
    hold(emulator, "t0", 10)
    produce(emulator, "t0", 50)
    commit(emulator, 40)
    emulator.advance(5)
    never_fetched(emulator)
    with pytest.raises(RefusedError, match=r"t0 partition 0 ends at 50, mirrored to 40"):
        demoted(emulator, 8)


def test_a_demotion_of_a_group_whose_offsets_do_not_come_over_is_refused(emulator: RunningEmulator) -> None:
    produce(emulator, "t0", 7)
    commit(emulator, 3)
    emulator.advance(5)
    rows = linked.destination(emulator).get("/consumer-groups/app/lags").json()
    emulator.fault({"status": 200, "body": rows}, path="/consumer-groups/{g}/lags", cluster=DESTINATION)
    commit(emulator, 7)
    with pytest.raises(RefusedError, match=r"app on t0 partition 0: 7 on the source, 3 copied"):
        demoted(emulator, 8)


@pytest.mark.parametrize(("status", "said"), [("PAUSED", "t0 is PAUSED"), ("SOURCE_UNAVAILABLE", "SOURCE_UNAVAILABLE")])
def test_a_mirror_that_does_not_follow_proves_nothing(emulator: RunningEmulator, status: str, said: str) -> None:
    emulator.control("PUT", f"/clusters/{DESTINATION}/links/dr/mirrors/t0", {"status": status})
    with pytest.raises(RefusedError, match=said):
        demoted(emulator, 10)


def test_an_end_that_the_sources_groups_report_and_the_mirror_does_not_know_is_refused(
    emulator: RunningEmulator,
) -> None:
    produce(emulator, "t0", 8)
    commit(emulator, 7)
    emulator.advance(5)
    rows = linked.destination(emulator).get("/links/dr/mirrors").json()
    rows["data"][0]["mirror_lags"] = [{"partition": 0, "lag": 0, "last_source_fetch_offset": 6}]  # of a while ago
    emulator.fault({"status": 200, "body": rows}, path="/links/{l}/mirrors", method="GET")
    with pytest.raises(RefusedError, match=r"t0 partition 0 ends at 8, mirrored to 7"):
        demoted(emulator, 8)


def test_another_cluster_than_the_links_source_is_noticed(emulator: RunningEmulator) -> None:
    async def run() -> None:
        async with client(emulator, "new", 10) as one, client(emulator, "new", 10) as two:
            await Demotion(one, two, "dr", 0.2, lambda _: None).wait()

    with pytest.raises(RefusedError, match=r"link dr on lkc-dst is fed by lkc-src, not lkc-dst"):
        asyncio.run(run())


def test_a_topic_that_its_mirror_does_not_fit_is_named(emulator: RunningEmulator) -> None:
    emulator.control("DELETE", f"/clusters/{SOURCE}/topics/t1")
    with pytest.raises(RefusedError, match=r"t1: no partitions on lkc-src, 1 mirrored"):
        demoted(emulator, 10)


def test_ends_count_from_the_last_record_fetched_and_the_lag() -> None:
    row = {"partition": 0, "lag": 2, "last_source_fetch_offset": 4}
    mirror = Mirror.model_validate({"mirror_topic_name": "t", "mirror_status": "ACTIVE", "mirror_lags": [row]})
    assert ends_of([mirror]) == {"t": {0: 7}}
    assert moved({"t": {0: 7}, "gone": {0: 1}}, {"t": {0: 8, 1: 0}}) == [Moved("t", 0, 7, 8), Moved("t", 1, -1, 0)]


def test_the_links_own_config_says_what_is_synced() -> None:
    assert syncing_of({}) == Syncing()
    assert syncing_of(SYNC) == Syncing(1.0, EVERY_GROUP)
    prefixed = SYNC | {"cluster.link.prefix": "east.", "consumer.group.prefix.enable": "true"}
    assert syncing_of(prefixed).prefix == "east."
    assert syncing_of(SYNC | {"consumer.offset.group.filters": "{"}).groups == ()


def veil(emulator: RunningEmulator, topic: str, **partitions: str) -> None:
    """Take lags out of the server's answers."""
    path = f"/clusters/{DESTINATION}/links/dr/mirrors/{topic}"
    emulator.control("PUT", path, {"veil_lag": {number.strip("p"): how for number, how in partitions.items()}})


@pytest.mark.parametrize("how", ["unknown", "absent"])
@pytest.mark.parametrize("preview", [True, False])
def test_an_unknown_lag_is_waited_for_and_then_refused_with_the_topic(
    emulator: RunningEmulator, how: str, *, preview: bool
) -> None:
    veil(emulator, "t0", p0=how)
    with pytest.raises(RefusedError, match=r"the lag of 1 partitions is unknown") as refused:
        waited(emulator, terms(6), preview=preview)
    assert "t0 (ACTIVE, lag unknown)" in refused.value.remedy
    with pytest.raises(RefusedError, match=r"the source is not at rest: the lag of 1 partitions is unknown"):
        demoted(emulator, 4)
    veil(emulator, "t0")
    waited(emulator, terms(10), preview=preview)


def test_a_lag_that_was_unknown_at_first_is_no_hindrance(emulator: RunningEmulator) -> None:
    veil(emulator, "t0", p0="unknown")

    async def run() -> list[str]:
        said: list[str] = []
        async with client(emulator, "new", 30) as rest:
            waiting = asyncio.create_task(settle(rest, await look(rest), terms(30), said.append))
            await asyncio.sleep(0.3)
            await asyncio.to_thread(veil, emulator, "t0")
            assert not (await waiting).refusals()
        return said

    assert asyncio.run(run())[0].startswith("the lag of 1 partitions is unknown, ")


def test_a_mirror_that_vanishes_while_a_demotion_waits_is_named(emulator: RunningEmulator) -> None:
    rows = linked.destination(emulator).get("/links/dr/mirrors").json()
    del rows["data"][0]
    emulator.fault({"status": 200, "body": rows}, path="/links/{l}/mirrors", method="GET", nth=2, times=9)
    with pytest.raises(RefusedError, match=r"t0 is not on the link any more"):
        demoted(emulator, 10)


@pytest.mark.parametrize("preview", [True, False])
def test_a_mirror_that_vanishes_while_a_promotion_waits_is_named(emulator: RunningEmulator, *, preview: bool) -> None:
    hold(emulator, "t1", 5)
    produce(emulator, "t1", 5)
    rows = linked.destination(emulator).get("/links/dr/mirrors").json()
    del rows["data"][0]
    emulator.fault({"status": 200, "body": rows}, path="/links/{l}/mirrors", method="GET", nth=2, times=9)
    with pytest.raises(RefusedError, match=r"1 mirrors are not on link dr \(any more\): t0"):
        waited(emulator, terms(10), preview=preview)
