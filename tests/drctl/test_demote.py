"""`drctl demote` and `drctl divergence` as processes: what they need, what they say, and no secret anywhere."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from kafkadr.demotion import HandoverBook
from kafkadr.handover import HandoverError, verify
from kafkadr.ledger import Ledger
from tests.emulation import RunningEmulator, in_thread
from tests.emulator import linked
from tests.emulator.linked import DESTINATION, SOURCE

ROOT = Path(__file__).parents[2]
KEY = "canary-signing-key-0123456789abcdef"


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with in_thread() as running:
        linked.build(running, 2)
        yield running


def drctl(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KAFKADR_")}
    keys = {
        "KAFKADR_SOURCE_KEY": "SRC",
        "KAFKADR_SOURCE_SECRET": "src-secret",
        "KAFKADR_DR_KEY": "DST",
        "KAFKADR_DR_SECRET": "dst-secret",
        "KAFKADR_HANDOVER_KEY": KEY,
    }
    env = kept | keys | environment
    command = [sys.executable, "-m", "drctl", *words]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)


def demote(emulator: RunningEmulator, folder: Path, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    where = ["--source-rest", f"{emulator.url}/k/{SOURCE}", "--source-cluster", SOURCE, "--cluster", DESTINATION]
    what = ["--dr-rest", f"{emulator.url}/k/{DESTINATION}", "--link", "dr", "--epoch", "4", "--ledger", folder.as_uri()]
    return drctl("demote", *where, *what, "--quiet-seconds", "1", *more, **environment)


def test_the_token_speaks_of_the_ends_it_was_made_with(emulator: RunningEmulator, tmp_path: Path) -> None:
    emulator.control("POST", f"/clusters/{SOURCE}/topics/t0/records", {"partition": 0, "count": 7})
    people = demote(emulator, tmp_path)
    assert people.returncode == 0, people.stderr
    line = people.stdout.strip()
    assert line.startswith("kafka-dr:handover: kdr1.")
    claims = verify(line.removeprefix("kafka-dr:handover: "), SecretStr(KEY))
    assert (claims.epoch, claims.link, claims.source, claims.destination) == (4, "dr", SOURCE, DESTINATION)
    book = HandoverBook(tmp_path.as_uri(), DESTINATION, "dr", 4)
    assert book.ends(claims) == {"t0": {0: 7}, "t1": {0: 0}}
    said = people.stdout + people.stderr + "".join(p.read_text("utf-8") for p in tmp_path.rglob("*.json"))
    assert not any(secret in said for secret in ("src-secret", "dst-secret", KEY))

    programs = demote(emulator, tmp_path, "--json")
    assert json.loads(programs.stdout)["endsTotal"] == 7
    with pytest.raises(HandoverError, match="not the one this token was made with"):
        book.ends(claims)  # only the newest demotion counts


def test_a_key_that_cannot_sign_is_told_before_anybody_is_asked(emulator: RunningEmulator, tmp_path: Path) -> None:
    emulator.control("DELETE", "/log")
    for key, said in (("", "is missing"), ("canary-short", "shorter than 32 characters")):
        ran = demote(emulator, tmp_path, KAFKADR_HANDOVER_KEY=key)
        assert ran.returncode == 4
        assert said in ran.stderr
        assert "canary" not in ran.stderr
    assert emulator.log() == []
    ran = demote(emulator, tmp_path, KAFKADR_SOURCE_SECRET="")
    assert ran.returncode == 2
    assert "KAFKADR_SOURCE_SECRET" in ran.stderr


def test_a_source_that_is_lost_ends_with_the_reason(emulator: RunningEmulator, tmp_path: Path) -> None:
    emulator.control("POST", f"/clusters/{SOURCE}/down", {"how": "close"})
    ran = demote(emulator, tmp_path, "--budget-seconds", "6")
    assert ran.returncode == 3
    assert "Traceback" not in ran.stderr
    assert not list(tmp_path.rglob("*.json"))


LEDGER = {
    "state": "closed",
    "epoch": 4,
    "topics": {
        "t0": {
            "source": "t0",
            "status": "STOPPED",
            "partitions": [{"partition": 0, "lastSourceFetchOffset": 6, "lag": 2, "missing": [7, 8]}],
        }
    },
}


def test_writes_after_the_flip_are_a_finding_and_the_lag_of_the_flip_is_not(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    asyncio.run(Ledger(tmp_path.as_uri(), DESTINATION, "dr", 4).write(LEDGER))
    emulator.control("POST", f"/clusters/{SOURCE}/topics/t0/records", {"partition": 0, "count": 9})
    body = {"offsets": {"t0": {"0": 1}}, "active": False}
    emulator.control("PUT", f"/clusters/{SOURCE}/groups/app", body)
    names = ["--ledger", tmp_path.as_uri(), "--cluster", DESTINATION, "--link", "dr", "--epoch", "4"]
    where = ["--source-rest", f"{emulator.url}/k/{SOURCE}", "--source-cluster", SOURCE]

    assert drctl("divergence", *names, *where).returncode == 0
    emulator.control("POST", f"/clusters/{SOURCE}/topics/t0/records", {"partition": 0, "count": 3})
    people = drctl("divergence", *names, *where)
    assert people.returncode == 1
    assert "9-11" in people.stdout
    assert drctl("divergence", *names).returncode == 2


def test_where_the_flip_did_not_know_the_end_a_divergence_is_not_known_either(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    row = {"partition": 0, "lastSourceFetchOffset": 6, "lag": None, "missing": [7, None]}
    topics = {"t0": {"source": "t0", "status": "STOPPED", "partitions": [row]}}
    asyncio.run(Ledger(tmp_path.as_uri(), DESTINATION, "dr", 4).write(LEDGER | {"topics": topics}))
    emulator.control("POST", f"/clusters/{SOURCE}/topics/t0/records", {"partition": 0, "count": 9})
    emulator.control("PUT", f"/clusters/{SOURCE}/groups/app", {"offsets": {"t0": {"0": 1}}, "active": False})
    names = ["--ledger", tmp_path.as_uri(), "--cluster", DESTINATION, "--link", "dr", "--epoch", "4"]
    where = ["--source-rest", f"{emulator.url}/k/{SOURCE}", "--source-cluster", SOURCE]
    people = drctl("divergence", *names, *where)
    assert people.returncode == 1
    assert "t0 partition 0: the flip did not know its end" in people.stdout
    told = json.loads(drctl("divergence", *names, *where, "--json").stdout)
    assert (told["strays"], told["seen"], told["unknown"]) == ([], 0, ["t0/0"])
