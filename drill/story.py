"""The seed's walk-through (S79-S97) on real brokers, each claim checked, with a heartbeat that measures the cost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from demo.cloud import Cloud
from demo.engine import Engine
from demo.screen import Screen
from demo.story import CLIENT, FAILOVER, GROUP, LINK, PRIMARY, TOPIC, WORLD, expect
from demo.workspace import ROOT, Workspace
from drill.clients import SECONDS, Application
from drill.figures import DISASTER, DONE, LOOKED, ORDERED, Figures, figures
from drill.heartbeat import Heartbeat, Record

PULSE = "heartbeat"
PULSE_GROUP = "heartbeat-reader"
OPERATOR = ("DRILL", "drill-operator-secret")
BEATS = 60
"""Writes that each site has to acknowledge before the drill goes on."""


class Drill:
    """One run from an empty cloud to recovered data. Everything is in `workspace`; brokers end with `cloud`.

    Args:
        cloud: The emulator, with real brokers.
        workspace: The work copy of the project.
        screen: Where it shows itself.
        lag: Heartbeats that are kept from being mirrored before the disaster, so that there is something to lose.
    """

    def __init__(self, cloud: Cloud, workspace: Workspace, screen: Screen, lag: int = 0) -> None:
        self.cloud = cloud
        self.workspace = workspace
        self.screen = screen
        show = None if screen.quiet else screen.engine_line
        self.engine = Engine(workspace, show)
        self.estate = Engine(workspace, show, "estate")
        self.lag = lag
        self.began = time.monotonic()
        self.marks: dict[str, float] = {}
        self.steps: list[dict[str, Any]] = []
        self.result: dict[str, Any] = {}
        self.record = Record()
        self.standby = ""

    def clock(self) -> float:
        """Seconds since the drill began."""
        return round(time.monotonic() - self.began, 4)

    def play(self) -> None:
        """Play every step in order."""
        self._step("build the environment", self.build)
        self._step("produce 1-5, consume 5, produce 6-10", self.work)
        application = Application(self.active, CLIENT)
        with Heartbeat(application, PULSE, PULSE_GROUP, self.clock) as heart:
            self.record = heart.record
            self._wait("a steady heartbeat", lambda: heart.read("east") >= BEATS)
            self._hold_back()
            self._step("kill the primary's broker", self.disaster)
            self._step("preview", self.preview)
            self._step("fail over", self.fail_over)
            self._wait("the heartbeat to go on", lambda: heart.read("west") > 0 and heart.acked("west") >= BEATS)
        self._step("produce 11-15, the group goes on", self.survive)
        self._step("recover what was left behind", self.recover)
        self.result["steps"] = self.steps

    @property
    def active(self) -> str:
        """Address of the record of the active cluster."""
        return (self.workspace.folder / ".local" / "record.json").as_uri()

    def build(self) -> None:
        """A cluster with a topic exists; the engine builds the rest."""
        world = json.loads(WORLD.read_text("utf-8"))
        world["topics"].append({"cluster": PRIMARY, "name": PULSE, "partitions": 1})
        self.cloud.control("POST", "/world", world)
        broker = self.cloud.control("GET", f"/clusters/{PRIMARY}/broker")
        self._adapt_stack_file(broker["bootstrap"])
        self.screen.command("pulumi up --cwd estate")
        self.estate.init()
        self.estate.up()
        self.screen.command("pulumi up")
        self.engine.init()
        self.engine.up()
        self.standby = next(name for name in self.cloud.truth()["clusters"] if name != PRIMARY)
        standings = json.loads(self._record_file().read_text("utf-8"))["standings"]
        expect([s["complete"] for s in standings] == [True], "west has caught up")
        self.screen.proof(f"{TOPIC} and {PULSE} are mirrored from {PRIMARY} to {self.standby}, each a real broker")

    def work(self) -> None:
        """With the application's own key on the primary (S85)."""
        application = Application(self.active, CLIENT)
        application.produce(TOPIC, range(1, 6))
        read = application.consume(TOPIC, GROUP, 5)
        expect(read == [1, 2, 3, 4, 5], "the group reads 1-5")
        self._wait("the group's offset on the standby", lambda: self._committed() == len(read))
        application.produce(TOPIC, range(6, 11))
        self._wait("records 6-10 on the standby", lambda: self._fetched(TOPIC) == 9)  # noqa: PLR2004 - offsets from 0
        self._wait("the application's ACLs on the standby", self._may_write)
        self.screen.proof("produced 1-10 with the application's key; cli-consumer has read 5, its offset is synced")

    def _hold_back(self) -> None:
        if self.lag:
            where = f"/clusters/{self.standby}/links/{LINK}/mirrors/{PULSE}"
            self.cloud.control("PUT", where, {"hold_lag": {"0": self.lag}})
            self._wait("the lag", lambda: int(self._mirror(PULSE)["lags"][0]["lag"]) >= self.lag)

    def disaster(self) -> None:
        """SIGKILL, and the cloud API is gone, too: nothing of the region answers (S86)."""
        pid = self.cloud.control("GET", f"/clusters/{PRIMARY}/broker")["pid"]
        self.cloud.control("POST", "/cloud/down", {"how": "close"})
        os.kill(pid, signal.SIGKILL)
        self.marks[DISASTER] = self.clock()
        self.screen.proof(f"the broker of {PRIMARY} (process {pid}) is dead")

    def preview(self) -> None:
        """The dry run (S87)."""
        self.screen.edit(self.workspace.edit(**FAILOVER))
        self.screen.command("pulumi preview")
        self.engine.preview()
        self.marks[LOOKED] = self.clock()

    def fail_over(self) -> None:
        """The failover (S88)."""
        self.screen.command("pulumi up")
        self.marks[ORDERED] = self.clock()
        self.engine.up()
        self.marks[DONE] = self.clock()
        states = {self._mirror(topic)["status"] for topic in (TOPIC, PULSE)}
        expect(states == {"STOPPED"}, "both mirrors are STOPPED")
        expect(json.loads(self._record_file().read_text("utf-8"))["site"] == "west", "the survivor is active")

    def survive(self) -> None:
        """Produce 11-15 with the survivor's key; the group continues at 6 (S90, S91)."""
        application = Application(self.active, CLIENT)
        application.produce(TOPIC, range(11, 16))
        read = application.consume(TOPIC, GROUP, 10)
        expect(read == list(range(6, 16)), f"the group reads 6..15 exactly, not {read}")
        self.result["consumed"] = read
        self.screen.proof(f"cli-consumer goes on with {read}")

    def recover(self) -> None:
        """The primary's region returns; what it alone has is appended (S93-S97)."""
        self.result |= self.measured().to_json()
        self.cloud.control("POST", "/cloud/up", {})
        self.cloud.control("POST", f"/clusters/{PRIMARY}/broker:start", {})
        key, secret = OPERATOR
        keys = [
            {"key": f"{key}-{lkc}", "secret": secret, "owner": "sa-drill", "resource": lkc}
            for lkc in (PRIMARY, self.standby)
        ]
        roles = [
            {"principal": "sa-drill", "role_name": "CloudClusterAdmin", "cluster": lkc}
            for lkc in (PRIMARY, self.standby)
        ]
        self.cloud.control("POST", "/world", {"api_keys": keys, "role_bindings": roles})
        plan = self._drctl("plan", ok=(0, 1))
        done = self._drctl("append", ok=(0,))
        settled = self._drctl("plan", ok=(0,))
        expect(settled["settled"], "the ledger is settled")
        acked = {beat.number for beat in self.record.beats if beat.acked is not None}
        there = Application(self.active, CLIENT).numbers(PULSE)
        expect(acked <= set(there), "every acknowledged write is on the survivor")
        expect(len(there) == len(set(there)), "and none of them twice")
        missing = [r for p in plan["partitions"] for r in p["open"]]
        self.result["recovery"] = {"missing": missing, "appended": done["appended"], "settled": True}
        self.screen.proof(f"appended {sum(r['appended'] for r in done['appended'])} records; the ledger is settled")

    def measured(self) -> Figures:
        """The figures so far."""
        ledger = self._ledger()
        (row,) = ledger["topics"][PULSE]["partitions"]
        return figures(self.record, self.marks, "east", "west", row["lastSourceFetchOffset"], ledger["groups"])

    def _step(self, name: str, work: Callable[[], None]) -> None:
        self.screen.heading(len(self.steps) + 1, name[0].upper() + name[1:])
        start = self.clock()
        work()
        self.steps.append({"name": name, "start": start, "end": self.clock()})

    def _wait(self, what: str, holds: Callable[[], bool]) -> None:
        self.cloud.wait(what, holds, SECONDS)

    def _adapt_stack_file(self, bootstrap: str) -> None:
        """The committed stack files name a broker that is not there, and no heartbeat."""
        for file, old, new in (
            (self.workspace.estate_file, "SASL_SSL://127.0.0.1:9092", bootstrap.rpartition("://")[2]),
            (self.workspace.stack_file, f"      - {TOPIC}\n", f"      - {TOPIC}\n      - {PULSE}\n"),
        ):
            text = file.read_text("utf-8")
            expect(text.count(old) == 1, f"{file.name} has {old!r} once")
            file.write_text(text.replace(old, new), "utf-8")

    def _record_file(self) -> Path:
        return self.workspace.folder / ".local" / "record.json"

    def _ledger(self) -> dict[str, Any]:
        (file,) = (self.workspace.folder / ".local" / "ledger").rglob("*.json")
        found: dict[str, Any] = json.loads(file.read_text("utf-8"))
        return found

    def _mirror(self, topic: str) -> dict[str, Any]:
        mirror: dict[str, Any] = self.cloud.truth()["clusters"][self.standby]["topics"][topic]["mirror"]
        return mirror

    def _fetched(self, topic: str) -> int:
        return int(self._mirror(topic)["lags"][0]["last_source_fetch_offset"])

    def _committed(self) -> int | None:
        group = self.cloud.truth()["clusters"][self.standby]["groups"].get(GROUP, {})
        offset: int | None = group.get("offsets", {}).get(TOPIC, {}).get("0")
        return offset

    def _may_write(self) -> bool:
        return any(acl["operation"] == "WRITE" for acl in self.cloud.truth()["clusters"][self.standby]["acls"])

    def _drctl(self, command: str, ok: tuple[int, ...]) -> Any:
        broker = {
            name: self.cloud.control("GET", f"/clusters/{lkc}/broker")["bootstrap"].rpartition("://")[2]
            for name, lkc in (("SOURCE", PRIMARY), ("DR", self.standby))
        }
        env = {f"KAFKADR_{name}_BOOTSTRAP": f"SASL_PLAINTEXT://{at}" for name, at in broker.items()}
        for name, lkc in (("SOURCE", PRIMARY), ("DR", self.standby)):
            env |= {f"KAFKADR_{name}_KEY": f"{OPERATOR[0]}-{lkc}", f"KAFKADR_{name}_SECRET": OPERATOR[1]}
        where = ["--ledger", (self.workspace.folder / ".local" / "ledger").as_uri()]
        words = ["recover", "--environment", "orders", command, *where]
        self.screen.command("drctl " + " ".join(words))
        done = subprocess.run(  # noqa: S603 - our own CLI
            [sys.executable, "-m", "drctl", *words, "--json"],
            cwd=ROOT, env=os.environ | env, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        well = done.returncode in ok and bool(done.stdout)
        expect(well, f"`drctl recover {command}` ends well: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)


def report_of(drill: Drill) -> dict[str, Any]:
    """The report as one document."""
    beats = [[b.number, b.site, b.sent, b.acked, b.offset] for b in drill.record.beats]
    reads = [[r.number, r.site, r.at] for r in drill.record.reads]
    return {"version": 1, "ok": True, **drill.result, "marks": drill.marks, "beats": beats, "reads": reads}


def write(report: dict[str, Any], page: str, folder: Path) -> None:
    """Both forms of the report."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, indent=1), "utf-8")
    (folder / "report.html").write_text(page, "utf-8")
