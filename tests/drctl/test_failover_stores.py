"""`drctl failover` with a store that is dead, hung, full or misconfigured: it waits for mirrors alone."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from kafkadr.remote import calls
from tests.drctl.in_process import Done, run
from tests.drctl.test_failover import FAILOVER, KEYS, World, failover
from tests.emulation import RunningEmulator, in_thread
from tests.emulator import linked
from tests.emulator.linked import DESTINATION, SOURCE
from tests.toolchain import ROOT

SECONDS = 20
"""The failover's budget here: its forecast may take 2 s, its ledger 2 s before the call and 2 s after it."""
GROUPS = {"groups": [{"name": "*"}], "budgetSeconds": SECONDS}
SYNC = {
    "consumer.offset.sync.enable": "true",
    "consumer.offset.sync.ms": "1000",
    "consumer.offset.group.filters": '{"groupFilters":[{"name":"*","patternType":"LITERAL","filterType":"INCLUDE"}]}',
}
AWS = {"AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t", "AWS_DEFAULT_REGION": "us-west-2"}
LAGS = "/consumer-groups/{g}/lags"


@contextmanager
def lagging(folder: Path) -> Iterator[World]:
    """A lost primary; one group is behind the last record that was mirrored, one is ahead of it."""
    with in_thread() as emulator:
        emulator.control("POST", "/clock", {"mode": "manual"})
        linked.build(emulator, 3, **SYNC)
        _fill(emulator)
        emulator.control("POST", f"/clusters/{SOURCE}/down", {"how": "close", "now": True})
        emulator.control("POST", "/cloud/down")
        emulator.control("POST", "/clock", {"mode": "real"})
        emulator.control("DELETE", "/log")
        world = World(emulator, folder)
        world.point()
        yield world


def _fill(emulator: RunningEmulator) -> None:
    records = f"/clusters/{SOURCE}/topics/t1/records"
    emulator.control("POST", records, {"partition": 0, "count": 11})
    emulator.advance(5)
    emulator.control("PUT", f"/clusters/{DESTINATION}/links/dr/mirrors/t1", {"hold_lag": {"0": 5}})
    emulator.control("POST", records, {"partition": 0, "count": 5})
    for group, offset in (("behind", 6), ("ahead", 16)):
        body = {"offsets": {"t1": {"0": offset}}, "active": False}
        emulator.control("PUT", f"/clusters/{SOURCE}/groups/{group}", body)
    emulator.advance(5)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, value in AWS.items():
        monkeypatch.setenv(name, value)
    with lagging(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The ledger of the same failover with a sound store."""
    with lagging(tmp_path_factory.mktemp("undisturbed")) as world:
        done = failover(world.card(**GROUPS), "--yes")
        assert done.returncode == 0, done.stderr
        return timeless(world.ledger())


def timeless(document: dict[str, Any]) -> dict[str, Any]:
    assert document["openedAt"]
    return {name: value for name, value in document.items() if name != "openedAt"}


def command(done: Done) -> str:
    """The one line that is to be run later."""
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("drctl recover ledger")]
    return line


def assert_done_but_for_the_ledger(world: World, done: Done) -> None:
    assert done.returncode == 1, done.stderr
    assert world.statuses() == {"STOPPED"}
    assert world.mutations() == ["POST mirrors:failover", "PUT configs:alter"]
    active = world.active()
    assert (active.site, active.epoch) == ("west", 2)
    assert "failing over without a journal" in done.stderr
    assert "Keep link dr. When the store is back, write the ledger with this:" in done.stderr


@contextmanager
def hung(path: Path) -> Iterator[None]:
    """A file whose every reader and writer hangs, as on storage that is mounted and gone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)
    yield
    handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    path.unlink()
    os.close(handle)


@contextmanager
def full(world: World) -> Iterator[str]:
    """No folder can be made where the ledger should be."""
    where = world.folder / "ledger"
    where.write_text("no folder", "utf-8")
    yield where.as_uri()
    where.unlink()


@contextmanager
def never_answering(world: World) -> Iterator[str]:
    """Storage that hangs."""
    with hung(world.folder / "ledger" / DESTINATION / "dr" / "epoch-2.json"):
        yield (world.folder / "ledger").as_uri()


@pytest.mark.parametrize("broken", [full, never_answering], ids=["full", "hung"])
def test_a_dead_ledger_keeps_nothing_waiting_and_the_printed_line_writes_what_an_undisturbed_run_had_written(
    world: World, undisturbed: dict[str, Any], broken: Any
) -> None:
    with broken(world) as url:
        begun = time.monotonic()
        done = failover(world.card(ledger=url, **GROUPS), "--yes")
        took = time.monotonic() - begun
    assert_done_but_for_the_ledger(world, done)
    assert took < SECONDS

    env = {**os.environ, **KEYS, "PATH": f"{ROOT / 'scripts'}{os.pathsep}{os.environ['PATH']}"}
    later = subprocess.run(
        ["/bin/bash", "-c", command(done)], env=env, capture_output=True, text=True, check=False, timeout=60
    )

    assert later.returncode == 0, later.stderr
    assert timeless(world.ledger()) == undisturbed
    assert failover(world.card(**GROUPS), "--yes").returncode == 0
    assert timeless(world.ledger()) == undisturbed


