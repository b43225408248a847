"""`drctl recover` where no broker is needed: plan and write-off from the ledger alone, usage, and a lost ledger."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from kafkadr.ledger import Ledger
from kafkadr.ledger_store import FileStore
from tests.drctl.in_process import Done, run
from tests.emulation import in_thread
from tests.emulator import linked
from tests.emulator.linked import DESTINATION, SOURCE

LINK = "dr"
DOCUMENT: dict[str, Any] = {
    "version": 1,
    "state": "closed",
    "epoch": 2,
    "cluster": DESTINATION,
    "link": LINK,
    "desired": "FAILED_OVER",
    "topics": {
        "dr-topic": {
            "source": "dr-topic",
            "status": "STOPPED",
            "partitions": [
                {"partition": 0, "lastSourceFetchOffset": 100, "lag": 5, "missing": [101, 105]},
                {"partition": 1, "lastSourceFetchOffset": 7, "lag": 0, "missing": None},
            ],
        },
        "other": {
            "source": "other",
            "status": "STOPPED",
            "partitions": [{"partition": 0, "lastSourceFetchOffset": -1, "lag": 2, "missing": [0, 1]}],
        },
    },
}


def recover(folder: Path, command: str, *words: str, **env: str) -> Done:
    where = ["--ledger", folder.as_uri(), "--cluster", DESTINATION, "--link", LINK]
    return run(["recover", command, *where, *words], {"KAFKADR_WHO": "eve", "COLUMNS": "200"} | env)


def told(done: Done, code: int) -> Any:
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for epoch in (2, 1):
        asyncio.run(Ledger(tmp_path.as_uri(), DESTINATION, LINK, epoch).write(DOCUMENT | {"epoch": epoch}))
    return tmp_path


def document(folder: Path, epoch: int = 2) -> dict[str, Any]:
    found = asyncio.run(Ledger(folder.as_uri(), DESTINATION, LINK, epoch).read())
    assert found is not None
    return found


def test_plan_prints_the_ranges_and_the_commands_from_the_newest_ledger_alone(folder: Path) -> None:
    plan = told(recover(folder, "plan", "--json"), 1)
    assert [(p["topic"], p["partition"], p["open"]) for p in plan["partitions"]] == [
        ("dr-topic", 0, [[101, 105]]),
        ("dr-topic", 1, []),
        ("other", 0, [[0, 1]]),
    ]
    assert not plan["settled"]
    assert "--epoch 2" in plan["commands"][0]
    there = "--bootstrap-server ORIGINAL --command-config ORIGINAL.properties"
    assert (
        f"kafka-console-consumer {there} --topic dr-topic --partition 0 --offset 101 --isolation-level read_committed"
        " --max-messages 5 --timeout-ms 30000"
    ) in plan["commands"]
    assert any(line.startswith(f"kafka-consumer-groups {there} --group GROUP") for line in plan["commands"])
    assert any(f"Keep link {LINK}" in note for note in plan["notes"])
    assert any("records of 2 partitions are not counted" in note for note in plan["notes"])
    assert [p["records"] for p in plan["partitions"]] == [None, 0, None]
    people = recover(folder, "plan", "--topic", "other")
    assert people.returncode == 1
    assert "0-1" in people.stdout
    assert "101-105" not in people.stdout


def test_what_is_written_off_is_acknowledged_with_who_when_and_why_and_the_plan_is_then_empty(folder: Path) -> None:
    first = told(recover(folder, "ack", "--written-off", "--note", "test data", "--topic", "other", "--json"), 0)
    assert first["receipt"] == "", "the other topic is open yet"
    assert first["acknowledged"] == [{"topic": "other", "partition": 0, "offsets": [0, 1]}]
    (word,) = document(folder)["topics"]["other"]["partitions"][0]["acknowledged"]
    assert (word["how"], word["who"], word["note"]) == ("written-off", "eve", "test data")
    assert "acknowledged" not in document(folder)["topics"]["dr-topic"]["partitions"][0]

    assert recover(folder, "ack", "--written-off").returncode == 0
    plan = told(recover(folder, "plan", "--json"), 0)
    assert (plan["settled"], plan["commands"], plan["notes"]) == (True, [], [])
    file = folder / Ledger(folder.as_uri(), DESTINATION, LINK, 2).name
    assert plan["receipt"] == f"2:{hashlib.sha256(file.read_bytes()).hexdigest()}"
    again = told(recover(folder, "ack", "--written-off", "--json"), 0)
    assert again == {"acknowledged": [], "remarks": [], "receipt": plan["receipt"]}
    assert told(recover(folder, "plan", "--epoch", "1", "--json"), 1)["settled"] is False, "another flip's is its own"


def test_many_partitions_are_written_off_in_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"partition": 0, "lastSourceFetchOffset": 9, "lag": 5, "missing": [10, 14]}
    topics = {f"t{n}": {"source": f"t{n}", "status": "STOPPED", "partitions": [row]} for n in range(60)}
    asyncio.run(Ledger(tmp_path.as_uri(), DESTINATION, LINK, 2).write(DOCUMENT | {"topics": topics}))
    calls: list[str] = []
    for verb in ("read", "exchange"):
        original = getattr(FileStore, verb)

        def counted(*words: Any, verb: str = verb, original: Any = original) -> Any:
            calls.append(verb)
            return original(*words)

        monkeypatch.setattr(FileStore, verb, counted)

    assert told(recover(tmp_path, "ack", "--written-off", "--json"), 0)["receipt"]
    assert calls.count("exchange") == 1
    assert calls.count("read") <= 3  # the command's look, that of the write, and the exchange's own comparison


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("plan", "--topic", "no-such"), 2, "the ledger has no topic no-such"),
        (("plan", "--epoch", "9"), 1, "there is no ledger at"),
        (("ledger",), 2, "--epoch or --dr-rest is missing"),
        (("ack",), 2, "say either --written-off, or --recovered with --group"),
        (("ack", "--recovered"), 2, "say either"),
        (("ack", "--written-off", "--group", "g"), 2, "say either"),
        (("export", "--out", "x"), 2, "the address of the original cluster is missing"),
        (("export", "--out", "x", "--source-bootstrap", "h:9092"), 2, "KAFKADR_SOURCE_KEY and KAFKADR_SOURCE_SECRET"),
        (("append", "--source-bootstrap", "SASL_PLAINTEXT://broker.example:9092"), 2, "in clear over the network"),
        (("append", "--source-bootstrap", "http://h:1"), 2, "is no bootstrap address"),
    ],
)
def test_bad_usage_is_told_before_anybody_is_asked(folder: Path, words: tuple[str, ...], code: int, text: str) -> None:
    keys = {} if "h:9092" in words else {"KAFKADR_SOURCE_KEY": "K", "KAFKADR_SOURCE_SECRET": "canary-secret"}
    before = document(folder)
    done = recover(folder, *words, **keys)
    assert done.returncode == code, done.stdout + done.stderr
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert "canary-secret" not in done.stdout + done.stderr
    assert document(folder) == before


def test_no_option_takes_a_secret() -> None:
    for command in ("plan", "export", "append", "reset-group", "ack"):
        done = run(["recover", command, "--help"], {"COLUMNS": "200"})
        options = [word for word in done.stdout.split() if word.startswith("--")]
        assert options
        assert not [o for o in options if "secret" in o or "password" in o or "key" in o]


def test_without_the_kafka_library_the_error_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)  # import fails, as on a machine without it
    monkeypatch.setitem(sys.modules, "confluent_kafka.admin", None)
    keys = {"KAFKADR_SOURCE_KEY": "K", "KAFKADR_SOURCE_SECRET": "s"}
    done = recover(folder, "export", "--out", "x", "--source-bootstrap", "h:9092", **keys)
    assert done.returncode == 2, done.stderr
    assert "pip install 'kafka-dr[kafka]'" in done.stderr


def test_a_lost_ledger_is_written_anew_while_the_link_exists_and_never_over_one_that_is_there(tmp_path: Path) -> None:
    with in_thread() as emulator:
        emulator.control("POST", "/clock", {"mode": "manual"})
        client = linked.build(emulator, 1)
        emulator.control("PUT", f"/clusters/{DESTINATION}/links/dr/mirrors/t0", {"hold_lag": {"0": 5}})
        emulator.control("POST", f"/clusters/{SOURCE}/topics/t0/records", {"partition": 0, "count": 106})
        assert client.post("/links/dr/mirrors:failover", json={"mirror_topic_names": ["t0"]}).is_success
        words = ["--epoch", "2", "--dr-rest", f"{emulator.url}/k/{DESTINATION}", "--json"]
        keys = {"KAFKADR_DR_KEY": "DST", "KAFKADR_DR_SECRET": "dst-secret"}

        assert told(recover(tmp_path, "ledger", *words, **keys), 0)["ledger"].endswith("epoch-2.json")
        plan = told(recover(tmp_path, "plan", "--json"), 1)
        assert [(p["topic"], p["open"]) for p in plan["partitions"]] == [("t0", [[101, 105]])]
        assert document(tmp_path)["rebuilt"] is True

        assert recover(tmp_path, "ack", "--written-off").returncode == 0
        assert recover(tmp_path, "ledger", *words, **keys).returncode == 0
        assert told(recover(tmp_path, "plan", "--json"), 0)["settled"], "what was acknowledged stays"

        emulator.control("DELETE", f"/clusters/{DESTINATION}/links/dr")
        assert recover(tmp_path, "ledger", *words, **keys).returncode == 0
        assert told(recover(tmp_path, "plan", "--json"), 0)["settled"], "the ledger outlives the link"
        gone = recover(tmp_path / "elsewhere", "ledger", *words, **keys)
        assert gone.returncode == 1
        assert "without it nobody has its mirrors' offsets" in gone.stdout


def test_where_nobody_knows_the_end_it_is_said_and_can_be_written_off(tmp_path: Path) -> None:
    row = {"partition": 0, "lastSourceFetchOffset": 6, "lag": None, "missing": [7, None]}
    topic = {"source": "t0", "status": "STOPPED", "partitions": [row]}
    asyncio.run(Ledger(tmp_path.as_uri(), DESTINATION, LINK, 2).write(DOCUMENT | {"topics": {"t0": topic}}))
    plan = told(recover(tmp_path, "plan", "--json"), 1)
    assert (plan["partitions"][0]["missing"], plan["partitions"][0]["open"]) == ([7, None], [[7, None]])
    assert any("t0 partition 0: the ledger does not know whether" in note for note in plan["notes"])
    assert any(line.startswith("drctl recover ack") for line in plan["commands"])
    assert "7-unknown" in recover(tmp_path, "plan").stdout
    shown = run(
        ["first", "ledger", "--ledger", tmp_path.as_uri(), "--cluster", DESTINATION, "--link", LINK, "--epoch", "2"],
        {"COLUMNS": "200"},
    )
    assert (shown.returncode, "7-unknown" in shown.stdout) == (1, True)

    done = told(recover(tmp_path, "ack", "--written-off", "--note", "the region is lost", "--json"), 0)
    assert done["acknowledged"] == [{"topic": "t0", "partition": 0, "offsets": [7, None]}]
    assert done["receipt"]
    assert told(recover(tmp_path, "plan", "--json"), 0)["settled"]
