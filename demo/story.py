"""The story: the seed's active/passive walk-through (S79-S92) with a region lost on the way, each claim checked.

Numbers 1-10 go to the primary, 8-10 never reach the standby. The group `cli-consumer` has read up to 5. After the
failover it goes on at 6 on the other side, and the ledger says where 8-10 are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from demo.cloud import Client, Cloud
from demo.engine import Engine, Run
from demo.measure import Measure, Step
from demo.screen import Screen
from demo.workspace import Workspace
from kafkadr.clients import connect

PRIMARY = "lkc-xkd1g"
TOPIC = "dr-topic"
GROUP = "cli-consumer"
CLIENT = "cli"
LAG = 3
WORLD = Path(__file__).with_name("world.json")
"""What exists before the story: one environment, one cluster, one topic."""
FAILOVER: dict[str, str | int | None] = {"primary": "west", "epoch": 2, "change": "failover"}
REVERT: dict[str, str | int | None] = {"primary": "east", "epoch": 1, "change": None}
LINK = "dr-link"


class StoryError(Exception):
    """Something that must hold does not."""


def expect(holds: bool, what: str) -> None:
    """Check a claim of the story.

    Raises:
        StoryError: It does not hold.
    """
    if not holds:
        raise StoryError(f"this should hold and does not: {what}")


def _file(url: str) -> Path:
    """The file behind a file URL."""
    return Path(unquote(urlsplit(url).path))


class Story:
    """One run from an empty cloud to a proven failover."""

    def __init__(self, cloud: Cloud, workspace: Workspace, screen: Screen) -> None:
        self.cloud = cloud
        self.workspace = workspace
        self.screen = screen
        show = None if screen.quiet else screen.engine_line
        self.engine = Engine(workspace, show)
        self.estate = Engine(workspace, show, "estate")
        self.measure = Measure(cloud)
        self.result: dict[str, Any] = {}
        self.standby = ""
        self.record = ""

    def play(self) -> None:
        """Play every step in order."""
        steps: tuple[tuple[str, Callable[[Step], None]], ...] = (
            ("build the environment", self.build),
            ("work on the primary", self.work),
            ("lose the region", self.lose),
            ("preview the failover", self.preview),
            ("fail over", self.fail_over),
            ("work on the survivor", self.survive),
            ("the same again", self.again),
            ("revert the edit", self.revert),
            ("the region returns", self.recover),
        )
        for number, (name, step) in enumerate(steps, 1):
            with self._measured(number, name) as measured:
                step(measured)

    @contextmanager
    def _measured(self, number: int, name: str) -> Iterator[Step]:
        self.screen.heading(number, name[0].upper() + name[1:])
        with self.measure.step(name) as step:
            yield step

    def _run(self, step: Step, run: Callable[[], Run]) -> Run:
        done = run()
        step.resources |= done.counts
        return done

    def _record_values(self, cluster: str) -> list[int]:
        answer = self.cloud.control("GET", f"/clusters/{cluster}/topics/{TOPIC}/records")
        return [int(record["value"]) for record in answer["records"]]

    def _committed(self, cluster: str) -> int | None:
        group = self.cloud.truth()["clusters"][cluster]["groups"].get(GROUP, {})
        offset: int | None = group.get("offsets", {}).get(TOPIC, {}).get("0")
        return offset

    def _commit(self, cluster: str, offset: int) -> None:
        self.cloud.control("PUT", f"/clusters/{cluster}/groups/{GROUP}", {"offsets": {TOPIC: {"0": offset}}})

    def _may_write(self) -> bool:
        return any(acl["operation"] == "WRITE" for acl in self.cloud.truth()["clusters"][self.standby]["acls"])

    def _client(self, cluster: str) -> Client:
        """The application: it knows its own name and the record, and nothing else (S10)."""
        found, active = connect(self.record, CLIENT), self._active()
        expect(found.cluster_id == cluster, f"the record leads the application to {cluster}")
        key, secret = found.username.get_secret_value(), found.password.get_secret_value()
        return Client(active["restEndpoint"], found.cluster_id, key, secret)

    def _active(self) -> dict[str, Any]:
        """The record, as it lies in its store."""
        document: dict[str, Any] = json.loads(_file(self.record).read_text(encoding="utf-8"))
        return document

    def build(self, step: Step) -> None:
        """Start from a primary cluster that exists; let the engine build the rest: the estate, then the switch."""
        self.cloud.control("POST", "/world", json.loads(WORLD.read_text(encoding="utf-8")))
        self.screen.say(
            f"A local Confluent Cloud at {self.cloud.url} holds one cluster: ORIGINAL ({PRIMARY}), us-east-1, with the"
            f" topic {TOPIC}. The estate, estate/Pulumi.local.yaml, asks for a second site in us-west-2, a link and the"
            " keys of an application; it knows no primary. The switch, stacks/Pulumi.local.yaml, says who is active."
        )
        self.screen.command("pulumi up --cwd estate")
        self.estate.init()
        self._run(step, self.estate.up)
        self.screen.command("pulumi up")
        self.engine.init()
        self._run(step, self.engine.up)
        outputs = self.engine.outputs()
        self.standby = next(name for name in self.cloud.truth()["clusters"] if name != PRIMARY)
        self.record = outputs["card"]["record"]
        found = self._active()
        expect((found["site"], found["clusterId"]) == ("east", PRIMARY), "the primary is active")
        expect(
            found["standings"] == [{"clusterId": self.standby, "complete": True, "staleSince": 0}], "west is a standby"
        )
        self.screen.proof(f"{TOPIC} is mirrored to {self.standby} over {LINK}, and has caught up: west is a standby")
        self.screen.proof("keys for both sites are in the vault, and the record leads clients to east:")
        self.screen.document(found)

    def work(self, step: Step) -> None:
        """Produce 1-10 as the application, which asks the record where to; consume 5; the last records stay behind."""
        del step
        producer = self._client(PRIMARY)
        producer.produce(TOPIC, range(1, 6))
        self._commit(PRIMARY, 5)
        self.cloud.wait("records 1-5 on the standby", lambda: self._record_values(self.standby) == [1, 2, 3, 4, 5])
        self.cloud.wait("the group's offset on the standby", lambda: self._committed(self.standby) == 5)  # noqa: PLR2004
        self.cloud.wait("the client's ACLs on the standby", self._may_write)
        self.screen.proof(f"produced 1-5 with the application's key; {GROUP} read 5; offset and ACLs are synced")
        self.cloud.control("PUT", f"/clusters/{self.standby}/links/{LINK}/mirrors/{TOPIC}", {"hold_lag": {"0": LAG}})
        producer.produce(TOPIC, range(6, 11))
        producer.close()
        self.cloud.wait("records 6-7 on the standby", lambda: self._record_values(self.standby) == list(range(1, 8)))
        self.screen.proof(f"produced 6-10; the mirror lags by {LAG}: 8, 9 and 10 are in us-east-1 only")

    def lose(self, step: Step) -> None:
        """Take the primary's region away, and the cloud API with it."""
        del step
        self.cloud.control("POST", f"/clusters/{PRIMARY}/down", {"how": "close", "now": True})
        self.cloud.control("POST", "/cloud/down", {"how": "close"})
        status = self.cloud.truth()["clusters"][self.standby]["topics"][TOPIC]["mirror"]["status"]
        self.screen.say(
            f"us-east-1 is gone: {PRIMARY} does not answer, the mirror says {status}. The cloud API does not answer"
            " either: a failover must do without both."
        )

    def preview(self, step: Step) -> None:
        """Edit three lines and look before leaping."""
        self.screen.say("The failover is an edit of three lines of the switch, to be reviewed as any other:")
        self.screen.edit(self.workspace.edit(**FAILOVER))
        self.screen.command("pulumi preview")
        run = self._run(step, self.engine.preview)
        expect(f"{LAG} messages at risk" in run.text, f"the preview forecasts {LAG} messages at risk")
        self.screen.proof("a dry run on the server: nothing was changed")

    def fail_over(self, step: Step) -> None:
        """Apply, then compare what is claimed with what is."""
        self.screen.command("pulumi up")
        self._run(step, self.engine.up)
        outputs = self.engine.outputs()
        mirror = self.cloud.truth()["clusters"][self.standby]["topics"][TOPIC]["mirror"]
        expect(mirror["status"] == "STOPPED", "the server says STOPPED")
        expect((outputs["active"], outputs["epoch"]) == ("west", 2), "the switch says that west is active in epoch 2")
        self.screen.proof(f"every mirror is STOPPED, that is writable; the server agrees ({mirror['status']})")
        record = self._active()
        expect((record["site"], record["epoch"]) == ("west", 2), "the record leads to west in epoch 2")
        self.screen.proof("only then the record moved; it leads clients to west, with a key made ahead of time:")
        self.screen.document(record)
        ledger = json.loads(_file(outputs["ledger"]["url"]).read_text(encoding="utf-8"))
        missing = ledger["topics"][TOPIC]["partitions"][0]["missing"]
        expect(missing == [7, 9], "the ledger names the offsets 7-9 (records 8, 9, 10)")
        self.screen.proof("the ledger, outside of Pulumi's state, says what was left behind:")
        self.screen.document({"epoch": ledger["epoch"], "topics": ledger["topics"], "groups": ledger["groups"]})
        self.result |= {"active": outputs["active"], "epoch": outputs["epoch"], "mirror": mirror["status"]}
        self.result |= {"ledger": ledger, "record": record}

    def survive(self, step: Step) -> None:
        """Produce 11-15 on the survivor with the key made ahead of time; the group goes on where it was."""
        del step
        producer = self._client(self.standby)
        producer.produce(TOPIC, range(11, 16))
        producer.close()
        start = self._committed(self.standby) or 0
        read = self._record_values(self.standby)[start:]
        expect(read == [6, 7, 11, 12, 13, 14, 15], "the group reads 6, 7 and 11-15")
        self._commit(self.standby, start + len(read))
        self.screen.proof(f"produced 11-15; {GROUP} goes on at 6 and reads {', '.join(map(str, read))}")
        self.result["consumed"] = read

    def again(self, step: Step) -> None:
        """The same config is the same state."""
        self.screen.command("pulumi up --expect-no-changes")
        self._run(step, lambda: self.engine.up("--expect-no-changes"))
        self.screen.proof("no changes")

    def revert(self, step: Step) -> None:
        """Undoing the edit must not undo the failover."""
        self.screen.edit(self.workspace.edit(**REVERT))
        self.screen.command("pulumi preview")
        run = self._run(step, lambda: self.engine.preview(ok=(0, 1, 255)))
        expect(run.code != 0, "a preview of the reverted edit is refused")
        self.workspace.edit(**FAILOVER)
        self.screen.proof(f"refused (exit code {run.code}): a failover is not undone by git revert")

    def recover(self, step: Step) -> None:
        """What was left behind is where the ledger says."""
        del step
        self.cloud.control("POST", "/cloud/up", {})
        self.cloud.control("POST", f"/clusters/{PRIMARY}/up", {})
        first, last = self.result["ledger"]["topics"][TOPIC]["partitions"][0]["missing"]
        found = self._record_values(PRIMARY)[first : last + 1]
        expect(found == [8, 9, 10], "the records at the ledger's offsets are 8, 9 and 10")
        self.screen.proof(f"offsets {first}-{last} of the old primary, as in the ledger, hold {found}")
        self.result["recovered"] = found