@contextmanager
def no_profile() -> Iterator[dict[str, str]]:
    yield {"AWS_PROFILE": "nobody-has-this"}


@contextmanager
def no_endpoint() -> Iterator[dict[str, str]]:
    yield {"AWS_ENDPOINT_URL": "no address"}


@contextmanager
def dead_region() -> Iterator[dict[str, str]]:
    yield {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}


@contextmanager
def silent_region() -> Iterator[dict[str, str]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.getsockname()[1]}"}


@pytest.fixture
def bucket() -> Iterator[tuple[str, str]]:
    """A sound S3 and a bucket in it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url, name = f"http://{host}:{port}", f"ledger-{uuid.uuid4()}"
    client = boto3.client(
        "s3", endpoint_url=url, region_name="us-west-2", aws_access_key_id="t", aws_secret_access_key="t"
    )
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    client.close()
    yield url, name
    server.stop()


@pytest.mark.parametrize("broken", [no_profile, no_endpoint, dead_region, silent_region])
def test_the_same_with_a_ledger_in_s3_whose_client_or_region_is_of_no_use(
    world: World, undisturbed: dict[str, Any], bucket: tuple[str, str], broken: Any
) -> None:
    card = world.card(ledger=f"s3://{bucket[1]}/dr", **GROUPS)
    with broken() as settings, pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        begun = time.monotonic()
        done = failover(card, "--yes")
        took = time.monotonic() - begun
    assert_done_but_for_the_ledger(world, done)
    assert took < SECONDS

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", bucket[0])
        words = shlex.split(command(done))[1:]
        assert run(words, KEYS).returncode == 0
        shown = run(["first", "ledger", *words[2:10], "--json"], KEYS)
    document = json.loads(shown.stdout)
    del document["settled"]
    assert timeless(document) == undisturbed


def test_without_the_first_look_the_ledger_calls_the_groups_unknown(world: World, undisturbed: dict[str, Any]) -> None:
    with full(world) as url:
        done = failover(world.card(ledger=url, **GROUPS), "--yes")
    words = shlex.split(command(done))[1:]
    assert words[-2] == "--first-look"

    assert run(words[:-2], KEYS).returncode == 0

    document = world.ledger()
    assert document["topics"] == undisturbed["topics"]
    assert (document["groups"], document["rebuilt"]) == ([], True)
    assert document["groupsUnknown"] == [
        "all groups: nobody has looked at them before the flip, or what was seen then is lost"
    ]


def test_a_first_look_that_was_cut_short_writes_nothing(world: World) -> None:
    with full(world) as url:
        done = failover(world.card(ledger=url, **GROUPS), "--yes")
    cut = run([*shlex.split(command(done))[1:-1], "eJyr"], KEYS)
    assert cut.returncode == 2
    assert "Copy the whole line" in cut.stderr
    assert not (world.folder / "ledger").exists()


def test_the_same_failover_again_calls_the_groups_unknown_and_has_the_rest(
    world: World, undisturbed: dict[str, Any]
) -> None:
    with full(world) as url:
        assert failover(world.card(ledger=url, **GROUPS), "--yes").returncode == 1
    assert failover(world.card(**GROUPS), "--yes").returncode == 0
    document = world.ledger()
    late = "its topics were stopped before anybody had looked at it"
    assert (document["groups"], document["topics"]) == ([], undisturbed["topics"])
    assert document["groupsUnknown"] == [f"group {name}: {late}" for name in ("ahead", "behind")]


def test_the_line_of_the_first_run_mends_what_a_later_run_could_not_see(
    world: World, undisturbed: dict[str, Any]
) -> None:
    with full(world) as url:
        line = command(failover(world.card(ledger=url, **GROUPS), "--yes"))
    assert failover(world.card(**GROUPS), "--yes").returncode == 0
    assert world.ledger()["groups"] == []
    assert run(shlex.split(line)[1:], KEYS).returncode == 0
    assert timeless(world.ledger()) == undisturbed


def test_a_failover_that_is_broken_off_after_its_call_prints_the_line_too(
    world: World, undisturbed: dict[str, Any]
) -> None:
    world.emulator.fault({"status": 403}, path="/links/{l}/mirrors", nth=3, times=1)
    with full(world) as url:
        done = failover(world.card(ledger=url, **GROUPS), "--yes")
    assert done.returncode == 1
    assert world.statuses() == {"STOPPED"}
    assert world.active().site == "east"
    world.emulator.control("DELETE", "/faults")
    assert run(shlex.split(command(done))[1:], KEYS).returncode == 0
    assert timeless(world.ledger()) == undisturbed


def test_a_mirror_that_has_gone_meanwhile_stays_open_in_the_ledger_that_is_written_later(world: World) -> None:
    with full(world) as url:
        line = command(failover(world.card(ledger=url, **GROUPS), "--yes"))
    kafka = world.emulator.kafka(DESTINATION, "DST", "dst-secret")
    assert kafka.delete("/topics/t1").is_success
    run(shlex.split(line)[1:], KEYS)
    found = world.ledger()
    assert (found["state"], found["topics"]["t1"]["status"]) == ("open", "MISSING")


@pytest.mark.parametrize("broken", [{"status": 500}, {"status": 400}, {"hang": True}])
def test_a_dry_run_that_fails_stops_no_failover(world: World, broken: dict[str, Any], monkeypatch: Any) -> None:
    monkeypatch.setattr("kafkadr.stopping._DRY_RUN_SECONDS", 1.0)
    world.emulator.fault(broken, path=FAILOVER, query={"validate_only": "true"})
    done = failover(world.card(), "--yes")
    assert done.returncode == 0, done.stderr
    assert "which mirrors the server would refuse is unknown" in done.stderr
    assert world.statuses() == {"STOPPED"}


def test_a_ledger_that_somebody_cut_down_by_hand_stops_no_failover(world: World) -> None:
    place = world.folder / "ledger" / DESTINATION / "dr"
    place.mkdir(parents=True)
    (place / "epoch-2.json").write_text('{"topics": {"t1": {"partitions": []}}}', "utf-8")
    done = failover(world.card(**GROUPS), "--yes")
    assert done.returncode == 0, done.stderr
    assert world.ledger()["state"] == "closed"
    (place / "epoch-2.json").write_text('{"topics": {"t1": {"partitions": []}}}', "utf-8")
    words = ["--ledger", (world.folder / "ledger").as_uri(), "--cluster", DESTINATION, "--link", "dr", "--epoch", "2"]
    written = run(["recover", "ledger", *words, "--dr-rest", f"{world.emulator.url}/k/{DESTINATION}"], KEYS)
    assert written.returncode == 0, written.stderr
    assert world.ledger()["state"] == "closed"


@pytest.mark.parametrize("text", ['{"topics": {"t0": {}}}', "[" * 100_000, '{"topics": []}', "null"])
def test_a_document_that_is_no_ledger_stops_no_failover(world: World, text: str) -> None:
    place = world.folder / "ledger" / DESTINATION / "dr"
    place.mkdir(parents=True)
    (place / "epoch-2.json").write_text(text, "utf-8")
    assert_done_but_for_the_ledger(world, failover(world.card(**GROUPS), "--yes"))


def test_mirrors_that_are_not_stopped_still_hold_the_pointer_when_the_ledger_is_dead_as_well(world: World) -> None:
    row = {"row_error": {"names": ["t1"], "code": 401, "message": "Not authorized"}}
    world.emulator.fault(row, path=FAILOVER, query={"validate_only": None})
    with full(world) as url:
        done = failover(world.card(ledger=url, **GROUPS), "--yes")
    assert done.returncode == 1
    assert world.active().site == "east"
    assert world.mutations() == ["POST mirrors:failover"]


def test_groups_that_never_answer_take_a_tenth_of_the_budget_also_again(world: World) -> None:
    world.emulator.fault({"hang": True}, path=LAGS)
    card = world.card(**GROUPS)
    for _ in range(2):
        begun = time.monotonic()
        done = failover(card, "--yes")
        assert time.monotonic() - begun < SECONDS / 2
        assert done.returncode == 0, done.stderr
    silent = "no answer within the 1 s that the forecast may take"
    assert world.ledger()["groupsUnknown"] == [f"group {name}: {silent}" for name in ("ahead", "behind")]
    assert world.mutations()[0] == "POST mirrors:failover"


def test_the_process_ends_though_its_ledger_hangs(world: World) -> None:
    with never_answering(world) as url:
        card = world.card(ledger=url, **GROUPS)
        words = [sys.executable, "-m", "drctl", "first", "failover", "--card", str(card), "--yes"]
        env = {**os.environ, **KEYS, "PYTHONPATH": str(ROOT)}
        begun = time.monotonic()
        ran = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=50)
        took = time.monotonic() - begun
    assert_done_but_for_the_ledger(world, Done(ran.returncode, ran.stdout, ran.stderr))
    assert took < SECONDS


def test_a_hung_pointer_stops_the_mirrors_and_ends_red(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kafkadr.breakglass.READ_SECONDS", 1.0)
    monkeypatch.setattr(calls, "CALL_SECONDS", 2.0)
    world.pointer.unlink()
    with hung(world.pointer):
        done = failover(world.card(**GROUPS), "--yes")
    assert done.returncode == 3, done.stderr
    assert "the pointer has not answered in 1 s" in done.stderr
    assert "the mirrors are stopped, but the pointer has not moved: the pointer has not answered in 2 s" in done.stderr
    assert world.mutations() == ["POST mirrors:failover", "PUT configs:alter"]


def test_a_vault_that_hangs_is_told_in_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "CALL_SECONDS", 1.0)
    with hung(world.folder / "vault" / "ops" / "west"):
        entry = f"{(world.folder / 'vault').as_uri()}/ops/west"
        done = failover(world.card(**GROUPS), "--yes", "--dr-entry", entry)
    assert done.returncode == 3, done.stderr
    assert "the vault has not answered in 1 s" in done.stderr
