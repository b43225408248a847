"""The seed's lost records on two real clusters: found, exported, appended, read by a group, acknowledged (S93-S97)."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from pydantic import SecretStr

from emulator.kafka.broker import Broker, kafka_classpath
from kafkadr.recovery.cluster import Client, cluster_at
from kafkadr.recovery.groups import unjudged
from kafkadr.vault import open_vault
from tests.brokers import make_topic, need_kafka, quiet, until
from tests.drctl.in_process import run
from tests.recovering import Pair, mirrored, produce, read, values
from tests.toolchain import ROOT

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def brokers() -> Iterator[tuple[Broker, Broker]]:
    need_kafka()
    with Broker("lkc-east") as original, Broker("lkc-west") as survivor:
        yield original, survivor


@pytest.fixture
def pair(brokers: tuple[Broker, Broker], tmp_path: Path) -> Pair:
    return Pair(*brokers, tmp_path)


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    return "t" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]


@pytest.fixture
def seeds_case(pair: Pair, topic: str) -> Pair:
    """Source up to offset 105, destination up to 100, and fresh records on the destination since."""
    mirrored(pair, topic, both=101, original=106)
    produce(pair.survivor, topic, [1001, 1002, 1003, 1004, 1005])
    pair.write_ledger({topic: {0: (100, 5)}})
    return pair


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_101_to_105_and_no_other_are_exported_with_a_checksum_and_acknowledged(seeds_case: Pair, topic: str) -> None:
    out = seeds_case.folder / "out"
    report = seeds_case.told("export", "--out", str(out))

    (row,) = report["files"]
    assert (row["offsets"], row["records"], report["remarks"]) == ([101, 105], 5, [])
    file = Path(row["file"])
    assert [(r["offset"], b64decode(r["value"]).decode()) for r in lines(file)] == [
        (n, str(n)) for n in range(101, 106)
    ]
    assert subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=out, check=False).returncode == 0  # noqa: S607
    assert file.stat().st_mode & 0o777 == 0o600
    assert seeds_case.said(topic) == [("exported", [101, 105])]
    assert seeds_case.told("plan")["settled"]
    assert seeds_case.told("export", "--out", str(out))["files"] == [], "what is acknowledged is not done again"
    before = file.read_bytes()
    assert seeds_case.told("export", "--out", str(out), "--again")["files"][0]["sha256"] == row["sha256"]
    assert file.read_bytes() == before


def test_101_to_105_are_appended_once_behind_the_fresh_records(seeds_case: Pair, topic: str) -> None:
    report = seeds_case.told("append")
    assert [(r["records"], r["appended"]) for r in report["appended"]] == [(5, 5)]
    assert values(read(seeds_case.survivor, topic, 101)) == [*range(1001, 1006), *range(101, 106)]
    assert seeds_case.said(topic) == [("appended", [101, 105])]
    assert seeds_case.told("append")["appended"] == []
    assert len(read(seeds_case.survivor, topic, 101)) == 10


def test_a_group_on_the_original_reads_101_to_105_and_only_then_is_it_acknowledged(
    seeds_case: Pair, topic: str
) -> None:
    group = {"group.id": f"g-{topic}", "auto.offset.reset": "error", "enable.auto.commit": False}
    consumer = Consumer(quiet(seeds_case.original.login()) | group)
    consumer.commit(offsets=[TopicPartition(topic, 0, 96)], asynchronous=False)
    consumer.subscribe([topic])
    until(lambda: consumer.poll(0.1) is not None or consumer.assignment())
    refused = seeds_case.recover("reset-group", "--group", group["group.id"])  # type: ignore[arg-type]
    assert refused.returncode == 4, refused.stderr
    assert "active members" in refused.stderr
    consumer.close()

    report = seeds_case.told("reset-group", "--group", f"g-{topic}")
    assert report["offsets"] == [{"topic": topic, "partition": 0, "offset": 101}]
    early = seeds_case.recover("ack", "--recovered", "--group", f"g-{topic}")
    assert early.returncode == 4
    assert f"{topic} partition 0: at 101, records up to 105" in early.stderr
    assert seeds_case.said(topic) == []

    reader = Consumer(quiet(seeds_case.original.login()) | group)
    reader.subscribe([topic])
    found: list[int] = []
    while len(found) < 5:
        found += [int(m.value() or b"") for m in reader.consume(5, 60)]
    reader.commit(asynchronous=False)
    reader.close()
    assert found == [101, 102, 103, 104, 105]
    seeds_case.told("ack", "--recovered", "--group", f"g-{topic}")
    assert seeds_case.said(topic) == [("recovered", [101, 105])]


def test_a_group_that_read_every_record_is_through_though_markers_and_an_aborted_transaction_follow(
    pair: Pair, topic: str
) -> None:
    make_topic(pair.original, topic)
    producer = Producer(quiet(pair.original.login()) | {"transactional.id": topic})
    producer.init_transactions(60)
    for end in (producer.commit_transaction, producer.abort_transaction):
        producer.begin_transaction()
        for value in (1, 2):
            producer.produce(topic, str(value).encode(), partition=0)
        producer.flush(60)
        end(60)
    pair.write_ledger({topic: {0: (-1, 6)}})  # 1, 2, marker, 1 and 2 aborted, marker

    plan = pair.told("plan", "--source-bootstrap", pair.environment["KAFKADR_SOURCE_BOOTSTRAP"], code=1)
    assert plan["partitions"][0]["records"] == 2
    assert any("--offset 0 --isolation-level read_committed --max-messages 2 " in line for line in plan["commands"])
    assert not any("not counted" in note for note in plan["notes"])

    group = Consumer(quiet(pair.original.login()) | {"group.id": f"g-{topic}"})
    group.commit(offsets=[TopicPartition(topic, 0, 1)], asynchronous=False)
    early = pair.recover("ack", "--recovered", "--group", f"g-{topic}")
    assert early.returncode == 4
    assert f"{topic} partition 0: at 1, records up to 5, the first it has not read is 1" in early.stderr
    group.commit(offsets=[TopicPartition(topic, 0, 2)], asynchronous=False)  # after the last record, as clients do
    group.close()
    pair.told("ack", "--recovered", "--group", f"g-{topic}")
    assert pair.said(topic) == [("recovered", [0, 5])]


def test_append_takes_what_the_topic_takes_names_what_it_does_not_and_goes_on(pair: Pair, topic: str) -> None:
    large, keyed, plain = (f"{n}-{topic}" for n in ("a", "b", "c"))
    for name in (large, keyed, plain):
        make_topic(pair.original, name, max_message_bytes="8000000")
    make_topic(pair.survivor, large, max_message_bytes="2000000")
    make_topic(pair.survivor, keyed, cleanup_policy="compact", max_message_bytes="2000000")
    make_topic(pair.survivor, plain)
    noise = os.urandom(3_000_000)
    sent = [b"first", b"0" * 3_000_000, noise[:1_500_000], noise, b"last"]
    producer = Producer(quiet(pair.original.login()) | {"message.max.bytes": 8_000_000, "compression.type": "gzip"})
    for value in sent:
        producer.produce(large, value, b"k", 0)
        assert producer.flush(60) == 0
    produce(pair.original, keyed, range(2), key="k")
    producer.produce(keyed, noise, b"n", 0)
    assert producer.flush(60) == 0
    produce(pair.original, keyed, [3])
    produce(pair.original, keyed, [4], key="n")
    produce(pair.original, plain, range(2))
    pair.write_ledger({large: {0: (-1, 5)}, keyed: {0: (-1, 5)}, plain: {0: (-1, 2)}})

    report = pair.told("append", code=1)
    assert [(r["topic"], r["appended"], r["refused"]) for r in report["appended"]] == [
        (large, 4, 1), (keyed, 3, 2), (plain, 2, 0),
    ]  # fmt: skip
    assert [(r["topic"], r["offset"], r["why"]) for r in report["refused"]] == [
        (large, 3, "MSG_SIZE_TOO_LARGE"), (keyed, 2, "MSG_SIZE_TOO_LARGE"), (keyed, 3, "INVALID_RECORD"),
    ]  # fmt: skip
    assert report["refused"][0]["bytes"] > len(noise)
    assert f"{large} partition 0: offset 3 (3000" in report["remarks"][0]
    assert [value for _, _, value, _ in read(pair.survivor, large)] == [*sent[:3], sent[4]]
    assert pair.said(large) == [("appended", [0, 2]), ("appended", [4, 4])]
    assert pair.said(keyed) == [("appended", [0, 1]), ("appended", [4, 4])]
    assert pair.said(plain) == [("appended", [0, 1])]
    assert [p["open"] for p in pair.told("plan", code=1)["partitions"]] == [[[3, 3]], [[2, 3]], []]

    for name in (large, keyed):
        configure(pair.survivor, name, "max.message.bytes", "8000000")
    again = pair.told("append", code=1)
    assert [(r["appended"], r["superseded"], r["refused"]) for r in again["appended"]] == [(1, 0, 0), (0, 1, 1)]
    assert [value for _, _, value, _ in read(pair.survivor, keyed)][-1] == b"4", "never an old value over a newer one"
    assert [value for _, _, value, _ in read(pair.survivor, large)] == [*sent[:3], sent[4], noise]
    assert pair.told("ack", "--written-off", "--topic", keyed)["receipt"]


def test_killed_half_way_an_append_is_taken_up_and_nothing_comes_twice(pair: Pair, topic: str) -> None:
    count = 8000
    mirrored(pair, topic, both=0, original=count)
    pair.write_ledger({topic: {0: (-1, count)}})
    kills = 0
    watcher = Consumer(quiet(pair.survivor.login()) | {"group.id": "watcher"})
    for limit in (100, 1500):  # of the log's end, markers of transactions included
        command = pair.command("append", "--batch", "5")
        with subprocess.Popen(command, cwd=ROOT, env=pair.environment, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and watcher.get_watermark_offsets(TopicPartition(topic, 0))[1] < limit:
                time.sleep(0.01)
            kills += process.poll() is None
            process.kill()
        assert pair.said(topic) == [], "nothing is acknowledged that is not proven"
    watcher.close()
    assert kills == 2, "both were killed while they worked"

    report = pair.told("append")
    (row,) = report["appended"]
    assert row["records"] == count
    assert row["already there"] >= 1000
    assert row["appended"] + row["already there"] == count
    assert values(read(pair.survivor, topic)) == list(range(count))
    assert pair.said(topic) == [("appended", [0, count - 1])]


def test_killed_while_it_exports_there_is_no_half_file_and_a_rerun_makes_the_whole(pair: Pair, topic: str) -> None:
    count = 60_000
    mirrored(pair, topic, both=0, original=count)
    pair.write_ledger({topic: {0: (-1, count)}})
    out = pair.folder / "out"
    with subprocess.Popen(pair.command("export", "--out", str(out)), cwd=ROOT, env=pair.environment) as process:
        until(lambda: list(out.glob("*.part")) or process.poll() is not None)
        process.kill()
    assert not list(out.glob("*.jsonl"))
    assert pair.said(topic) == []
    (row,) = pair.told("export", "--out", str(out))["files"]
    assert row["records"] == count
    assert [r["offset"] for r in lines(Path(row["file"]))] == list(range(count))


def test_six_partitions_with_uneven_lag_and_a_renamed_mirror(pair: Pair, topic: str) -> None:
    make_topic(pair.original, topic, 6)
    make_topic(pair.survivor, f"a.{topic}", 6)
    lags = {0: 0, 1: 1, 2: 7, 3: 0, 4: 20, 5: 3}
    for number, lag in lags.items():
        produce(pair.original, topic, range(number * 100, number * 100 + 5 + lag), partition=number)
        produce(pair.survivor, f"a.{topic}", range(number * 100, number * 100 + 5), partition=number)
    pair.write_ledger({f"a.{topic}": {number: (4, lag) for number, lag in lags.items()}})
    document = pair.document()
    document["topics"][f"a.{topic}"]["source"] = topic
    (pair.folder / "ledger" / pair.ledger.name).write_text(json.dumps(document), "utf-8")

    report = pair.told("append")

    assert {r["partition"]: r["appended"] for r in report["appended"]} == {1: 1, 2: 7, 4: 20, 5: 3}
    for number in lags:
        original = values(read(pair.original, topic, partition=number))
        assert values(read(pair.survivor, f"a.{topic}", partition=number)) == original
    assert pair.told("plan")["settled"]


def test_what_retention_cut_is_told_lost_and_stays_open_until_somebody_writes_it_off(pair: Pair, topic: str) -> None:
    mirrored(pair, topic, both=101, original=106)
    pair.write_ledger({topic: {0: (100, 5)}})
    cut_before(pair.original, topic, 104)

    report = pair.told("export", "--out", str(pair.folder / "out"), code=1)

    assert [r["offsets"] for r in report["files"]] == [[104, 105]]
    assert f"{topic} partition 0: 101-103 are lost for good" in report["remarks"][0]
    plan = pair.told("plan", code=1)
    assert (plan["settled"], plan["partitions"][0]["open"]) == (False, [[101, 103]])
    assert pair.recover("ack", "--written-off", "--note", "retention").returncode == 0
    assert pair.told("plan")["settled"]


def test_records_that_the_last_known_lag_did_not_show_are_recovered_too(pair: Pair, topic: str) -> None:
    mirrored(pair, topic, both=101, original=103)
    pair.write_ledger({topic: {0: (100, 0)}})  # the source died before its mirror learnt of 101 and 102
    plan = pair.told("plan", "--source-bootstrap", pair.environment["KAFKADR_SOURCE_BOOTSTRAP"], code=1)
    assert plan["partitions"][0]["todo"] == [[101, 102]]
    report = pair.told("append")
    assert report["appended"][0]["appended"] == 2
    assert report["remarks"] == [f"{topic} partition 0: 101-102 were not in the lag that the flip saw"]
    assert pair.said(topic) == [("appended", [101, 102])]


def test_where_the_lag_was_unknown_the_originals_log_says_what_was_left_behind(pair: Pair, topic: str) -> None:
    mirrored(pair, topic, both=101, original=103, partitions=2)
    pair.write_ledger({topic: {0: (100, None), 1: (-1, None)}})
    plan = pair.told("plan", code=1)
    assert [(p["open"], p["todo"]) for p in plan["partitions"]] == [([[101, None]], [[101, 102]]), ([[0, None]], [])]
    assert len([note for note in plan["notes"] if "does not know whether" in note]) == 2
    assert [row["offsets"] for row in pair.told("export", "--out", str(pair.folder / "out"))["files"]] == [[101, 102]]
    assert pair.said(topic) == [("exported", [101, 102])]
    assert pair.said(topic, 1) == [], "its log ends where the mirror did"
    assert pair.told("plan")["settled"]


def test_records_written_to_the_old_primary_after_the_flip_are_told_recovered_and_kept_in_the_ledger(
    pair: Pair, topic: str
) -> None:
    mirrored(pair, topic, both=101, original=106)
    produce(pair.original, topic, [106, 107])  # the lag that the flip saw was out of date
    time.sleep(0.05)
    pair.write_ledger({topic: {0: (100, 5)}})
    produce(pair.original, topic, [108, 109], timestamp=int(time.time() * 1000) + 5000)  # split brain

    plan = pair.told("plan", "--source-bootstrap", pair.environment["KAFKADR_SOURCE_BOOTSTRAP"], code=1)
    (found,) = plan["partitions"]
    assert (found["todo"], found["beyond"], found["diverged"]) == ([[101, 109]], [106, 107], [108, 109])
    assert any("108-109 were written to the original cluster after the flip" in line for line in plan["remarks"])
    assert pair.told("plan", code=1)["partitions"][0]["missing"] == [101, 105], "a plan writes nothing by itself"

    report = pair.told("append", code=1)
    assert report["appended"][0]["appended"] == 9
    assert pair.said(topic) == [("appended", [101, 109])]
    assert pair.told("plan")["partitions"][0]["missing"] == [101, 109]
    produce(pair.original, topic, [110])
    late = pair.told("plan", "--record", "--source-bootstrap", pair.environment["KAFKADR_SOURCE_BOOTSTRAP"], code=1)
    assert late["partitions"][0]["todo"] == [[110, 110]]
    assert not pair.told("plan", code=1)["settled"], "with --record it does: the ledger is open again"


def test_a_topic_made_anew_on_the_original_is_not_taken_for_the_one_that_was_mirrored(pair: Pair, topic: str) -> None:
    mirrored(pair, topic, both=50, original=3)
    pair.write_ledger({topic: {0: (49, 5)}})
    report = pair.told("append", code=1)
    assert report["appended"] == []
    assert "ends at 3 on the original cluster, but records up to 49 were mirrored" in report["remarks"][0]
    assert len(read(pair.survivor, topic)) == 50


def test_keys_come_from_the_vault_as_well(seeds_case: Pair, topic: str) -> None:
    vault = open_vault((seeds_case.folder / "vault").as_uri())
    login = seeds_case.original.login()
    values = {"key": SecretStr(login["sasl.username"]), "secret": SecretStr(login["sasl.password"])}
    vault.write("operator/east", values, "a test")
    env = {k: v for k, v in seeds_case.environment.items() if k not in {"KAFKADR_SOURCE_KEY", "KAFKADR_SOURCE_SECRET"}}
    words = seeds_case.command("export", "--out", str(seeds_case.folder / "out"), "--json")[3:]

    absent = run([*words, "--source-entry", vault.address("operator/west")], env)
    assert absent.returncode == 2
    assert "the vault has no key at" in absent.stdout
    found = run([*words, "--source-entry", vault.address("operator/east")], env)
    assert found.returncode == 0, found.stdout + found.stderr
    assert seeds_case.said(topic) == [("exported", [101, 105])]


def test_addresses_that_were_mixed_up_are_refused_before_anything_is_done(seeds_case: Pair, topic: str) -> None:
    env = seeds_case.environment
    both_west = {f"KAFKADR_SOURCE_{n}": env[f"KAFKADR_DR_{n}"] for n in ("BOOTSTRAP", "KEY", "SECRET")}
    both_east = {f"KAFKADR_DR_{n}": env[f"KAFKADR_SOURCE_{n}"] for n in ("BOOTSTRAP", "KEY", "SECRET")}
    turned = seeds_case.recover("reset-group", "--group", "g", **both_west)
    assert turned.returncode == 2
    assert "is lkc-west, the surviving cluster itself" in turned.stderr
    same = seeds_case.recover("append", **both_east)
    assert same.returncode == 4
    assert "both addresses lead to the cluster lkc-east" in same.stderr
    assert len(read(seeds_case.original, topic)) == 106
    assert seeds_case.said(topic) == []


def test_what_was_emptied_before_it_was_mirrored_lacks_nothing_and_what_is_lost_stops_nobody_else(
    pair: Pair, topic: str
) -> None:
    idle, passed = f"{topic}-idle", f"{topic}-passed"
    for name, count in ((idle, 50), (passed, 30), (topic, 10)):
        mirrored(pair, name, both=0, original=count)
    cut_before(pair.original, idle, 50)
    cut_before(pair.original, passed, 25)
    pair.write_ledger({idle: {0: (-1, 0)}, passed: {0: (9, 0)}, topic: {0: (7, 2)}})
    at = ("--source-bootstrap", pair.environment["KAFKADR_SOURCE_BOOTSTRAP"])

    plan = pair.told("plan", *at, code=1)
    found = {p["topic"]: (p["lost"], p["todo"], p["beyond"]) for p in plan["partitions"]}
    assert found == {
        topic: (None, [[8, 9]], None),
        idle: (None, [], None),
        passed: ([10, 24], [[25, 29]], [25, 29]),
    }
    divergence = run(["divergence", *pair.command("plan")[5:], *at, "--epoch", "2", "--json"], pair.environment)
    assert [(s["topic"], s["from"], s["to"]) for s in json.loads(divergence.stdout)["strays"]] == [(passed, 10, 29)]

    report = pair.told("export", "--out", str(pair.folder / "out"), code=1)
    assert {r["topic"]: r["offsets"] for r in report["files"]} == {topic: [8, 9], passed: [25, 29]}
    (lost,) = (line for line in report["remarks"] if "lost for good" in line)
    assert lost.startswith(f"{passed} partition 0: 10-24 are lost for good, the source begins at 25 by now; settle it:")
    assert pair.recover("ack", "--written-off", "--note", "retention").returncode == 0
    assert pair.told("plan", *at)["settled"]


def test_a_static_member_that_has_closed_is_named_while_its_session_keeps_its_place(pair: Pair, topic: str) -> None:
    mirrored(pair, topic, both=3, original=6)
    pair.write_ledger({topic: {0: (2, 3)}})
    group = {"group.id": f"g-{topic}", "group.instance.id": "app-1", "session.timeout.ms": 6000}
    consumer = Consumer(quiet(pair.original.login()) | group | {"auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    until(lambda: consumer.poll(0.1))
    consumer.close()
    refused = pair.recover("reset-group", "--group", f"g-{topic}")
    assert refused.returncode == 4, refused.stderr
    assert "app-1 (rdkafka@127.0.0.1)" in refused.stderr
    assert "a static one keeps its place for its session (session.timeout.ms" in refused.stderr
    until(lambda: pair.recover("reset-group", "--group", f"g-{topic}").returncode == 0)


def test_a_group_that_only_the_older_list_shows_is_refused(pair: Pair, topic: str) -> None:
    mirrored(pair, topic, both=3, original=6)
    pair.write_ledger({topic: {0: (2, 3)}})
    login, name = pair.original.login(), f"share-{topic}"
    words = [login["bootstrap.servers"], login["sasl.username"], login["sasl.password"], topic, name]
    key = SecretStr(login["sasl.password"])
    client = Client(cluster_at("x", f"SASL_PLAINTEXT://{words[0]}", login["sasl.username"], key))
    member = ["java", "-cp", kafka_classpath(), str(ROOT / "tests" / "kafka" / "ShareGroup.java"), *words]
    with subprocess.Popen(member, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: unjudged(client) == [name])
            refused = pair.recover("reset-group", "--group", name)
        finally:
            process.kill()
    assert refused.returncode == 4, refused.stderr
    assert f"group {name} on the original cluster is a share group or a group of the streams protocol" in refused.stderr
    assert unjudged(client) == [name], "nor can anybody tell when its members have gone"
    pair.told("reset-group", "--group", f"g-{topic}")
    assert unjudged(client) == [name], "a group without a member, which has offsets only, is a consumer group"


def configure(broker: Broker, topic: str, name: str, value: str) -> None:
    """Set one setting of a topic."""
    from confluent_kafka import admin  # noqa: PLC0415 - typed loosely in its stubs

    kafka: Any = admin
    entry = kafka.ConfigEntry(name, value, incremental_operation=kafka.AlterConfigOpType.SET)
    resource = kafka.ConfigResource(kafka.ResourceType.TOPIC, topic, incremental_configs=[entry])
    client: Any = kafka.AdminClient(quiet(broker.login()))
    for done in client.incremental_alter_configs([resource]).values():
        done.result(60)


def cut_before(broker: Broker, topic: str, offset: int) -> None:
    """Delete a partition's oldest records, as retention does."""
    from confluent_kafka.admin import AdminClient  # noqa: PLC0415 - typed loosely in its stubs

    client: Any = AdminClient(quiet(broker.login()))
    for done in client.delete_records([TopicPartition(topic, 0, offset)]).values():
        done.result(60)
