"""How the child gets its connection, and that nothing of it shows anywhere else."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.drctl.runner.world import ROOT, World, eventually, secret_of


def refused(world: World, *options: str) -> str:
    arguments = ["--pointer", world.pointer_url, "--client", "orders-app", *options, "--", "true"]
    command = [sys.executable, "-m", "drctl", "run", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("form", "name", "line"),
    [
        ("librdkafka", "librdkafka.conf", f"sasl.password={secret_of('east')}"),
        ("java", "client.properties", f'password="{secret_of("east")}";'),
    ],
)
def test_a_private_file_is_written_anew_at_each_start_and_removed_at_the_end(
    world: World, form: str, name: str, line: str
) -> None:
    world.flip(1)
    with world.wrapper("--format", form) as wrapper:
        wrapper.until_started()
        world.flip(2)
        wrapper.until_started(2)
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 0
        first, second = wrapper.journal("start")
        path = Path(first["env"]["KAFKADR_CONFIG_FILE"])
        assert (path.name, path.parent.parent) == (name, world.folder)
        assert first["modes"] == second["modes"] == ["0o600", "0o700"]
        assert line in first["config"]
        assert line.replace("east", "west") in second["config"]
        assert "canary" not in json.dumps([first["env"], second["env"]])
        assert "CANARYKEY" not in json.dumps([first["env"], second["env"]])
        assert not path.parent.exists()


def test_a_file_of_ones_own_choice(world: World) -> None:
    world.flip(1)
    path = world.folder / "app.properties"
    with world.wrapper("--format", "java", "--file", str(path)) as wrapper:
        wrapper.until_started()
        wrapper.process.kill()
        wrapper.process.wait()
        assert path.exists()
    # What a killed wrapper left behind is in nobody's way.
    with world.wrapper("--format", "java", "--file", str(path)) as wrapper:
        wrapper.until_started(2)
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 0
        assert [start["modes"][0] for start in wrapper.journal("start")] == ["0o600", "0o600"]
        assert not path.exists()


def test_a_file_that_is_somebodys_is_left_alone(world: World) -> None:
    path = world.folder / "mine.properties"
    path.write_text("bootstrap.servers=mine\n")
    assert "is there and not from here" in refused(world, "--format", "java", "--file", str(path))
    link = world.folder / "link"
    link.symlink_to(world.folder / "nowhere")
    assert "is there and not from here" in refused(world, "--format", "java", "--file", str(link))
    assert path.read_text() == "bootstrap.servers=mine\n"


def test_what_can_never_work_is_refused_at_once(world: World) -> None:
    assert "--file needs a file's format" in refused(world, "--file", str(world.folder / "x"))
    assert "there is no folder" in refused(world, "--format", "java", "--file", str(world.folder / "no" / "x"))
    assert "is no name of a client" in refused(world, "--client", "Orders App")
    assert "unknown scheme" in refused(world, "--vault", "ftp://vault")
    assert "is no duration" in refused(world, "--poll", "often")


def test_an_outer_wrappers_credentials_do_not_pass_to_the_child(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKADR_SASL_PASSWORD", "canary-outer")
    world.flip(1)
    with world.wrapper("--format", "java") as wrapper:
        wrapper.until_started()
        assert "canary-outer" not in json.dumps(wrapper.journal("start"))


@pytest.mark.parametrize("form", ["env", "java"])
def test_no_secret_shows_in_logs_status_or_command_lines(world: World, form: str) -> None:
    status = world.folder / "status.json"
    world.flip(1)
    with world.wrapper("--format", form, "--status-file", str(status), "--json") as wrapper:
        wrapper.until_started()
        world.flip(2)
        wrapper.until_started(2)
        world.key("west", 2)
        wrapper.until_started(3)
        with world.unreadable("west"):
            wrapper.until_told("cannot be read")
        wrapper.until_told("can be read again")
        world.entry("west").write_text(f'{{"key": "{secret_of("west", 3)}')
        wrapper.until_told("was not written by this program")
        eventually(lambda: '"pid": null' not in status.read_text(), "a pid")
        seen = status.read_text()
        for pid in (wrapper.process.pid, wrapper.journal("start")[-1]["pid"]):
            seen += Path(f"/proc/{pid}/cmdline").read_text()
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 0
        messages = [json.loads(line) for line in wrapper.told.splitlines()]
        assert {"when", "message"} == set().union(*messages)
        seen += wrapper.told + (world.folder / "stdout").read_text() + status.read_text()
        assert "west.example:9092" in seen
        for canary in ("canary", "CANARYKEY"):
            assert canary not in seen
