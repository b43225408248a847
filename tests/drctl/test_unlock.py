"""`drctl unlock` on crafted locks: dead ones go, live ones stay whoever asks, others need a person's word.

Most tests suppose that every process can be seen, as on a host; the tests themselves may run in a container.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kafkadr.locks import Content, Fate, Found, Process, fate_of, sees_all
from tests.drctl.in_process import run
from tests.services.moto import Moto, moto_server
from tests.toolchain import ROOT

STACK = "organization/kafka-dr/prod"
HERE = socket.gethostname()


def lock(pid: int, age: float = 0.0, host: str = HERE) -> str:
    when = datetime.fromtimestamp(time.time() - age, UTC).isoformat().replace("+00:00", "Z")
    return json.dumps({"pid": pid, "username": "ann", "hostname": host, "timestamp": when})


def ended() -> int:
    """The number of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


class Backend:
    """A file backend with locks of one stack."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.locks = folder / ".pulumi" / "locks" / STACK
        self.locks.mkdir(parents=True)

    def add(self, name: str, text: str) -> None:
        (self.locks / f"{name}.json").write_text(text, "utf-8")

    def left(self) -> list[str]:
        return sorted(p.stem for p in self.locks.iterdir())

    def unlock(self, *words: str) -> tuple[int, list[dict[str, Any]]]:
        ran = run(["unlock", "--backend", self.folder.as_uri(), "--stack", "kafka-dr/prod", "--json", *words], {})
        return ran.returncode, json.loads(ran.stdout).get("locks", [])


@pytest.fixture
def _on_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kafkadr.locks.sees_all", lambda: True)


on_a_host = pytest.mark.usefixtures("_on_a_host")


@pytest.fixture
def backend(tmp_path: Path) -> Backend:
    return Backend(tmp_path)


def test_nothing_to_break_is_fine(backend: Backend) -> None:
    assert backend.unlock() == (0, [])


@on_a_host
def test_only_the_dead_one_goes(backend: Backend) -> None:
    backend.add("dead", lock(ended(), 10))
    backend.add("live", lock(os.getpid()))
    backend.add("elsewhere", lock(1, 10_000, "other-host"))
    assert backend.unlock("--dry-run")[0] == 4
    assert len(backend.left()) == 3
    code, rows = backend.unlock()
    assert code == 4
    assert {row["fate"]: row["broken"] for row in rows} == {"dead": True, "alive": False, "unknown": False}
    assert backend.left() == ["elsewhere", "live"]


@on_a_host
def test_a_process_that_was_killed_and_not_reaped_is_dead(backend: Backend) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        backend.add("killed", lock(process.pid))
        assert backend.unlock()[0] == 4
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert backend.unlock()[0] == 0
    assert backend.left() == []


def test_a_persons_word_breaks_what_is_old_and_of_another_host_and_never_a_live_one(backend: Backend) -> None:
    backend.add("old", lock(1, 4000, "other-host"))
    backend.add("young", lock(1, 60, "other-host"))
    backend.add("live", lock(os.getpid()))
    code, _ = backend.unlock("--owner-is-dead")
    assert (code, backend.left()) == (4, ["live", "young"])
    backend.unlock("--owner-is-dead", "--older-than", "0s")
    assert backend.left() == ["live"]


@on_a_host
@pytest.mark.parametrize(
    ("process", "fate"),
    [
        (None, Fate.DEAD),
        (Process("nginx", 2000.0), Fate.DEAD),  # the number was taken again
        (Process("pulumi", 2000.0), Fate.ALIVE),  # the wall clock may have jumped: never a live engine's
        (Process("nginx", 999.0), Fate.ALIVE),
        (Process("nginx", None), Fate.ALIVE),
    ],
)
def test_a_number_that_was_taken_again_is_told_apart_by_its_start(
    process: Process | None, fate: Fate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kafkadr.locks.process_of", lambda _: process)
    held = Content(pid=7, username="ann", hostname="h", timestamp=datetime.fromtimestamp(1000, UTC))
    assert fate_of(Found("x", held), "h")[0] is fate


def test_in_a_container_a_number_that_is_not_there_proves_nothing(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kafkadr.locks.sees_all", lambda: False)
    backend.add("gone", lock(ended(), 10))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as another:
        backend.add("another", lock(another.pid, 3600))
        words = ["unlock", "--backend", backend.folder.as_uri(), "--stack", "kafka-dr/prod"]
        refused = run(words, {})
        assert (refused.returncode, backend.left()) == (4, ["another", "gone"])
        assert "stays (unknown)" in " ".join(refused.stdout.split())
        # What it prints is what one adds to break them, once one has looked.
        told = refused.stderr.strip().splitlines()[-1].partition("add to this command: ")[2]
        assert told.startswith("--owner-is-dead --older-than ")
        assert run([*words, *told.split()], {}).returncode == 0
        another.kill()
    assert backend.left() == []


@pytest.fixture
def contained(tmp_path: Path) -> Iterator[int]:
    """The number that an engine in a PID namespace of its own has there, under this host's name."""
    engine = tmp_path / "pulumi"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", engine)
    free = next(n for n in range(30_000, 1000, -1) if not Path(f"/proc/{n}").exists())
    script = f"echo {free - 1} >/proc/sys/kernel/ns_last_pid; {engine} 600 & echo $!; wait"
    inside = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script]
    try:
        process = subprocess.Popen(inside, stdout=subprocess.PIPE, text=True)
    except FileNotFoundError:
        pytest.skip("there is no unshare on this machine")
    with process:
        assert process.stdout is not None
        number = process.stdout.readline().strip()
        if number != str(free):
            process.kill()
            pytest.skip("no PID namespace can be made on this machine")
        yield free
        process.kill()


