"""`drctl drain` and `drctl fill` as processes, over hooks that keep their count in a file."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.drctl.runner.world import PATIENCE, ROOT, World, eventually

HOOK = """#!/bin/sh
# A client: its count in a file beside it; each scale-to-zero makes the next looks count down.
set -eu
at=$0.count
printf '%s %s\\n' "$1" "${KAFKADR_EPOCH:-}" >> "$0.log"
case $1 in
  scale-to-zero) touch "$0.down" ;;
  count)
    n=$(cat "$at")
    printf '{"message": "still counting"}\\n{"count": %s, "target": 2, "epoch": %s}\\n' "$n" "$(cat "$0.epoch")"
    if [ -e "$0.down" ] && [ "$n" -gt 0 ]; then echo $((n - 1)) > "$at"; fi ;;
  scale-up) rm -f "$0.down"; echo 2 > "$at"; echo "$KAFKADR_EPOCH" > "$0.epoch" ;;
esac
"""


class Fleet:
    """Hooks in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = World(folder)

    def hook(self, name: str, text: str = HOOK, *, count: int = 2, epoch: int = 0) -> str:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)
        (self.folder / f"{name}.count").write_text(str(count))
        (self.folder / f"{name}.epoch").write_text(str(epoch))
        return str(path)

    def called(self, name: str) -> list[str]:
        path = self.folder / f"{name}.log"
        return path.read_text().splitlines() if path.exists() else []

    def command(self, verb: str, *hooks: str, more: tuple[str, ...] = ()) -> list[str]:
        named = [word for hook in hooks for word in ("--hook", hook)]
        return [sys.executable, "-m", "drctl", verb, *named, "--poll", "50ms", *more]

    def drctl(self, verb: str, *hooks: str, more: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        command = self.command(verb, *hooks, more=more)
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def report(self, verb: str, *hooks: str, more: tuple[str, ...] = ()) -> tuple[int, list[dict[str, Any]]]:
        done = self.drctl(verb, *hooks, more=("--json", *more))
        return done.returncode, json.loads(done.stdout)["clients"]

    def fill(self, epoch: int, *hooks: str) -> tuple[int, list[dict[str, Any]]]:
        return self.report("fill", *hooks, more=("--pointer", self.world.pointer_url, "--epoch", str(epoch)))


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def test_clients_are_drained_and_after_the_flip_filled(fleet: Fleet) -> None:
    hooks = fleet.hook("orders"), fleet.hook("billing", count=5)
    code, clients = fleet.report("drain", *hooks)
    assert code == 0
    assert [(c["hook"], c["end"], c["count"], c["note"]) for c in clients] == [(h, "drained", 0, "") for h in hooks]
    fleet.world.flip(2)
    code, clients = fleet.fill(2, *hooks)
    assert code == 0
    assert [(c["end"], c["count"]) for c in clients] == [("filled", 2)] * 2
    assert "scale-up 2" in fleet.called("orders")


def test_people_see_a_table_and_the_way_down(fleet: Fleet) -> None:
    done = fleet.drctl("drain", fleet.hook("orders"))
    assert "drained" in done.stdout
    for step in ("2 running", "1 running", "0 running"):
        assert step in done.stderr


def test_clients_are_drained_at_the_same_time(fleet: Fleet) -> None:
    # Each waits until the other one was asked to scale down as well.
    meet = (
        '#!/bin/sh\ntouch "$0.here"; [ "$1" = count ] || exit 0\n[ -e "{}.here" ] || exit 75\necho \'{{"count": 0}}\'\n'
    )
    one, two = fleet.folder / "one", fleet.folder / "two"
    code, _ = fleet.report("drain", fleet.hook("one", meet.format(two)), fleet.hook("two", meet.format(one)))
    assert code == 0


def test_a_client_that_stays_is_a_finding_at_the_end_of_the_budget_and_the_others_are_drained(fleet: Fleet) -> None:
    stays = fleet.hook("stays", "#!/bin/sh\necho '{\"count\": 1}'\n")
    code, clients = fleet.report("drain", stays, fleet.hook("orders"), more=("--budget", "3s"))
    assert code == 1
    assert [(c["end"], c["count"]) for c in clients] == [("not done", 1), ("drained", 0)]
    assert clients[0]["note"] == "1 at the end of the budget"


def test_a_hook_may_ask_for_another_try_but_not_for_ever(fleet: Fleet) -> None:
    later = '#!/bin/sh\n[ -e "$0.{}-$1" ] || { touch "$0.{}-$1"; echo busy >&2; exit 75; }\necho \'{"count": 0}\'\n'
    code, clients = fleet.report("drain", fleet.hook("later", later.replace("{}", "tried", 2).replace("{}", "tried")))
    assert (code, clients[0]["end"], clients[0]["note"]) == (0, "drained", "")
    never = "#!/bin/sh\necho no cluster here >&2\nexit 75\n"
    code, clients = fleet.report("drain", fleet.hook("never", never), more=("--budget", "1s"))
    assert (code, clients[0]["end"]) == (1, "not done")
    assert "no cluster here" in clients[0]["note"]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("#!/bin/sh\necho first >&2; echo '[b]gone[/b]' >&2; exit 3\n", "exit code 3: [b]gone[/b]"),
        ("#!/bin/sh\necho hello\n", "no JSON object: hello"),
        ("#!/bin/sh\n[ $1 != count ] || echo '{\"count\": -1}'\n", "count: Input should be greater"),
        ('#!/bin/sh\n[ $1 != count ] || echo \'{"count": "3"}\'\n', "count: Input should be a valid integer"),
        ("#!/bin/sh\n[ $1 != count ] || echo '{\"ready\": 1}'\n", "count printed no"),
        ("no program at all\n", "it cannot be started"),
    ],
)
def test_a_hook_that_fails_is_told_and_not_asked_again(fleet: Fleet, text: str, note: str) -> None:
    code, clients = fleet.report("drain", fleet.hook("bad", text), fleet.hook("orders"))
    assert (code, clients[0]["end"], clients[1]["end"]) == (1, "failed", "drained")
    assert note in clients[0]["note"]


