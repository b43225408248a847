"""A flip whose ledger is in S3, over HTTP; and one whose ledger is dead: the topics come first, the truth is told."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.brokers import until
from tests.emulation import RunningEmulator
from tests.emulator.linked import DESTINATION, SOURCE
from tests.engine import standing
from tests.engine.pairs import LINK, Pair, build
from tests.toolchain import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

DEAD = "http://127.0.0.1:9"  # Nothing listens on "discard".
UPDATE = ("up", "--yes", "--skip-preview")


@dataclass(frozen=True)
class Bucket:
    """A bucket of its own."""

    url: str
    name: str

    @property
    def where(self) -> dict[str, str]:
        return {"ledger_url": f"s3://{self.name}/dr"}

    def env(self, url: str = "") -> dict[str, str]:
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-west-2"}
        return keys | {"AWS_ENDPOINT_URL": url or self.url}

    def document(self) -> tuple[bytes, dict[str, Any]]:
        client = self._client()
        found = client.get_object(Bucket=self.name, Key=f"dr/{DESTINATION}/{LINK}/epoch-1.json")["Body"].read()
        client.close()
        return found, json.loads(found)

    def make(self) -> None:
        client = self._client()
        client.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        client.close()

    def _client(self) -> Any:
        return boto3.client(
            "s3", endpoint_url=self.url, region_name="us-west-2", aws_access_key_id="t", aws_secret_access_key="t"
        )


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    found = Bucket(f"http://{host}:{port}", f"ledger-{uuid.uuid4()}")
    found.make()
    yield found
    server.stop()


@pytest.fixture
def lagging(emulator: RunningEmulator, bucket: Bucket, tmp_path: Path) -> Pair:
    """Two mirrors as they were built; the last two of ten records of `t0` are on the source only."""
    pair = build(emulator, tmp_path, 2)
    pair.stack.env |= bucket.env()
    pair.want("ACTIVE", **bucket.where)
    assert pair.stack.run(*UPDATE).ok
    pair.hand("t0", hold_lag={"0": 2})
    emulator.control("POST", f"/clusters/{SOURCE}/topics/t0/records", {"partition": 0, "count": 10})
    pair.want("FAILED_OVER", **bucket.where)
    pair.forget_log()
    return pair


def missing(document: dict[str, Any]) -> list[int]:
    found: list[int] = document["topics"]["t0"]["partitions"][0]["missing"]
    return found


def test_a_flip_with_its_ledger_in_s3(lagging: Pair, bucket: Bucket) -> None:
    ran = lagging.stack.up()

    assert ran.ok, ran.text
    raw, document = bucket.document()
    assert (document["state"], missing(document)) == ("closed", [8, 9])
    said = lagging.stack.outputs()["m"]["ledger"]
    assert said["digest"] == hashlib.sha256(raw).hexdigest()
    assert said["url"] == f"s3://{bucket.name}/dr/{DESTINATION}/{LINK}/epoch-1.json"


def test_a_dead_ledger_keeps_no_topic_read_only_but_the_run_is_red_until_it_is_written(
    lagging: Pair, bucket: Bucket
) -> None:
    lagging.stack.env |= bucket.env(DEAD)
    ran = lagging.stack.up()

    assert not ran.ok
    assert set(lagging.statuses().values()) == {"STOPPED"}
    assert f"failing over without a journal: the ledger at s3://{bucket.name}/dr/" in ran.text
    assert "clients have moved, but the ledger is not written" in ran.text
    assert len(lagging.mutations()) == 1

    lagging.stack.env |= bucket.env()
    again = lagging.stack.up()

    assert again.ok, again.text
    assert len(lagging.mutations()) == 1
    _, document = bucket.document()
    assert (document["state"], missing(document)) == ("closed", [8, 9])


def test_with_ledger_and_vault_dead_clients_move_and_the_printed_line_writes_the_ledger_later(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    pair = standing.build(emulator, tmp_path)
    hand = f"/clusters/{pair.west}/links/{standing.LINK}/mirrors/dr-topic"
    emulator.control("PUT", hand, {"hold_lag": {"0": 2}})
    pair.produce("dr-topic", 10)
    pair.commit("billing", "dr-topic", 10)
    until(lambda: pair.committed("west", "billing"))
    (tmp_path / "vault").rename(tmp_path / "vault.away")
    for store in ("ledger", "vault"):
        (tmp_path / store).write_text("a file in its place", "utf-8")
    emulator.control("POST", f"/clusters/{standing.EAST}/down", {"how": "close", "now": True})

    pair.stack.edit(**standing.FAILOVER)
    ran = pair.stack.run(*UPDATE)

    assert not ran.ok
    assert set(pair.statuses().values()) == {"STOPPED"}
    assert pair.link_configs()["consumer.offset.sync.enable"] == "false"
    assert json.loads((tmp_path / "pointer").read_text("utf-8"))["site"] == "west"
    assert "the flip is done and clients have moved, but the ledger is not written" in ran.text
    line = next(text.strip() for text in ran.text.splitlines() if text.strip().startswith("drctl recover ledger"))

    for store in ("ledger", "vault"):
        (tmp_path / store).unlink()
    (tmp_path / "vault.away").rename(tmp_path / "vault")
    keys = {"KAFKADR_DR_KEY": "OPWEST", "KAFKADR_DR_SECRET": standing.SECRETS["west"]}
    env = pair.stack.env | keys | {"PATH": f"{ROOT / 'scripts'}{os.pathsep}{pair.stack.env['PATH']}"}
    wrote = subprocess.run(line, shell=True, env=env, capture_output=True, text=True, check=False)  # noqa: S602
    assert wrote.returncode == 0, wrote.stderr
    document = pair.ledger()
    partition = document["topics"]["dr-topic"]["partitions"][0]
    clamped = next(row for row in document["groups"] if row["topic"] == "dr-topic")
    assert (document["state"], partition["missing"]) == ("closed", [8, 9])
    assert (clamped["restartAt"], clamped["clampedFrom"], clamped["clampedTo"]) == (8, 9, 7)

    pair.forget_log()
    again = pair.stack.up()
    assert again.ok, again.text
    assert [call for call in pair.mutations() if "/mirrors" in call[2]] == []
    assert pair.ledger() == document
    assert pair.stack.up("--expect-no-changes").ok
