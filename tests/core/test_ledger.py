"""The ledger's compare-and-set, on files and on S3: whoever writes at the same time, nobody's word is lost."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from kafkadr import settling
from kafkadr.ledger import Ledger, LedgerError, epochs_of, open_store
from kafkadr.settling import Acknowledgement, How
from tests.toolchain import ROOT

WRITERS, WORDS = 4, 5
DOCUMENT: dict[str, Any] = {
    "state": "closed",
    "topics": {
        "dr-topic": {
            "source": "dr-topic",
            "partitions": [{"partition": 0, "lastSourceFetchOffset": 100, "lag": 5, "missing": [101, 105]}],
        }
    },
}
WRITER = """
import asyncio, sys
from kafkadr import settling
from kafkadr.ledger import Ledger
from kafkadr.settling import Acknowledgement, How
url, who, words = sys.argv[1], sys.argv[2], int(sys.argv[3])
book = Ledger(url, "lkc-b", "dr", 2)
for n in range(words):
    word = Acknowledgement(How.EXPORTED, "dr-topic", 0, n, n + int(who) * 1000, who, "now")
    asyncio.run(book.update(lambda document: settling.acknowledged(document, [word])))
"""


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        host, port = server.get_host_and_port()
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-west-2")
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="ledgers", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        s3.close()
        yield "s3://ledgers"
    server.stop()


@pytest.fixture(params=["file", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "file":
        return tmp_path.as_uri()
    bucket: str = request.getfixturevalue("bucket")
    return f"{bucket}/{tmp_path.name}"


def book(url: str, epoch: int = 2) -> Ledger:
    return Ledger(url, "lkc-b", "dr", epoch)


def test_exchange_writes_only_over_what_the_caller_has_seen(url: str) -> None:
    store = open_store(url)
    assert store.exchange("a/b.json", None, b"1")
    assert not store.exchange("a/b.json", None, b"2")
    assert not store.exchange("a/b.json", b"0", b"2")
    assert store.read("a/b.json") == b"1"
    assert store.exchange("a/b.json", b"1", b"2")
    assert store.read("a/b.json") == b"2"


def test_s3_itself_refuses_a_writer_who_read_before_another_wrote(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store, late = open_store(f"{bucket}/race"), open_store(f"{bucket}/race")
    assert store.exchange("a.json", None, b"1")
    seen = (b"1", boto3.client("s3").get_object(Bucket="ledgers", Key="race/a.json")["ETag"])
    assert store.exchange("a.json", b"1", b"2")
    monkeypatch.setattr(late, "_get", lambda _name: seen)  # what it read before the other one wrote
    assert not late.exchange("a.json", b"1", b"3")
    assert store.read("a.json") == b"2"


def test_operators_who_acknowledge_at_the_same_time_lose_nothing(url: str) -> None:
    asyncio.run(book(url).write(DOCUMENT))
    command = [sys.executable, "-c", WRITER, url]
    running = [subprocess.Popen([*command, str(n), str(WORDS)], cwd=ROOT) for n in range(WRITERS)]
    assert [process.wait(120) for process in running] == [0] * WRITERS

    document = asyncio.run(book(url).read())
    assert document is not None
    (row,) = document["topics"]["dr-topic"]["partitions"]
    said = {(a["who"], a["offsets"][0]) for a in row["acknowledged"]}
    assert said == {(str(who), n) for who in range(WRITERS) for n in range(WORDS)}


def test_a_rerun_of_the_flip_keeps_acknowledgements_and_the_time_of_the_first(url: str) -> None:
    ledger = book(url)
    asyncio.run(ledger.write(DOCUMENT))
    first = asyncio.run(ledger.read()) or {}
    word = Acknowledgement(How.WRITTEN_OFF, "dr-topic", 0, 101, 105, "eve", "now")
    asyncio.run(ledger.update(lambda document: settling.acknowledged(document or {}, [word])))
    asyncio.run(ledger.write(DOCUMENT))

    kept = asyncio.run(ledger.read()) or {}
    assert settling.is_settled(kept)
    assert kept["openedAt"] == first["openedAt"]


def test_an_update_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    ledger = book(tmp_path.as_uri())
    asyncio.run(ledger.write(DOCUMENT))
    file = tmp_path / ledger.name
    before = file.stat().st_mtime_ns
    asyncio.run(ledger.update(lambda document: document or {}))
    assert file.stat().st_mtime_ns == before


def test_the_epochs_of_a_link_are_found(url: str) -> None:
    assert asyncio.run(epochs_of(url, "lkc-b", "dr")) == []
    for epoch in (12, 2):
        asyncio.run(book(url, epoch).write(DOCUMENT))
    asyncio.run(Ledger(url, "lkc-b", "dr-2", 7).write(DOCUMENT))
    assert asyncio.run(epochs_of(url, "lkc-b", "dr")) == [2, 12]


@pytest.mark.parametrize("text", ["not json", "[]", "{}"])
def test_a_document_that_is_none_is_never_written_over(tmp_path: Path, text: str) -> None:
    ledger = book(tmp_path.as_uri())
    file = tmp_path / ledger.name
    file.parent.mkdir(parents=True)
    file.write_text(text, "utf-8")
    with pytest.raises(LedgerError, match="is not a ledger document"):
        asyncio.run(ledger.write(DOCUMENT))
    assert file.read_text("utf-8") == text


def test_the_file_is_private(tmp_path: Path) -> None:
    ledger = book(tmp_path.as_uri())
    asyncio.run(ledger.write(DOCUMENT))
    file = tmp_path / ledger.name
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text("utf-8"))["topics"]
