"""`drctl run` as a process: the child follows the pointer, once per change, and outages do not stop it."""

from __future__ import annotations

import json
import shutil
import signal

import pytest

from tests.drctl.runner.world import World, eventually, secret_of


def test_a_flip_stops_the_child_once_and_starts_it_once_on_the_new_site(world: World) -> None:
    world.flip(1)
    with world.wrapper() as wrapper:
        wrapper.until_started()
        world.flip(2)
        wrapper.until_started(2)
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 0
        first, second = wrapper.journal("start")
        assert first["env"]["KAFKADR_BOOTSTRAP_SERVERS"] == "east.example:9092"
        assert second["env"] == first["env"] | {
            "KAFKADR_BOOTSTRAP_SERVERS": "west.example:9092",
            "KAFKADR_SITE": "west",
            "KAFKADR_EPOCH": "2",
            "KAFKADR_CLUSTER_ID": "lkc-west",
            "KAFKADR_SASL_USERNAME": "CANARYKEYwest",
            "KAFKADR_SASL_PASSWORD": secret_of("west"),
        }
        pids = [first["pid"], second["pid"]]
        assert [(note["pid"], note["name"]) for note in wrapper.journal("signal")] == [(p, "SIGTERM") for p in pids]
        assert [note["pid"] for note in wrapper.journal("stop")] == pids


def test_two_flips_at_once_end_on_the_last_site_and_never_go_back(world: World) -> None:
    world.flip(1)
    with world.wrapper(child=("slow",)) as wrapper:
        wrapper.until_started()
        world.flip(2)
        wrapper.until_told("stopping the child")
        world.flip(3)
        eventually(lambda: [s["env"]["KAFKADR_EPOCH"] for s in wrapper.journal("start")][-1] == "3", "epoch 3")
        epochs = [int(start["env"]["KAFKADR_EPOCH"]) for start in wrapper.journal("start")]
        assert epochs == sorted(set(epochs))
        assert len(wrapper.journal("stop")) == len(epochs) - 1


def test_an_older_pointer_is_not_followed_not_even_by_the_next_wrapper(world: World) -> None:
    world.flip(2)
    status = world.folder / "status.json"
    with world.wrapper("--status-file", str(status)) as wrapper:
        wrapper.until_started()
        (world.folder / "pointer.json").write_text(world.active(1).to_json())
        wrapper.until_told("the pointer names east with epoch 1, after epoch 2: not followed")
        world.folder.joinpath("pointer.json").touch()
        assert wrapper.starts() == ["west"]
    with world.wrapper("--status-file", str(status), "--start-timeout", "2s") as wrapper:
        assert wrapper.code() == 3
        assert wrapper.starts() == ["west"]
        assert wrapper.told.count("not followed") == 2


def test_the_vault_is_out_at_the_flip_and_the_child_stays_until_it_is_back(world: World) -> None:
    world.flip(1)
    with world.wrapper() as wrapper:
        wrapper.until_started()
        with world.unreadable("west"):
            world.flip(2)
            wrapper.until_told("going on with east, epoch 1")
            world.entry("west").touch()
            assert wrapper.starts() == ["east"]
            assert wrapper.journal("signal") == []
        wrapper.until_started(2)
        assert wrapper.starts() == ["east", "west"]
        assert len(wrapper.journal("stop")) == 1
        assert wrapper.told.count("going on with") == 1
        assert wrapper.told.count("the vault can be read again") == 1


def test_or_it_is_stopped_at_once_where_that_was_asked_for(world: World) -> None:
    world.flip(1)
    with world.wrapper("--stop-while-unreadable") as wrapper:
        wrapper.until_started()
        with world.unreadable("west"):
            world.flip(2)
            wrapper.until_told("the child has ended; waiting for the new credentials")
            assert wrapper.starts() == ["east"]
        wrapper.until_started(2)
        assert wrapper.starts() == ["east", "west"]


def test_credentials_read_ahead_of_the_flip_do_without_the_vault(world: World) -> None:
    world.flip(1)
    with world.wrapper("--standby", "west") as wrapper:
        wrapper.until_started()
        # The second look at the active site's key tells that the first look ahead is over.
        world.key("east", 2)
        wrapper.until_started(2)
        shutil.rmtree(world.folder / "vault")
        world.flip(2)
        wrapper.until_started(3)
        assert wrapper.starts() == ["east", "east", "west"]
        assert wrapper.journal("start")[-1]["env"]["KAFKADR_SASL_PASSWORD"] == secret_of("west")


def test_a_pointer_that_goes_away_changes_nothing_and_is_told_once(world: World) -> None:
    world.flip(1)
    with world.wrapper() as wrapper:
        wrapper.until_started()
        (world.folder / "pointer.json").rename(world.folder / "away")
        wrapper.until_told("going on with east, epoch 1")
        (world.folder / "away").rename(world.folder / "pointer.json")
        wrapper.until_told("the pointer can be read again")
        assert wrapper.told.count("there is no pointer at") == 1
        world.flip(2)
        wrapper.until_started(2)
        assert wrapper.starts() == ["east", "west"]


def test_a_key_that_is_rotated_restarts_the_child_once(world: World) -> None:
    world.flip(1)
    with world.wrapper() as wrapper:
        wrapper.until_started()
        world.key("east", 2)
        wrapper.until_started(2)
        world.flip(2)
        wrapper.until_started(3)
        passwords = [start["env"]["KAFKADR_SASL_PASSWORD"] for start in wrapper.journal("start")]
        assert passwords == [secret_of("east"), secret_of("east", 2), secret_of("west")]
        assert len(wrapper.journal("stop")) == 2


def test_it_waits_at_the_start_until_pointer_and_key_are_there(world: World) -> None:
    with world.wrapper() as wrapper:
        with world.unreadable("east"):
            wrapper.until_told("there is no pointer at")
            world.flip(1)
            wrapper.until_told("cannot be read")
            assert wrapper.told.count("; waiting") == 2
            assert wrapper.starts() == []
        wrapper.until_started()
        assert wrapper.starts() == ["east"]


def test_the_status_file_tells_where_it_stands(world: World) -> None:
    path = world.folder / "status.json"
    world.flip(1)
    with world.wrapper("--status-file", str(path)) as wrapper:
        wrapper.until_started()
        eventually(lambda: json.loads(path.read_text())["pid"], "a pid")
        status = json.loads(path.read_text())
        assert status["pid"] == wrapper.journal("start")[0]["pid"]
        assert status["wrapperPid"] == wrapper.process.pid
        assert (status["phase"], status["site"], status["epoch"], status["restarts"]) == ("running", "east", 1, 0)
        with world.unreadable("west"):
            world.flip(2)
            eventually(lambda: json.loads(path.read_text())["unreadable"] == ["vault"], "the outage")
            status = json.loads(path.read_text())
            assert (status["epoch"], status["pointerEpoch"], status["pointerSite"]) == (1, 2, "west")
        wrapper.until_started(2)
        wrapper.send(signal.SIGTERM)
        assert wrapper.code() == 0
        status = json.loads(path.read_text())
        assert (status["phase"], status["exitCode"], status["pid"], status["restarts"]) == ("ended", 0, None, 1)


@pytest.mark.parametrize("code", [0, 7])
def test_a_child_that_ends_by_itself_gives_its_exit_code(world: World, code: int) -> None:
    world.flip(1)
    with world.wrapper(child=("crash",), code=code) as wrapper:
        assert wrapper.code() == code
        assert wrapper.starts() == ["east"]