def test_a_live_run_in_a_container_of_the_same_host_name_keeps_its_lock(backend: Backend, contained: int) -> None:
    if not sees_all():
        pytest.skip("the tests run in a container themselves")
    backend.add("live", lock(contained))
    code, rows = backend.unlock("--owner-is-dead", "--older-than", "0s")
    assert (code, backend.left()) == (4, ["live"])
    assert rows[0]["why"] == f"process {contained} in a container of this host is running"


def test_a_process_namespace_of_ones_own_is_not_taken_for_the_whole_machine(contained: int) -> None:
    del contained
    ask = [sys.executable, "-c", "from kafkadr.locks import sees_all; print(sees_all())"]
    own = ["unshare", "--pid", "--fork", "--mount-proc", *ask]
    inside = subprocess.run(own, capture_output=True, text=True, check=True, cwd=ROOT)
    assert inside.stdout == "False\n"


def test_what_is_no_lock_stays_and_what_is_no_backend_is_said(backend: Backend, tmp_path: Path) -> None:
    backend.add("odd", "{}")
    assert backend.unlock()[1][0]["why"] == "its content is of no known form"
    for words, code in (
        (["--backend", "gs://bucket", "--stack", "a/b"], 2),
        (["--backend", backend.folder.as_uri(), "--stack", "prod"], 2),
        (["--backend", backend.folder.as_uri(), "--stack", "../x"], 2),
        (["--backend", (tmp_path / "none").as_uri(), "--stack", "a/b"], 3),
    ):
        assert run(["unlock", *words], {}).returncode == code


@pytest.fixture(scope="module")
def moto() -> Iterator[Moto]:
    with moto_server() as running:
        yield running


@on_a_host
def test_the_same_in_a_bucket(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = moto.bucket("state")
    for name, text in (("dead", lock(ended(), 10)), ("live", lock(os.getpid()))):
        s3.put_object(Bucket="state", Key=f"dr/.pulumi/locks/{STACK}/{name}.json", Body=text.encode())
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    url = f"s3://state/dr?region=eu-central-1&endpoint={moto.url}"
    ran = run(["unlock", "--backend", url, "--stack", STACK, "--json"], {})
    assert ran.returncode == 4, ran.stderr
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="state")["Contents"]]
    assert keys == [f"dr/.pulumi/locks/{STACK}/live.json"]
    s3.close()
