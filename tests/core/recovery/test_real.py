"""Reading and appending on real brokers: gaps, transactions, compaction, a second appender, and records as they are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import confluent_kafka.admin
import pytest
from confluent_kafka import KafkaException, Producer
from pydantic import SecretStr

from emulator.kafka.broker import Broker
from kafkadr.errors import DrError, RefusedError, UnreachableError
from kafkadr.recovery import source
from kafkadr.recovery.append import Appended, Appender, Origin
from kafkadr.recovery.cluster import Client, cluster_at
from kafkadr.recovery.ranges import Range, ranges_of
from kafkadr.recovery.source import await_stable, logs_of, read_span, without_markers
from kafkadr.recovery.writing import Entry, Topic, Writer
from tests.brokers import make_topic, need_kafka, quiet, until
from tests.recovering import Pair, admin, mirrored, produce, read, values

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]


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
    return str(abs(hash(request.node.nodeid)))


def client(broker: Broker, key: str | None = None, secret: str | None = None) -> Client:
    login = broker.login(key, secret)
    address, password = f"SASL_PLAINTEXT://{broker.bootstrap}", SecretStr(login["sasl.password"])
    return Client(cluster_at(f"cluster {broker.cluster}", address, login["sasl.username"], password))


def offsets(broker: Broker, topic: str, span: tuple[int, int]) -> list[int]:
    return [message.offset() for message in read_span(client(broker), (topic, 0), span)]


def transactional(broker: Broker, name: str) -> Producer:
    made = Producer(quiet(broker.login()) | {"transactional.id": name, "transaction.timeout.ms": 600_000})
    made.init_transactions(60)
    return made


def grant_describe(broker: Broker, topic: str) -> None:
    """One ACL for the account sa-1."""
    kafka: Any = confluent_kafka.admin  # its stubs do not export what it documents
    where = (kafka.ResourceType.TOPIC, topic, kafka.ResourcePatternType.LITERAL)
    acl = kafka.AclBinding(*where, "User:sa-1", "*", kafka.AclOperation.DESCRIBE, kafka.AclPermissionType.ALLOW)
    client: Any = admin(broker)
    for made in client.create_acls([acl]).values():
        made.result(60)


def appender(pair: Pair, topic: str, *, name: str = "kafkadr-recover.test", batch: int = 2) -> Appender:
    (todo,) = _ranges(pair, topic)
    mark = Origin(pair.original.cluster, topic, 0, 2)
    return Appender(client(pair.original), client(pair.survivor), todo, mark, name, batch, lambda: None)


def _ranges(pair: Pair, topic: str) -> list[Range]:
    return ranges_of(pair.document(), logs_of(client(pair.original), [(topic, 0)]))


def test_a_span_is_read_exactly_whatever_lies_around_it(pair: Pair, topic: str) -> None:
    make_topic(pair.original, topic)
    produce(pair.original, topic, range(10))
    assert offsets(pair.original, topic, (3, 6)) == [3, 4, 5, 6]
    assert offsets(pair.original, topic, (9, 9)) == [9]
    assert offsets(pair.original, topic, (7, 9)) == [7, 8, 9]


def test_markers_and_aborted_transactions_are_gaps_and_do_not_hang_the_reader(pair: Pair, topic: str) -> None:
    make_topic(pair.original, topic)
    producer = transactional(pair.original, topic)
    for end in (producer.commit_transaction, producer.abort_transaction, producer.commit_transaction):
        producer.begin_transaction()
        for value in range(2):
            producer.produce(topic, str(value).encode(), partition=0)
        producer.flush(60)
        end(60)

    log = logs_of(client(pair.original), [(topic, 0)])[topic, 0]
    assert (log.start, log.end, log.stable) == (0, 9, 9)  # c c marker, a a marker, c c marker
    assert offsets(pair.original, topic, (0, 8)) == [0, 1, 6, 7]
    assert offsets(pair.original, topic, (3, 5)) == []
    assert offsets(pair.original, topic, (8, 8)) == []


def test_the_marker_of_a_transaction_that_a_returning_broker_aborts_is_no_record(pair: Pair, topic: str) -> None:
    make_topic(pair.original, topic)
    produce(pair.original, topic, range(3))
    pair.write_ledger({topic: {0: (0, 2)}})
    since = int(time.time() * 1000) + 1
    time.sleep(0.01)

    def look() -> Range:
        (found,) = ranges_of(pair.document(), logs_of(client(pair.original), [(topic, 0)], since))
        return without_markers(client(pair.original), found)

    producer = transactional(pair.original, topic)
    producer.begin_transaction()
    producer.produce(topic, b"never", partition=0)
    producer.flush(60)
    assert look().last == 3, "an open transaction may yet be committed"
    producer.abort_transaction(60)
    until(lambda: look().todo == ((1, 2),))  # the broker writes the marker in its own time
    aborted = look()
    assert (aborted.beyond, aborted.diverged) == (None, None)

    produce(pair.original, topic, [5])
    written = look()
    assert (written.todo, written.diverged) == (((1, 5),), (5, 5))


def test_an_open_transaction_is_waited_for_and_then_refused_not_passed_over(pair: Pair, topic: str) -> None:
    make_topic(pair.original, topic)
    producer = transactional(pair.original, topic)
    producer.begin_transaction()
    producer.produce(topic, b"1", partition=0)
    producer.flush(60)
    with pytest.raises(RefusedError, match=r"open transaction hides .* from offset 0 on"):
        await_stable(client(pair.original), (topic, 0), 1, seconds=0.1)
    producer.commit_transaction(60)
    await_stable(client(pair.original), (topic, 0), 1, seconds=60)


def test_appended_records_keep_key_value_headers_timestamp_and_gain_their_origin(pair: Pair, topic: str) -> None:
    # Its records are old, and a broker deletes such after a week.
    make_topic(pair.original, topic, retention_ms="-1")
    make_topic(pair.survivor, topic, retention_ms="-1")
    producer = Producer(quiet(pair.original.login()))
    producer.produce(topic, b"old", b"k", 0, timestamp=1_700_000_000_000, headers=[("h", b"1"), ("h", b"2")])
    producer.produce(topic, None, b"k", 0, headers=[("empty", b""), ("null", None)])
    producer.produce(topic, b"", None, 0, timestamp=-1)
    producer.flush(60)
    pair.write_ledger({topic: {0: (-1, 3)}})

    done = appender(pair, topic).run(lambda end: end)

    assert done == Appended(records=3, appended=3, spans={(0, 2): 3})
    first, second, third = read(pair.survivor, topic)
    assert first[1:3] == (b"k", b"old")
    assert second[1:3] == (b"k", None)
    assert second[3][:2] == [("empty", b""), ("null", None)]
    assert third[1:3] == (None, b"")
    assert first[3][:2] == [("h", b"1"), ("h", b"2")]
    origin = {"cluster": b"lkc-east", "topic": topic.encode(), "partition": b"0", "offset": b"0", "epoch": b"2"}
    assert dict(first[3][2:]) == {f"kafkadr.origin.{name}": value for name, value in origin.items()}
    times = [message.timestamp()[1] for message in read_span(client(pair.survivor), (topic, 0), (0, 3))]
    assert (times[0], times[2]) == (1_700_000_000_000, -1)


def test_a_second_run_appends_nothing_and_fresh_records_in_between_are_left_alone(pair: Pair, topic: str) -> None:
    mirrored(pair, topic, both=3, original=8)
    pair.write_ledger({topic: {0: (2, 5)}})
    produce(pair.survivor, topic, [100, 101])
    begin = 5
    assert appender(pair, topic).run(lambda _: begin) == Appended(5, 5, spans={(3, 7): 5})
    produce(pair.survivor, topic, [102])
    assert appender(pair, topic).run(lambda _: begin) == Appended(5, already=5, spans={(3, 7): 5})
    assert values(read(pair.survivor, topic)) == [0, 1, 2, 100, 101, 3, 4, 5, 6, 7, 102]


def test_what_does_not_arrive_is_noticed_however_well_the_commit_went(
    pair: Pair, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrored(pair, topic, both=0, original=4)
    pair.write_ledger({topic: {0: (-1, 4)}})
    write = Writer.write

    def forgetful(self: Writer, place: tuple[str, int], batch: list[Entry]) -> str | None:
        return write(self, place, batch[:1])

    monkeypatch.setattr(Writer, "write", forgetful)
    with pytest.raises(
        DrError, match=r"2 records of .* are not on the surviving cluster after all, the first is offset 1"
    ):
        appender(pair, topic).run(lambda _: 0)


def test_a_second_appender_fences_the_first_and_nothing_comes_twice(pair: Pair, topic: str) -> None:
    mirrored(pair, topic, both=0, original=6)
    pair.write_ledger({topic: {0: (-1, 6)}})
    first = appender(pair, topic, batch=1)
    seen = 0

    def overtake() -> None:
        nonlocal seen
        seen += 1
        if seen == 3:
            assert appender(pair, topic).run(lambda _: 0).appended == 4  # two had been committed

    first.progress = overtake

    with pytest.raises(Exception, match=r"(?i)fenced"):
        first.run(lambda _: 0)
    assert values(read(pair.survivor, topic)) == [0, 1, 2, 3, 4, 5]


def test_an_applications_open_transaction_does_not_hide_what_was_appended_before(
    pair: Pair, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrored(pair, topic, both=0, original=2)
    pair.write_ledger({topic: {0: (-1, 2)}})
    application = transactional(pair.survivor, topic)
    application.begin_transaction()
    application.produce(topic, b"50", partition=0)
    application.flush(60)
    work = appender(pair, topic)
    writer = Writer(work.target, "kafkadr-recover.test", Topic.of(work.target, topic))
    records = read_span(work.source, (topic, 0), (0, 1))
    writer.write((topic, 0), [Entry(m, work.origin.headers(m)) for m in records])  # and killed before its proof
    monkeypatch.setattr(source, "STABLE_SECONDS", 1.0)
    with pytest.raises(RefusedError, match="open transaction hides"):
        appender(pair, topic).run(lambda _: 0)
    application.commit_transaction(60)
    monkeypatch.undo()

    assert appender(pair, topic).run(lambda _: 0) == Appended(2, already=2, spans={(0, 1): 2})
    assert values(read(pair.survivor, topic)) == [50, 0, 1]


def test_in_a_compacted_topic_an_old_value_never_wins_over_a_newer_one(pair: Pair, topic: str) -> None:
    mirrored(pair, topic, both=0, original=0, cleanup_policy="compact")
    for key, value in (("a", 1), ("b", 2), ("a", 3)):
        produce(pair.original, topic, [value], key=key)
    produce(pair.survivor, topic, [9], key="b")  # written after the flip
    pair.write_ledger({topic: {0: (-1, 3)}})

    assert appender(pair, topic).run(lambda end: end) == Appended(3, 2, superseded=1, spans={(0, 2): 3})
    assert appender(pair, topic).run(lambda _: 1) == Appended(3, already=2, superseded=1, spans={(0, 2): 3})
    latest = {key: value for _, key, value, _ in read(pair.survivor, topic)}
    assert latest == {b"a": b"3", b"b": b"9"}


def test_a_wrong_key_a_missing_grant_and_a_dead_broker_are_told_apart(pair: Pair, topic: str) -> None:
    make_topic(pair.original, topic)
    with pytest.raises(UnreachableError, match="refuses the key NOBODY"):
        client(pair.original, "NOBODY", "wrong").cluster_id()
    produce(pair.original, topic, [1])
    pair.original.keys({"K": ("s", "sa-1")})
    grant_describe(pair.original, topic)
    assert logs_of(client(pair.original, "K", "s"), [(topic, 0)])
    with pytest.raises(RefusedError, match=f"does not let the key K read {topic}"):
        list(read_span(client(pair.original, "K", "s"), (topic, 0), (0, 0)))
    nowhere = Client(cluster_at("the original cluster", "SASL_PLAINTEXT://127.0.0.1:9", "K", SecretStr("s3cret")))
    with pytest.raises(UnreachableError, match="does not answer") as caught:
        nowhere.cluster_id()
    assert "s3cret" not in f"{caught.value}{caught.value!r}{nowhere.cluster}"


def test_a_topic_that_is_not_there_is_left_out_and_one_that_the_key_may_not_describe_is_refused(
    pair: Pair, topic: str
) -> None:
    make_topic(pair.original, topic)
    places = [("no-such-topic", 0), (topic, 0), (topic, 7)]
    assert logs_of(client(pair.original), places).keys() == {(topic, 0)}
    pair.original.keys({"K": ("s", "sa-1")})
    with pytest.raises(RefusedError, match=f"does not let the key K describe {topic}"):
        logs_of(client(pair.original, "K", "s"), [(topic, 0)])


def test_a_client_that_is_kept_over_a_change_of_leader_goes_on_and_so_does_the_wait_for_a_transaction(
    pair: Pair, topic: str
) -> None:
    make_topic(pair.original, topic)
    produce(pair.original, topic, [0, 1, 2])
    kept = client(pair.original)
    assert logs_of(kept, [(topic, 0)])[topic, 0].end == 3
    application = transactional(pair.original, topic)
    application.begin_transaction()
    application.produce(topic, b"3", partition=0)
    application.flush(60)
    with ThreadPoolExecutor() as aside:
        waiting = aside.submit(await_stable, kept, (topic, 0), 4)
        time.sleep(1)
        assert not waiting.done()
        pair.original.kill()
        pair.original.start()
        transactional(pair.original, topic)  # its successor: what it left open is aborted
        waiting.result(100)
    assert logs_of(kept, [(topic, 0)])[topic, 0].stable >= 4


def test_the_librarys_own_exceptions_do_not_come_out(pair: Pair, topic: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - any but one
        list(read_span(client(pair.original), (topic, 0), (0, 1), idle_seconds=1))
    assert not isinstance(caught.value, KafkaException)