def test_a_call_that_hangs_is_ended_and_made_again(fleet: Fleet) -> None:
    hangs = (
        '#!/bin/sh\n[ -e "$0.once" ] || { touch "$0.once"; echo $$ > "$0.pid"; sleep 3600; }\necho \'{"count": 0}\'\n'
    )
    code, clients = fleet.report("drain", fleet.hook("hangs", hangs), more=("--call-timeout", "1s"))
    assert (code, clients[0]["end"]) == (0, "drained")
    assert not Path(f"/proc/{(fleet.folder / 'hangs.pid').read_text().strip()}").exists()


def test_a_hook_that_is_none_is_a_usage_error_before_any_is_called(fleet: Fleet) -> None:
    good, plain = fleet.hook("orders"), fleet.hook("plain")
    Path(plain).chmod(stat.S_IRUSR)
    done = fleet.drctl("drain", good, plain, "/no/such/hook", good)
    assert done.returncode == 2
    for problem in ("plain' is no executable", "/no/such/hook' is no executable", "orders' is named twice"):
        assert problem in done.stderr.replace("\n", " ")
    assert fleet.called("orders") == []


def test_nothing_is_filled_while_the_pointer_is_older(fleet: Fleet) -> None:
    hook = fleet.hook("orders", count=0)
    more = ("--pointer", fleet.world.pointer_url, "--epoch", "2")
    assert fleet.drctl("fill", hook, more=more).returncode == 3
    fleet.world.flip(1)
    done = fleet.drctl("fill", hook, more=more)
    assert done.returncode == 4
    assert "the pointer names east, epoch 1" in done.stderr
    assert fleet.called("orders") == []
    fleet.world.flip(2)
    assert fleet.drctl("fill", hook, more=more).returncode == 0


def test_a_client_that_was_not_drained_is_refused_and_the_others_are_filled(fleet: Fleet) -> None:
    fleet.world.flip(2)
    code, clients = fleet.fill(2, fleet.hook("old", epoch=1), fleet.hook("orders", count=0))
    assert (code, [c["end"] for c in clients]) == (4, ["refused", "filled"])
    assert clients[0]["note"] == "2 run since epoch 1: drain first"
    assert not [call for call in fleet.called("old") if call.startswith("scale")]


def test_a_fill_that_was_interrupted_goes_on_where_it_was(fleet: Fleet) -> None:
    fleet.world.flip(2)
    code, clients = fleet.fill(2, fleet.hook("orders", count=2, epoch=2))
    assert (code, clients[0]["end"]) == (0, "filled")
    assert not [call for call in fleet.called("orders") if call.startswith("scale")]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it_with_its_report_and_its_hooks(fleet: Fleet, number: int, code: int) -> None:
    hangs = fleet.hook("hangs", '#!/bin/sh\necho $$ > "$0.pid.new"; mv "$0.pid.new" "$0.pid"; sleep 3600\n')
    command = fleet.command(
        "drain", fleet.hook("orders"), hangs, more=("--json", "--call-timeout", "1h", "--budget", "1h")
    )
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            eventually(lambda: fleet.folder.joinpath("hangs.pid").exists(), "a hook that hangs")
            eventually(lambda: fleet.folder.joinpath("orders.count").read_text().strip() == "0", "orders drained")
            process.send_signal(number)
            out, _ = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert process.returncode == code
    assert {c["end"] for c in json.loads(out)["clients"]} >= {"interrupted"}
    with pytest.raises(ProcessLookupError):
        os.kill(int(fleet.folder.joinpath("hangs.pid").read_text()), 0)
